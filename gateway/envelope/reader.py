"""Bytes to an envelope, or an EnvelopeError naming the element, the rule and the line.

    parse        bounded XML, payloads to their sinks        parser.py, attachments.py
    find         envelope, header, message, status           below
    map          elements to words, dates read strictly      mapping.py, shapes.py
    join         manifest with attachments                   manifest.py
    remark       what is odd or missing                      remarks.py, schema.py
    keep         sinks are closed last, all or none

What cannot be read at all is raised. Everything else is a note in ``warnings``: a partner's
oddity is not a reason to lose his document, and a broken attachment not one to lose the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, BinaryIO

from gateway.envelope import names
from gateway.envelope.attachments import PayloadReader, PayloadSink
from gateway.envelope.dialects import Years, canonical_name, years_around
from gateway.envelope.limits import DEFAULT_LIMITS, Limits
from gateway.envelope.manifest import Part, read_parts, remark_on_part
from gateway.envelope.mapping import (
    Reading,
    is_known_namespace,
    keep_unknown,
    read_shape,
    to_xml,
)
from gateway.envelope.nodes import Node
from gateway.envelope.notes import Place, fault
from gateway.envelope.parser import Parsed, parse
from gateway.envelope.remarks import answers_itself, remark_on_document, remark_on_status
from gateway.envelope.schema import is_valid_as_it_stands, tolerant_findings
from gateway.envelope.shapes import (
    DOCUMENT_HEADER,
    STATUS_HEADER,
    TRACE_HEADER_LIST,
    Shape,
    trace_keywords,
)
from gateway.model.document import Attachment
from gateway.model.envelope import (
    DocumentEnvelope,
    Envelope,
    SignatureBlock,
    StatusEnvelope,
)

_PAYLOADS = frozenset({names.TRANSFER_ENCODED})
_HEADER_PARTS = (names.MESSAGE_HEADER, names.TRACE_HEADER_LIST, names.SIGNATURE, names.STATUS)


def read_envelope(
    source: BinaryIO,
    open_sink: Callable[[], PayloadSink],
    limits: Limits = DEFAULT_LIMITS,
    *,
    today: date | None = None,
) -> DocumentEnvelope | StatusEnvelope:
    """Read one envelope; payload bytes go to sinks and never into memory.

    Args:
        source: The envelope's bytes, read once from where it stands.
        open_sink: Gives a fresh sink for one payload. Sinks of files that are kept are closed
            before returning; all others, and all of them on an error, are abandoned.
        limits: Bounds of everything.
        today: The day in Viet Nam, to flag years too far ahead (T05); without it a fixed
            last year counts.

    Raises:
        EnvelopeError: The bytes cannot be read as an envelope at all.

    """
    readers: list[PayloadReader] = []

    def taker(node: Node) -> PayloadReader:
        if len(readers) >= limits.attachments:
            raise fault("limit-attachments", Place(line=node.line), limit=limits.attachments)
        readers.append(PayloadReader(open_sink, limits))
        return readers[-1]

    years = years_around(today) if today is not None else Years(latest=limits.latest_year)
    reading = Reading(limits, years)
    is_done = False
    try:
        parsed = parse(source, limits, _PAYLOADS, taker)
        for code in parsed.remarks:
            reading.remark(code, "", parsed.root.line)
        envelope = _read(parsed, reading)
        is_done = True
        return envelope
    finally:
        if not is_done:
            for reader in readers:
                reader.abandon()


def _read(parsed: Parsed, reading: Reading) -> DocumentEnvelope | StatusEnvelope:
    root = parsed.root
    outer = _child(root, names.ENVELOPE)
    if outer is None:
        raise fault("no-envelope", Place(root.local, root.line))
    header = _child(outer, names.HEADER)
    if header is None:
        raise fault("no-header", Place(f"{root.local}/{outer.local}", outer.line))
    if not is_known_namespace(outer):
        reading.remark("namespace-unknown", outer.local, outer.line)
    if sum(node.local == names.HEADER for node in outer.children) > 1:
        reading.remark("header-repeated", names.HEADER, header.line)
    parts = read_parts(root, outer, reading)
    envelope = _map(header, reading, parts)
    if parsed.element is None or not is_valid_as_it_stands(parsed.element, envelope):
        reading.take(tolerant_findings(envelope, reading.lines.get))
    _remark(envelope, reading)
    _keep_rest(root, outer, header, reading)
    envelope = replace(envelope, unknown=tuple(reading.unknown), warnings=tuple(reading.notes))
    if isinstance(envelope, StatusEnvelope):
        return envelope
    return replace(envelope, attachments=tuple(_stored(parts)))


def _child(node: Node, name: str) -> Node | None:
    exact = node.child(name)
    if exact is not None:
        return exact
    return next((c for c in node.children if canonical_name(c.local, (name,))), None)


def _map(header: Node, reading: Reading, parts: list[Part]) -> DocumentEnvelope | StatusEnvelope:
    message = _child(header, names.MESSAGE_HEADER)
    status = _child(header, names.STATUS) or (message and _child(message, names.STATUS))
    inner = status or message or Node(names.MESSAGE_HEADER, {}, header.line)
    is_status = status is not None or _child(inner, names.STATUS_CODE) is not None
    shape = STATUS_HEADER if is_status else DOCUMENT_HEADER
    keywords = _header(inner, shape, reading)
    keywords |= _traces(header, reading, is_status=is_status)
    keywords["signature"] = _signature(header, reading)
    if is_status:
        return _status(keywords, reading, parts)
    return _document(keywords, reading, parts)


def _header(inner: Node, shape: Shape, reading: Reading) -> dict[str, Any]:
    return read_shape(inner, shape, names.MESSAGE_HEADER, reading)


def _traces(header: Node, reading: Reading, *, is_status: bool) -> dict[str, Any]:
    node = _child(header, names.TRACE_HEADER_LIST)
    if node is None:
        return {}
    found = read_shape(node, TRACE_HEADER_LIST, names.TRACE_HEADER_LIST, reading)
    return trace_keywords(TRACE_HEADER_LIST.model(**found), is_status=is_status)


def _signature(header: Node, reading: Reading) -> SignatureBlock | None:
    """Return what the Signature element is; a shared secret in it goes no further (T20, T21)."""
    node = _child(header, names.SIGNATURE)
    if node is None:
        return None
    inside = {child.local for child in _descendants(node)}
    if "Token" in inside:
        reading.remark("signature-token", names.SIGNATURE, node.line)
        return SignatureBlock(kind="token")
    if "SignatureValue" not in inside and "SignedInfo" not in inside:
        return SignatureBlock(kind="none")
    subject = next((c for c in _descendants(node) if c.local == "X509SubjectName"), None)
    name = subject.text.strip() if subject is not None else ""
    return SignatureBlock(kind="xmldsig", subject_name=name or None, xml=to_xml(node))


def _descendants(node: Node) -> list[Node]:
    found = []
    waiting = list(node.children)
    while waiting:
        one = waiting.pop(0)
        found.append(one)
        waiting = one.children + waiting
    return found


def _document(keywords: dict[str, Any], reading: Reading, parts: list[Part]) -> DocumentEnvelope:
    answers = keywords.get("response_for", ())
    kept = tuple(one for one in answers if not answers_itself(one, keywords))
    if len(kept) < len(answers):
        reading.remark("response-for-self", f"{names.MESSAGE_HEADER}/ResponseFor")
        keywords["response_for"] = kept
    for number, part in enumerate(parts, 1):
        remark_on_part(part, number, reading)
    return DocumentEnvelope(**keywords, unread=tuple(reading.unread))


def _status(keywords: dict[str, Any], reading: Reading, parts: list[Part]) -> StatusEnvelope:
    answers = keywords.pop("response_for", ())
    if len(answers) > 1:
        at = f"{names.MESSAGE_HEADER}/ResponseFor"
        reading.remark("element-repeated", at)
    if parts:
        reading.remark("kind-mixed", names.ATTACHMENT_ENCODED)
        for part in parts:
            if part.payload.sink is not None:
                part.payload.sink.abandon()
    response = answers[-1] if answers else None
    return StatusEnvelope(**keywords, response_for=response, unread=tuple(reading.unread))


def _remark(envelope: Envelope, reading: Reading) -> None:
    if isinstance(envelope, StatusEnvelope):
        remark_on_status(envelope, reading)
    else:
        remark_on_document(envelope, reading)


def _stored(parts: list[Part]) -> list[Attachment]:
    """Close the sinks, the very last act: nothing that could refuse comes after it."""
    stored = []
    for part in parts:
        payload = part.payload
        attachment = replace(
            part.attachment,
            media_type=payload.media_type,
            fault=payload.fault,
            entries=payload.entries,
        )
        if payload.sink is not None:
            kept = payload.sink.close()
            attachment = replace(attachment, digest=kept.digest, size_bytes=kept.size_bytes)
        stored.append(attachment)
    return stored


def _keep_rest(root: Node, outer: Node, header: Node, reading: Reading) -> None:
    """Keep elements that stand where the skeleton has none."""
    places = (
        ("", root, (names.ENVELOPE, names.ATTACHMENT_ENCODED)),
        (outer.local, outer, (names.HEADER, names.BODY, names.MANIFEST, names.ATTACHMENT_ENCODED)),
        (header.local, header, _HEADER_PARTS),
    )
    for path, node, known in places:
        for child in node.children:
            if canonical_name(child.local, known) is None:
                keep_unknown(child, f"{path}/{child.local}" if path else child.local, reading)
