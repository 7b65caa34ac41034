"""The skeleton of edXML as one table: wire names, their order, and the words they become (2.1).

Four readers of this table do everything: ``mapping`` (elements to model), ``tree`` (model to
elements), ``json_form`` (model to JSON and back). A new optional field is a line here, its
field in the model and its line in the schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from gateway.envelope import names
from gateway.model.document import BusinessType, Code, DocumentType
from gateway.model.envelope import (
    Business,
    BusinessDocumentInfo,
    DocumentEnvelope,
    Envelope,
    OtherInfo,
    PromulgationInfo,
    Receiver,
    Replacement,
    ResponseFor,
    SignerInfo,
    Staff,
    StatusEnvelope,
    TraceHeader,
    TraceList,
)
from gateway.model.organ import Organ


class Form(Enum):
    """How the text of an element becomes a value."""

    TEXT = "text"  # as it stands, white space included (L-106)
    TRIMMED = "trimmed"  # white space around it means nothing (2.2)
    DATE = "date"
    INSTANT = "instant"
    JOINED_CODE = "code"  # number and notation in one text, ``12/QĐ-UBND``
    BUSINESS_TYPE = "business-type"
    STATUS_CODE = "status-code"  # two digits (T58)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element with text; ``is_attribute`` for the two that are attributes."""

    name: str
    attr: str
    form: Form = Form.TEXT
    is_attribute: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """An element that wraps repeated texts: ``ToPlaces/Place*``."""

    name: str
    attr: str
    item: str


@dataclass(frozen=True, slots=True)
class Branch:
    """An element with a shape of its own; ``many`` when it repeats, ``within`` a wrapper."""

    name: str
    attr: str
    shape: Shape
    many: bool = False
    within: str = ""


Part = Leaf | Items | Branch


@dataclass(frozen=True, slots=True)
class Shape:
    """One structure: what it becomes and its parts in the order of the wire."""

    model: Any  # a dataclass; called with the parts' ``attr`` as keywords
    parts: tuple[Part, ...]
    outer: Mapping[str, Part] = field(init=False)

    def __post_init__(self) -> None:
        """Index the parts by the name that stands directly below the structure."""
        outer = {outer_name(part): part for part in self.parts}
        object.__setattr__(self, "outer", MappingProxyType(outer))


def outer_name(part: Part) -> str:
    """Return the name of the part's element directly below its structure."""
    return part.within or part.name if isinstance(part, Branch) else part.name


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceBlock:
    """TraceHeaderList as it stands on the wire; the model spreads it over the envelope."""

    id: str | None = None
    version: str | None = None
    paper: str | None = None
    business: Business | None = None
    trace: tuple[TraceHeader, ...] = ()


_TRIM, _TEXT = Form.TRIMMED, Form.TEXT

