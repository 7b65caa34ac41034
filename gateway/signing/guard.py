"""What a PDF or certificate library throws becomes a value, never an error to the caller (S1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Crash:
    """A step that could not be finished.

    Attributes:
        cause: Kind of the exception; not its text, which may quote the document.
        is_exhausted: Memory or stack ran out: the process should not go on after this file.

    """

    cause: str
    is_exhausted: bool = False


def guarded(step: Callable[[], T]) -> T | Crash:
    """Run ``step``; return what it returns, or the crash.

    Nothing a hostile file makes a library raise may pass, RecursionError, MemoryError and the
    panics of compiled code (which are no Exceptions) included. Only the operator's own wish to
    stop passes.
    """
    try:
        return step()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as fault:  # noqa: BLE001 - S1: any fault of a library is evidence
        return Crash(type(fault).__name__, isinstance(fault, MemoryError | RecursionError))
