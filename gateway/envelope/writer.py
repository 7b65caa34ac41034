"""An envelope to bytes, repeatable byte for byte (2.1 to 2.4, part 3).

    check     everything that speaks against it, at once      draftcheck.py
    header    the small tree, in the order of the standard    tree.py
    body      the manifest                                    below
    payloads  base64 in pieces, never in memory               pack.py

Nothing is written before the check has found nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from lxml import etree

from gateway.envelope import names
from gateway.envelope.attachments import canonical_content_id
from gateway.envelope.draftcheck import writing_faults
from gateway.envelope.limits import DEFAULT_LIMITS
from gateway.envelope.mapping import to_element
from gateway.envelope.notes import CATALOGUE
from gateway.envelope.pack import encoded, wire_name, wire_type
from gateway.envelope.parser import parse
from gateway.envelope.profile import DEFAULT, Profile
from gateway.envelope.tree import PREFIX, Builder
from gateway.errors import EnvelopeError
from gateway.model.document import Attachment, Digest
from gateway.model.envelope import DocumentEnvelope, EnvelopeNote, StatusEnvelope

_INDENT = "  "
_SHOWN = 20  # faults named in the sentence; ``faults`` has them all


class NotWritableError(EnvelopeError):
    """An envelope that must not be written.

    Attributes:
        faults: Every reason, each with its element.

    """

    def __init__(self, faults: tuple[EnvelopeNote, ...]) -> None:
        rule, vi, en = CATALOGUE["not-writable"]
        shown = faults[:_SHOWN]
        super().__init__(
            "not-writable",
            vi=vi.format(count=len(faults), list=" ".join(f"[{f.element}] {f.vi}" for f in shown)),
            en=en.format(count=len(faults), list=" ".join(f"[{f.element}] {f.en}" for f in shown)),
            element=faults[0].element,
            rule=rule,
        )
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An attachment with the content id it goes out under."""

    attachment: Attachment
    content_id: str


def write_envelope(
    envelope: DocumentEnvelope | StatusEnvelope,
    out: BinaryIO,
    open_payload: Callable[[Digest], BinaryIO],
    profile: Profile = DEFAULT,
) -> None:
    """Write one envelope; the same values always give the same bytes.

    Args:
        envelope: What to write; ``warnings`` and ``unread`` are not written.
        out: Where to; must not be used by others meanwhile.
        open_payload: Opens the stored bytes of an attachment for reading; each is closed here.
        profile: What the axis wants.

    Raises:
        NotWritableError: Listing every reason; nothing was written.
        EnvelopeError: ``attachment-changed``: a payload is not what it was; ``out`` is partial.

    """
    faults = writing_faults(envelope, profile)
    if faults:
        raise NotWritableError(tuple(faults))
    attachments = _outgoing(envelope)
    tag = profile.style.tag
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    with (
        etree.xmlfile(out, encoding="UTF-8") as xml,
        xml.element(tag(names.ROOT), nsmap=_default(profile)),
    ):
        xml.write("\n" + _INDENT)
        xml.write(_envelope_element(envelope, attachments, profile))
        if attachments:
            xml.write("\n" + _INDENT)
            with xml.element(tag(names.ATTACHMENT_ENCODED)):
                for number, item in enumerate(attachments, 1):
                    with open_payload(Digest(item.attachment.digest or "")) as payload:
                        path = f"{names.ATTACHMENT_ENCODED}/{names.ATTACHMENT}[{number}]"
                        content = encoded(item.attachment, payload, path)
                        with _attachment(xml, item, profile):
                            out.writelines(content)
                xml.write("\n" + _INDENT)
        xml.write("\n")


def _default(profile: Profile) -> Any:  # noqa: ANN401 - the stubs do not know the None prefix
    return {None: profile.style.namespace}


def _outgoing(envelope: DocumentEnvelope | StatusEnvelope) -> list[Outgoing]:
    """Give every attachment a content id of its own: its own where it has one, else a number."""
    if isinstance(envelope, StatusEnvelope):
        return []
    taken: set[str] = set()
    outgoing = []
    for number, item in enumerate(envelope.attachments, 1):
        content_id = canonical_content_id(item.content_id) or str(number)
        while content_id in taken:
            content_id = f"{content_id}-{number}"
        taken.add(content_id)
        outgoing.append(Outgoing(item, content_id))
    return outgoing