ORGAN = Shape(
    Organ,
    (
        Leaf("OrganId", "organ_id", _TRIM),
        Leaf("OrganizationInCharge", "organization_in_charge", _TRIM),
        Leaf("OrganName", "organ_name", _TRIM),
        Leaf("OrganAdd", "organ_address", _TRIM),
        Leaf("Email", "email", _TRIM),
        Leaf("Telephone", "telephone", _TRIM),
        Leaf("Fax", "fax", _TRIM),
        Leaf("Website", "website", _TRIM),
    ),
)
CODE = Shape(
    Code,
    (Leaf("CodeNumber", "code_number", _TRIM), Leaf("CodeNotation", "code_notation", _TRIM)),
)
PROMULGATION = Shape(
    PromulgationInfo,
    (Leaf("Place", "place"), Leaf("PromulgationDate", "promulgation_date", Form.DATE)),
)
DOCUMENT_TYPE = Shape(
    DocumentType,
    (
        Leaf("Type", "type", _TRIM),
        Leaf("TypeDetail", "type_detail", _TRIM),
        Leaf("TypeName", "type_name"),
    ),
)
SIGNER_INFO = Shape(
    SignerInfo,
    (
        Leaf("Competence", "competence"),
        Leaf("Position", "position"),
        Leaf("FullName", "full_name"),
    ),
)
OTHER_INFO = Shape(
    OtherInfo,
    (
        Leaf("Priority", "priority", _TRIM),
        Leaf("SphereOfPromulgation", "sphere_of_promulgation"),
        Leaf("TyperNotation", "typer_notation"),
        Leaf("PromulgationAmount", "promulgation_amount", _TRIM),
        Leaf("PageAmount", "page_amount", _TRIM),
        Items("ReplyFors", "reply_fors", "ReplyFor"),
        Leaf("Direction", "direction", _TRIM),
        Items("ReferenceCodes", "reference_codes", "ReferenceCode"),
        Items("Appendixes", "appendixes", "Appendix"),
    ),
)
RESPONSE_FOR = Shape(
    ResponseFor,
    (
        Leaf("OrganId", "organ_id", _TRIM),
        Leaf("Code", "code", Form.JOINED_CODE),
        Leaf("DocumentId", "document_id"),
        Leaf("PromulgationDate", "promulgation_date", Form.DATE),
    ),
)
STAFF = Shape(
    Staff,
    (
        Leaf("Department", "department"),
        Leaf("DepartmentId", "department_id", _TRIM),
        Leaf("Staff", "staff"),
        Leaf("StaffId", "staff_id", _TRIM),
        Leaf("Email", "email", _TRIM),
        Leaf("Mobile", "mobile", _TRIM),
    ),
)
RECEIVER = Shape(
    Receiver,
    (Leaf("OrganId", "organ_id", _TRIM), Leaf("ReceiverType", "receiver_type", _TRIM)),
)
BUSINESS_DOCUMENT_INFO = Shape(
    BusinessDocumentInfo,
    (
        Leaf("DocumentInfo", "document_info", _TRIM),
        Leaf("DocumentReceiver", "document_receiver", _TRIM),
        Branch("Receiver", "receivers", RECEIVER, many=True, within="ReceiverList"),
    ),
)
REPLACEMENT = Shape(
    Replacement,
    (Leaf("DocumentId", "document_id"), Items("OrganIdList", "organ_ids", "OrganId")),
)
BUSINESS = Shape(
    Business,
    (
        Leaf("DocumentId", "document_id"),
        Leaf("BussinessDocType", "business_type", Form.BUSINESS_TYPE),
        Leaf("BussinessDocReason", "business_reason"),
        Leaf("Paper", "paper", _TRIM),
        Branch("BussinessDocumentInfo", "document_infos", BUSINESS_DOCUMENT_INFO, many=True),
        Branch(
            "ReplacementInfo", "replacements", REPLACEMENT, many=True, within="ReplacementInfoList"
        ),
        Branch("StaffInfo", "staff", STAFF, many=True),
    ),
)
TRACE_HEADER = Shape(
    TraceHeader,
    (Leaf("OrganId", "organ_id", _TRIM), Leaf("Timestamp", "stated_at", Form.INSTANT)),
)
TRACE_HEADER_LIST = Shape(
    TraceBlock,
    (
        Leaf("id", "id", _TEXT, is_attribute=True),
        Leaf("version", "version", _TEXT, is_attribute=True),
        Leaf("Paper", "paper", _TRIM),
        Branch("Bussiness", "business", BUSINESS),
        Branch("TraceHeader", "trace", TRACE_HEADER, many=True),
    ),
)
DOCUMENT_HEADER = Shape(
    dict,
    (
        Branch("From", "sender", ORGAN),
        Branch("To", "recipients", ORGAN, many=True),
        Leaf("DocumentId", "document_id"),
        Branch("Code", "code", CODE),
        Branch("PromulgationInfo", "promulgation_info", PROMULGATION),
        Branch("DocumentType", "document_type", DOCUMENT_TYPE),
        Leaf("Subject", "subject"),
        Leaf("Content", "content"),
        Branch("SignerInfo", "signer_info", SIGNER_INFO),
        Leaf("DueDate", "due_date", Form.DATE),
        Branch("OtherInfo", "other_info", OTHER_INFO),
        Branch("ResponseFor", "response_for", RESPONSE_FOR, many=True),
        Leaf("SteeringType", "steering_type", _TRIM),
        Items("ResponseForTask", "task_codes", "TaskCode"),
        Leaf("ApplicationType", "application_type", _TRIM),
        Items("ToPlaces", "to_places", "Place"),
    ),
)
STATUS_HEADER = Shape(
    dict,
    (
        Branch("From", "sender", ORGAN),
        Branch("ResponseFor", "response_for", RESPONSE_FOR, many=True),  # one counts
        Branch("StaffInfo", "staff", STAFF),
        Leaf("StatusCode", "status_code", Form.STATUS_CODE),
        Leaf("Description", "description"),
        Leaf("Timestamp", "stated_at", Form.INSTANT),
    ),
)
TRIMMED_ITEMS = frozenset({"TaskCode", "OrganId"})  # of Items; other items are kept as they stand


