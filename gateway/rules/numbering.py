"""Numbers of a register (số đến): whose year, which number may be entered.

    L-35   incoming numbers follow the order of receipt within the year, paper and electronic
    L-20   they start again at 1 on 1 January; a number is used once; a gap is explained
    L-40   the system numbers in order of time within the year

The order of receipt is the order of the registering commits (contract, "numbering").  The number
itself comes from one counter statement of the store, the last before the register row in the
same transaction, so a rollback gives it back and no gap arises; nothing here remembers a number.
What is held, parked, quarantined or refused never reaches that statement and uses up no number.

Where the QLVB gives the numbers we keep what it gave and refuse what cannot be: gaps are then
its affair.  Where the gateway gives them, numbers for paper documents are taken from the same
counter, with a note that says what for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.errors import StateError
from gateway.model.register import NumberedBy, RegisterEntry
from gateway.rules.working_calendar import viet_nam_time

FIRST_NUMBER = 1
MAX_NUMBER = 9_999_999_999  # ArrivalNumber has ten digits (NĐ 30 Phụ lục VI, L-48)
MAX_RESERVED_AT_ONCE = 100  # a day's paper post of a department; more is a slip of the hand


@dataclass(frozen=True, slots=True)
class PaperNumbers:
    """A granted reservation: how many numbers to take from the counter, and what for."""

    count: int
    note: str


def register_year(effective_receipt_at: datetime) -> int:
    """Return the year of the register a document belongs to: of its receipt, in Viet Nam.

    A document of 31 December after office hours belongs to the next year's register (L-35).

    Raises:
        NaiveTimeError: The instant carries no zone.

    """
    return viet_nam_time(effective_receipt_at).year


def check_given_number(number: int, year: int, holder: RegisterEntry | None) -> None:
    """Return when a number the QLVB gave may be entered in the register of ``year``.

    Args:
        number: As the QLVB gave it.
        year: Register year.
        holder: The line that has this number in this year and register already, or None.

    Raises:
        StateError: ``number-out-of-range`` or ``number-used``.

    """
    if not FIRST_NUMBER <= number <= MAX_NUMBER:
        raise StateError(
            "number-out-of-range",
            vi=f"Số đến {number} không hợp lệ; số đến là số nguyên từ {FIRST_NUMBER} "
            f"đến {MAX_NUMBER}.",
            en=f"Arrival number {number} is not possible; it is a whole number from "
            f"{FIRST_NUMBER} to {MAX_NUMBER}.",
        )
    if holder is not None:
        raise StateError(
            "number-used",
            vi=f"Số đến {number} năm {year} đã cấp cho văn bản khác; mỗi số chỉ dùng một lần.",
            en=f"Arrival number {number} of {year} is taken; a number is used once.",
        )


def paper_numbers(numbered_by: NumberedBy, count: int, note: str) -> PaperNumbers:
    """Return the reservation of ``count`` numbers for paper documents, or say why not.

    Raises:
        StateError: ``numbers-given-by-qlvb``, ``reservation-count-wrong`` or
            ``reservation-without-note``.

    """
    if numbered_by is NumberedBy.QLVB:
        raise StateError(
            "numbers-given-by-qlvb",
            vi="Sổ này do QLVB cấp số; hãy giữ số cho văn bản giấy trong QLVB.",
            en="The QLVB numbers this register; reserve numbers for paper documents there.",
        )
    if not 1 <= count <= MAX_RESERVED_AT_ONCE:
        raise StateError(
            "reservation-count-wrong",
            vi=f"Không giữ được {count} số; mỗi lần giữ từ 1 đến {MAX_RESERVED_AT_ONCE} số.",
            en=f"{count} numbers cannot be reserved; 1 to {MAX_RESERVED_AT_ONCE} at a time.",
        )
    return PaperNumbers(count=count, note=_note(note))


def check_paper_entry(line: RegisterEntry | None, number: int, note: str) -> str:
    """Return the note to record when a reserved number is used for a paper document.

    Args:
        line: The register line of that number, or None when there is none.
        number: The number asked for.
        note: What the number is used for.

    Raises:
        StateError: ``number-not-reserved``, ``number-used`` or ``reservation-without-note``.

    """
    if line is None:
        raise StateError(
            "number-not-reserved",
            vi=f"Số đến {number} chưa được giữ; giữ số trước rồi mới ghi cho văn bản giấy.",
            en=f"Arrival number {number} is not reserved; reserve it, then record the paper.",
        )
    check_given_number(number, line.year, line if line.document is not None else None)
    return _note(note)


def _note(note: str) -> str:
    if not note.strip():
        raise StateError(
            "reservation-without-note",
            vi="Giữ số phải ghi lý do, để sổ không có số trống không giải thích được.",
            en="A reserved number needs a note, so that no gap stands unexplained.",
        )
    return note.strip()
