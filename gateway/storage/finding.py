"""How incoming documents are found: candidates for comparing, lists and search for the clerk.

A quarantined document appears in :func:`quarantine` and nowhere else (L-60). Cursors are the
``ref`` of the last row seen: refs rise with time and never change, so a page that is read while
others arrive neither repeats nor skips a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    literal_column,
    or_,
    select,
)

from gateway.model.document import AxisDocId, Code, Digest, Direction, DocumentId, DocumentRef
from gateway.model.incoming import IncomingState, KnownDocument
from gateway.model.organ import AgencyId
from gateway.model.register import Register
from gateway.storage.rows import IncomingRow, code_of, incoming_of, known_of
from gateway.storage.schema import contents, deliveries, documents, register_entries
from gateway.storage.values import folded

MOST_CANDIDATES = 1000
"""Bound on what one comparison reads, the newest: 12/QĐ-UBND comes from every province a year."""

# Content columns come through an outer join: what was destroyed is still known by its digest.
_WITH_CONTENT = documents.outerjoin(
    contents,
    and_(contents.c.agency_id == documents.c.agency_id, contents.c.document_ref == documents.c.ref),
)
_SUMMARY = (
    contents.c.document_id,
    contents.c.sender_id,
    contents.c.sender_name,
    contents.c.code_number,
    contents.c.code_notation,
    contents.c.promulgation_date,
    contents.c.subject,
    contents.c.due_date,
)


def known_by_identity(
    conn: Connection, agency: AgencyId, document_id: DocumentId | None, content_digest: Digest
) -> tuple[KnownDocument, ...]:
    """Return candidates with the same DocumentId or the same content; oldest first (L-41).

    The spelling of the DocumentId decides as received (L-106). None matches nothing.
    """
    refs = _refs(
        conn,
        documents.c.ref,
        documents.c.agency_id == agency,
        documents.c.content_digest == content_digest,
    )
    if document_id is not None:
        refs |= _refs(
            conn,
            contents.c.document_ref,
            contents.c.agency_id == agency,
            contents.c.document_id == document_id,
        )
    return _known(conn, agency, refs)


def known_by_number(
    conn: Connection, agency: AgencyId, number_key: str | None, notation_key: str | None
) -> tuple[KnownDocument, ...]:
    """Return candidates with the same comparison forms of number and notation; oldest first.

    Whether the organ is the same is for ``rules/duplicates.py`` to say (L-41). Nothing is
    returned when both forms are missing: documents without a number do not resemble each other.
    """
    if number_key is None and notation_key is None:
        return ()
    refs = _refs(
        conn,
        contents.c.document_ref,
        contents.c.agency_id == agency,
        contents.c.number_key == number_key,  # None becomes IS NULL
        contents.c.notation_key == notation_key,
    )
    return _known(conn, agency, refs)


def _refs(
    conn: Connection, ref: Column[DocumentRef], *conditions: ColumnElement[bool]
) -> set[DocumentRef]:
    """Return the newest refs of one table that fulfil conditions an index serves.

    The order is by an expression: SQLite would rather walk the whole table in the order of
    its key than go by the index of the conditions, which finds the few.
    """
    by_time = (ref + literal_column("''")).desc()
    statement = select(ref).where(*conditions).order_by(by_time).limit(MOST_CANDIDATES)
    return set(conn.execute(statement).scalars())


def _known(conn: Connection, agency: AgencyId, refs: set[DocumentRef]) -> tuple[KnownDocument, ...]:
    if not refs:
        return ()
    statement: Select[Any] = (
        select(
            documents.c.ref,
            documents.c.state,
            documents.c.direction,
            documents.c.content_digest,
            *_SUMMARY,
        )
        .select_from(_WITH_CONTENT)
        .where(documents.c.agency_id == agency, documents.c.ref.in_(refs))
        .order_by(documents.c.ref)
    )
    rows = [row for row in conn.execute(statement) if row.direction == Direction.INCOMING.value]
    ways = _deliveries(conn, agency, [row.ref for row in rows])
    return tuple(known_of(row, ways.get(row.ref, ())) for row in rows)


def _deliveries(
    conn: Connection, agency: AgencyId, refs: Sequence[DocumentRef]
) -> dict[DocumentRef, list[tuple[str, AxisDocId]]]:
    statement = (
        select(deliveries.c.document_ref, deliveries.c.axis, deliveries.c.axis_doc_id)
        .where(deliveries.c.agency_id == agency, deliveries.c.document_ref.in_(refs))
        .order_by(deliveries.c.arrived_at, deliveries.c.id)
    )
    ways: dict[DocumentRef, list[tuple[str, AxisDocId]]] = {}
    for row in conn.execute(statement):
        ways.setdefault(row.document_ref, []).append((row.axis, row.axis_doc_id))
    return ways


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a list: the document and what a clerk recognises it by.

    Attributes:
        subject: None where there is none, or no content any more; the same for the others.
        arrival_number: Its number in the register of incoming documents; None before.

    """

    document: IncomingRow
    document_id: DocumentId | None
    sender_name: str | None
    code: Code | None
    promulgation_date: date | None
    subject: str | None = field(repr=False)
    due_date: date | None
    arrival_number: int | None
    arrival_year: int | None