def header_shape(envelope: Envelope) -> Shape:
    """Return the shape of the envelope's MessageHeader."""
    return DOCUMENT_HEADER if isinstance(envelope, DocumentEnvelope) else STATUS_HEADER


def header_values(envelope: Envelope) -> dict[str, Any]:
    """Return the MessageHeader's values by ``attr``."""
    values = {part.attr: getattr(envelope, part.attr) for part in header_shape(envelope).parts}
    if isinstance(envelope, StatusEnvelope):
        one = envelope.response_for
        values["response_for"] = () if one is None else (one,)
    return values


def trace_block(envelope: Envelope) -> TraceBlock | None:
    """Return TraceHeaderList as it stands on the wire, or None when there is none."""
    business = envelope.business if isinstance(envelope, DocumentEnvelope) else None
    own = envelope.trace_list or TraceList()
    block = TraceBlock(
        id=own.id, version=own.version, paper=own.paper, business=business, trace=envelope.trace
    )
    return None if block == TraceBlock() else block


def trace_keywords(block: TraceBlock | None, *, is_status: bool) -> dict[str, Any]:
    """Return what ``block`` gives to the envelope's constructor."""
    if block is None:
        return {}
    own = TraceList(id=block.id, version=block.version, paper=block.paper)
    keywords: dict[str, Any] = {
        "trace": block.trace,
        "trace_list": None if own == TraceList() else own,
    }
    return keywords if is_status else {**keywords, "business": block.business}


def split_code(text: str) -> Code | None:
    """Return number and notation of ``12/QĐ-UBND``: before and after the first slash."""
    number, _, notation = text.strip(names.XML_WHITE_SPACE).partition("/")
    code = Code(number.strip() or None, notation.strip() or None)
    return None if code == Code() else code


def business_type_of(raw: str | None) -> tuple[BusinessType | None, str | None]:
    """Return (business_type, raw_type) for the text of BussinessDocType (L-103).

    Absent counts as new (2.3) and is told apart by an empty ``raw_type``; ``01`` is ``1``, as
    for every reader that takes it as an integer; anything else is unknown and kept.
    """
    if raw is None:
        return BusinessType.NEW, ""
    plain = raw.lstrip("0") or "0"
    known = {kind.value: kind for kind in BusinessType}
    kind = known.get(plain) if raw.isascii() and raw.isdigit() else None
    return kind, None if kind is not None and raw == plain else raw


def business_type_text(business: Business) -> str | None:
    """Return the text of BussinessDocType, or None where the element is absent."""
    if business.raw_type is not None:
        return business.raw_type or None
    return None if business.business_type is None else business.business_type.value
