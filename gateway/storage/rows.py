"""Rows to words and back, next to each other, one pair for each subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from gateway.model.document import (
    Attachment,
    AxisDocId,
    Code,
    Digest,
    Direction,
    DocumentId,
    DocumentRef,
    Urgency,
)
from gateway.model.envelope import DocumentEnvelope, ResponseFor
from gateway.model.incoming import IncomingState, KnownDocument, Objection
from gateway.model.organ import OrganId
from gateway.model.signature import Verdict
from gateway.storage.values import canonical, clipped, folded, loaded

Values = dict[str, Any]
"""Column names to values, for an INSERT or UPDATE."""

BUSINESS_TYPE_LIMIT = 16  # width of the column; the text as received stands in the envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One delivery: what an axis offered or took, and how far we came with it.

    Attributes:
        document: None until opened, and for status messages.
        raw_digest: SHA-256 of the raw bytes; None until they are durable.
        arrived_at: When the raw bytes were durable, our clock; None before.
        axis_created_text, axis_updated_text: The axis's own times, as written.
        outcome: ``new``, ``attached``, ``repeated``, ``parked``, ``status``; None before opening.

    """

    id: str
    axis: str
    axis_doc_id: AxisDocId
    direction: Direction
    recipient: str
    message_type: str
    document: DocumentRef | None
    raw_digest: Digest | None
    raw_size_bytes: int | None
    listed_at: datetime
    arrived_at: datetime | None
    acknowledged_at: datetime | None
    axis_created_text: str | None
    axis_updated_text: str | None
    outcome: str | None