def _envelope_element(
    envelope: DocumentEnvelope | StatusEnvelope, attachments: list[Outgoing], profile: Profile
) -> etree._Element:
    tag = profile.style.tag
    nsmap = {PREFIX: profile.style.namespace}
    element = etree.Element(tag(names.ENVELOPE), nsmap=nsmap)
    header = etree.SubElement(element, tag(names.HEADER))
    builder = Builder(profile.style)
    header.append(builder.message(envelope))
    traces = builder.traces(envelope)
    if traces is not None:
        header.append(traces)
    signature = envelope.signature.xml if envelope.signature is not None else None
    if signature is not None:
        header.append(_fragment(signature))
    if attachments:
        element.append(_body(attachments, profile))
    if profile.keeps_unknown:
        _put_back_unknown(element, builder, envelope)
    etree.indent(element, _INDENT, level=1)
    return element


def _fragment(xml: str) -> etree._Element:
    """Return kept XML as an element, through the one parser and its bounds."""
    parsed = parse(BytesIO(xml.encode()), DEFAULT_LIMITS, frozenset(), _no_payload)
    return to_element(parsed.root)


def _no_payload(_node: object) -> Any:  # noqa: ANN401 - never called: no element is a payload here
    raise NotImplementedError


def _put_back_unknown(
    element: etree._Element, builder: Builder, envelope: DocumentEnvelope | StatusEnvelope
) -> None:
    """Append unknown elements where they stood; those whose parent is not written go last."""
    parents = {path: parent for parent, path in builder.paths.items()}
    for path, xml in envelope.unknown:
        parent = parents.get(path.rpartition("/")[0])
        (element if parent is None else parent).append(_fragment(xml))


def _body(attachments: list[Outgoing], profile: Profile) -> etree._Element:
    tag = profile.style.tag
    body = etree.Element(tag(names.BODY), nsmap={PREFIX: profile.style.namespace})
    manifest = etree.SubElement(body, tag(names.MANIFEST), version="1.0")
    for item in attachments:
        reference = etree.SubElement(manifest, tag(names.REFERENCE))
        for name, text in _said(item, with_fields=False):
            etree.SubElement(reference, tag(name)).text = text
    return body


def _said(item: Outgoing, *, with_fields: bool) -> list[tuple[str, str]]:
    """Return what stands beside a payload, in the order of 2.1 for reference and attachment."""
    attachment = item.attachment
    content_id = (names.CONTENT_ID, f"cid:{item.content_id}")
    content_type = (names.CONTENT_TYPE, wire_type(attachment))
    description = (names.DESCRIPTION, attachment.description)
    name = (names.ATTACHMENT_NAME, wire_name(attachment))
    fields = (
        (names.FIELD_NAME, attachment.field_name),
        (names.MIME_TYPE, attachment.mime_type),
    )
    ordered: tuple[tuple[str, str | None], ...] = (content_id, content_type, description, name)
    if with_fields:
        ordered = (content_id, name, description, *fields, content_type)
    return [(key, text) for key, text in ordered if text]


@contextmanager
def _attachment(xml: Any, item: Outgoing, profile: Profile) -> Iterator[None]:  # noqa: ANN401 - the stubs do not name the incremental writer
    """Write one Attachment around its payload."""
    tag = profile.style.tag
    line = "\n" + _INDENT * 3
    xml.write("\n" + _INDENT * 2)
    with xml.element(tag(names.ATTACHMENT)):
        for name, text in _said(item, with_fields=True):
            xml.write(line)
            with xml.element(tag(name)):
                xml.write(text)
        xml.write(line)
        with xml.element(tag(names.TRANSFER_ENCODED), nsmap={PREFIX: profile.style.namespace}):
            xml.flush()  # base64 needs no escaping, so it goes past the XML writer
            yield
        xml.write("\n" + _INDENT * 2)