def _listed_of(row: Row[Any]) -> Listed:
    return Listed(
        document=incoming_of(row),
        document_id=row.document_id,
        sender_name=row.sender_name,
        code=code_of(row),
        promulgation_date=row.promulgation_date,
        subject=row.subject,
        due_date=row.due_date,
        arrival_number=row.number,
        arrival_year=row.year,
    )


def _lines(agency: AgencyId) -> Select[Any]:
    entry = and_(
        register_entries.c.agency_id == documents.c.agency_id,
        register_entries.c.register == Register.INCOMING.value,
        register_entries.c.document_ref == documents.c.ref,
    )
    return (
        select(documents, *_SUMMARY, register_entries.c.number, register_entries.c.year)
        .select_from(_WITH_CONTENT.outerjoin(register_entries, entry))
        .where(documents.c.agency_id == agency, documents.c.direction == Direction.INCOMING.value)
    )


def _open_states(states: Sequence[IncomingState]) -> list[str]:
    return [state.value for state in states if state is not IncomingState.QUARANTINED]


def listing(
    conn: Connection,
    agency: AgencyId,
    states: Sequence[IncomingState],
    after: DocumentRef | None,
    limit: int,
) -> tuple[Listed, ...]:
    """Return documents in ``states``, oldest first, after the one of ref ``after``."""
    statement = _lines(agency).where(documents.c.state.in_(_open_states(states)))
    if after is not None:
        statement = statement.where(documents.c.ref > after)
    statement = statement.order_by(documents.c.ref).limit(limit)
    return tuple(map(_listed_of, conn.execute(statement)))


def urgent_first(
    conn: Connection,
    agency: AgencyId,
    states: Sequence[IncomingState],
    after: tuple[int, DocumentRef] | None,
    limit: int,
) -> tuple[Listed, ...]:
    """Return documents in ``states``, the most urgent first, then the oldest (L-17).

    ``after`` is (urgency value, ref) of the last row seen.
    """
    statement = _lines(agency).where(documents.c.state.in_(_open_states(states)))
    if after is not None:
        urgency, ref = after
        same = and_(documents.c.urgency == urgency, documents.c.ref > ref)
        statement = statement.where(or_(documents.c.urgency < urgency, same))
    statement = statement.order_by(documents.c.urgency.desc(), documents.c.ref).limit(limit)
    return tuple(map(_listed_of, conn.execute(statement)))


def quarantine(
    conn: Connection, agency: AgencyId, after: DocumentRef | None, limit: int
) -> tuple[IncomingRow, ...]:
    """Return the quarantined documents, oldest first, without anything of their content."""
    statement = select(documents).where(
        documents.c.agency_id == agency,
        documents.c.direction == Direction.INCOMING.value,
        documents.c.state == IncomingState.QUARANTINED.value,
    )
    if after is not None:
        statement = statement.where(documents.c.ref > after)
    statement = statement.order_by(documents.c.ref).limit(limit)
    return tuple(map(incoming_of, conn.execute(statement)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for; what is None does not narrow.

    Attributes:
        number_key, notation_key: Comparison forms (T09).
        sender: A part of the sender's name, marks and case ignored, or its code as written.
        document_id: As received (L-106).

    """

    number_key: str | None = None
    notation_key: str | None = None
    sender: str | None = None
    document_id: DocumentId | None = None


def search(conn: Connection, agency: AgencyId, wanted: Wanted, limit: int) -> tuple[Listed, ...]:
    """Return matching documents that still have content, newest first; none for no wish."""
    wishes: list[ColumnElement[bool]] = []
    if wanted.number_key is not None:
        wishes.append(contents.c.number_key == wanted.number_key)
    if wanted.notation_key is not None:
        wishes.append(contents.c.notation_key == wanted.notation_key)
    if wanted.document_id is not None:
        wishes.append(contents.c.document_id == wanted.document_id)
    if wanted.sender:
        named = contents.c.sender_key.contains(folded(wanted.sender), autoescape=True)
        wishes.append(or_(named, contents.c.sender_id == wanted.sender))
    if not wishes:
        return ()
    statement = (
        _lines(agency)
        .where(
            documents.c.state != IncomingState.QUARANTINED.value,
            contents.c.agency_id == agency,
            *wishes,
        )
        .order_by(documents.c.ref.desc())
        .limit(limit)
    )
    return tuple(map(_listed_of, conn.execute(statement)))
