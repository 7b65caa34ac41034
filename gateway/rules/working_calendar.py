"""The working calendar (lịch làm việc) of one agency: hours, days off, make-up days.

Office hours are no national law and holidays cannot be computed, so both are data of the agency
(L-128 to L-131, L-133).  Intervals are half-open: the closing instant is out (L-134).  The week
is Monday to Friday unless a block of hours names Saturday or Sunday itself.

The calendar knows the special days of a span of years only.  Outside that span it raises rather
than answer from weekdays alone (L-129).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum
from itertools import combinations, pairwise

from gateway.errors import CalendarError, NaiveTimeError

VIET_NAM = timezone(timedelta(hours=7), "+07:00")
"""Viet Nam time (L-63): UTC+7 all year, without summer time since 1975."""

FRIDAY = 5  # ISO weekday; make-up days borrow its hours (contract, working calendar)
WEEK = frozenset(range(1, 8))
ORDINARY_WEEK = frozenset(range(1, 6))

MAX_DAYS_AHEAD = 30
"""Far longer than any Tết break: beyond it the calendar is wrong, and stopping is better."""

YEAR_LENGTH = 366
LEAP_YEAR_START = date(2000, 1, 1)  # any leap year: its days name all (month, day) pairs


@dataclass(frozen=True, slots=True)
class Interval:
    """A working period of one day: ``opens <= t < closes``, Viet Nam local time (L-134)."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Season:
    """A part of the year from one (month, day) to another, both included; may wrap New Year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def contains(self, day: date) -> bool:
        """Tell whether ``day`` lies in the season."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursBlock:
    """Office hours that hold from a day on.

    Attributes:
        intervals: Working periods of a day, earliest first.
        valid_from, valid_to: First and last day, both included; ``valid_to`` None is open.
        season: Part of the year in which it holds; None is the whole year.
        weekdays: ISO weekdays (Monday 1) in which it holds; None is every weekday, which does
            not make Saturday and Sunday working days, whereas naming them does.

    Raises:
        CalendarError: No interval, or intervals that do not rise through the day.

    """

    intervals: tuple[Interval, ...]
    valid_from: date
    valid_to: date | None = None
    season: Season | None = None
    weekdays: frozenset[int] | None = None

    def __post_init__(self) -> None:
        rising = all(each.opens < each.closes for each in self.intervals) and all(
            earlier.closes <= later.opens for earlier, later in pairwise(self.intervals)
        )
        if not self.intervals or not rising:
            shown = ", ".join(f"{i.opens:%H:%M}-{i.closes:%H:%M}" for i in self.intervals) or "∅"
            raise CalendarError(
                "calendar-intervals-wrong",
                vi=f"Giờ làm việc [{shown}] phải có ít nhất một khoảng, các khoảng nối tiếp nhau "
                "theo thứ tự trong ngày.",
                en=f"Office hours [{shown}] need at least one interval, rising through the day.",
            )

    def holds_on(self, day: date, weekday: int) -> bool:
        """Tell whether the block gives the hours of ``day`` when it counts as ``weekday``."""
        return (
            self.valid_from <= day
            and (self.valid_to is None or day <= self.valid_to)
            and (self.season is None or self.season.contains(day))
            and (self.weekdays is None or weekday in self.weekdays)
        )

    def conflicts_with(self, other: HoursBlock) -> bool:
        """Tell whether neither block is newer where both hold, and they say different hours."""
        if self.valid_from != other.valid_from or self.intervals == other.intervals:
            return False
        shared = (self.weekdays or WEEK) & (other.weekdays or WEEK)
        days = (LEAP_YEAR_START + timedelta(days=n) for n in range(YEAR_LENGTH))
        return bool(shared) and any(
            (self.season is None or self.season.contains(day))
            and (other.season is None or other.season.contains(day))
            for day in days
        )


