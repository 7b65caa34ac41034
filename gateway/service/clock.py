"""The only reader of the clock and of chance, and their simulated twins.

Everything else is given a :class:`gateway.ports.Clock`. The simulated clock stands still until
somebody advances it; then the sleeping tasks wake one after the other, each at its own instant,
so that a demonstration of a week plays in a second and always in the same order.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import secrets
import threading
import uuid
from datetime import UTC, datetime, timedelta

from gateway.errors import DataError, NaiveTimeError
from gateway.ports import Clock, Randomness

_RANDOM_BITS = 74  # rand_a (12) and rand_b (62) of a UUIDv7, RFC 9562 section 5.7
_TIME_BITS = 48  # milliseconds since 1970, enough until the year 10889
_STEP_BYTES = 4  # random step between two ids of one millisecond: hard to guess, never full soon


class SystemClock:
    """The machine's clock. Implements :class:`gateway.ports.Clock`."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait that many real seconds; negative counts as none."""
        await asyncio.sleep(max(0.0, seconds))


class SimulatedClock:
    """A clock that moves only by :meth:`advance`. Implements :class:`gateway.ports.Clock`.

    One event loop only; ``now`` may be asked from any thread.

    Args:
        start: First instant, zone-aware.
        turns: How often the event loop turns after each waking, so that what woke gets on with
            its work before time goes on. Work that waits for real input needs the caller's care:
            wait for it, then advance.

    Raises:
        NaiveTimeError: ``start`` carries no zone.

    """

    def __init__(self, start: datetime, *, turns: int = 50) -> None:
        self._now = _in_utc(start)
        self._turns = turns
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = 0

    def now(self) -> datetime:
        """Return the simulated instant in UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced that far; no time at all gives way once."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        wake_at = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (wake_at, self._order, woken))
        await woken

    @property
    def next_wake(self) -> datetime | None:
        """Return when the next sleeper is due; None when nobody sleeps."""
        self._drop_cancelled()
        return self._sleepers[0][0] if self._sleepers else None

    async def advance(self, seconds: float) -> None:
        """Let that many simulated seconds pass, waking sleepers in the order of their times.

        Raises:
            DataError: ``clock-backwards`` for a negative span.

        """
        await self.advance_to(self._now + timedelta(seconds=seconds))

    async def advance_to(self, instant: datetime) -> None:
        """Let time pass until ``instant`` (zone-aware), as :meth:`advance` does.

        Raises:
            DataError: ``clock-backwards`` when ``instant`` has passed already.
            NaiveTimeError: ``instant`` carries no zone.

        """
        target = _in_utc(instant)
        if target < self._now:
            raise DataError(
                "clock-backwards",
                vi=f"Đồng hồ mô phỏng không thể lùi từ {self._now} về {target}.",
                en=f"the simulated clock cannot go back from {self._now} to {target}",
            )
        await self._settle()
        while (due := self.next_wake) is not None and due <= target:
            self._now, _, woken = heapq.heappop(self._sleepers)
            woken.set_result(None)
            await self._settle()
        self._now = target
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(self._turns):
            await asyncio.sleep(0)

    def _drop_cancelled(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)


class SystemRandomness:
    """The operating system's randomness. Implements :class:`gateway.ports.Randomness`."""

    def token(self, size: int) -> bytes:
        """Return ``size`` unpredictable bytes."""
        return secrets.token_bytes(size)

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return secrets.SystemRandom().random()


class SeededRandomness:
    """Repeatable chance for demonstrations and tests; never for a key or a nonce."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose, makes no secret

    def token(self, size: int) -> bytes:
        """Return the next ``size`` bytes of the seeded stream."""
        return self._random.randbytes(size)

    def fraction(self) -> float:
        """Return the next number of the seeded stream in [0, 1)."""
        return self._random.random()


class Uuid7Ids:
    """Makes UUIDv7 texts (RFC 9562) that rise within a process. Implements ``ports.Ids``.

    Within a millisecond, and while the clock goes backwards, the random part is counted up by a
    random step instead of being drawn anew (RFC 9562 section 6.2, method 2). Safe in threads.
    """

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        self._clock = clock
        self._randomness = randomness
        self._lock = threading.Lock()
        self._last = -1  # milliseconds and random part as one number

    def new(self) -> str:
        """Return the next id, 36 lower-case characters.

        Raises:
            DataError: ``clock-wrong`` when the clock stands before 1970 or beyond the format.

        """
        milliseconds = int(self._clock.now().timestamp() * 1000)
        with self._lock:
            if milliseconds > self._last >> _RANDOM_BITS:
                number = milliseconds << _RANDOM_BITS | self._draw(_RANDOM_BITS)
            else:
                number = self._last + 1 + self._draw(8 * _STEP_BYTES)
            if milliseconds < 0 or number >> (_TIME_BITS + _RANDOM_BITS):
                raise DataError(
                    "clock-wrong",
                    vi="Đồng hồ máy chủ sai (trước năm 1970 hoặc quá xa); hãy chỉnh lại giờ.",
                    en="the clock is wrong (before 1970 or absurdly late); set it",
                )
            self._last = number
        return _layout(number)

    def _draw(self, bits: int) -> int:
        size = (bits + 7) // 8
        return int.from_bytes(self._randomness.token(size)) >> (8 * size - bits)


def _layout(number: int) -> str:
    """Put version 7 and the variant between the 48 bits of time and the 74 of chance."""
    milliseconds = number >> _RANDOM_BITS
    rand_a = number >> 62 & 0xFFF
    rand_b = number & (1 << 62) - 1
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | rand_a << 64 | 2 << 62 | rand_b))


def _in_utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise NaiveTimeError(
            "naive-time",
            vi=f"Thời điểm không có múi giờ: {instant.isoformat()}; hãy ghi thêm +07:00.",
            en=f"instant without a zone: {instant.isoformat()}; add its offset",
        )
    return instant.astimezone(UTC)
