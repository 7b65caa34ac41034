"""Joins the manifest with the attachments by canonical content id (T11, T12).

The manifest names the order, because its first entry is the main document by convention; what
only one of the two sides knows is kept and remarked on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.envelope import names
from gateway.envelope.attachments import Payload, PayloadReader, canonical_content_id
from gateway.envelope.dialects import canonical_name
from gateway.envelope.filenames import is_unsafe, repaired
from gateway.envelope.mapping import Reading, keep_unknown
from gateway.envelope.nodes import Node
from gateway.model.document import Attachment

_FIELDS = {
    names.CONTENT_ID: "content_id",
    names.ATTACHMENT_NAME: "attachment_name",
    names.DESCRIPTION: "description",
    names.FIELD_NAME: "field_name",
    names.MIME_TYPE: "mime_type",
    names.CONTENT_TYPE: "content_type",
}
_KNOWN = (*_FIELDS, names.TRANSFER_ENCODED)
_PATH = f"{names.ATTACHMENT_ENCODED}/{names.ATTACHMENT}"


@dataclass(slots=True)
class Part:
    """One attachment on its way: what is said about it, and what its payload became."""

    attachment: Attachment
    payload: Payload
    line: int | None = None
    is_listed: bool = False


def read_parts(root: Node, envelope: Node, reading: Reading) -> list[Part]:
    """Return the attachments in the order of the manifest, then the rest."""
    listed = _references(envelope, reading)
    parts = _attachments(root, envelope, reading)
    _remark_on_repeated(parts, reading)
    ordered = [_take(reference, parts) for reference in listed]
    rest = [part for part in parts if not part.is_listed]
    for part in rest if listed else ():
        reading.remark("not-in-manifest", _PATH, part.line)
    return ordered + rest


def _references(envelope: Node, reading: Reading) -> list[Part]:
    body = envelope.child(names.BODY)
    manifests = [
        node
        for parent in (body, envelope)
        for node in (parent.children if parent is not None else ())
        if canonical_name(node.local, (names.MANIFEST,))
    ]
    nodes = [node for manifest in manifests for node in manifest.children]
    missing = Payload(fault="attachment-missing")
    parts = []
    for node in nodes:
        path = f"{names.MANIFEST}/{node.local}"
        if node.local != names.REFERENCE:
            keep_unknown(node, path, reading)
            continue
        said = _said(node, path, reading)
        if said.content_id is None:  # the SOAP profile names it in an attribute (axes 1.4)
            href = next((v for k, v in node.attributes.items() if k.endswith("href")), None)
            said = replace(said, content_id=canonical_content_id(href))
        # The manifest's type says application/zip for everything (2.4).
        parts.append(Part(replace(said, content_type=None), missing, node.line))
    return parts


def _attachments(root: Node, envelope: Node, reading: Reading) -> list[Part]:
    parts: list[Part] = []
    for parent in (root, envelope):
        for node in parent.children:
            if node.local != names.ATTACHMENT_ENCODED:
                continue
            if parent is envelope:
                reading.remark("attachments-misplaced", names.ATTACHMENT_ENCODED, node.line)
            parts += [
                _attachment(child, f"{_PATH}[{number}]", reading)
                for number, child in enumerate(node.children, len(parts) + 1)
            ]
    return parts


def _attachment(node: Node, path: str, reading: Reading) -> Part:
    said = _said(node, path, reading)
    readers = [child.payload for child in node.children if child.payload is not None]
    for spare in readers[1:]:
        reading.remark("element-repeated", f"{path}/{names.TRANSFER_ENCODED}", node.line)
        _as_reader(spare).abandon()
    if not readers:
        return Part(said, Payload(fault="attachment-empty"), node.line)
    return Part(said, _as_reader(readers[0]).finish(said.attachment_name), node.line)


def _as_reader(taker: object) -> PayloadReader:
    if not isinstance(taker, PayloadReader):
        raise TypeError(taker)
    return taker


def _said(node: Node, path: str, reading: Reading) -> Attachment:
    """Read what stands beside the payload."""
    said: dict[str, str | None] = {}
    for child in node.children:
        name = canonical_name(child.local, _KNOWN)
        if name is None:
            keep_unknown(child, f"{path}/{child.local}", reading)
        elif name in _FIELDS:
            said[_FIELDS[name]] = child.text.strip(names.XML_WHITE_SPACE) or None
    said["content_id"] = canonical_content_id(said.get("content_id"))
    return Attachment(
        content_id=said["content_id"],
        attachment_name=said.get("attachment_name"),
        description=said.get("description"),
        field_name=said.get("field_name"),
        mime_type=said.get("mime_type"),
        content_type=said.get("content_type"),
    )


def _take(reference: Part, parts: list[Part]) -> Part:
    """Return the part that the reference means, by id and failing that by name."""
    wanted = reference.attachment
    free = [part for part in parts if not part.is_listed]
    for attr in ("content_id", "attachment_name"):
        value = getattr(wanted, attr)
        for part in free:
            if value is not None and getattr(part.attachment, attr) == value:
                part.is_listed = True
                part.attachment = _merged(part.attachment, wanted)
                return part
    return reference


def _merged(own: Attachment, listed: Attachment) -> Attachment:
    """Fill what the attachment leaves out with what the manifest says."""
    return replace(
        own,
        content_id=own.content_id or listed.content_id,
        attachment_name=own.attachment_name or listed.attachment_name,
        description=own.description or listed.description,
    )


def _remark_on_repeated(parts: list[Part], reading: Reading) -> None:
    seen: set[str] = set()
    for number, part in enumerate(parts, 1):
        content_id = part.attachment.content_id
        if content_id is None:
            continue
        if content_id in seen:
            at = f"{_PATH}[{number}]/{names.CONTENT_ID}"
            reading.remark("content-id-repeated", at, part.line)
        seen.add(content_id)


def remark_on_part(part: Part, number: int, reading: Reading) -> None:
    """Remark on one attachment, after the order is settled."""
    path = f"{_PATH}[{number}]"
    payload = part.payload
    if payload.fault is not None:
        reading.remark(payload.fault, path, part.line)
    for code in payload.remarks:
        media = payload.media_type or "?"
        reading.remark(code, path, part.line, media=media, count=len(payload.entries))
    name = part.attachment.attachment_name
    if name is None:
        reading.remark("name-missing", path, part.line)
        return
    if is_unsafe(name):
        reading.remark("name-unsafe", f"{path}/{names.ATTACHMENT_NAME}", part.line)
    if repaired(name) != name:
        reading.remark("name-mojibake", f"{path}/{names.ATTACHMENT_NAME}", part.line)
