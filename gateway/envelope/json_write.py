"""From an envelope to JSON values; see ``json_form``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.envelope import names
from gateway.envelope.dialects import VIET_NAM
from gateway.envelope.shapes import (
    TRACE_HEADER_LIST,
    Branch,
    Form,
    Items,
    Leaf,
    Shape,
    business_type_text,
    header_shape,
    header_values,
    outer_name,
    split_code,
    trace_block,
)
from gateway.model.document import Attachment, BusinessType, Code
from gateway.model.envelope import (
    DocumentEnvelope,
    Envelope,
    EnvelopeNote,
    SignatureBlock,
    StatusEnvelope,
)

Json = dict[str, Any]

KINDS = {
    BusinessType.NEW: "new",
    BusinessType.RECALL: "revocation",
    BusinessType.UPDATE: "update",
    BusinessType.REPLACE: "replacement",
}
STATUS_KIND = "status"


def kind_of(envelope: Envelope) -> str | None:
    """Return the envelope's kind; None for a business type outside the standard's list."""
    if isinstance(envelope, StatusEnvelope):
        return STATUS_KIND
    kind = envelope.business_type
    return None if kind is None else KINDS[kind]


def envelope_to_json(envelope: Envelope) -> Json:
    """Return the envelope as JSON values."""
    unread = dict(envelope.unread)
    block = trace_block(envelope)
    made: Json = {"kind": kind_of(envelope)}
    made[names.MESSAGE_HEADER] = _shape_to_json(
        header_values(envelope), header_shape(envelope), names.MESSAGE_HEADER, unread
    )
    if block is not None:
        made[names.TRACE_HEADER_LIST] = _shape_to_json(
            _values(block, TRACE_HEADER_LIST), TRACE_HEADER_LIST, names.TRACE_HEADER_LIST, unread
        )
    if envelope.signature is not None:
        made[names.SIGNATURE] = _signature_to_json(envelope.signature)
    made["unknown"] = [{"element": path, "xml": xml} for path, xml in envelope.unknown]
    attachments = envelope.attachments if isinstance(envelope, DocumentEnvelope) else ()
    made["attachments"] = [attachment_to_json(item) for item in attachments]
    made["warnings"] = [_note_to_json(item) for item in envelope.warnings]
    return made


def _values(model: object, shape: Shape) -> dict[str, Any]:
    values = {part.attr: getattr(model, part.attr) for part in shape.parts}
    if "business_type" in values:
        values["business_type"] = model  # its text needs two fields
    return values


def _shape_to_json(
    values: Mapping[str, Any], shape: Shape, path: str, unread: Mapping[str, str]
) -> Json:
    made: Json = {}
    for part in shape.parts:
        at = f"{path}/{outer_name(part)}"
        value = values[part.attr]
        if isinstance(part, Leaf):
            _leaf_to_json(made, part, value, unread.get(at))
        elif isinstance(part, Items):
            if value:
                made[part.name] = {part.item: list(value)}
        elif value is not None and value != ():
            _branch_to_json(made, part, value, at, unread)
    return made


def _branch_to_json(
    made: Json,
    part: Branch,
    value: Any,  # noqa: ANN401 - what the table says
    at: str,
    unread: Mapping[str, str],
) -> None:
    shape = part.shape
    if not (part.many or part.within):
        made[part.name] = _shape_to_json(_values(value, shape), shape, at, unread)
        return
    base = f"{at}/{part.name}" if part.within else at
    listed = [
        _shape_to_json(_values(item, shape), shape, f"{base}[{number}]", unread)
        for number, item in enumerate(value, 1)
    ]
    made[outer_name(part)] = {part.name: listed} if part.within else listed


def _leaf_to_json(made: Json, part: Leaf, value: Any, raw: str | None) -> None:  # noqa: ANN401 - table
    if raw is not None and value is None:
        made[part.name + names.RAW_SUFFIX] = raw
        return
    if part.form is Form.BUSINESS_TYPE:
        value = business_type_text(value)
    if value is None:
        return
    if part.form is Form.INSTANT:
        value = value.astimezone(VIET_NAM).isoformat()
    elif part.form is Form.DATE:
        value = value.isoformat()
    elif part.form is Form.JOINED_CODE:
        value = _code_to_json(value)
    made[part.name] = value


def _code_to_json(code: Code) -> str | Json:
    """Return the joined text, or the two parts where joining would not be undone by splitting."""
    joined = joined_code(code)
    if split_code(joined) == code:
        return joined
    parts = {"CodeNumber": code.code_number, "CodeNotation": code.code_notation}
    return {name: text for name, text in parts.items() if text is not None}


def joined_code(code: Code) -> str:
    """Return number and notation in one text; a notation alone keeps its slash."""
    if code.code_notation is None:
        return code.code_number or ""
    return f"{code.code_number or ''}/{code.code_notation}"


def _signature_to_json(signature: SignatureBlock) -> Json:
    made: Json = {"kind": signature.kind}
    if signature.subject_name is not None:
        made["X509SubjectName"] = signature.subject_name
    if signature.xml is not None:
        made["xml"] = signature.xml
    return made


def attachment_to_json(item: Attachment) -> Json:
    """Return one attachment; size, sha256, mediaType and fault are always there."""
    named = {
        names.CONTENT_ID: item.content_id,
        names.ATTACHMENT_NAME: item.attachment_name,
        names.DESCRIPTION: item.description,
        names.FIELD_NAME: item.field_name,
        names.MIME_TYPE: item.mime_type,
        names.CONTENT_TYPE: item.content_type,
    }
    made: Json = {name: text for name, text in named.items() if text is not None}
    made |= {
        "size": item.size_bytes,
        "sha256": item.digest,
        "mediaType": item.media_type,
        "fault": item.fault,
    }
    return made | ({"entries": list(item.entries)} if item.entries else {})


def _note_to_json(item: EnvelopeNote) -> Json:
    made: Json = {
        "code": item.code,
        "element": item.element,
        "text": item.vi,
        "en": item.en,
        "rule": item.rule,
    }
    return made if item.line is None else made | {"line": item.line}
