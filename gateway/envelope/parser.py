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
from typing import Any, BinaryIO, Protocol, cast

from lxml import etree

from gateway.envelope.encoding import HEAD_BYTES, Beginning, beginning
from gateway.envelope.limits import Limits
from gateway.envelope.notes import Place, fault
from gateway.errors import EnvelopeError

CHUNK_BYTES = 1 << 16  # one read; payload text is handed on in pieces of this size
LINES_COUNTED = 20_000  # beyond it pieces no longer end at line ends: an attack, not a header
CHUNKS_BETWEEN_JUDGEMENTS = 16  # copying lxml's log costs; 1 MiB of input a look


class Taker(Protocol):
    """Takes the text of one payload element, in pieces."""

    def text(self, piece: str) -> None:
        """Take a piece; a fault is remembered, not raised."""
        ...


class Node:
    """One element of the small tree."""

    __slots__ = ("attributes", "children", "line", "local", "namespace", "payload", "pieces")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        namespace, _, local = tag.rpartition("}")
        self.local = local.rpartition(":")[2]
        self.namespace = namespace[1:]
        self.attributes = attributes
        self.line = line
        self.children: list[Node] = []
        self.pieces: list[str] = []
        self.payload: Taker | None = None

    @property
    def text(self) -> str:
        """Return the element's own text, as received."""
        return "".join(self.pieces)

    def child(self, local: str) -> Node | None:
        """Return the first child of that name, in whatever namespace."""
        return next((node for node in self.children if node.local == local), None)


class Target:
    """What lxml calls: builds the small tree and keeps every bound but the bytes'."""

    def __init__(
        self, limits: Limits, payloads: frozenset[str], taker: Callable[[Node], Taker]
    ) -> None:
        self.limits = limits
        self.payloads = payloads
        self.taker = taker
        self.root: Node | None = None
        self.stack: list[Node] = []
        self.payload: Taker | None = None
        self.line = 1
        self.events = 0
        self.elements = 0
        self.text_size = 0

    @property
    def path(self) -> str:
        """Return the path of the element that is open now."""
        return "/".join(node.local for node in self.stack)

    def place(self) -> Place:
        """Return where the parser is."""
        return Place(self.path, self.line)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self.events += 1
        self.elements += 1
        self._keep_bounds(attributes)
        node = Node(tag, dict(attributes), self.line)
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node
        self.stack.append(node)
        self.text_size = 0
        if node.local in self.payloads:
            node.payload = self.payload = self.taker(node)

    def _keep_bounds(self, attributes: dict[str, str]) -> None:
        limits = self.limits
        if len(self.stack) >= limits.depth:
            raise fault("limit-depth", Place(line=self.line), limit=limits.depth)
        if self.elements > limits.elements:
            raise fault("limit-elements", Place(line=self.line), limit=limits.elements)
        if len(attributes) > limits.attributes:
            raise fault("limit-attributes", self.place(), limit=limits.attributes)

    def end(self, _tag: str) -> None:
        """Close an element."""
        self.events += 1
        if not self.stack:  # only after an error, which the log shows
            return
        node = self.stack.pop()
        if node.payload is not None:
            self.payload = None
        elif node.children and not "".join(node.pieces).strip():
            node.pieces.clear()  # indentation

    def data(self, piece: str) -> None:
        """Take text."""
        self.events += 1
        if self.payload is not None:
            self.payload.text(piece)
        elif self.stack:
            self.text_size += len(piece)
            if self.text_size > self.limits.text_chars:
                raise fault("limit-text", self.place(), limit=self.limits.text_chars)
            self.stack[-1].pieces.append(piece)

    def comment(self, _text: str) -> None:
        """Pass over a comment."""
        self.events += 1

    def pi(self, _target: str, _data: str | None = None) -> None:
        """Pass over a processing instruction."""
        self.events += 1

    def doctype(self, *_ids: str | None) -> None:
        """Refuse (T17, S2)."""
        raise fault("doctype-forbidden", Place(line=self.line))

    def close(self) -> None:
        """End; the tree is in ``root``."""


class Parsed:
    """A small tree that lxml had nothing to say against.

    Attributes:
        remarks: Codes of remarks about the file as a whole.

    """

    __slots__ = ("remarks", "root")

    def __init__(self, root: Node, remarks: tuple[str, ...]) -> None:
        self.root = root
        self.remarks = remarks


