"""Registers (sổ đăng ký văn bản): numbers without gaps and doubles (L-20, L-35).

A number is drawn and used up by the row that follows, as the last statements of the transaction
of the act it belongs to; a rollback gives it back. Paper shares the series: numbers for it are
reserved, or recorded at once.

Numbers the QLVB gives (setting ``qlvb``) are kept as given; only UNIQUE judges them. They lift
the counter as well, so that an agency which changes to ``gateway`` within a year goes on after
the highest number and meets none twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gateway.errors import StateError
from gateway.model.document import DocumentRef
from gateway.model.organ import AgencyId
from gateway.model.register import Register, RegisterEntry
from gateway.storage.counting import draw, lift
from gateway.storage.schema import counters, register_entries

HIGHEST_NUMBER = 9_999_999
"""More documents than any agency registers in a year; beyond it a number is a mistake."""

MOST_RESERVED = 1000
"""At once; more in one go is a mistake."""

DOCUMENT, RESERVED, PAPER = "document", "reserved", "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A line to be written.

    Attributes:
        year: Register year, from ``effective_receipt_at`` in Viet Nam time (contract).
        actor: ``gateway``, or the account of the person.

    """

    register: Register
    year: int
    document: DocumentRef
    registered_at: datetime
    actor: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForPaper:
    """Numbers reserved for, or used by, paper documents.

    Attributes:
        note: Why the number has no document here; required.
        registered_at: When the line is written.

    """

    register: Register
    year: int
    note: str
    registered_at: datetime
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it stands in the book.

    Attributes:
        kind: ``document``, ``reserved`` (not used yet) or ``paper``.
        actor: Who wrote it.

    """

    entry: RegisterEntry
    kind: str
    actor: str


def _line_of(row: Row[Any]) -> Line:
    entry = RegisterEntry(
        register=Register(row.register),
        year=row.year,
        number=row.number,
        document=row.document_ref,
        registered_at=row.registered_at,
        note=row.note,
    )
    return Line(entry=entry, kind=row.kind, actor=row.actor)


def next_number(conn: Connection, agency: AgencyId, register: Register, year: int) -> int:
    """Draw the next number of a register; the caller writes its row in this transaction."""
    return draw(conn, agency, register.value, year, 1)


def enter(conn: Connection, agency: AgencyId, new: NewEntry) -> RegisterEntry:
    """Give the document the next number and write its line.

    Raises:
        StateError: The document stands in this register already.

    """
    _refuse_second_line(conn, agency, new)
    return _write(conn, agency, new, next_number(conn, agency, new.register, new.year))


def enter_given(conn: Connection, agency: AgencyId, new: NewEntry, number: int) -> RegisterEntry:
    """Write the line of a document under the number the QLVB gave.

    Raises:
        StateError: The number is taken or no number of a register, or the document stands in
            this register already.

    """
    if not 1 <= number <= HIGHEST_NUMBER:
        raise StateError(
            "register-number-unfit",
            vi=f"Số {number} không phải số trong sổ; cần số từ 1 đến {HIGHEST_NUMBER}",
            en=f"{number} is no number of a register; expected 1 to {HIGHEST_NUMBER}",
        )
    _refuse_second_line(conn, agency, new)
    lift(conn, agency, new.register.value, new.year, number)  # its lock orders the writers
    if line_at(conn, agency, new.register, new.year, number) is not None:
        raise _taken(new, number)
    return _write(conn, agency, new, number)


def _refuse_second_line(conn: Connection, agency: AgencyId, new: NewEntry) -> None:
    held = entry_of(conn, agency, new.register, new.document)
    if held is not None:
        raise StateError(
            "already-registered",
            vi=f"Văn bản {new.document} đã vào sổ với số {held.number}/{held.year}",
            en=f"document {new.document} is registered already as {held.number}/{held.year}",
        )


def _taken(new: NewEntry, number: int) -> StateError:
    return StateError(
        "register-number-taken",
        vi=f"Số {number}/{new.year} trong sổ đã cấp cho văn bản khác; hãy kiểm tra số trên QLVB",
        en=f"number {number}/{new.year} of the register is taken; check it in the QLVB",
    )


def _write(conn: Connection, agency: AgencyId, new: NewEntry, number: int) -> RegisterEntry:
    try:
        conn.execute(
            insert(register_entries).values(
                agency_id=agency,
                register=new.register.value,
                year=new.year,
                number=number,
                kind=DOCUMENT,
                document_ref=new.document,
                registered_at=new.registered_at,
                actor=new.actor,
                note=new.note,
            )
        )
    except IntegrityError as error:
        raise StateError(
            "register-line-refused",
            vi=f"Văn bản {new.document} hoặc số {number}/{new.year} vừa được người khác vào sổ;"
            " hãy mở lại để xem",
            en=f"document {new.document} or number {number}/{new.year} was registered by somebody"
            " else just now; open it again",
        ) from error
    return RegisterEntry(
        register=new.register,
        year=new.year,
        number=number,
        document=new.document,
        registered_at=new.registered_at,
        note=new.note,
    )


def reserve(conn: Connection, agency: AgencyId, wish: ForPaper, count: int) -> tuple[int, ...]:
    """Reserve the next ``count`` numbers for paper documents; return them.

    Raises:
        StateError: No note, or a count that cannot be meant.

    """
    _require_note(wish)
    if not 1 <= count <= MOST_RESERVED:
        raise StateError(
            "reservation-unfit",
            vi=f"Mỗi lần giữ được từ 1 đến {MOST_RESERVED} số, không phải {count}",
            en=f"1 to {MOST_RESERVED} numbers can be reserved at once, not {count}",
        )
    last = draw(conn, agency, wish.register.value, wish.year, count)
    numbers = tuple(range(last - count + 1, last + 1))
    conn.execute(
        insert(register_entries), [_paper(agency, wish, RESERVED, number) for number in numbers]
    )
    return numbers


def record_paper(
    conn: Connection, agency: AgencyId, wish: ForPaper, number: int | None = None
) -> int:
    """Record a paper document under a reserved number, or under the next one; return it.

    Raises:
        StateError: No note, or the number is not reserved.

    """
    _require_note(wish)
    if number is None:
        drawn = next_number(conn, agency, wish.register, wish.year)
        conn.execute(insert(register_entries).values(_paper(agency, wish, PAPER, drawn)))
        return drawn
    done = conn.execute(
        update(register_entries)
        .where(
            register_entries.c.agency_id == agency,
            register_entries.c.register == wish.register.value,
            register_entries.c.year == wish.year,
            register_entries.c.number == number,
            register_entries.c.kind == RESERVED,
        )
        .values(kind=PAPER, note=wish.note, registered_at=wish.registered_at, actor=wish.actor)
    )
    if done.rowcount != 1:
        raise StateError(
            "number-not-reserved",
            vi=f"Số {number}/{wish.year} không phải số đang giữ cho văn bản giấy",
            en=f"number {number}/{wish.year} is not reserved for a paper document",
        )
    return number


def _paper(agency: AgencyId, wish: ForPaper, kind: str, number: int) -> dict[str, object]:
    return {
        "agency_id": agency,
        "register": wish.register.value,
        "year": wish.year,
        "number": number,
        "kind": kind,
        "document_ref": None,
        "registered_at": wish.registered_at,
        "actor": wish.actor,
        "note": wish.note,
    }


def _require_note(wish: ForPaper) -> None:
    if not wish.note.strip():
        raise StateError(
            "note-required",
            vi="Số không gắn với văn bản điện tử phải có ghi chú lý do",
            en="a number without an electronic document needs a note that says why",
        )


def entry_of(
    conn: Connection, agency: AgencyId, register: Register, document: DocumentRef
) -> RegisterEntry | None:
    """Return the line of a document in a register, or None when it has none."""
    row = conn.execute(
        select(register_entries).where(
            register_entries.c.agency_id == agency,
            register_entries.c.register == register.value,
            register_entries.c.document_ref == document,
        )
    ).one_or_none()
    return None if row is None else _line_of(row).entry


def line_at(
    conn: Connection, agency: AgencyId, register: Register, year: int, number: int
) -> Line | None:
    """Return the line under a number, or None when there is none."""
    row = conn.execute(
        select(register_entries).where(
            register_entries.c.agency_id == agency,
            register_entries.c.register == register.value,
            register_entries.c.year == year,
            register_entries.c.number == number,
        )
    ).one_or_none()
    return None if row is None else _line_of(row)


@dataclass(frozen=True, slots=True)
class Page:
    """Which lines of a book: those after number ``after``, at most ``limit``."""

    after: int = 0
    limit: int = 100


def entries(
    conn: Connection, agency: AgencyId, register: Register, year: int, page: Page
) -> tuple[Line, ...]:
    """Return lines of a book, by number."""
    statement = (
        select(register_entries)
        .where(
            register_entries.c.agency_id == agency,
            register_entries.c.register == register.value,
            register_entries.c.year == year,
            register_entries.c.number > page.after,
        )
        .order_by(register_entries.c.number)
        .limit(page.limit)
    )
    return tuple(map(_line_of, conn.execute(statement)))


def gaps(conn: Connection, agency: AgencyId, register: Register, year: int) -> tuple[int, ...]:
    """Return the numbers up to the highest that have no line; empty when all is well.

    Under ``qlvb`` these are numbers the QLVB used without us, for paper mostly.
    """
    used = select(register_entries.c.number).where(
        register_entries.c.agency_id == agency,
        register_entries.c.register == register.value,
        register_entries.c.year == year,
    )
    numbers = set(conn.execute(used).scalars())
    counted = conn.execute(
        select(func.max(counters.c.last)).where(
            counters.c.agency_id == agency,
            counters.c.series == register.value,
            counters.c.year == year,
        )
    ).scalar_one()
    highest = max([counted or 0, *numbers])
    return tuple(number for number in range(1, highest + 1) if number not in numbers)
