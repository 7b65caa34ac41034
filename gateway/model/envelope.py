"""What an edXML envelope says, as values (QCVN 102:2016 and amendment; protocol part 2).

Every field is optional, because the wild leaves out any of them: absent on the wire is None or
an empty tuple here, and nothing is ever invented (T07, T08). A date that could not be read is
None, with its text in ``unread`` under the element's path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.model.document import (
    Attachment,
    BusinessType,
    Code,
    DocumentId,
    DocumentType,
    Urgency,
)
from gateway.model.organ import Organ, OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeNote:
    """A fault or a warning about one place of an envelope; a value, not an exception.

    Attributes:
        code: Closed list in ``docs/errors.md``.
        element: Path of the element, ``MessageHeader/To[2]/OrganId``; "" for the whole.
        rule: ``L-nn``, ``Tnn`` or protocol section.
        vi, en: One sentence each: the thing, the value's shape, what to do.
        line: 1-based line in the source; None when not known.

    """

    code: str
    element: str
    rule: str
    vi: str
    en: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """Thông tin người ký."""

    competence: str | None = None  # TM., KT., TL., TUQ., Q. (L-03)
    position: str | None = None
    full_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromulgationInfo:
    """Địa danh và ngày ban hành."""

    place: str | None = None
    promulgation_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherInfo:
    """Thông tin khác; numbers stay text as on the wire."""

    priority: str | None = None
    sphere_of_promulgation: str | None = None
    typer_notation: str | None = None
    promulgation_amount: str | None = None
    page_amount: str | None = None
    direction: str | None = None
    reply_fors: tuple[str, ...] = ()
    reference_codes: tuple[str, ...] = ()
    appendixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFor:
    """Trả lời cho văn bản; on a status message it names the addressee and the document."""

    organ_id: OrganId | None = None
    code: Code | None = None
    document_id: DocumentId | None = None
    promulgation_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Cán bộ liên hệ: personal data, never logged."""

    department: str | None = None
    department_id: str | None = None
    staff: str | None = None
    staff_id: str | None = None
    mobile: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One change of recipients in an update: ``receiver_type`` 1 added, 0 removed."""

    organ_id: OrganId | None = None
    receiver_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessDocumentInfo:
    """BussinessDocumentInfo: what an update changes."""

    document_info: str | None = None
    document_receiver: str | None = None
    receivers: tuple[Receiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """ReplacementInfo: one replaced document and the organs concerned."""

    document_id: DocumentId | None = None
    organ_ids: tuple[OrganId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """Nghiệp vụ; ``business_type`` None means an unknown value, kept in ``raw_type``.

    Attributes:
        raw_type: None when the wire says exactly ``business_type``; otherwise its text: an
            unknown value, ``01`` for ``1``, or "" where the element is absent (taken as new).

    """

    business_type: BusinessType | None = BusinessType.NEW
    raw_type: str | None = None
    business_reason: str | None = None
    document_id: DocumentId | None = None
    paper: str | None = None
    document_infos: tuple[BusinessDocumentInfo, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    staff: tuple[Staff, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHeader:
    """Vết luân chuyển: who held it when; ``stated_at`` is the sender's clock."""

    organ_id: OrganId | None = None
    stated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceList:
    """What TraceHeaderList itself carries beside its headers; texts as on the wire."""

    id: str | None = None
    version: str | None = None
    paper: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureBlock:
    """The envelope's own Signature element: carried, never taken for proof (protocol 2.5).

    Attributes:
        kind: ``none``, ``token`` (a shared secret in KeyInfo, T20, T21) or ``xmldsig``.
        xml: The element as received, kept for the record; None for ``token``, whose secret
            is cut before anything is stored.

    """

    kind: str
    subject_name: str | None = None
    xml: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEnvelope:
    """An envelope that carries a document (gói tin văn bản)."""

    sender: Organ | None = None
    recipients: tuple[Organ, ...] = ()
    document_id: DocumentId | None = None
    code: Code | None = None
    promulgation_info: PromulgationInfo | None = None
    document_type: DocumentType | None = None
    subject: str | None = None
    content: str | None = None
    signer_info: SignerInfo | None = None
    due_date: date | None = None
    to_places: tuple[str, ...] = ()
    other_info: OtherInfo | None = None
    response_for: tuple[ResponseFor, ...] = ()
    steering_type: str | None = None
    task_codes: tuple[str, ...] = ()  # ResponseForTask/TaskCode
    application_type: str | None = None
    trace: tuple[TraceHeader, ...] = ()
    trace_list: TraceList | None = None
    business: Business | None = None
    signature: SignatureBlock | None = None
    attachments: tuple[Attachment, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()  # (element path, text) of dates nobody could read
    unknown: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # (path, xml) verbatim
    warnings: tuple[EnvelopeNote, ...] = ()

    @property
    def business_type(self) -> BusinessType | None:
        """Return the kind; an envelope without a business block is new (T07, protocol 2.3)."""
        return self.business.business_type if self.business else BusinessType.NEW

    @property
    def urgency(self) -> Urgency:
        """Return the urgency; an unknown Priority counts as at least *khẩn* (L-104)."""
        raw = (self.other_info.priority or "").strip() if self.other_info else ""
        known = {
            "": Urgency.NORMAL,
            "0": Urgency.NORMAL,
            "1": Urgency.URGENT,
            "2": Urgency.VERY_URGENT,
            "3": Urgency.FLASH,
            "4": Urgency.FLASH,
        }
        return known.get(raw, Urgency.URGENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEnvelope:
    """An envelope that carries a status message (gói tin trạng thái).

    Attributes:
        status_code: Text as received, padded to two digits where it was one (T58).
        stated_at: The sender's clock, Viet Nam time; None when missing or unreadable.

    """

    sender: Organ | None = None
    response_for: ResponseFor | None = None
    staff: Staff | None = None
    status_code: str | None = None
    description: str | None = None
    stated_at: datetime | None = None
    trace: tuple[TraceHeader, ...] = ()
    trace_list: TraceList | None = None
    signature: SignatureBlock | None = None
    unread: tuple[tuple[str, str], ...] = ()
    unknown: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    warnings: tuple[EnvelopeNote, ...] = ()


Envelope = DocumentEnvelope | StatusEnvelope