class Feeder:
    """Feeds lxml and keeps count of bytes and lines."""

    def __init__(self, target: Target, limits: Limits) -> None:
        self.target = target
        self.limits = limits
        self.header_bytes = 0
        self.lines = 0
        self.silent_bytes = 0
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
        """Hand on one chunk in pieces that end where lines or payloads do."""
        at = 0
        while at < len(chunk):
            end = self._piece_end(chunk, at)
            piece = chunk[at:end]
            self._feed_piece(piece)
            self.target.line += piece.count(b"\n")
            at = end

    def _piece_end(self, chunk: bytes, at: int) -> int:
        if self.target.payload is not None:
            end = chunk.find(b"<", at)
            if end < 0:
                return len(chunk)
            if end > at:
                return end
        if self.lines > LINES_COUNTED:
            return len(chunk)
        self.lines += 1
        return (chunk.find(b"\n", at) + 1) or len(chunk)

    def _feed_piece(self, piece: bytes) -> None:
        target = self.target
        if target.payload is None:
            self.header_bytes += len(piece)
            if self.header_bytes > self.limits.header_bytes + CHUNK_BYTES:
                raise fault("limit-header", target.place(), limit=self.limits.header_bytes)
        events = target.events
        self.parser.feed(piece)
        self.silent_bytes = 0 if target.events > events else self.silent_bytes + len(piece)
        if self.silent_bytes > self.limits.token_bytes:
            raise fault("limit-token", target.place(), limit=self.limits.token_bytes)

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
    start = beginning(head)
    target = Target(limits, payloads, taker)
    target.line = start.line
    feeder = Feeder(target, limits)
    chunks = _utf8_chunks(_bounded(source, head, start.skip_bytes, limits), start)
    undeclared = _run(feeder, chunks, start.line)
    if target.root is None or target.stack:
        raise fault("xml-truncated", target.place())
    remarks = start.remarks + (("namespace-undeclared",) if undeclared else ())
    return Parsed(target.root, remarks)


def _head(source: BinaryIO) -> bytes:
    """Return the first bytes, however little the source gives at a time."""
    head = b""
    while len(head) < HEAD_BYTES:
        more = source.read(HEAD_BYTES - len(head))
        if not more:
            break
        head += more
    return head


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


def _run(feeder: Feeder, chunks: Iterator[bytes], first_line: int) -> bool:
    """Feed everything; return whether undeclared prefixes were met."""
    try:
        for number, chunk in enumerate(chunks):
            feeder.feed(chunk)
            if number % CHUNKS_BETWEEN_JUDGEMENTS == 0:
                _judge(feeder, first_line, at_end=False)
    except etree.XMLSyntaxError:
        _judge(feeder, first_line, at_end=False)
        raise fault("xml-malformed", feeder.target.place()) from None
    _judge(feeder, first_line, at_end=False)
    try:
        feeder.close()
    except etree.XMLSyntaxError:
        _judge(feeder, first_line, at_end=True)
        raise fault("xml-truncated", feeder.target.place()) from None
    return _judge(feeder, first_line, at_end=True)


_BY_TYPE = {
    "ERR_INVALID_ENCODING": "encoding-broken",
    "ERR_INVALID_CHAR": "control-character",
    "ERR_UNDECLARED_ENTITY": "entity-undeclared",
    "WAR_UNDECLARED_ENTITY": "entity-undeclared",
    "ERR_UNKNOWN_ENCODING": "encoding-unsupported",
}


def _judge(feeder: Feeder, first_line: int, *, at_end: bool) -> bool:
    """Return whether there were undeclared prefixes; raise for any other logged error."""
    undeclared = False
    for entry in feeder.parser.feed_error_log:
        if entry.level_name == "WARNING":
            continue
        if entry.type_name == "NS_ERR_UNDEFINED_NAMESPACE":
            undeclared = True
            continue
        raise _refusal(feeder.target, entry.type_name, entry.line + first_line - 1, at_end=at_end)
    return undeclared


def _refusal(target: Target, type_name: str, line: int, *, at_end: bool) -> EnvelopeError:
    closed = target.root is not None and not target.stack
    place = Place(target.path, line)
    if closed and type_name == "ERR_DOCUMENT_END":
        return fault("text-after-xml", place)
    if at_end:  # recovery closes elements by itself, so ``closed`` proves nothing here
        return fault("xml-truncated", place)
    return fault(_BY_TYPE.get(type_name, "xml-malformed"), place)
