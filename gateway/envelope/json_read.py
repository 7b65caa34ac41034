"""From JSON values to an envelope; see ``json_form``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.envelope import names
from gateway.envelope.json_values import (
    Json,
    as_object,
    day,
    instant,
    listed,
    only,
    only_member,
    optional,
    string,
    strings,
    wrong,
)
from gateway.envelope.json_write import STATUS_KIND
from gateway.envelope.shapes import (
    DOCUMENT_HEADER,
    STATUS_HEADER,
    TRACE_HEADER_LIST,
    Branch,
    Form,
    Items,
    Leaf,
    Part,
    Shape,
    business_type_of,
    outer_name,
    split_code,
    trace_keywords,
)
from gateway.model.document import Attachment, Code, Digest
from gateway.model.envelope import (
    DocumentEnvelope,
    Envelope,
    EnvelopeNote,
    SignatureBlock,
    StatusEnvelope,
)


def envelope_from_json(made: Mapping[str, Any]) -> Envelope:
    """Return the envelope that ``made`` tells.

    Raises:
        EnvelopeError: ``message-json``, naming the member that is wrong.

    """
    root = as_object(made, "")
    only(root, "", _TOP_LEVEL)
    is_status = root.get("kind") == STATUS_KIND
    shape = STATUS_HEADER if is_status else DOCUMENT_HEADER
    unread: list[tuple[str, str]] = []
    keywords = _shape_from_json(
        root.get(names.MESSAGE_HEADER, {}), shape, names.MESSAGE_HEADER, unread
    )
    if root.get(names.TRACE_HEADER_LIST) is not None:
        path = names.TRACE_HEADER_LIST
        block = TRACE_HEADER_LIST.model(
            **_shape_from_json(root[path], TRACE_HEADER_LIST, path, unread)
        )
        keywords |= trace_keywords(block, is_status=is_status)
    keywords |= _aside_from_json(root)
    keywords["unread"] = tuple(unread)
    if not is_status:
        keywords["attachments"] = listed(root, "attachments", _attachment_from_json)
        return DocumentEnvelope(**keywords)
    responses = keywords.pop("response_for", ())
    if len(responses) > 1:
        raise wrong(f"{names.MESSAGE_HEADER}/ResponseFor", "a status answers one document")
    return StatusEnvelope(**keywords, response_for=responses[0] if responses else None)


_TOP_LEVEL = frozenset(
    {
        "kind",
        names.MESSAGE_HEADER,
        names.TRACE_HEADER_LIST,
        names.SIGNATURE,
        "unknown",
        "attachments",
        "warnings",
    }
)


def _aside_from_json(root: Json) -> dict[str, Any]:
    signature = root.get(names.SIGNATURE)
    return {
        "signature": None if signature is None else _signature_from_json(signature),
        "unknown": listed(root, "unknown", _unknown_from_json),
        "warnings": listed(root, "warnings", _note_from_json),
    }


def _shape_from_json(
    made: object, shape: Shape, path: str, unread: list[tuple[str, str]]
) -> dict[str, Any]:
    given = dict(as_object(made, path))
    keywords: dict[str, Any] = {}
    for part in shape.parts:
        name = outer_name(part)
        at = f"{path}/{name}"
        raw = given.pop(name + names.RAW_SUFFIX, None) if _may_be_raw(part) else None
        if raw is not None:
            unread.append((at, string(raw, at + names.RAW_SUFFIX)))
        value = given.pop(name, None)
        if isinstance(part, Leaf):
            keywords |= _leaf_from_json(part, value, at)
        elif value is not None and isinstance(part, Items):
            keywords[part.attr] = strings(only_member(value, part.item, at), f"{at}/{part.item}")
        elif value is not None and isinstance(part, Branch):
            keywords[part.attr] = _branch_from_json(part, value, at, unread)
    if given:
        raise wrong(f"{path}/{next(iter(given))}", "no such member")
    return keywords


def _may_be_raw(part: Part) -> bool:
    return isinstance(part, Leaf) and part.form in (Form.DATE, Form.INSTANT)


def _branch_from_json(
    part: Branch, value: object, at: str, unread: list[tuple[str, str]]
) -> object:
    shape = part.shape
    if not (part.many or part.within):
        return shape.model(**_shape_from_json(value, shape, at, unread))
    if part.within:
        value = only_member(value, part.name, at)
        at = f"{at}/{part.name}"
    if not isinstance(value, list):
        raise wrong(at, "must be a list")
    return tuple(
        shape.model(**_shape_from_json(item, shape, f"{at}[{number}]", unread))
        for number, item in enumerate(value, 1)
    )


def _leaf_from_json(part: Leaf, value: object, at: str) -> dict[str, Any]:
    if part.form is Form.BUSINESS_TYPE:
        kind, raw = business_type_of(None if value is None else string(value, at))
        return {"business_type": kind, "raw_type": raw}
    if value is None:
        return {}
    if part.form is Form.DATE:
        return {part.attr: day(value, at)}
    if part.form is Form.INSTANT:
        return {part.attr: instant(value, at)}
    if part.form is Form.JOINED_CODE:
        return {part.attr: _code_from_json(value, at)}
    return {part.attr: string(value, at)}


def _code_from_json(value: object, at: str) -> Code | None:
    if isinstance(value, str):
        return split_code(value)
    parts = as_object(value, at)
    only(parts, at, frozenset({"CodeNumber", "CodeNotation"}))
    texts = {name: string(text, f"{at}/{name}") for name, text in parts.items()}
    return Code(texts.get("CodeNumber"), texts.get("CodeNotation"))


def _signature_from_json(value: object) -> SignatureBlock:
    at = names.SIGNATURE
    given = as_object(value, at)
    only(given, at, frozenset({"kind", "X509SubjectName", "xml"}))
    return SignatureBlock(
        kind=string(given.get("kind"), f"{at}/kind"),
        subject_name=optional(given, "X509SubjectName", at),
        xml=optional(given, "xml", at),
    )


def _attachment_from_json(given: Json, at: str) -> Attachment:
    size = given.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool)):
        raise wrong(f"{at}/size", "must be a whole number")
    sha256 = optional(given, "sha256", at)
    return Attachment(
        content_id=optional(given, names.CONTENT_ID, at),
        attachment_name=optional(given, names.ATTACHMENT_NAME, at),
        description=optional(given, names.DESCRIPTION, at),
        content_type=optional(given, names.CONTENT_TYPE, at),
        media_type=optional(given, "mediaType", at),
        size_bytes=size,
        digest=None if sha256 is None else Digest(sha256),
        fault=optional(given, "fault", at),
        field_name=optional(given, names.FIELD_NAME, at),
        mime_type=optional(given, names.MIME_TYPE, at),
        entries=strings(given.get("entries", []), f"{at}/entries"),
    )


def _unknown_from_json(given: Json, at: str) -> tuple[str, str]:
    return (
        string(given.get("element"), f"{at}/element"),
        string(given.get("xml"), f"{at}/xml"),
    )


def _note_from_json(given: Json, at: str) -> EnvelopeNote:
    line = given.get("line")
    text = string(given.get("text"), f"{at}/text")
    return EnvelopeNote(
        code=string(given.get("code"), f"{at}/code"),
        element=optional(given, "element", at) or "",
        rule=optional(given, "rule", at) or "",
        vi=text,
        en=optional(given, "en", at) or text,
        line=line if isinstance(line, int) else None,
    )
