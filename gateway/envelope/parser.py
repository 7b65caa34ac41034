"""The one XML parser: small tree out, payload text aside, everything bounded (S2).

    encoding.py   bytes become UTF-8
    Feeder        pieces go into lxml; a piece ends at a line end, so lines are known
    Target        elements become :class:`Node`; payload text goes straight to a taker
    _judge        what lxml logged: nothing but undeclared prefixes is let pass (2.6)

lxml runs in recover mode because undeclared prefixes occur in the vendor's own samples; a
document counts only when every logged error is that one. DOCTYPE is refused by the target
before anything of it is read; no network, no DTD, no entity is ever resolved.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

from lxml import etree

from gateway.envelope.encoding import HEAD_BYTES, Beginning, beginning
from gateway.envelope.limits import Limits
from gateway.envelope.nodes import Node, Taker, Target
from gateway.envelope.notes import Place, fault
from gateway.errors import EnvelopeError

CHUNK_BYTES = 1 << 16  # one read; payload text is handed on in pieces of this size
LINES_COUNTED = 20_000  # beyond it pieces no longer end at line ends: an attack, not a header
CHUNKS_BETWEEN_JUDGEMENTS = 16  # copying lxml's log costs; 1 MiB of input a look


class Parsed:
    """A small tree that lxml had nothing to say against.

    Attributes:
        remarks: Codes of remarks about the file as a whole.
        element: The same as lxml's tree, when the file was small enough for one; else None.

    """

    __slots__ = ("element", "remarks", "root")

    def __init__(
        self, root: Node, remarks: tuple[str, ...], element: etree._Element | None = None
    ) -> None:
        self.root = root
        self.remarks = remarks
        self.element = element


class Feeder:
    """Feeds lxml and keeps count of bytes and lines.

    Payload text need not pass through lxml: between the start tag's ``>`` and the next ``<``
    there is nothing but text, so those bytes go to the taker directly. That holds only while
    lxml keeps no text of the same payload back; ``_is_direct`` watches over it.
    """

    def __init__(self, target: Target, limits: Limits, first_line: int) -> None:
        self.target = target
        self.limits = limits
        self.first_line = first_line
        self.header_bytes = 0
        self.lines = 0
        self.silent_bytes = 0
        self.direct_lines = 0  # lines that lxml never saw
        self._is_direct = False
        self._names = tuple(name.encode() for name in sorted(target.payloads))
        self.parser = etree.XMLParser(
            target=cast("Any", target),  # the stubs want str | bytes; lxml gives str
            encoding="utf-8",
            recover=True,
            resolve_entities=False,
            load_dtd=False,
            dtd_validation=False,
            no_network=True,
            huge_tree=False,
        )

    def feed(self, chunk: bytes) -> None:
        """Hand on one chunk in pieces that end where lines, tags of payloads or payloads do."""
        at, size, target = 0, len(chunk), self.target
        while at < size:
            if target.payload is not None and self._is_direct:
                end = chunk.find(b"<", at)
                end = size if end < 0 else end
                if end > at and self._hand_over(target.payload, chunk, at, end):
                    at = end
                    continue
            end = self._piece_end(chunk, at)
            self._feed_piece(chunk[at:end] if end - at < size else chunk)
            at = end

    def _hand_over(self, payload: Taker, chunk: bytes, at: int, end: int) -> bool:
        """Give payload text to its taker; False when a reference in it needs lxml."""
        piece = chunk[at:end] if end - at < len(chunk) else chunk
        if b"&" in piece:
            return False
        payload.raw(piece)
        if b"\n" in piece:  # looking is much faster than counting
            lines = piece.count(b"\n")
            self.target.line += lines
            self.direct_lines += lines
        return True

    def _piece_end(self, chunk: bytes, at: int) -> int:
        """Return the end of the line, or of a tag that may open a payload."""
        end = len(chunk)
        if self.lines <= LINES_COUNTED:
            self.lines += 1
            end = (chunk.find(b"\n", at) + 1) or end
        for name in self._names:
            named = chunk.find(name, at, end)
            if named >= 0:
                end = (chunk.find(b">", named, end) + 1) or end
        return end

    def _feed_piece(self, piece: bytes) -> None:
        target = self.target
        events, payload = target.events, target.payload
        if payload is None:
            self.header_bytes += len(piece)
            if self.header_bytes > self.limits.header_bytes + CHUNK_BYTES:
                raise fault("limit-header", target.place(), limit=self.limits.header_bytes)
        self.parser.feed(piece)
        opened = target.payload is not None and target.payload is not payload
        self._is_direct = opened and piece.endswith(b">")
        if self._is_direct:
            self.judge(at_end=False)  # while lxml's lines still are those of the file
        if b"\n" in piece:
            target.line += piece.count(b"\n")
        self.silent_bytes = 0 if target.events > events else self.silent_bytes + len(piece)
        if self.silent_bytes > self.limits.token_bytes:
            raise fault("limit-token", target.place(), limit=self.limits.token_bytes)

    def judge(self, *, at_end: bool) -> bool:
        """Return whether there were undeclared prefixes; raise for any other logged error."""
        undeclared = False
        for entry in self.parser.feed_error_log:
            if entry.level_name == "WARNING":
                continue
            if entry.type_name == "NS_ERR_UNDEFINED_NAMESPACE":
                undeclared = True
                continue
            line = entry.line + self.first_line - 1 + self.direct_lines
            raise _refusal(self.target, entry.type_name, line, at_end=at_end)
        return undeclared

    def close(self) -> None:
        """Tell lxml that this was all."""
        self.parser.close()


def parse(
    source: BinaryIO,
    limits: Limits,
    payloads: frozenset[str],
    taker: Callable[[Node], Taker],
) -> Parsed:
    """Return the small tree of ``source``; the text of ``payloads`` elements goes to takers.

    Raises:
        EnvelopeError: The bytes are no XML that the standard's readers would take, or a bound
            is crossed; names the element and the line.

    """
    head = _head(source)
    start = beginning(head[:HEAD_BYTES])
    if len(head) < CHUNK_BYTES:
        parsed = _parsed_whole(head, start, limits, payloads)
        if parsed is not None:
            return parsed
    target = Target(limits, payloads, taker)
    target.line = start.line
    feeder = Feeder(target, limits, start.line)
    chunks = _utf8_chunks(_bounded(source, head, start.skip_bytes, limits), start)
    undeclared = _run(feeder, chunks)
    if target.root is None or target.stack:
        raise fault("xml-truncated", target.place())
    remarks = start.remarks + (("namespace-undeclared",) if undeclared else ())
    return Parsed(target.root, remarks)


def _head(source: BinaryIO) -> bytes:
    """Return the first chunk whole, however little the source gives at a time."""
    pieces = []
    size = 0
    while size < CHUNK_BYTES:
        more = source.read(CHUNK_BYTES - size)
        if not more:
            break
        pieces.append(more)
        size += len(more)
    return b"".join(pieces)


def _parsed_whole(
    content: bytes, start: Beginning, limits: Limits, payloads: frozenset[str]
) -> Parsed | None:
    """Parse a small file without payloads at once; None when anything at all is unusual.

    A status message is read several times faster so. Whatever is not plain elements and text
    goes the long way, which knows what to say about it: this one never judges.
    """
    body = content[start.skip_bytes :] if start.skip_bytes else content
    unusual = body.count(b"<?") > 1 or b"<!" in body or start.codec != "utf-8"
    if unusual or any(name.encode() in body for name in payloads):
        return None
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
    )
    try:
        element = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    count = [0]
    root = _node_of(element, limits, count, limits.depth, start.line - 1)
    if root is None or count[0] > limits.elements:
        return None
    return Parsed(root, start.remarks, element)


def _line(element: etree._Element) -> int:
    line: Any = element.sourceline  # the stubs have it wrong
    return int(line or 0)


def _node_of(
    element: etree._Element, limits: Limits, count: list[int], depth: int, line: int
) -> Node | None:
    """Return the element as a node; None when a bound is crossed anywhere below it."""
    attributes: Any = element.attrib  # the stubs cannot tell text from bytes
    count[0] += 1
    if depth == 0 or len(attributes) > limits.attributes:
        return None
    # A small file has fewer characters than any text may have: CHUNK_BYTES bounds them.
    node = Node(str(element.tag), dict(attributes), _line(element) + line)
    pieces = [element.text]
    for child in element:
        below = _node_of(child, limits, count, depth - 1, line)
        if below is None:
            return None
        node.children.append(below)
        pieces.append(child.tail)
    node.pieces = [piece for piece in pieces if piece]
    if node.children and not "".join(node.pieces).strip():
        node.pieces = []
    return node


def _bounded(source: BinaryIO, head: bytes, skip: int, limits: Limits) -> Iterator[bytes]:
    total = len(head)
    yield head[skip:]
    while chunk := source.read(CHUNK_BYTES):
        total += len(chunk)
        if total > limits.total_bytes:
            raise fault("limit-bytes", limit=limits.total_bytes)
        yield chunk


def _utf8_chunks(chunks: Iterator[bytes], start: Beginning) -> Iterator[bytes]:
    if start.codec == "utf-8":
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(start.codec)("strict")
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
    except UnicodeError as broken:
        raise fault("encoding-broken") from broken
    try:
        decoder.decode(b"", final=True)
    except UnicodeError as broken:
        raise fault("xml-truncated") from broken


def _run(feeder: Feeder, chunks: Iterator[bytes]) -> bool:
    """Feed everything; return whether undeclared prefixes were met."""
    try:
        for number, chunk in enumerate(chunks):
            feeder.feed(chunk)
            if number % CHUNKS_BETWEEN_JUDGEMENTS == 0:
                feeder.judge(at_end=False)
    except etree.XMLSyntaxError:
        feeder.judge(at_end=False)
        raise fault("xml-malformed", feeder.target.place()) from None
    feeder.judge(at_end=False)
    try:
        feeder.close()
    except etree.XMLSyntaxError:
        feeder.judge(at_end=True)
        raise fault("xml-truncated", feeder.target.place()) from None
    return feeder.judge(at_end=True)


_BY_TYPE = {
    "ERR_INVALID_ENCODING": "encoding-broken",
    "ERR_INVALID_CHAR": "control-character",
    "ERR_UNDECLARED_ENTITY": "entity-undeclared",
    "WAR_UNDECLARED_ENTITY": "entity-undeclared",
    "ERR_UNKNOWN_ENCODING": "encoding-unsupported",
}


def _refusal(target: Target, type_name: str, line: int, *, at_end: bool) -> EnvelopeError:
    closed = target.root is not None and not target.stack
    place = Place(target.path, line)
    if closed and type_name == "ERR_DOCUMENT_END":
        return fault("text-after-xml", place)
    if at_end:  # recovery closes elements by itself, so ``closed`` proves nothing here
        return fault("xml-truncated", place)
    return fault(_BY_TYPE.get(type_name, "xml-malformed"), place)
