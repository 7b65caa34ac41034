"""Effective receipt time (thời điểm tiếp nhận) of an incoming document.

The axis delivers at any hour, the clerk works in shifts.  Two rules are in use:

    L-66   next office period: outside office hours receipt counts from the start of the next
           office period, read literally, so 12:15 counts as the start of the same afternoon
           (a provincial rule, hence a setting of the agency: L-64)
    L-68   entry: receipt counts from the arrival itself (the national default)

The real arrival is never replaced: both instants stand side by side with the rule and the
calendar version that produced the second (L-70).  Urgency changes order and alarms, never the
rule (contract, "effective_receipt_at").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from gateway.rules.working_calendar import (
    VIET_NAM,
    DayKind,
    HoursBlock,
    Interval,
    Season,
    SpecialDay,
    WorkingCalendar,
    closing_of_day,
    next_working_instant,
    viet_nam_time,
)

__all__ = [
    "VIET_NAM",
    "CalendarWarning",
    "DayKind",
    "HoursBlock",
    "Interval",
    "ReceiptRule",
    "ReceiptTime",
    "Season",
    "SpecialDay",
    "WorkingCalendar",
    "calendar_warnings",
    "closing_of_day",
    "effective_receipt",
    "viet_nam_time",
]

WARN_FROM_MONTH = 12  # from 1 December before an unconfirmed year (L-137)
CULTURE_DAY = (11, 24)  # "Ngày Văn hóa Việt Nam": the amending law was not seen (L-135)
CULTURE_DAY_SINCE = 2026


class ReceiptRule(Enum):
    """Which rule says when receipt counts; a setting of the agency, asked by ``init``."""

    NEXT_OFFICE_PERIOD = "next-office-period"  # L-66
    ENTRY = "entry"  # L-68


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTime:
    """When a document came and when it counts as received, both in Viet Nam time (L-70).

    Attributes:
        arrived_at: The real arrival, to the microsecond as given.
        effective_receipt_at: Never before ``arrived_at``.
        rule: The rule applied.
        calendar_version: Version of the calendar it was applied with.
        reason_vi, reason_en: One sentence saying why.

    """

    arrived_at: datetime
    effective_receipt_at: datetime
    rule: ReceiptRule
    calendar_version: str
    reason_vi: str
    reason_en: str

    def reason(self, lang: str) -> str:
        """Return the sentence in ``lang`` (``vi`` or ``en``)."""
        return self.reason_en if lang == "en" else self.reason_vi


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWarning:
    """Something about a calendar that a person should settle; nothing stops because of it."""

    code: str
    vi: str
    en: str


def effective_receipt(
    arrived_at: datetime, calendar: WorkingCalendar, rule: ReceiptRule
) -> ReceiptTime:
    """Return from when receipt of a document counts, and why (L-66, L-68, L-70).

    Args:
        arrived_at: The instant the rule starts from, zone-aware, in any zone.
        calendar: Working time of the receiving agency.
        rule: The agency's rule.

    Raises:
        NaiveTimeError: ``arrived_at`` carries no zone.
        CalendarError: The calendar does not cover the days concerned.

    """
    local = viet_nam_time(arrived_at)
    if rule is ReceiptRule.ENTRY:
        counts, why = local, _ENTERED
    else:
        counts = next_working_instant(local, calendar)
        why = _why(local, counts, calendar)
    return ReceiptTime(
        arrived_at=local,
        effective_receipt_at=counts,
        rule=rule,
        calendar_version=calendar.version,
        reason_vi=why[0],
        reason_en=why[1],
    )


def calendar_warnings(calendar: WorkingCalendar, now: datetime) -> tuple[CalendarWarning, ...]:
    """Return what a person should settle in the calendar, seen from ``now`` (L-135, L-137).

    A year counts from 1 December before it; from then on it wants a confirmed decision.  Days
    off that no law we know settles want an override either way until they are past.

    Raises:
        NaiveTimeError: ``now`` carries no zone.

    """
    today = viet_nam_time(now).date()
    years = [today.year, today.year + 1] if today.month == WARN_FROM_MONTH else [today.year]
    unconfirmed = [_unconfirmed(year) for year in years if year not in calendar.confirmed]
    unsettled = [
        _unsettled(day)
        for year in years
        for day in (date(year, *CULTURE_DAY),)
        if year >= CULTURE_DAY_SINCE and day >= today and not _is_overridden(day, calendar)
    ]
    undecided = [
        _without_decision(day)
        for day, special in sorted(calendar.days.items())
        if day >= today and special.is_override and not special.decision
    ]
    return (*unconfirmed, *unsettled, *undecided)


_ENTERED = (
    "Tính từ lúc văn bản vào hệ thống, theo quy tắc của cơ quan.",
    "Counts from entry into the system, by the agency's rule.",
)


def _why(local: datetime, counts: datetime, calendar: WorkingCalendar) -> tuple[str, str]:
    """Return the sentence, Vietnamese and English, for an arrival and what became of it."""
    if counts == local:
        return ("Đến trong giờ làm việc.", "Arrived in office hours.")
    to = f"{counts:%H:%M ngày %d/%m/%Y}", f"{counts:%Y-%m-%d %H:%M}"
    if counts.date() == local.date():
        if local < calendar.periods(local.date())[0][0]:
            cause = "Đến trước giờ làm việc", "Arrived before office hours"
        else:
            cause = "Đến giữa hai buổi làm việc", "Arrived between two office periods"
    elif calendar.is_working_day(local.date()):
        cause = "Đến sau giờ làm việc", "Arrived after office hours"
    else:
        cause = _day_off(local.date(), calendar)
    makeup = calendar.is_makeup_day(counts.date())
    on = (" (ngày làm bù)", " (a make-up day)") if makeup else ("", "")
    return (
        f"{cause[0]}, tính từ đầu buổi làm việc kế tiếp: {to[0]}{on[0]}.",
        f"{cause[1]}; counts from the start of the next office period: {to[1]}{on[1]}.",
    )


def _day_off(day: date, calendar: WorkingCalendar) -> tuple[str, str]:
    special = calendar.days.get(day)
    if special is None:
        return "Đến vào ngày nghỉ hằng tuần", "Arrived on a weekly rest day"
    by = f" ({special.decision})" if special.decision else ""
    return f"Đến vào ngày nghỉ lễ hoặc nghỉ bù{by}", f"Arrived on a holiday or day in lieu{by}"


def _is_overridden(day: date, calendar: WorkingCalendar) -> bool:
    special = calendar.days.get(day)
    return special is not None and special.is_override


def _unconfirmed(year: int) -> CalendarWarning:
    return CalendarWarning(
        code="calendar-year-unconfirmed",
        vi=f"Lịch nghỉ năm {year} chưa có quyết định được xác nhận; các ngày nghỉ chỉ là ước tính. "
        "Nhập ngày nghỉ, ngày làm bù rồi thêm [[confirmed]].",
        en=f"The holidays of {year} rest on no confirmed decision and are estimates. Enter days "
        "off and make-up days, then add [[confirmed]].",
    )


def _unsettled(day: date) -> CalendarWarning:
    return CalendarWarning(
        code="calendar-day-unsettled",
        vi=f"Ngày {day:%d/%m/%Y} (Ngày Văn hóa Việt Nam) chưa rõ có được nghỉ hay không; lịch đang "
        "coi là ngày nghỉ hoặc làm việc theo dữ liệu gốc. Thêm [[override]] cho ngày này.",
        en=f"Whether {day} (Viet Nam Culture Day) is a day off is not settled; the calendar "
        "follows its seed. Add an [[override]] for that day.",
    )


def _without_decision(day: date) -> CalendarWarning:
    return CalendarWarning(
        code="calendar-override-without-decision",
        vi=f"Ngày {day:%d/%m/%Y} được sửa trong lịch nhưng không ghi số quyết định (decision).",
        en=f"{day} is overridden in the calendar without the number of a decision.",
    )
