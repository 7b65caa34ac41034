"""Working calendars from TOML files; the ``holidays`` package only seeds our own day table.

The package is wrong on some days and guesses years that no decision has fixed yet (L-135, L-136),
so the agency's overrides win over it (L-137).  The version of a calendar is a digest over its
resolved content and the package's version: whoever changes a day changes the version, and times
that were given keep the version they were given with (L-70).  Office hours have no default: a
file without them is refused (L-133).
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import holidays
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import CalendarError, SettingsError
from gateway.rules.working_calendar import (
    DayKind,
    HoursBlock,
    Interval,
    Season,
    SpecialDay,
    WorkingCalendar,
)

PACKAGE_VERSION = version("holidays")
EARLIEST_YEAR = 2000  # older arrivals do not exist: exchange between agencies began later
LATEST_YEAR = 2100  # the package's lunar table ends here
MAX_CALENDAR_BYTES = 1 << 20  # a calendar of a hundred years has some 20 KiB
MAX_FAULTS_SHOWN = 5  # a person mends these and runs it again

_INTERVAL = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_SEASON = re.compile(r"([0-9]{2})-([0-9]{2})\.\.([0-9]{2})-([0-9]{2})")
Day = date  # a name for the type where a field is called ``date``
_LEAP_YEAR = 2000  # 29 February may begin or end a season


def _interval(text: str) -> str:
    if not _INTERVAL.fullmatch(text):
        raise ValueError('"HH:MM-HH:MM"')
    return text


def _season(text: str) -> str:
    found = _SEASON.fullmatch(text)
    if not found:
        raise ValueError('"MM-DD..MM-DD"')
    numbers = [int(part) for part in found.groups()]
    for month, day in (numbers[:2], numbers[2:]):
        try:
            date(_LEAP_YEAR, month, day)
        except ValueError as error:
            raise ValueError('"MM-DD..MM-DD"') from error
    return text


class _Table(BaseModel):
    """A TOML table: exact types, no unknown keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class _Hours(_Table):
    valid_from: date
    valid_to: date | None = None
    season: Annotated[str, AfterValidator(_season)] | None = None
    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1)] | None = None
    intervals: Annotated[list[Annotated[str, AfterValidator(_interval)]], Field(min_length=1)]


class _Override(_Table):
    date: Day
    kind: Literal["off", "on"]
    decision: str = ""
    issued_on: Day | None = None
    entered_by: str = ""


class _Confirmed(_Table):
    year: Annotated[int, Field(ge=EARLIEST_YEAR, le=LATEST_YEAR)]
    decision: Annotated[str, Field(min_length=1)]


class _Calendar(_Table):
    timezone: Literal["Asia/Ho_Chi_Minh"] = "Asia/Ho_Chi_Minh"
    hours: Annotated[list[_Hours], Field(min_length=1)]
    override: list[_Override] = []
    confirmed: list[_Confirmed] = []


def calendar_from_file(path: Path) -> WorkingCalendar:
    """Return the calendar a TOML file describes (contract, "Files").

    Raises:
        SettingsError: The file is not there, not readable, too large, or not UTF-8.
        CalendarError: As :func:`calendar_from_toml`.

    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CALENDAR_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            "calendar-file-unreadable",
            vi=f"Không đọc được tệp lịch làm việc {path}; kiểm tra đường dẫn và quyền đọc.",
            en=f"The calendar file {path} cannot be read; check its path and permissions.",
        ) from error
    if len(raw) > MAX_CALENDAR_BYTES:
        raise SettingsError(
            "calendar-file-too-large",
            vi=f"Tệp lịch làm việc {path} lớn hơn {MAX_CALENDAR_BYTES} byte.",
            en=f"The calendar file {path} is larger than {MAX_CALENDAR_BYTES} bytes.",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(
            "calendar-file-not-utf8",
            vi=f"Tệp lịch làm việc {path} không phải UTF-8; lưu lại bằng UTF-8.",
            en=f"The calendar file {path} is not UTF-8; save it as UTF-8.",
        ) from error
    return calendar_from_toml(text)


def calendar_from_toml(text: str) -> WorkingCalendar:
    """Return the calendar a TOML text describes.

    Raises:
        CalendarError: Not TOML, or a key is missing, unknown or wrong; the sentence names it.

    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise CalendarError(
            "calendar-not-toml",
            vi=f"Lịch làm việc không phải TOML đúng cú pháp: {error}.",
            en=f"The working calendar is not valid TOML: {error}.",
        ) from error
    return calendar_from_table(table)


