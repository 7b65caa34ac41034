"""The small tree, and the target that lxml calls to build it, within every bound (S2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gateway.envelope.limits import Limits
from gateway.envelope.notes import Place, fault
from gateway.errors import EnvelopeError


class Taker(Protocol):
    """Takes the text of one payload element, in pieces."""

    def text(self, piece: str) -> None:
        """Take a piece; a fault is remembered, not raised."""
        ...

    def raw(self, piece: bytes) -> None:
        """Take a piece as the bytes it was in the file, without ``<`` and ``&``."""
        ...


class Node:
    """One element of the small tree."""

    __slots__ = ("attributes", "children", "line", "local", "namespace", "payload", "pieces")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        namespace, _, local = tag.rpartition("}")
        self.local = local.rpartition(":")[2]
        self.namespace = namespace[1:]
        self.attributes = dict(attributes) if attributes else {}
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
        limits = self.limits
        if (
            self.elements > limits.elements
            or len(self.stack) >= limits.depth
            or len(attributes) > limits.attributes
        ):
            raise self._out_of_bounds()
        node = Node(tag, attributes, self.line)
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node
        self.stack.append(node)
        self.text_size = 0
        if node.local in self.payloads:
            node.payload = self.payload = self.taker(node)

    def _out_of_bounds(self) -> EnvelopeError:
        limits = self.limits
        if len(self.stack) >= limits.depth:
            return fault("limit-depth", Place(line=self.line), limit=limits.depth)
        if self.elements > limits.elements:
            return fault("limit-elements", Place(line=self.line), limit=limits.elements)
        return fault("limit-attributes", self.place(), limit=limits.attributes)

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
