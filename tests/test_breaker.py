"""Circuit breaker of one axis and receiver (T31)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rules.breaker import (
    CLOSED,
    Admit,
    BreakerLimits,
    BreakerState,
    Wait,
    admit,
    after_failure,
    after_success,
)

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
LIMITS = BreakerLimits(
    failures=3, first_wait_seconds=30, longest_wait_seconds=120, probe_seconds=60
)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def opened(times: int = 3) -> BreakerState:
    """Return the state after so many failures, each probe failing as soon as it may go."""
    state, now = CLOSED, NOW
    for _ in range(times):
        asked = admit(state, now, LIMITS)
        if isinstance(asked, Wait):
            now = asked.until
            asked = admit(state, now, LIMITS)
        assert isinstance(asked, Admit)
        state = after_failure(asked.state, now, LIMITS)
    return state


def test_t31_the_limits_an_agency_gets_without_asking() -> None:
    assert BreakerLimits() == BreakerLimits(
        failures=3, first_wait_seconds=30, longest_wait_seconds=600, probe_seconds=300
    )


def test_t31_closed_everything_goes() -> None:
    assert admit(CLOSED, NOW, LIMITS) == Admit(CLOSED)
    assert admit(opened(2), NOW, LIMITS) == Admit(BreakerState(failures=2))


def test_t31_it_opens_after_some_failures_in_a_row() -> None:
    state = opened(3)
    assert state == BreakerState(failures=3, open_until=later(30))
    assert admit(state, later(29.9), LIMITS) == Wait(later(30))
    assert after_success(opened(2)) == CLOSED


def test_t31_the_first_probe_is_single() -> None:
    probe = admit(opened(3), later(30), LIMITS)
    assert isinstance(probe, Admit)
    assert probe.is_probe
    assert admit(probe.state, later(31), LIMITS) == Wait(later(90))
    assert admit(after_success(probe.state), later(31), LIMITS) == Admit(CLOSED)


def test_t31_a_failed_probe_waits_longer_up_to_a_bound() -> None:
    state = opened(4)
    assert state == BreakerState(failures=4, open_until=later(30 + 60))
    assert opened(5).open_until == later(30 + 60 + 120)
    assert opened(6).open_until == later(30 + 60 + 120 + 120)
    many = BreakerState(failures=10_000, open_until=NOW, probe_until=NOW)
    assert after_failure(many, NOW, LIMITS).open_until == later(120)


def test_t31_a_probe_whose_worker_died_is_given_up() -> None:
    probe = admit(opened(3), later(30), LIMITS)
    assert isinstance(probe, Admit)
    again = admit(probe.state, later(90), LIMITS)
    assert isinstance(again, Admit)
    assert again.is_probe


def test_t31_calls_under_way_when_it_opened_prolong_nothing() -> None:
    state = opened(3)
    assert after_failure(state, later(1), LIMITS) == state
    assert after_success(state) == CLOSED


def test_r6_a_clock_set_back_does_not_lengthen_the_wait() -> None:
    state = opened(3)
    yesterday = NOW - timedelta(days=1)
    asked = admit(state, yesterday, LIMITS)
    assert isinstance(asked, Admit)
    assert asked.is_probe
    held = admit(asked.state, yesterday + timedelta(seconds=1), LIMITS)
    assert held == Wait(yesterday + timedelta(seconds=60))
    far = BreakerState(failures=3, open_until=NOW, probe_until=later(1000))
    assert isinstance(admit(far, NOW, LIMITS), Admit)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(-200, 400)), max_size=40))
def test_t31_it_never_waits_for_ever_and_lets_one_probe_out(
    steps: list[tuple[bool, int]],
) -> None:
    state, now = CLOSED, NOW
    for is_answered, seconds in steps:
        now += timedelta(seconds=seconds)
        asked = admit(state, now, LIMITS)
        if isinstance(asked, Wait):
            assert now < asked.until <= now + timedelta(seconds=120)
            continue
        assert isinstance(admit(asked.state, now, LIMITS), Wait) is asked.is_probe
        after = after_failure(asked.state, now, LIMITS)
        state = after_success(asked.state) if is_answered else after