def calendar_from_table(table: Mapping[str, Any]) -> WorkingCalendar:
    """Return the calendar of a TOML table that was read already, such as part of the settings.

    Raises:
        CalendarError: As :func:`calendar_from_toml`.

    """
    try:
        read = _Calendar.model_validate(dict(table))
    except ValidationError as error:
        raise _faults(error) from error
    _refuse_repeats("override", "date", [str(each.date) for each in read.override])
    _refuse_repeats("confirmed", "year", [str(each.year) for each in read.confirmed])
    return _resolved(read)


def _resolved(read: _Calendar) -> WorkingCalendar:
    blocks = tuple(_block(position, each) for position, each in enumerate(read.hours, 1))
    first = max(EARLIEST_YEAR, min(block.valid_from.year for block in blocks))
    last = max(
        min(LATEST_YEAR, (block.valid_to or date(LATEST_YEAR, 12, 31)).year) for block in blocks
    )
    days = {day: special for day, special in _seed().items() if first <= day.year <= last} | {
        each.date: SpecialDay(
            kind=DayKind(each.kind), is_override=True, decision=each.decision.strip()
        )
        for each in read.override
    }
    confirmed = {each.year: each.decision for each in read.confirmed}
    return WorkingCalendar(
        hours=blocks,
        first_year=first,
        last_year=last,
        version=_version(blocks, days, (first, last)),
        days=MappingProxyType(days),
        confirmed=MappingProxyType(confirmed),
    )


def _block(position: int, read: _Hours) -> HoursBlock:
    if read.valid_to is not None and read.valid_to < read.valid_from:
        raise _wrong(
            f"hours[{position}].valid_to",
            f"{read.valid_to} đứng trước valid_from = {read.valid_from}",
            f"{read.valid_to} is before valid_from = {read.valid_from}",
        )
    season = None
    if read.season is not None:
        one, two = read.season.split("..")
        season = Season(_month_day(one), _month_day(two))
    weekdays = None if read.weekdays is None else frozenset(read.weekdays)
    try:
        return HoursBlock(
            intervals=tuple(_times(text) for text in read.intervals),
            valid_from=read.valid_from,
            valid_to=read.valid_to,
            season=season,
            weekdays=weekdays,
        )
    except CalendarError as error:
        key = f"hours[{position}].intervals"
        raise CalendarError(
            error.code, vi=f"Khóa {key}: {error.vi}", en=f"Key {key}: {error.en}"
        ) from error


def _times(text: str) -> Interval:
    opens, closes = text.split("-")
    return Interval(time.fromisoformat(opens), time.fromisoformat(closes))


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


@lru_cache(maxsize=1)
def _seed() -> Mapping[date, SpecialDay]:
    """Return every day the package treats otherwise than its weekday (L-136).

    Asked day by day through ``is_working_day``, the one question that knows swaps; rest days
    that bear a holiday's name are kept too, for agencies that work on Saturdays.
    """
    package = holidays.country_holidays("VN", years=range(EARLIEST_YEAR, LATEST_YEAR + 1))
    days: dict[date, SpecialDay] = {}
    day = date(EARLIEST_YEAR, 1, 1)
    while day.year <= LATEST_YEAR:
        is_ordinary = day.isoweekday() <= 5  # noqa: PLR2004 - Monday to Friday
        is_working = package.is_working_day(day)
        if is_working and not is_ordinary:
            days[day] = SpecialDay(kind=DayKind.ON)
        elif not is_working and (is_ordinary or day in package):
            days[day] = SpecialDay(kind=DayKind.OFF, name=package.get(day) or "")
        day += timedelta(days=1)
    return MappingProxyType(days)