class DayKind(Enum):
    """What a special day is."""

    OFF = "off"  # ngày nghỉ: no work, whatever the weekday
    ON = "on"  # worked, whatever the weekday; on a rest day it is a make-up day (ngày làm bù)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """One row of the day table (L-137).

    Attributes:
        is_override: Entered by the agency, not seeded by the package; wins over it.
        decision: Number of the decision that says so; "" when none was given.
        name: Name of the holiday as the seed calls it, English; "" when it has none.

    """

    kind: DayKind
    is_override: bool = False
    decision: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """When one agency works.

    Attributes:
        hours: Blocks of office hours; of those that hold, the newest ``valid_from`` wins.
        days: The day table: special days only; the rest follows the weekday.
        first_year, last_year: Years whose special days are known, both included.
        version: Names the resolved content; stored with every computed instant (L-70, L-137).
        confirmed: Year to the decision that fixed its holidays and swaps (L-129, L-137).

    Raises:
        CalendarError: Two blocks of the same ``valid_from`` give one day different hours.

    """

    hours: tuple[HoursBlock, ...]
    first_year: int
    last_year: int
    version: str
    days: Mapping[date, SpecialDay] = field(default_factory=dict)
    confirmed: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one, other in combinations(self.hours, 2):
            if one.conflicts_with(other):
                raise CalendarError(
                    "calendar-hours-ambiguous",
                    vi=f"Hai khối giờ làm việc cùng valid_from = {one.valid_from} cho cùng một "
                    "ngày giờ khác nhau; đặt valid_from, season hoặc weekdays khác nhau.",
                    en=f"Two blocks of hours with valid_from = {one.valid_from} give one day "
                    "different hours; tell them apart by valid_from, season or weekdays.",
                )

    def is_working_day(self, day: date) -> bool:
        """Tell whether ``day`` is worked; the day table wins over the weekday (L-131)."""
        special = self.days.get(day)
        if special is not None:
            return special.kind is DayKind.ON
        weekday = day.isoweekday()
        if weekday in ORDINARY_WEEK:
            return True
        block = self._block(day, weekday)
        return block is not None and block.weekdays is not None

    def is_makeup_day(self, day: date) -> bool:
        """Tell whether ``day`` is a rest day that is worked in exchange (ngày làm bù)."""
        special = self.days.get(day)
        is_on = special is not None and special.kind is DayKind.ON
        return is_on and day.isoweekday() not in ORDINARY_WEEK

    def periods(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Return (opens, closes) of every working period of ``day``; empty on a day off.

        Raises:
            CalendarError: No block of hours holds on that working day, or the day lies outside
                the years whose special days are known.

        """
        if not self.first_year <= day.year <= self.last_year:
            raise _not_covered(day, self)
        if not self.is_working_day(day):
            return ()
        block = self._block(day, FRIDAY if self.is_makeup_day(day) else day.isoweekday())
        if block is None:
            raise CalendarError(
                "calendar-no-hours",
                vi=f"Lịch làm việc không có giờ cho ngày {day:%d/%m/%Y}; thêm một khối [[hours]] "
                "có hiệu lực vào ngày đó.",
                en=f"The working calendar has no hours for {day}; add an [[hours]] block that "
                "holds on that day.",
            )
        return tuple(
            (datetime.combine(day, i.opens, VIET_NAM), datetime.combine(day, i.closes, VIET_NAM))
            for i in block.intervals
        )

    def periods_from(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working periods from ``day`` on, in order.

        Raises:
            CalendarError: As :meth:`periods`, or nothing within ``MAX_DAYS_AHEAD`` days.

        """
        for offset in range(MAX_DAYS_AHEAD + 1):
            yield from self.periods(day + timedelta(days=offset))
        raise CalendarError(
            "calendar-no-working-day",
            vi=f"Trong {MAX_DAYS_AHEAD} ngày kể từ {day:%d/%m/%Y} không có ngày làm việc nào; "
            "kiểm tra các ngày nghỉ trong lịch.",
            en=f"No working day within {MAX_DAYS_AHEAD} days from {day}; check the days off.",
        )

    def _block(self, day: date, weekday: int) -> HoursBlock | None:
        held = [block for block in self.hours if block.holds_on(day, weekday)]
        return max(held, key=lambda block: block.valid_from, default=None)


def viet_nam_time(instant: datetime) -> datetime:
    """Return the same instant in Viet Nam time (L-63).

    Raises:
        NaiveTimeError: The instant carries no zone; a zone is never guessed.
        CalendarError: The instant lies at the edge of what a date can say.

    """
    if instant.utcoffset() is None:
        raise NaiveTimeError(
            "time-without-zone",
            vi=f"Thời điểm {instant.isoformat()} thiếu múi giờ; ghi thêm, ví dụ +07:00.",
            en=f"The instant {instant.isoformat()} has no zone; write one, such as +07:00.",
        )
    try:
        return instant.astimezone(VIET_NAM)
    except OverflowError as error:
        raise CalendarError(
            "calendar-not-covered",
            vi=f"Thời điểm {instant.isoformat()} nằm ngoài phạm vi của lịch làm việc.",
            en=f"The instant {instant.isoformat()} lies outside the working calendar.",
        ) from error


def next_working_instant(instant: datetime, calendar: WorkingCalendar) -> datetime:
    """Return ``instant`` inside office hours, else the start of the next period (L-66, L-134).

    Raises:
        NaiveTimeError: ``instant`` carries no zone.
        CalendarError: The calendar does not cover the days concerned.

    """
    local = viet_nam_time(instant)
    periods = calendar.periods_from(local.date())
    return next(max(local, opens) for opens, closes in periods if local < closes)


def closing_of_day(calendar: WorkingCalendar, instant: datetime) -> datetime:
    """Return when the working day of ``instant`` closes, in Viet Nam time (L-34).

    The working day of an instant outside office hours is the one of the next office period, so
    the answer is never before ``instant``.

    Raises:
        NaiveTimeError: ``instant`` carries no zone.
        CalendarError: The calendar does not cover the days concerned.

    """
    working = next_working_instant(instant, calendar)
    return calendar.periods(working.date())[-1][1]


def _not_covered(day: date, calendar: WorkingCalendar) -> CalendarError:
    span = f"{calendar.first_year}-{calendar.last_year}"
    return CalendarError(
        "calendar-not-covered",
        vi=f"Lịch làm việc không có dữ liệu ngày nghỉ cho ngày {day:%d/%m}/{day.year}; lịch chỉ "
        f"gồm các năm {span}.",
        en=f"The working calendar has no days off for {day}; it covers the years {span}.",
    )
