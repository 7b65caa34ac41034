"""Calling libraries: what they throw becomes a value (S1), what they call a coroutine just runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
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


def finished(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine that never really waits, without an event loop.

    The libraries offer coroutines where nothing is waited for (no fetching, keys at hand). A
    loop of their own would need a socket, which a worker has not, and cannot run inside ours.
    """
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    finally:
        work.close()
    raise RuntimeError("a coroutine that must not wait did")
