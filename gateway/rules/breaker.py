"""Circuit breaker of one axis and receiver (T31): stop knocking where nobody answers.

Closed, everything goes through.  After some failures in a row it opens, for longer each time.
When the wait is over exactly one call may try (half open): its success closes the breaker, its
failure opens it again.  A probe whose worker died is given up after a while.

Pure: time comes in, the state goes out and is kept by the caller, one for each (axis, receiver).
A clock that was set back must not lengthen a wait (R6), so no wait is believed that is longer
than the longest there is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerLimits:
    """How patient a breaker is.

    Attributes:
        failures: Failures in a row that open it.
        first_wait_seconds: The first wait; doubled with every further failure.
        longest_wait_seconds: Bound of the doubling.
        probe_seconds: After this long a probe without an outcome is given up.

    """

    failures: int = 3
    first_wait_seconds: int = 30
    longest_wait_seconds: int = 600
    probe_seconds: int = 300


DEFAULT_LIMITS = BreakerLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """What is remembered of one (axis, receiver).

    Attributes:
        failures: Failures since the last success.
        open_until: No call before this instant; None while closed.
        probe_until: A probe is under way and believed in until this instant; None without one.

    """

    failures: int = 0
    open_until: datetime | None = None
    probe_until: datetime | None = None


CLOSED = BreakerState()


@dataclass(frozen=True, slots=True)
class Admit:
    """The call may go. ``state`` is to be kept before it does."""

    state: BreakerState
    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """The call waits; asking again before ``until`` brings the same answer."""

    until: datetime


def admit(
    state: BreakerState, now: datetime, limits: BreakerLimits = DEFAULT_LIMITS
) -> Admit | Wait:
    """Return whether a call may go at ``now`` (zone-aware)."""
    if state.open_until is None:
        return Admit(state)
    if _is_running(state.open_until, now, limits.longest_wait_seconds):
        return Wait(state.open_until)
    if state.probe_until and _is_running(state.probe_until, now, limits.probe_seconds):
        return Wait(state.probe_until)
    until = now + timedelta(seconds=limits.probe_seconds)
    return Admit(replace(state, probe_until=until), is_probe=True)


def after_success(_state: BreakerState) -> BreakerState:
    """Return the state after a call that was answered: closed, nothing remembered."""
    return CLOSED


def after_failure(
    state: BreakerState, now: datetime, limits: BreakerLimits = DEFAULT_LIMITS
) -> BreakerState:
    """Return the state after a call that failed at ``now``.

    Calls that were under way when it opened fail one after the other; they prolong nothing.
    """
    if state.open_until is not None and state.probe_until is None:
        return state
    failures = state.failures + 1
    if failures < limits.failures:
        return BreakerState(failures=failures)
    doublings = min(failures - limits.failures, 32)  # 2**32 first waits exceed any longest
    wait = min(limits.first_wait_seconds * 2**doublings, limits.longest_wait_seconds)
    return BreakerState(failures=failures, open_until=now + timedelta(seconds=wait))


def _is_running(until: datetime, now: datetime, longest_seconds: int) -> bool:
    return now < until <= now + timedelta(seconds=longest_seconds)