def delivery_of(row: Row[Any]) -> DeliveryRow:
    """Read a row of ``deliveries``."""
    return DeliveryRow(
        id=row.id,
        axis=row.axis,
        axis_doc_id=row.axis_doc_id,
        direction=Direction(row.direction),
        recipient=row.recipient,
        message_type=row.message_type,
        document=row.document_ref,
        raw_digest=row.raw_digest,
        raw_size_bytes=row.raw_size_bytes,
        listed_at=row.listed_at,
        arrived_at=row.arrived_at,
        acknowledged_at=row.acknowledged_at,
        axis_created_text=row.axis_created_text,
        axis_updated_text=row.axis_updated_text,
        outcome=row.outcome,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The effective receipt and what it rests on (L-66, L-70).

    Attributes:
        rule: Name of the rule that gave it.
        calendar_version: Version of the working calendar it was computed with.

    """

    effective_receipt_at: datetime
    rule: str
    calendar_version: str
    reason: str


def receipt_values(receipt: Receipt) -> Values:
    """Write a receipt into the columns of ``documents``."""
    return {
        "effective_receipt_at": receipt.effective_receipt_at,
        "receipt_rule": receipt.rule,
        "calendar_version": receipt.calendar_version,
        "receipt_reason": clipped(receipt.reason, 200),
    }


def receipt_of(row: Row[Any]) -> Receipt | None:
    """Read the receipt of a row of ``documents``; None before it was computed."""
    if row.effective_receipt_at is None:
        return None
    return Receipt(
        effective_receipt_at=row.effective_receipt_at,
        rule=row.receipt_rule,
        calendar_version=row.calendar_version,
        reason=row.receipt_reason,
    )


def objections_text(objections: Iterable[Objection]) -> str:
    """Write objections as JSON."""
    return canonical([asdict(each) for each in objections])


def objections_of(text: str) -> tuple[Objection, ...]:
    """Read what :func:`objections_text` wrote."""
    return tuple(Objection(**each) for each in loaded(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRow:
    """An incoming document without its content: what stays for the auditor.

    Attributes:
        business_type: ``0`` to ``3``, else as received; None when it could not be opened.
        content_digest: None when it could not be opened.
        arrived_at: Raw bytes durable, our clock; the real instant, never replaced (L-70).
        qlvb_taken_at: When the QLVB took it over; None before.
        receipt: None until decided.
        closed_at: Accepted, refused, released or destroyed; None while open.
        proposal: ``refuse`` or None.
        verdict: Of the main document's signatures; None before they were examined.

    """

    ref: DocumentRef
    state: IncomingState
    business_type: str | None
    urgency: Urgency
    content_digest: Digest | None
    arrived_at: datetime
    qlvb_taken_at: datetime | None
    receipt: Receipt | None
    decided_at: datetime | None
    closed_at: datetime | None
    objections: tuple[Objection, ...]
    proposal: str | None
    verdict: Verdict | None


def incoming_of(row: Row[Any]) -> IncomingRow:
    """Read a row of ``documents``."""
    return IncomingRow(
        ref=row.ref,
        state=IncomingState(row.state),
        business_type=row.business_type,
        urgency=Urgency(row.urgency),
        content_digest=row.content_digest,
        arrived_at=row.arrived_at,
        qlvb_taken_at=row.qlvb_taken_at,
        receipt=receipt_of(row),
        decided_at=row.decided_at,
        closed_at=row.closed_at,
        objections=objections_of(row.objections),
        proposal=row.proposal,
        verdict=Verdict(row.verdict) if row.verdict else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """An opened document to be stored.

    Attributes:
        content_digest: As in :class:`gateway.model.incoming.KnownDocument`.
        number_key, notation_key: Comparison forms of number and notation (T09).
        envelope_text: The envelope in the JSON form of ``contract.md``.
        arrived_at: When the raw bytes of its first delivery were durable.

    """

    ref: DocumentRef
    envelope: DocumentEnvelope
    envelope_text: str = field(repr=False)
    content_digest: Digest
    number_key: str | None
    notation_key: str | None
    arrived_at: datetime


def document_values(new: NewDocument) -> Values:
    """Write the row of ``documents`` of a new document."""
    business = new.envelope.business
    kind = new.envelope.business_type
    raw = kind.value if kind else business.raw_type if business else None
    return {
        "ref": new.ref,
        "direction": Direction.INCOMING.value,
        "state": IncomingState.OPENED.value,
        "business_type": clipped(raw, BUSINESS_TYPE_LIMIT),
        "urgency": new.envelope.urgency.value,
        "content_digest": new.content_digest,
        "arrived_at": new.arrived_at,
    }


def content_values(new: NewDocument) -> Values:
    """Write the row of ``contents`` of a new document."""
    envelope = new.envelope
    sender, code = envelope.sender, envelope.code
    promulgation = envelope.promulgation_info
    name = sender.organ_name if sender else None
    return {
        "document_ref": new.ref,
        "document_id": envelope.document_id,
        "sender_id": sender.organ_id if sender else None,
        "sender_name": name,
        "sender_key": folded(name) if name else None,
        "number_key": new.number_key,
        "notation_key": new.notation_key,
        "code_number": code.code_number if code else None,
        "code_notation": code.code_notation if code else None,
        "promulgation_date": promulgation.promulgation_date if promulgation else None,
        "type_name": envelope.document_type.type_name if envelope.document_type else None,
        "subject": envelope.subject,
        "due_date": envelope.due_date,
        "envelope": new.envelope_text,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRow:
    """The content of a document: what a recall or a quarantine takes away.

    Attributes:
        envelope_text: The envelope in the JSON form of ``contract.md``.
        attachments: In the order of the envelope; ``content_id`` and ``description`` stand
            in ``envelope_text`` only.

    """

    document_id: DocumentId | None
    sender_id: OrganId | None
    sender_name: str | None
    code: Code | None
    promulgation_date: date | None
    type_name: str | None
    subject: str | None = field(repr=False)
    due_date: date | None
    envelope_text: str = field(repr=False)
    attachments: tuple[Attachment, ...]


def code_of(row: Row[Any]) -> Code | None:
    """Read number and notation; None when neither was there."""
    if row.code_number is None and row.code_notation is None:
        return None
    return Code(row.code_number, row.code_notation)


def content_of(row: Row[Any], attachments: tuple[Attachment, ...]) -> ContentRow:
    """Read a row of ``contents``."""
    return ContentRow(
        document_id=row.document_id,
        sender_id=row.sender_id,
        sender_name=row.sender_name,
        code=code_of(row),
        promulgation_date=row.promulgation_date,
        type_name=row.type_name,
        subject=row.subject,
        due_date=row.due_date,
        envelope_text=row.envelope,
        attachments=attachments,
    )


def attachment_values(ref: DocumentRef, ordinal: int, attachment: Attachment) -> Values:
    """Write a row of ``attachments``."""
    return {
        "document_ref": ref,
        "ordinal": ordinal,
        "name": attachment.attachment_name,
        "content_type": attachment.content_type,
        "media_type": clipped(attachment.media_type, 200),
        "size_bytes": attachment.size_bytes,
        "digest": attachment.digest,
        "fault": attachment.fault,
    }


def attachment_of(row: Row[Any]) -> Attachment:
    """Read a row of ``attachments``."""
    return Attachment(
        attachment_name=row.name,
        content_type=row.content_type,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        digest=row.digest,
        fault=row.fault,
    )


def known_of(row: Row[Any], deliveries: Sequence[tuple[str, AxisDocId]]) -> KnownDocument:
    """Read a document with its content, as far as comparing needs it."""
    return KnownDocument(
        ref=row.ref,
        state=IncomingState(row.state),
        document_id=row.document_id,
        sender_id=row.sender_id,
        sender_name=row.sender_name,
        code=code_of(row),
        promulgation_date=row.promulgation_date,
        content_digest=row.content_digest,
        deliveries=tuple(deliveries),
    )


def response_text(response: ResponseFor | None) -> str:
    """Write what a status message is about, as received, as JSON without absent members."""
    if response is None:
        return "{}"
    code, day = response.code, response.promulgation_date
    members = {
        "organ_id": response.organ_id,
        "code_number": code.code_number if code else None,
        "code_notation": code.code_notation if code else None,
        "document_id": response.document_id,
        "promulgation_date": day.isoformat() if day else None,
    }
    return canonical({name: value for name, value in members.items() if value is not None})


def response_of(text: str) -> ResponseFor | None:
    """Read what :func:`response_text` wrote; None when nothing was stated."""
    members: Mapping[str, str] = loaded(text)
    if not members:
        return None
    number, notation = members.get("code_number"), members.get("code_notation")
    day = members.get("promulgation_date")
    document_id, organ_id = members.get("document_id"), members.get("organ_id")
    return ResponseFor(
        organ_id=None if organ_id is None else OrganId(organ_id),
        code=None if number is None and notation is None else Code(number, notation),
        document_id=None if document_id is None else DocumentId(document_id),
        promulgation_date=date.fromisoformat(day) if day else None,
    )
