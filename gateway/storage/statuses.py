"""Status messages both ways: said once, heard once (contract, fixed meanings; L-105).

Outgoing: a row by the effect's key, its envelope written once and sent as written on every
try. Incoming: a row by axis and axis_doc_id, matched to a document or shown as unmatched (T54).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select, update

from gateway.errors import StateError
from gateway.model.document import AxisDocId, Digest, Direction, DocumentRef
from gateway.model.envelope import ResponseFor
from gateway.model.organ import AgencyId, OrganId
from gateway.storage.rows import response_of, response_text
from gateway.storage.schema import statuses
from gateway.storage.values import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatus:
    """A status message to be stored once.

    Attributes:
        key: Outgoing: the effect's key. Incoming: axis and axis_doc_id.
        code: Text as received or sent, ``"01"`` (T58).
        description: The reason in the sayer's own words, verbatim (L-52); None when none.
        stated_at: The sayer's clock; None when missing or unreadable.
        noted_at: Our clock.
        about: ResponseFor as received or to be sent; None when none.
        document: None while the document is not known.
        delivery_id: The delivery an incoming message came by; None for outgoing ones.

    """

    id: str
    direction: Direction
    key: str
    code: str
    noted_at: datetime
    description: str | None = field(default=None, repr=False)
    stated_at: datetime | None = None
    from_organ: OrganId | None = None
    about: ResponseFor | None = None
    document: DocumentRef | None = None
    delivery_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """A stored status message; fields as in :class:`NewStatus`, and how far it came.

    Attributes:
        envelope_digest: Its envelope's bytes; None until they are written.
        axis_doc_id: The axis's id of it; None until sent.

    """

    id: str
    direction: Direction
    key: str
    code: str
    noted_at: datetime
    description: str | None = field(repr=False)
    stated_at: datetime | None
    from_organ: OrganId | None
    about: ResponseFor | None
    document: DocumentRef | None
    delivery_id: str | None
    envelope_digest: Digest | None
    axis_doc_id: AxisDocId | None
    sent_at: datetime | None


def _status_of(row: Row[Any]) -> StatusRow:
    return StatusRow(
        id=row.id,
        direction=Direction(row.direction),
        key=row.key,
        code=row.code,
        noted_at=row.noted_at,
        description=row.description,
        stated_at=row.stated_at,
        from_organ=row.from_organ,
        about=response_of(row.about),
        document=row.document_ref,
        delivery_id=row.delivery_id,
        envelope_digest=row.envelope_digest,
        axis_doc_id=row.axis_doc_id,
        sent_at=row.sent_at,
    )


def create_once(conn: Connection, agency: AgencyId, new: NewStatus) -> tuple[StatusRow, bool]:
    """Store a message; return its row and True, or the row of the same key and False."""
    statement = insert_into(conn, statuses).values(
        agency_id=agency,
        id=new.id,
        direction=new.direction.value,
        key=new.key,
        code=new.code,
        noted_at=new.noted_at,
        description=new.description,
        stated_at=new.stated_at,
        from_organ=new.from_organ,
        about=response_text(new.about),
        document_ref=new.document,
        delivery_id=new.delivery_id,
    )
    row = conn.execute(
        statement.on_conflict_do_nothing(
            index_elements=["agency_id", "direction", "key"]
        ).returning(*statuses.c)
    ).one_or_none()
    if row is not None:
        return _status_of(row), True
    same = select(statuses).where(
        statuses.c.agency_id == agency,
        statuses.c.direction == new.direction.value,
        statuses.c.key == new.key,
    )
    return _status_of(conn.execute(same).one()), False


def _one(agency: AgencyId, status_id: str) -> ColumnElement[bool]:
    return and_(statuses.c.agency_id == agency, statuses.c.id == status_id)


def get(conn: Connection, agency: AgencyId, status_id: str) -> StatusRow | None:
    """Return the message, or None when there is none of this id."""
    row = conn.execute(select(statuses).where(_one(agency, status_id))).one_or_none()
    return None if row is None else _status_of(row)


def by_key(conn: Connection, agency: AgencyId, direction: Direction, key: str) -> StatusRow | None:
    """Return the message of this key, or None."""
    statement = select(statuses).where(
        statuses.c.agency_id == agency,
        statuses.c.direction == direction.value,
        statuses.c.key == key,
    )
    row = conn.execute(statement).one_or_none()
    return None if row is None else _status_of(row)


def mark_written(conn: Connection, agency: AgencyId, status_id: str, digest: Digest) -> StatusRow:
    """Note the bytes of its envelope; return the row: the first bytes stay and are sent.

    Raises:
        StateError: There is no such message.

    """
    conn.execute(
        update(statuses)
        .where(_one(agency, status_id), statuses.c.envelope_digest.is_(None))
        .values(envelope_digest=digest)
    )
    return _required(conn, agency, status_id)


def mark_sent(
    conn: Connection, agency: AgencyId, status_id: str, axis_doc_id: AxisDocId, at: datetime
) -> StatusRow:
    """Note that the axis took it; return the row: the first answer stays.

    Raises:
        StateError: There is no such message.

    """
    conn.execute(
        update(statuses)
        .where(_one(agency, status_id), statuses.c.sent_at.is_(None))
        .values(axis_doc_id=axis_doc_id, sent_at=at)
    )
    return _required(conn, agency, status_id)


def match(conn: Connection, agency: AgencyId, status_id: str, document: DocumentRef) -> StatusRow:
    """Tie an unmatched message to its document; return the row: the first match stays.

    Raises:
        StateError: There is no such message.

    """
    conn.execute(
        update(statuses)
        .where(_one(agency, status_id), statuses.c.document_ref.is_(None))
        .values(document_ref=document)
    )
    return _required(conn, agency, status_id)


def unmatched(conn: Connection, agency: AgencyId, limit: int = 200) -> tuple[StatusRow, ...]:
    """Return incoming messages about documents we do not know, the oldest first (T54)."""
    statement = (
        select(statuses)
        .where(
            statuses.c.agency_id == agency,
            statuses.c.direction == Direction.INCOMING.value,
            statuses.c.document_ref.is_(None),
        )
        .order_by(statuses.c.noted_at, statuses.c.id)
        .limit(limit)
    )
    return tuple(map(_status_of, conn.execute(statement)))


def history(conn: Connection, agency: AgencyId, document: DocumentRef) -> tuple[StatusRow, ...]:
    """Return what was said about a document in both directions, in the order we noted it."""
    statement = (
        select(statuses)
        .where(statuses.c.agency_id == agency, statuses.c.document_ref == document)
        .order_by(statuses.c.noted_at, statuses.c.id)
    )
    return tuple(map(_status_of, conn.execute(statement)))


def _required(conn: Connection, agency: AgencyId, status_id: str) -> StatusRow:
    row = get(conn, agency, status_id)
    if row is None:
        raise StateError(
            "status-unknown",
            vi=f"Không có thông điệp trạng thái nào mang mã {status_id}",
            en=f"there is no status message {status_id}",
        )
    return row
