"""Numbers of a register: whose year, what may be entered, what may be reserved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.errors import NaiveTimeError, StateError
from gateway.model.document import DocumentRef
from gateway.model.register import NumberedBy, Register, RegisterEntry
from gateway.rules.numbering import (
    MAX_RESERVED_AT_ONCE,
    PaperNumbers,
    check_given_number,
    check_paper_entry,
    paper_numbers,
    register_year,
)
from gateway.rules.receipt_time import VIET_NAM

AT = datetime(2026, 3, 2, 9, tzinfo=VIET_NAM)


def line(document: str | None) -> RegisterEntry:
    return RegisterEntry(
        register=Register.INCOMING,
        year=2026,
        number=7,
        document=DocumentRef(document) if document else None,
        registered_at=AT,
        note="" if document else "văn bản giấy",
    )


@pytest.mark.parametrize(
    ("receipt", "year"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=VIET_NAM), 2026),
        (datetime(2027, 1, 1, tzinfo=VIET_NAM), 2027),
        (datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC), 2026),
        (datetime(2026, 12, 31, 17, tzinfo=UTC), 2027),  # midnight in Viet Nam
    ],
)
def test_l35_l20_the_register_year_is_that_of_the_receipt_in_viet_nam(
    receipt: datetime, year: int
) -> None:
    assert register_year(receipt) == year


def test_l63_a_year_needs_a_zone() -> None:
    with pytest.raises(NaiveTimeError):
        register_year(datetime(2026, 12, 31))  # noqa: DTZ001 - the very thing that is refused


@pytest.mark.parametrize("number", [1, 7, 9_999_999_999])
def test_l40_l48_a_given_number_that_is_free_is_taken(number: int) -> None:
    check_given_number(number, 2026, None)


@pytest.mark.parametrize(
    ("number", "holder", "code"),
    [
        (0, None, "number-out-of-range"),
        (-1, None, "number-out-of-range"),
        (10_000_000_000, None, "number-out-of-range"),
        (7, line("d-1"), "number-used"),
        (7, line(None), "number-used"),  # kept for paper: not for this document
    ],
)
def test_l20_a_number_is_used_once(number: int, holder: RegisterEntry | None, code: str) -> None:
    with pytest.raises(StateError) as caught:
        check_given_number(number, 2026, holder)
    assert caught.value.code == code
    assert str(number) in caught.value.vi


def test_l35_numbers_for_paper_come_from_the_same_counter_with_a_note() -> None:
    assert paper_numbers(NumberedBy.GATEWAY, 3, " bưu điện ") == PaperNumbers(3, "bưu điện")
    assert paper_numbers(NumberedBy.GATEWAY, MAX_RESERVED_AT_ONCE, "x").count == 100


@pytest.mark.parametrize(
    ("by", "count", "note", "code"),
    [
        (NumberedBy.QLVB, 1, "x", "numbers-given-by-qlvb"),
        (NumberedBy.GATEWAY, 0, "x", "reservation-count-wrong"),
        (NumberedBy.GATEWAY, MAX_RESERVED_AT_ONCE + 1, "x", "reservation-count-wrong"),
        (NumberedBy.GATEWAY, 1, " ", "reservation-without-note"),
    ],
)
def test_l20_no_gap_stands_unexplained(by: NumberedBy, count: int, note: str, code: str) -> None:
    with pytest.raises(StateError) as caught:
        paper_numbers(by, count, note)
    assert caught.value.code == code


def test_l35_a_reserved_number_is_recorded_for_paper() -> None:
    assert check_paper_entry(line(None), 7, " công văn giấy ") == "công văn giấy"


@pytest.mark.parametrize(
    ("held", "note", "code"),
    [
        (None, "x", "number-not-reserved"),
        (line("d-1"), "x", "number-used"),
        (line(None), "", "reservation-without-note"),
    ],
)
def test_l35_only_a_reserved_number_is_recorded_for_paper(
    held: RegisterEntry | None, note: str, code: str
) -> None:
    with pytest.raises(StateError) as caught:
        check_paper_entry(held, 7, note)
    assert caught.value.code == code
