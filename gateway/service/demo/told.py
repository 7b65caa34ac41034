"""A story and its steps: what is told of each, and how stories are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.service.demo import stories

if TYPE_CHECKING:
    from gateway.service.demo.stage import Stage

Act = Callable[["Stage"], Awaitable[str]]
"""Does a step and returns one Vietnamese line that says what to look at."""


class NotHeldError(AssertionError):
    """A step of the story did not turn out as told."""


def expect(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as "expect that"
    """Go on only if ``holds``; ``what`` is said when it does not.

    Raises:
        NotHeldError: It does not hold.

    """
    if not holds:
        raise NotHeldError(what)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name in ``demo --json`` and what it does."""

    name: str
    act: Act


@dataclass(frozen=True, slots=True)
class Story:
    """Steps told together; ``order`` sorts the stories."""

    order: int
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one step."""

    name: str
    ok: bool
    detail: str
    seconds: float = field(compare=False)


def all_stories() -> tuple[Story, ...]:
    """Return the ``STORY`` of every module in ``stories/``, in order."""
    found = [
        importlib.import_module(f"{stories.__name__}.{module.name}").STORY
        for module in pkgutil.iter_modules(stories.__path__)
    ]
    return tuple(sorted(found, key=lambda story: story.order))
