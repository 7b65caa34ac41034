"""Deliveries: every offer of an axis is a row of its own, also of what we hold already.

A document may come by several deliveries (contract, fixed meanings). The rows stay when a
recall destroys the content: the digest proves which bytes came, and holds none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from gateway.errors import StateError
from gateway.model.document import AxisDocId, Direction, DocumentRef
from gateway.model.organ import AgencyId
from gateway.ports import PendingDelivery, Stored
from gateway.storage.rows import DeliveryRow, delivery_of
from gateway.storage.schema import deliveries
from gateway.storage.values import clipped, identifier, insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """What an axis offers.

    Attributes:
        id: Our own identifier of the delivery.
        recipient: Ours among the recipients, where one offer is listed for each of them;
            "" when the axis does not tell them apart.
        listed_at: When we saw it in the axis's list.

    """

    id: str
    axis: str
    pending: PendingDelivery
    listed_at: datetime
    recipient: str = ""


def _one(agency: AgencyId, delivery_id: str) -> ColumnElement[bool]:
    return and_(deliveries.c.agency_id == agency, deliveries.c.id == delivery_id)


def note(conn: Connection, agency: AgencyId, new: NewDelivery) -> tuple[DeliveryRow, bool]:
    """Store an offer; return its row and True, or the row we had and False.

    Raises:
        PeerError: The axis's id or recipient is nothing a table can keep.

    """
    pending = new.pending
    axis_doc_id = identifier(pending.axis_doc_id, 200, "docId")
    values = {
        "agency_id": agency,
        "id": new.id,
        "axis": new.axis,
        "axis_doc_id": axis_doc_id,
        "direction": Direction.INCOMING.value,
        "recipient": identifier(new.recipient, 64, "recipient") if new.recipient else "",
        "message_type": clipped(pending.message_type, 32),
        "listed_at": new.listed_at,
        "axis_created_text": clipped(pending.created_text, 64),
        "axis_updated_text": clipped(pending.updated_text, 64),
    }
    statement = insert_into(conn, deliveries).values(values)
    offer = ["agency_id", "axis", "axis_doc_id", "direction", "recipient"]
    row = conn.execute(
        statement.on_conflict_do_nothing(index_elements=offer).returning(*deliveries.c)
    ).one_or_none()
    if row is not None:
        return delivery_of(row), True
    same = and_(*(deliveries.c[name] == values[name] for name in offer))
    return delivery_of(conn.execute(select(deliveries).where(same)).one()), False


def get(conn: Connection, agency: AgencyId, delivery_id: str) -> DeliveryRow | None:
    """Return the delivery, or None when there is none of this id."""
    row = conn.execute(select(deliveries).where(_one(agency, delivery_id))).one_or_none()
    return None if row is None else delivery_of(row)


def keep(
    conn: Connection, agency: AgencyId, delivery_id: str, stored: Stored, arrived_at: datetime
) -> DeliveryRow:
    """Note that the raw bytes are durable; return the row as it stands.

    The first bytes stay: a second fetch never replaces them nor the arrival (L-70), so the
    caller goes on with the digest of the row it gets.

    Raises:
        StateError: There is no such delivery.

    """
    conn.execute(
        update(deliveries)
        .where(_one(agency, delivery_id), deliveries.c.raw_digest.is_(None))
        .values(raw_digest=stored.digest, raw_size_bytes=stored.size_bytes, arrived_at=arrived_at)
    )
    return required(conn, agency, delivery_id)


def acknowledge(conn: Connection, agency: AgencyId, delivery_id: str, at: datetime) -> None:
    """Note that the axis heard ``done``; the first time stays.

    Raises:
        StateError: The raw bytes are not kept yet: the table refuses it (contract, receiving).

    """
    try:
        conn.execute(
            update(deliveries)
            .where(_one(agency, delivery_id), deliveries.c.acknowledged_at.is_(None))
            .values(acknowledged_at=at)
        )
    except IntegrityError as error:
        raise StateError(
            "not-kept-yet",
            vi="Chưa lưu được gói tin gốc nên chưa thể báo trục là đã nhận",
            en="the raw bytes are not kept yet, so the axis cannot be told that they are",
        ) from error
    required(conn, agency, delivery_id)


def outcome(
    conn: Connection,
    agency: AgencyId,
    delivery_id: str,
    outcome: str,
    document: DocumentRef | None,
) -> None:
    """Note what opening made of it: ``new``, ``attached``, ``repeated``, ``parked``, ``status``.

    Raises:
        StateError: There is no such delivery.

    """
    conn.execute(
        update(deliveries)
        .where(_one(agency, delivery_id))
        .values(outcome=outcome, document_ref=document)
    )
    required(conn, agency, delivery_id)


def of_document(
    conn: Connection, agency: AgencyId, document: DocumentRef
) -> tuple[DeliveryRow, ...]:
    """Return every delivery a document came by, the first one first."""
    statement = (
        select(deliveries)
        .where(deliveries.c.agency_id == agency, deliveries.c.document_ref == document)
        .order_by(deliveries.c.arrived_at, deliveries.c.id)
    )
    return tuple(map(delivery_of, conn.execute(statement)))


def find(
    conn: Connection, agency: AgencyId, axis: str, axis_doc_id: AxisDocId
) -> tuple[DeliveryRow, ...]:
    """Return the incoming deliveries of one id of an axis; one for each recipient."""
    statement = (
        select(deliveries)
        .where(
            deliveries.c.agency_id == agency,
            deliveries.c.axis == axis,
            deliveries.c.axis_doc_id == axis_doc_id,
            deliveries.c.direction == Direction.INCOMING.value,
        )
        .order_by(deliveries.c.id)
    )
    return tuple(map(delivery_of, conn.execute(statement)))


def unfinished(conn: Connection, agency: AgencyId, limit: int = 1000) -> tuple[DeliveryRow, ...]:
    """Return incoming deliveries not opened or not acknowledged yet, the oldest first."""
    statement = (
        select(deliveries)
        .where(
            deliveries.c.agency_id == agency,
            deliveries.c.direction == Direction.INCOMING.value,
            or_(deliveries.c.outcome.is_(None), deliveries.c.acknowledged_at.is_(None)),
        )
        .order_by(deliveries.c.listed_at, deliveries.c.id)
        .limit(limit)
    )
    return tuple(map(delivery_of, conn.execute(statement)))


def latest_arrival(conn: Connection) -> datetime | None:
    """Return when the newest raw bytes became durable, over all agencies; None before any."""
    return conn.execute(select(func.max(deliveries.c.arrived_at))).scalar_one_or_none()


def required(conn: Connection, agency: AgencyId, delivery_id: str) -> DeliveryRow:
    """Return the delivery.

    Raises:
        StateError: There is no such delivery.

    """
    row = get(conn, agency, delivery_id)
    if row is None:
        raise StateError(
            "delivery-unknown",
            vi=f"Không có lượt nhận nào mang mã {delivery_id}",
            en=f"there is no delivery {delivery_id}",
        )
    return row
