"""Incoming documents: stored once, decided once, moved by compare-and-set, content apart.

What stays for the auditor (``documents``) and what a recall or a quarantine takes away
(``contents``, ``attachments``, ``examinations``) are written together and removed apart (L-43).
How documents are found stands in ``finding.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, select, update

from gateway.errors import StateError
from gateway.model.document import Attachment, Digest, Direction, DocumentRef, Urgency
from gateway.model.incoming import IncomingState, Objection
from gateway.model.organ import AgencyId
from gateway.model.signature import Verdict
from gateway.storage.references import referenced
from gateway.storage.rows import (
    ContentRow,
    IncomingRow,
    NewDocument,
    Receipt,
    Values,
    attachment_of,
    attachment_values,
    content_of,
    content_values,
    document_values,
    incoming_of,
    objections_text,
    receipt_values,
)
from gateway.storage.schema import attachments, contents, deliveries, documents, examinations
from gateway.storage.values import canonical, insert_into, loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A delivery that could not be opened: parked for a person, without content."""

    ref: DocumentRef
    arrived_at: datetime
    objections: tuple[Objection, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided about a document.

    Attributes:
        receipt: None only where no effective receipt could be given (parked).
        proposal: ``refuse`` or None.
        verdict: Of the main document; None when nothing was examined.

    """

    state: IncomingState
    decided_at: datetime
    receipt: Receipt | None = None
    objections: tuple[Objection, ...] = ()
    proposal: str | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredExamination:
    """What the examination of one attachment brought.

    Attributes:
        ordinal: Which attachment, from 0 in the order of the envelope.
        verdict_text: JSON of ``contract.md``, pdf verify.
        evidence_text: JSON, kept beside the PDF (L-115).

    """

    ordinal: int
    examined_at: datetime
    verdict_text: str
    evidence_text: str
    marks: tuple[str, ...] = ()
    doubtful_marks: tuple[str, ...] = ()


def _one(agency: AgencyId, ref: DocumentRef) -> ColumnElement[bool]:
    return and_(
        documents.c.agency_id == agency,
        documents.c.ref == ref,
        documents.c.direction == Direction.INCOMING.value,
    )


def _parts(table: Table, agency: AgencyId, ref: DocumentRef) -> ColumnElement[bool]:
    return and_(table.c.agency_id == agency, table.c.document_ref == ref)


def create(conn: Connection, agency: AgencyId, new: NewDocument) -> None:
    """Store an opened document with its content and attachments, in state ``opened``."""
    own = {"agency_id": agency}
    conn.execute(insert(documents).values(own | document_values(new)))
    conn.execute(insert(contents).values(own | content_values(new)))
    rows = [
        own | attachment_values(new.ref, ordinal, attachment)
        for ordinal, attachment in enumerate(new.envelope.attachments)
    ]
    if rows:
        conn.execute(insert(attachments), rows)


def create_unreadable(conn: Connection, agency: AgencyId, new: Unreadable) -> None:
    """Store a document nobody could open, parked, with what is wrong with it."""
    conn.execute(
        insert(documents).values(
            agency_id=agency,
            ref=new.ref,
            direction=Direction.INCOMING.value,
            state=IncomingState.PARKED.value,
            urgency=Urgency.NORMAL.value,
            arrived_at=new.arrived_at,
            decided_at=new.decided_at,
            objections=objections_text(new.objections),
        )
    )


def decide(
    conn: Connection,
    agency: AgencyId,
    ref: DocumentRef,
    decided: Decided,
    expected: IncomingState = IncomingState.OPENED,
) -> None:
    """Write a decision over a document that still stands at ``expected``.

    Raises:
        StateError: It stands elsewhere by now, or there is no such document.

    """
    changes: Values = {
        "state": decided.state.value,
        "decided_at": decided.decided_at,
        "objections": objections_text(decided.objections),
        "proposal": decided.proposal,
        "verdict": decided.verdict.value if decided.verdict is not None else None,
    }
    if decided.receipt is not None:
        changes |= receipt_values(decided.receipt)
    _move(conn, agency, ref, expected, changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step of a document's life.

    Attributes:
        closed_at: Given where the new state is final here; None leaves what stands.

    """

    expected: IncomingState
    new: IncomingState
    closed_at: datetime | None = None


def set_state(conn: Connection, agency: AgencyId, ref: DocumentRef, move: Move) -> None:
    """Move a document on, if it still stands where the caller saw it.

    Which moves there are is for ``rules/lifecycle.py`` to say.

    Raises:
        StateError: Somebody was faster, or there is no such document.

    """
    changes: Values = {"state": move.new.value}
    if move.closed_at is not None:
        changes["closed_at"] = move.closed_at
    _move(conn, agency, ref, move.expected, changes)


def _move(
    conn: Connection,
    agency: AgencyId,
    ref: DocumentRef,
    expected: IncomingState,
    changes: Mapping[str, object],
) -> None:
    done = conn.execute(
        update(documents)
        .where(_one(agency, ref), documents.c.state == expected.value)
        .values(dict(changes))
    )
    if done.rowcount == 1:
        return
    row = get(conn, agency, ref)
    if row is None:
        raise StateError(
            "document-unknown",
            vi=f"Không có văn bản nào mang mã {ref}",
            en=f"there is no document {ref}",
        )
    raise StateError(
        "document-moved-on",
        vi=f"Văn bản {ref} vừa được người khác xử lý: hiện ở trạng thái {row.state.value},"
        f" không còn {expected.value}; hãy mở lại để xem",
        en=f"document {ref} was handled by somebody else: it is {row.state.value} and no"
        f" longer {expected.value}; open it again",
    )


def set_qlvb_taken(
    conn: Connection, agency: AgencyId, ref: DocumentRef, at: datetime, receipt: Receipt | None
) -> bool:
    """Note when the QLVB took the document over; return False when that was noted before.

    The first instant stays. ``receipt`` is given where the agency counts from the QLVB
    (``receipt_counts_from``); None leaves the receipt that stands.
    """
    changes: Values = {"qlvb_taken_at": at}
    if receipt is not None:
        changes |= receipt_values(receipt)
    done = conn.execute(
        update(documents)
        .where(_one(agency, ref), documents.c.qlvb_taken_at.is_(None))
        .values(changes)
    )
    return done.rowcount == 1


def save_examination(
    conn: Connection, agency: AgencyId, ref: DocumentRef, examination: StoredExamination
) -> None:
    """Keep verdict and evidence of one attachment; a later examination replaces it."""
    values = {
        "examined_at": examination.examined_at,
        "verdict": examination.verdict_text,
        "evidence": examination.evidence_text,
        "marks": canonical(examination.marks),
        "doubtful_marks": canonical(examination.doubtful_marks),
    }
    key = {"agency_id": agency, "document_ref": ref, "ordinal": examination.ordinal}
    conn.execute(
        insert_into(conn, examinations)
        .values(key | values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )


def get(conn: Connection, agency: AgencyId, ref: DocumentRef) -> IncomingRow | None:
    """Return the document without its content, or None when there is none of this ref."""
    row = conn.execute(select(documents).where(_one(agency, ref))).one_or_none()
    return None if row is None else incoming_of(row)


def content(conn: Connection, agency: AgencyId, ref: DocumentRef) -> ContentRow | None:
    """Return the content, or None when there is none (unreadable, quarantined, destroyed)."""
    row = conn.execute(select(contents).where(_parts(contents, agency, ref))).one_or_none()
    if row is None:
        return None
    return content_of(row, _attachments(conn, agency, ref))


def _attachments(conn: Connection, agency: AgencyId, ref: DocumentRef) -> tuple[Attachment, ...]:
    statement = select(attachments).where(_parts(attachments, agency, ref))
    return tuple(map(attachment_of, conn.execute(statement.order_by(attachments.c.ordinal))))


def examinations_of(
    conn: Connection, agency: AgencyId, ref: DocumentRef
) -> tuple[StoredExamination, ...]:
    """Return what the examinations brought, in the order of the attachments."""
    statement = select(examinations).where(_parts(examinations, agency, ref))
    return tuple(
        StoredExamination(
            ordinal=row.ordinal,
            examined_at=row.examined_at,
            verdict_text=row.verdict,
            evidence_text=row.evidence,
            marks=tuple(loaded(row.marks)),
            doubtful_marks=tuple(loaded(row.doubtful_marks)),
        )
        for row in conn.execute(statement.order_by(examinations.c.ordinal))
    )


def destroy_content(
    conn: Connection, agency: AgencyId, ref: DocumentRef, expected: IncomingState, at: datetime
) -> tuple[Digest, ...]:
    """Remove the content for good; return the digests whose bytes nobody needs any more.

    Events and deliveries stay. The caller stores the digests with the job that deletes the
    bytes, in this transaction, so that a crash leaves nothing behind.

    Raises:
        StateError: The document is not at ``expected`` any more.

    """
    _move(conn, agency, ref, expected, {"state": IncomingState.DESTROYED.value, "closed_at": at})
    return _blank(conn, agency, ref)


def blank_for_quarantine(
    conn: Connection, agency: AgencyId, ref: DocumentRef, expected: IncomingState
) -> tuple[Digest, ...]:
    """Move a document into quarantine and remove its content (L-60).

    The encrypted copy is durable before. Returns and raises as :func:`destroy_content`.
    """
    _move(conn, agency, ref, expected, {"state": IncomingState.QUARANTINED.value})
    return _blank(conn, agency, ref)


def _blank(conn: Connection, agency: AgencyId, ref: DocumentRef) -> tuple[Digest, ...]:
    held = {each.digest for each in _attachments(conn, agency, ref) if each.digest}
    raw = select(deliveries.c.raw_digest).where(_parts(deliveries, agency, ref))
    held |= {digest for digest in conn.execute(raw).scalars() if digest}
    for table in (contents, attachments, examinations):
        conn.execute(delete(table).where(_parts(table, agency, ref)))
    return tuple(sorted(digest for digest in held if not referenced(conn, digest)))
