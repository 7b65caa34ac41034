"""Working calendars from TOML: what the seed says, what wins over it, and every wrong key."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import CalendarError, DataError, SettingsError
from gateway.rules.working_calendar import DayKind, HoursBlock, Interval, Season, WorkingCalendar
from gateway.service.calendars import (
    MAX_CALENDAR_BYTES,
    PACKAGE_VERSION,
    calendar_from_file,
    calendar_from_toml,
    calendar_text,
)

FOLDER = Path(__file__).parent.parent / "fixtures/calendars"
HOURS = '[[hours]]\nvalid_from = 2020-01-01\nintervals = ["07:30-11:30", "13:00-17:00"]\n'


def calendar(more: str = "") -> WorkingCalendar:
    return calendar_from_toml(HOURS + more)


def fault(text: str) -> CalendarError:
    with pytest.raises(CalendarError) as caught:
        calendar_from_toml(text)
    assert caught.value.vi != caught.value.en
    return caught.value


# What was published, off days with weekends, make-up Saturdays (L-128 to L-131).
PUBLISHED = {
    2020: ("01-01..01-01 01-23..01-29 04-02..04-02 04-30..05-01 09-02..09-02", ""),
    2021: ("01-01..01-01 02-10..02-16 04-21..04-21 04-30..05-03 09-02..09-05", ""),
    2022: ("01-01..01-03 01-29..02-06 04-09..04-11 04-30..05-03 09-01..09-04", ""),
    2023: ("01-01..01-02 01-20..01-26 04-29..05-03 09-01..09-04", ""),
    2024: ("01-01..01-01 02-08..02-14 04-18..04-18 04-27..05-01 08-31..09-03", "05-04"),
    2025: ("01-01..01-01 01-25..02-02 04-05..04-07 04-30..05-04 08-30..09-02", "04-26"),
    2026: (
        "01-01..01-04 02-14..02-22 04-25..04-27 04-30..05-03 08-29..09-02 11-24..11-24",
        "01-10 08-22",
    ),
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_l131_every_day_is_as_published(year: int) -> None:
    """L-135: with the two overrides of 2026 nothing else disagrees, day by day."""
    mau = calendar_from_file(FOLDER / "mau.toml")
    spans, makeup = PUBLISHED[year]
    worked = {date.fromisoformat(f"{year}-{day}") for day in makeup.split()}
    ends = [[date.fromisoformat(f"{year}-{end}") for end in s.split("..")] for s in spans.split()]
    day = date(year, 1, 1)
    while day.year == year:
        is_off = any(first <= day <= last for first, last in ends)
        expected = day in worked or (day.isoweekday() <= 5 and not is_off)
        assert mau.is_working_day(day) is expected, day
        assert mau.is_makeup_day(day) is (day in worked), day
        day += timedelta(days=1)


def test_l135_the_seed_alone_is_wrong_on_two_days_and_overrides_win() -> None:
    """L-137: the reason why overrides exist; when the package mends it, this test says so."""
    seed = calendar()
    assert seed.is_working_day(date(2026, 1, 2))
    assert not seed.is_working_day(date(2026, 1, 10))
    mau = calendar_from_file(FOLDER / "mau.toml")
    assert not mau.is_working_day(date(2026, 1, 2))
    assert mau.is_working_day(date(2026, 1, 10))
    assert mau.days[date(2026, 1, 2)].decision == "12729/VPCP-KGVX"
    assert mau.days[date(2026, 8, 22)].is_override is False


def test_l136_the_package_is_pinned_and_named_in_the_version() -> None:
    assert PACKAGE_VERSION == "0.109"
    assert calendar().version.startswith("0.109-")
    assert len(calendar().version) <= 64


def test_l70_the_version_changes_with_what_decides_and_with_nothing_else() -> None:
    override = "[[override]]\ndate = 2026-07-01\nkind = 'off'\ndecision = '1/QĐ'\n"
    base = calendar().version
    assert calendar("# a comment\n").version == base
    assert calendar("[[confirmed]]\nyear = 2026\ndecision = '1/TB'\n").version == base
    assert calendar(override).version != base
    assert calendar(override.replace("off", "on")).version != calendar(override).version
    assert calendar(override.replace("1/", "2/")).version != calendar(override).version
    later = HOURS.replace("17:00", "17:30")
    assert calendar_from_toml(later).version != base
    signed = override + "issued_on = 2026-06-01\nentered_by = 'văn thư'\n"
    assert calendar(signed).version == calendar(override).version
    two = "[[hours]]\nvalid_from = 2021-01-01\nintervals = ['08:00-12:00']\n"
    assert calendar_from_toml(HOURS + two).version == calendar_from_toml(two + HOURS).version


def test_l137_confirmed_years_are_read() -> None:
    text = "[[confirmed]]\nyear = 2026\ndecision = '9859/VPCP-KGVX'\n"
    assert calendar(text).confirmed == {2026: "9859/VPCP-KGVX"}


def test_l133_the_newest_block_wins_where_several_hold() -> None:
    text = HOURS + "[[hours]]\nvalid_from = 2026-06-01\nintervals = ['08:00-16:00']\n"
    found = calendar_from_toml(text)
    opens = [p[0].strftime("%H:%M") for p in found.periods(date(2026, 6, 1))]
    assert opens == ["08:00"]
    assert len(found.periods(date(2026, 5, 29))) == 2


def test_l133_a_block_ends_with_its_last_day_and_the_older_one_returns() -> None:
    text = HOURS + (
        "[[hours]]\nvalid_from = 2026-06-01\nvalid_to = 2026-06-05\nintervals = ['08:00-16:00']\n"
    )
    found = calendar_from_toml(text)
    assert len(found.periods(date(2026, 6, 5))) == 1
    assert len(found.periods(date(2026, 6, 8))) == 2


def test_l133_naming_a_rest_day_makes_it_worked_and_a_holiday_still_is_not() -> None:
    text = HOURS.replace("intervals", "weekdays = [1, 2, 3, 4, 5, 6]\nintervals")
    found = calendar_from_toml(text)
    assert found.is_working_day(date(2026, 3, 7))  # a Saturday
    assert not found.is_working_day(date(2026, 3, 8))  # a Sunday
    assert not found.is_working_day(date(2025, 2, 1))  # a Saturday of Tết
    assert not calendar().is_working_day(date(2026, 3, 7))


def test_l133_a_weekday_without_a_block_is_an_error_not_a_rest_day() -> None:
    found = calendar_from_toml(HOURS.replace("intervals", "weekdays = [1, 2, 3, 4]\nintervals"))
    assert found.is_working_day(date(2026, 3, 6))
    with pytest.raises(CalendarError, match="calendar-no-hours"):
        found.periods(date(2026, 3, 6))


def test_l133_two_blocks_that_disagree_on_a_day_are_refused() -> None:
    other = "[[hours]]\nvalid_from = 2020-01-01\nintervals = ['08:00-16:00']\n"
    assert fault(HOURS + other).code == "calendar-hours-ambiguous"
    apart = other.replace("intervals", "weekdays = [6]\nintervals")
    with_days = HOURS.replace("intervals", "weekdays = [1, 2, 3, 4, 5]\nintervals")
    assert calendar_from_toml(with_days + apart).hours
    assert fault(HOURS + apart).code == "calendar-hours-ambiguous"  # every weekday has Saturday
    for day in range(1, 8):
        assert fault(HOURS + apart.replace("6", str(day))).code == "calendar-hours-ambiguous"
    assert calendar_from_toml(HOURS + HOURS).hours  # twice the same is no question
    summer = HOURS.replace("intervals", "season = '04-16..10-15'\nintervals")
    winter = other.replace("intervals", "season = '10-16..04-15'\nintervals")
    assert calendar_from_toml(summer + winter).hours
    touching = other.replace("intervals", "season = '10-15..04-15'\nintervals")
    assert fault(summer + touching).code == "calendar-hours-ambiguous"
    assert fault(HOURS + winter).code == "calendar-hours-ambiguous"
    assert fault(winter + HOURS).code == "calendar-hours-ambiguous"


def test_l133_a_leap_day_may_bound_a_season() -> None:
    text = HOURS.replace("intervals", "season = '02-29..02-29'\nintervals")
    found = calendar_from_toml(text)
    assert found.periods(date(2028, 2, 29))
    with pytest.raises(CalendarError):
        found.periods(date(2028, 3, 1))


@pytest.mark.parametrize(
    ("text", "key", "vi"),
    [
        ("", "hours", "bắt buộc"),
        ("hours = []", "hours", "ít nhất một"),
        (HOURS + "timezone = 'UTC'", "hours[1].timezone", "không phải khóa"),
        ("timezone = 'UTC'\n" + HOURS, "timezone", "Asia/Ho_Chi_Minh"),
        ("holidays = 1\n" + HOURS, "holidays", "không phải khóa"),
        (HOURS.replace("2020-01-01", "'2020-01-01'"), "hours[1].valid_from", "ngày TOML"),
        (HOURS.replace("2020-01-01", "2020-01-01T07:00:00"), "hours[1].valid_from", "kèm giờ"),
        (HOURS + "valid_to = 2019-12-31", "hours[1].valid_to", "đứng trước"),
        (HOURS + "season = '13-01..12-31'", "hours[1].season", "MM-DD..MM-DD"),
        (HOURS + "season = '02-30..12-31'", "hours[1].season", "MM-DD..MM-DD"),
        (HOURS + "season = '1-1..12-31'", "hours[1].season", "MM-DD..MM-DD"),
        (HOURS + "season = 1", "hours[1].season", "chuỗi"),
        (HOURS + "weekdays = [0]", "hours[1].weekdays[1]", "từ 1 trở lên"),
        (HOURS + "weekdays = [5, 8]", "hours[1].weekdays[2]", "từ 7 trở xuống"),
        (HOURS + "weekdays = ['5']", "hours[1].weekdays[1]", "số nguyên"),
        (HOURS + "weekdays = []", "hours[1].weekdays", "ít nhất một"),
        (HOURS + "weekdays = true", "hours[1].weekdays", "sai kiểu"),
        (HOURS.replace("07:30-11:30", "7:30-11:30"), "hours[1].intervals[1]", "HH:MM-HH:MM"),
        (HOURS.replace("17:00", "24:00"), "hours[1].intervals[2]", "HH:MM-HH:MM"),
        (HOURS.replace("11:30", "11:60"), "hours[1].intervals[1]", "HH:MM-HH:MM"),
        ("[[hours]]\nvalid_from = 2020-01-01\nintervals = []", "hours[1].intervals", "ít nhất"),
        (HOURS + "[[override]]\nkind = 'off'", "override[1].date", "bắt buộc"),
        (HOURS + "[[override]]\ndate = 2026-01-02", "override[1].kind", "bắt buộc"),
        (HOURS + "[[override]]\ndate = 2026-01-02\nkind = 'OFF'", "override[1].kind", "'off'"),
        (HOURS + "[[confirmed]]\nyear = 1999\ndecision = 'x'", "confirmed[1].year", "2000"),
        (HOURS + "[[confirmed]]\nyear = 2026\ndecision = ''", "confirmed[1].decision", "trống"),
        (HOURS + "[[confirmed]]\nyear = 2026", "confirmed[1].decision", "bắt buộc"),
        (HOURS + 2 * "[[confirmed]]\nyear = 2026\ndecision = 'x'\n", "confirmed[2].year", "2026"),
        (HOURS + 2 * "[[override]]\ndate = 2026-07-01\nkind = 'on'\n", "override[2].date", "đã có"),
    ],
)
def test_l133_a_wrong_key_is_named_in_both_languages(text: str, key: str, vi: str) -> None:
    found = fault(text)
    assert found.code == "calendar-key-wrong"
    assert key in found.vi
    assert key in found.en
    assert vi in found.vi


def test_l133_several_faults_are_told_at_once_and_counted() -> None:
    found = fault("a=1\nb=1\nc=1\nd=1\ne=1\nf=1\n" + HOURS)
    assert "và 1 lỗi khác" in found.vi
    assert "and 1 more" in found.en
    assert all(f"{key} " in found.vi for key in "abcde")


@pytest.mark.parametrize("text", ["x =", "[[hours", "a = [" + "[" * 5000, "a = 2026-02-30"])
def test_what_is_no_toml_is_said_so(text: str) -> None:
    assert fault(text).code == "calendar-not-toml"


@pytest.mark.parametrize(
    "intervals", ["['12:00-08:00']", "['08:00-08:00']", "['13:00-17:00', '07:30-11:30']",
                  "['07:30-11:30', '11:00-17:00']"]
)  # fmt: skip
def test_l134_intervals_rise_through_the_day(intervals: str) -> None:
    found = fault(f"[[hours]]\nvalid_from = 2020-01-01\nintervals = {intervals}")
    assert found.code == "calendar-intervals-wrong"
    assert "hours[1].intervals" in found.vi
    assert "hours[1].intervals" in found.en


def test_l134_intervals_may_touch() -> None:
    found = calendar_from_toml(HOURS.replace("13:00", "11:30"))
    assert len(found.periods(date(2026, 3, 2))) == 2


def test_l134_a_block_needs_an_interval() -> None:
    with pytest.raises(CalendarError, match="calendar-intervals-wrong"):
        HoursBlock(intervals=(), valid_from=date(2020, 1, 1))


def test_files_that_cannot_be_read_are_said_so(tmp_path: Path) -> None:
    def code(path: Path) -> str:
        with pytest.raises(SettingsError) as caught:
            calendar_from_file(path)
        assert str(path) in caught.value.vi
        return caught.value.code

    assert code(tmp_path / "absent.toml") == "calendar-file-unreadable"
    assert code(tmp_path) == "calendar-file-unreadable"
    (tmp_path / "large.toml").write_bytes(b"#" * (MAX_CALENDAR_BYTES + 1))
    assert code(tmp_path / "large.toml") == "calendar-file-too-large"
    (tmp_path / "utf16.toml").write_text(HOURS, encoding="utf-16")
    assert code(tmp_path / "utf16.toml") == "calendar-file-not-utf8"
    (tmp_path / "bom.toml").write_text(HOURS, encoding="utf-8-sig")
    assert calendar_from_file(tmp_path / "bom.toml").version == calendar().version


def test_l129_the_known_years_follow_the_hours_and_the_package() -> None:
    closed = HOURS + "valid_to = 2027-06-30\n"
    assert (calendar_from_toml(closed).first_year, calendar_from_toml(closed).last_year) == (
        2020,
        2027,
    )
    old = calendar_from_toml(HOURS.replace("2020", "1975"))
    assert (old.first_year, old.last_year) == (2000, 2100)
    assert calendar().days[date(2026, 9, 2)].kind is DayKind.OFF


@settings(max_examples=150)
@given(st.text(max_size=60))
def test_no_text_brings_anything_but_an_error_of_ours(text: str) -> None:
    for candidate in (text, HOURS + text):
        with suppress(DataError):
            calendar_from_toml(candidate)


SEASON_ENDS = st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda d: (d.month, d.day))


@settings(max_examples=80)
@given(SEASON_ENDS, SEASON_ENDS, SEASON_ENDS, SEASON_ENDS)
def test_l133_conflicts_are_found_exactly_where_seasons_meet(
    a: tuple[int, int], b: tuple[int, int], c: tuple[int, int], d: tuple[int, int]
) -> None:
    def block(season: Season, closes: int) -> HoursBlock:
        interval = Interval(time(8), time(closes))
        return HoursBlock(intervals=(interval,), valid_from=date(2020, 1, 1), season=season)

    one, two = Season(a, b), Season(c, d)
    days = [date(2000, 1, 1) + timedelta(days=n) for n in range(366)]
    meet = any(one.contains(day) and two.contains(day) for day in days)
    assert block(one, 12).conflicts_with(block(two, 13)) is meet


def test_l70_the_resolved_content_can_be_kept_to_prove_a_time() -> None:
    """The version is a digest over exactly this text."""
    override = "[[override]]\ndate = 2026-07-01\nkind = 'off'\ndecision = '1/QĐ'\n"
    text = calendar_text(calendar(override))
    assert "2026-07-01" in text
    assert "07:30-11:30" in text
    assert calendar(override).version.endswith(hashlib.sha256(text.encode()).hexdigest()[:16])
    assert calendar_text(calendar()) != text