def _version(
    blocks: Sequence[HoursBlock], days: Mapping[date, SpecialDay], span: tuple[int, int]
) -> str:
    """Return the package's version and 16 hex digits of a digest over everything that decides.

    Who entered an override and which year is confirmed decide nothing and stay out.
    """
    text = _resolved_text(blocks, days, span)
    return f"{PACKAGE_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def calendar_text(calendar: WorkingCalendar) -> str:
    """Return everything of ``calendar`` that decides, as text: what its version stands for."""
    span = (calendar.first_year, calendar.last_year)
    return _resolved_text(calendar.hours, calendar.days, span)


def _resolved_text(
    blocks: Sequence[HoursBlock], days: Mapping[date, SpecialDay], span: tuple[int, int]
) -> str:
    content = {
        "package": PACKAGE_VERSION,
        "span": span,
        "hours": sorted(_canonical(block) for block in blocks),
        "days": [(str(day), each.kind.value, each.decision) for day, each in sorted(days.items())],
    }
    return json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _canonical(block: HoursBlock) -> str:
    return json.dumps(
        {
            "from": str(block.valid_from),
            "to": str(block.valid_to),
            "season": block.season and (*block.season.first, *block.season.last),
            "weekdays": block.weekdays and sorted(block.weekdays),
            "intervals": [f"{i.opens:%H:%M}-{i.closes:%H:%M}" for i in block.intervals],
        }
    )


def _refuse_repeats(table: str, key: str, values: Sequence[str]) -> None:
    for position, value in enumerate(values, 1):
        if value in values[: position - 1]:
            raise _wrong(
                f"{table}[{position}].{key}",
                f"{value} đã có ở một khối [[{table}]] khác",
                f"{value} stands in another [[{table}]] block already",
            )


def _wrong(key: str, vi: str, en: str) -> CalendarError:
    return CalendarError(
        "calendar-key-wrong",
        vi=f"Lịch làm việc, khóa {key}: {vi}.",
        en=f"Working calendar, key {key}: {en}.",
    )


_SAID = {  # pydantic's kinds of fault that people meet, in both languages
    "missing": ("bắt buộc phải có", "is required"),
    "extra_forbidden": ("không phải khóa của lịch làm việc", "is not a key of a calendar"),
    "date_type": (
        "phải là ngày TOML, ví dụ 2026-01-02, không kèm giờ, không có ngoặc kép",
        "must be a TOML date such as 2026-01-02, without time or quotes",
    ),
    "int_type": ("phải là số nguyên", "must be a whole number"),
    "string_type": ("phải là chuỗi trong ngoặc kép", "must be a text in quotes"),
    "string_too_short": ("không được để trống", "must not be empty"),
    "too_short": ("cần ít nhất một phần tử", "needs at least one item"),
}


def _faults(error: ValidationError) -> CalendarError:
    """Return one error that tells the first faults, each with its key."""
    found = error.errors(include_url=False, include_context=True)
    told = [_told(dict(each)) for each in found[:MAX_FAULTS_SHOWN]]
    more = len(found) - len(told)
    rest = (f"; và {more} lỗi khác", f"; and {more} more") if more else ("", "")
    return CalendarError(
        "calendar-key-wrong",
        vi=f"Lịch làm việc có khóa sai: {'; '.join(vi for vi, _ in told)}{rest[0]}.",
        en=f"The working calendar has wrong keys: {'; '.join(en for _, en in told)}{rest[1]}.",
    )


def _told(fault: Mapping[str, Any]) -> tuple[str, str]:
    key = ""
    for part in fault["loc"]:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else part
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in _SAID:
        vi, en = _SAID[kind]
    elif kind == "value_error":
        expected = str(context["error"])
        vi, en = f"phải có dạng {expected}", f"must look like {expected}"
    elif kind == "literal_error":
        vi, en = f"phải là {context['expected']}", f"must be {context['expected']}"
    elif "ge" in context:
        vi, en = f"phải từ {context['ge']} trở lên", f"must be {context['ge']} or more"
    elif "le" in context:
        vi, en = f"phải từ {context['le']} trở xuống", f"must be {context['le']} or less"
    else:
        vi, en = "sai kiểu giá trị", "is of the wrong type"
    return f"{key} {vi}", f"{key} {en}"
