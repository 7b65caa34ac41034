"""Clock, chance and our own ids."""

from __future__ import annotations

import asyncio
import threading
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import DataError, NaiveTimeError
from gateway.service.clock import (
    SeededRandomness,
    SimulatedClock,
    SystemClock,
    SystemRandomness,
    Uuid7Ids,
)

FRIDAY = datetime(2026, 8, 28, 18, 0, tzinfo=timezone(timedelta(hours=7)))


class StandingClock:
    """A clock whose hands a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0 * seconds)


class Extreme:
    """Chance at one end of its range."""

    def __init__(self, byte: int) -> None:
        self.byte = byte

    def token(self, size: int) -> bytes:
        return bytes([self.byte]) * size

    def fraction(self) -> float:
        return 0.0


def test_the_system_clock_speaks_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_simulated_clock_stands_until_it_is_advanced() -> None:
    clock = SimulatedClock(FRIDAY)
    assert clock.now() == FRIDAY == clock.now()
    asyncio.run(clock.advance(90))
    assert clock.now() == FRIDAY + timedelta(seconds=90)


def test_a_simulated_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTimeError):
        SimulatedClock(datetime(2026, 8, 28, 18, 0))  # noqa: DTZ001 - what is refused


def test_a_simulated_clock_never_goes_back() -> None:
    with pytest.raises(DataError, match="clock-backwards"):
        asyncio.run(SimulatedClock(FRIDAY).advance(-1))


@settings(max_examples=30)
@given(st.lists(st.integers(0, 100), max_size=8))
def test_sleepers_wake_in_the_order_of_their_times_each_at_its_own(spans: list[int]) -> None:
    async def story() -> list[tuple[int, float]]:
        clock = SimulatedClock(FRIDAY, turns=3)
        woken: list[tuple[int, float]] = []

        async def sleeper(span: int) -> None:
            await clock.sleep(span)
            woken.append((span, (clock.now() - FRIDAY).total_seconds()))

        tasks = [asyncio.create_task(sleeper(span)) for span in spans]
        await clock.advance(100)
        await asyncio.gather(*tasks)
        return woken

    woken = asyncio.run(story())
    assert woken == [(span, float(span)) for span in sorted(spans)]


def test_a_sleeper_that_sleeps_again_wakes_within_the_same_advance() -> None:
    async def story() -> list[float]:
        clock = SimulatedClock(FRIDAY)
        beats: list[float] = []

        async def heart() -> None:
            while True:
                await clock.sleep(10)
                beats.append((clock.now() - FRIDAY).total_seconds())

        task = asyncio.create_task(heart())
        await clock.advance(35)
        assert clock.next_wake == FRIDAY + timedelta(seconds=40)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert clock.next_wake is None
        return beats

    assert asyncio.run(story()) == [10, 20, 30]


def test_a_sleeper_beyond_the_advance_sleeps_on() -> None:
    async def story() -> bool:
        clock = SimulatedClock(FRIDAY)
        task = asyncio.create_task(clock.sleep(11))
        await clock.advance(10)
        was_done = task.done()
        await clock.advance(1)
        return was_done or not task.done()

    assert not asyncio.run(story())


def test_seeded_chance_repeats_and_system_chance_does_not() -> None:
    one, other = SeededRandomness(7), SeededRandomness(7)
    assert (one.token(16), one.fraction()) == (other.token(16), other.fraction())
    assert SystemRandomness().token(16) != SystemRandomness().token(16)
    assert 0 <= SystemRandomness().fraction() < 1


def test_an_id_is_a_uuid_of_version_7_with_its_millisecond() -> None:
    made = uuid.UUID(Uuid7Ids(StandingClock(FRIDAY), SeededRandomness(1)).new())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(FRIDAY.timestamp() * 1000)


@pytest.mark.parametrize("byte", [0x00, 0xFF], ids=["lowest chance", "highest chance"])
def test_ids_rise_within_a_millisecond(byte: int) -> None:
    ids = Uuid7Ids(StandingClock(FRIDAY), Extreme(byte))
    made = [ids.new() for _ in range(1000)]
    assert made == sorted(set(made))
    assert all(uuid.UUID(each).version == 7 for each in made)


@settings(max_examples=30)
@given(st.lists(st.integers(-5000, 5000), min_size=2, max_size=20))
def test_ids_rise_even_when_the_clock_jumps(jumps_ms: list[int]) -> None:
    clock = StandingClock(FRIDAY)
    ids = Uuid7Ids(clock, SeededRandomness(3))
    made = []
    for jump in jumps_ms:
        clock.at += timedelta(milliseconds=jump)
        made.append(ids.new())
    assert made == sorted(set(made))


def test_ids_made_by_threads_at_once_differ() -> None:
    ids = Uuid7Ids(StandingClock(FRIDAY), SystemRandomness())
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend(ids.new() for _ in range(300)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1200


def test_a_clock_before_1970_makes_no_id() -> None:
    ids = Uuid7Ids(StandingClock(datetime(1969, 1, 1, tzinfo=UTC)), SeededRandomness(1))
    with pytest.raises(DataError, match="clock-wrong"):
        ids.new()
