"""What the simulated axis does wrong, as data: which operation, how, how often.

A fault is written ``OPERATION:KIND[:COUNT[:SECONDS]]``: ``sendEdoc:drop-after-store:1``,
``*:503:25%``, ``getEdoc:slow:*:5``. COUNT is a number of times, ``*`` for always, or a
percentage; without it once. With one seed and one order of calls the same faults happen again.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.errors import SettingsError

EVERY = "*"
SLOW_SECONDS = 30.0

BEFORE = frozenset({"drop-before-store", "html", "empty", "reset", "wrong-mac", "down", "redirect"})
"""Kinds in whose case nothing is done of what was asked. HTTP statuses (``503``) belong here."""

AFTER = frozenset(
    {
        "drop-after-store",
        "truncated",
        "cut",
        "trailing",
        "null-member",
        "null-row",
        "no-id",
        "html-after-store",
        "empty-after-store",
        "reset-after-store",
    }
)
"""Kinds in whose case it is done, and only the answer is wrong. ``503-after-store`` too."""

BESIDE = frozenset({"slow", "repeat"})
"""Kinds with a proper answer: late, or offering what was delivered already."""

_KINDS = BEFORE | AFTER | BESIDE
_HTTP = re.compile(r"[345]\d\d(-after-store)?")
_SPEC = re.compile(
    r"(?P<operation>\*|[A-Za-z0-9]+):(?P<kind>[a-z0-9-]+)"
    r"(:(?P<count>\*|\d{1,9}|\d{1,3}%))?(:(?P<seconds>\d{1,5}(\.\d{1,3})?))?"
)
_ALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to do wrong.

    Attributes:
        operation: VXP operation, or ``*`` for every one.
        kind: One of the kinds above, or an HTTP status.
        count: How often still; None for always.
        probability: How often it happens where it could, 1 is always.
        seconds: Delay of ``slow``.

    """

    operation: str
    kind: str
    count: int | None = 1
    probability: float = 1.0
    seconds: float = SLOW_SECONDS

    @property
    def acts(self) -> bool:
        """Tell whether what was asked is done all the same."""
        return self.kind in AFTER or self.kind in BESIDE or self.kind.endswith("-after-store")

    @property
    def shape(self) -> str:
        """Return what the answer looks like, without the word for when."""
        return self.kind.removesuffix("-after-store").removesuffix("-before-store")

    @property
    def http_status(self) -> int | None:
        """Return the HTTP status to answer with; None for other kinds."""
        return int(self.shape) if self.shape.isdecimal() else None

    def __str__(self) -> str:
        count = EVERY if self.count is None else str(self.count)
        often = count if self.probability == 1 else f"{self.probability:.0%}"
        return f"{self.operation}:{self.kind}:{often}"


def parse_fault(spec: str) -> Fault:
    """Return the fault that ``spec`` writes down.

    Raises:
        SettingsError: ``axis-fault-spec``, saying what is wrong with it.

    """
    match = _SPEC.fullmatch(spec.strip())
    if match is None:
        raise _wrong(spec, "OPERATION:KIND[:COUNT[:SECONDS]]")
    kind = match["kind"]
    if kind not in _KINDS and not _HTTP.fullmatch(kind):
        raise _wrong(spec, ", ".join(sorted(_KINDS)) + ", 503")
    count = match["count"] or "1"
    percent = int(count.removesuffix("%")) if count.endswith("%") else _ALL
    if percent > _ALL:
        raise _wrong(spec, "0%..100%")
    return Fault(
        operation=match["operation"],
        kind=kind,
        count=int(count) if count.isdecimal() else None,
        probability=percent / _ALL,
        seconds=float(match["seconds"] or SLOW_SECONDS),
    )


class FaultDial:
    """The faults still to happen, in the order in which they were set."""

    def __init__(self, faults: Iterable[Fault] = (), seed: int = 0) -> None:
        self._faults = list(faults)
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose, makes no secret
        self.happened: list[str] = []

    def add(self, fault: Fault) -> None:
        """Set one more fault."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Behave from now on."""
        self._faults.clear()

    def waiting(self) -> tuple[str, ...]:
        """Return the faults still to happen, as written."""
        return tuple(str(fault) for fault in self._faults)

    def take(self, operation: str) -> Fault | None:
        """Return what to do wrong in this call and use it up; None to behave."""
        for at, fault in enumerate(self._faults):
            if fault.operation in (EVERY, operation) and self._happens(fault):
                self._use_up(at)
                self.happened.append(f"{operation}:{fault.kind}")
                return fault
        return None

    def _happens(self, fault: Fault) -> bool:
        return fault.probability >= 1 or self._chance.random() < fault.probability

    def _use_up(self, at: int) -> None:
        fault = self._faults[at]
        if fault.count is None:
            return
        if fault.count <= 1:
            del self._faults[at]
            return
        self._faults[at] = Fault(
            operation=fault.operation,
            kind=fault.kind,
            count=fault.count - 1,
            probability=fault.probability,
            seconds=fault.seconds,
        )


def _wrong(spec: str, expected: str) -> SettingsError:
    return SettingsError(
        "axis-fault-spec",
        vi=f"Lỗi giả lập {spec!r} viết không đúng; cần: {expected}.",
        en=f"the fault {spec!r} is not written correctly; expected: {expected}",
    )
