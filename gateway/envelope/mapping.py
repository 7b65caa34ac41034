"""Elements to words: walks the table of ``shapes`` and remarks on everything unusual.

Missing stays missing, an empty element is a missing one, and what the table does not know is
kept as it stands (T07, T08, protocol 2.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from lxml import etree

from gateway.envelope import names
from gateway.envelope.dialects import (
    KNOWN_NAMESPACES,
    STANDARD_DATE,
    STANDARD_INSTANT,
    DateFault,
    Years,
    canonical_name,
    read_date,
    read_instant,
)
from gateway.envelope.limits import Limits
from gateway.envelope.nodes import Node
from gateway.envelope.notes import FAULTS, Place, note
from gateway.envelope.shapes import (
    TRIMMED_ITEMS,
    Branch,
    Form,
    Items,
    Leaf,
    Shape,
    business_type_of,
    split_code,
)
from gateway.model.envelope import EnvelopeNote

_STATUS_DIGITS = 2


@dataclass(slots=True)
class Reading:
    """What one reading gathers beside the values.

    Attributes:
        lines: Line of every element that was read, by path.

    """

    limits: Limits
    years: Years
    notes: list[EnvelopeNote] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    unknown_size: int = 0

    def remark(self, code: str, path: str, line: int | None = None, /, **values: object) -> None:
        """Add a note; the line defaults to that of the path."""
        if len(self.notes) > self.limits.notes and code not in FAULTS:
            return  # most were said; not worth making
        at = line if line is not None else self.lines.get(path)
        self.take((note(code, Place(path, at), **values),))

    def take(self, notes: Iterable[EnvelopeNote]) -> None:
        """Add notes up to the bound; faults are always added."""
        for item in notes:
            if len(self.notes) < self.limits.notes or item.code in FAULTS:
                self.notes.append(item)
            elif len(self.notes) == self.limits.notes:
                self.notes.append(note("notes-too-many", limit=self.limits.notes))


def read_shape(node: Node, shape: Shape, path: str, reading: Reading) -> dict[str, Any]:
    """Return the keywords that ``node`` gives to ``shape.model``; only what is there."""
    reading.lines[path] = node.line
    found = _by_name(node, shape, path, reading)
    keywords: dict[str, Any] = {}
    for outer, part in shape.outer.items():
        if isinstance(part, Leaf) and part.is_attribute:
            value = node.attributes.get(part.name)
            if value:
                keywords[part.attr] = value
            continue
        nodes = found.get(outer)
        if nodes:
            _read_part(nodes, part, f"{path}/{outer}", reading, keywords)
    if shape.model is not dict and "business_type" in _attrs(shape):
        kind, raw = keywords.pop("business_type", business_type_of(None))
        if keywords or raw != "":
            keywords |= {"business_type": kind, "raw_type": raw}
    return keywords


def _attrs(shape: Shape) -> set[str]:
    return {part.attr for part in shape.parts}


def _by_name(node: Node, shape: Shape, path: str, reading: Reading) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for child in node.children:
        name = child.local
        if name not in shape.outer:
            known = canonical_name(name, shape.outer)
            if known is None:
                keep_unknown(child, f"{path}/{name}", reading)
                continue
            reading.remark("element-alias", f"{path}/{name}", child.line, name=known)
            name = known
        found.setdefault(name, []).append(child)
    return found


def _read_part(
    nodes: list[Node],
    part: Leaf | Items | Branch,
    path: str,
    reading: Reading,
    keywords: dict[str, Any],
) -> None:
    if isinstance(part, Branch) and (part.many or part.within):
        values = _read_many(nodes, part, path, reading)
        if values:
            keywords[part.attr] = values
        return
    if len(nodes) > 1:
        reading.remark("element-repeated", path, nodes[-1].line)
    node = nodes[-1]  # the last one counts, as for the vendor's reader (2.2)
    if isinstance(part, Branch):
        value = _read_branch(node, part.shape, path, reading)
    elif isinstance(part, Items):
        value = _read_items(node, part, path, reading)
    else:
        value = _read_leaf(node, part, path, reading)
    if value is not None and value != ():
        keywords[part.attr] = value


def _read_branch(node: Node, shape: Shape, path: str, reading: Reading) -> object | None:
    before = len(reading.unread)
    keywords = read_shape(node, shape, path, reading)
    is_there = bool(keywords) or len(reading.unread) > before
    return cast("object", shape.model(**keywords)) if is_there else None


def _read_many(
    nodes: Iterable[Node], part: Branch, path: str, reading: Reading
) -> tuple[object, ...]:
    """Read repeated structures, with or without a wrapper; empty ones do not count."""
    base = path
    if part.within:
        base = f"{path}/{part.name}"
        nodes = [child for node in nodes for child in _wrapped(node, part, path, reading)]
    values: list[object] = []
    for node in nodes:
        at = f"{base}[{len(values) + 1}]"
        value = _read_branch(node, part.shape, at, reading)
        if value is not None:
            values.append(value)
        elif part.name == "ResponseFor":
            reading.remark("response-for-empty", at, node.line)
    return tuple(values)


def _wrapped(node: Node, part: Branch, path: str, reading: Reading) -> list[Node]:
    inside = []
    for child in node.children:
        if child.local == part.name:
            inside.append(child)
        else:
            keep_unknown(child, f"{path}/{child.local}", reading)
    return inside


def _read_items(node: Node, part: Items, path: str, reading: Reading) -> tuple[str, ...]:
    """Read the texts in a wrapper; a wrapper with bare text is taken for its one item."""
    reading.lines[path] = node.line
    trims = part.item in TRIMMED_ITEMS
    if not node.children:
        return tuple(value for value in (_text(node, trims=True),) if value)
    values: list[str] = []
    for child in node.children:
        value = _text(child, trims=trims)
        if child.children:
            keep_unknown(child, f"{path}/{child.local}", reading)
        elif value is not None:
            values.append(value)
            reading.lines[f"{path}/{part.item}[{len(values)}]"] = child.line
    return tuple(values)


def _text(node: Node, *, trims: bool) -> str | None:
    text = node.text
    stripped = text.strip(names.XML_WHITE_SPACE)
    if not stripped:
        return None
    return stripped if trims else text


def _read_leaf(node: Node, part: Leaf, path: str, reading: Reading) -> object | None:
    reading.lines[path] = node.line
    form = part.form
    if form is Form.JOINED_CODE:
        return _read_code(node)
    if node.children:
        for child in node.children:
            keep_unknown(child, f"{path}/{child.local}", reading)
    text = _text(node, trims=form is not Form.TEXT)
    if form is Form.BUSINESS_TYPE:
        return business_type_of(text)
    if text is None or form in (Form.TEXT, Form.TRIMMED):
        return text
    if form is Form.STATUS_CODE:
        return _read_status_code(text, path, reading)
    return _read_when(text, form, path, reading)


def _read_code(node: Node) -> object | None:
    """Read number and notation from joined text, or from the two elements some senders write."""
    parts = [_text(child, trims=True) for child in node.children]
    return split_code("/".join(part for part in parts if part) if parts else node.text)


def _read_status_code(text: str, path: str, reading: Reading) -> str:
    if len(text) < _STATUS_DIGITS and text.isascii() and text.isdigit():
        text = text.zfill(_STATUS_DIGITS)
        reading.remark("status-code-padded", path, code=text)
    return text


def _read_when(text: str, form: Form, path: str, reading: Reading) -> date | None:
    is_date = form is Form.DATE
    value = read_date(text, reading.years) if is_date else read_instant(text, reading.years)
    if isinstance(value, DateFault):
        reading.unread.append((path, text))
        reading.remark(value.code, path)
        return None
    if not (STANDARD_DATE if is_date else STANDARD_INSTANT).fullmatch(text):
        reading.remark("date-pattern", path)
    return value


def keep_unknown(node: Node, path: str, reading: Reading) -> None:
    """Keep an element that the table does not know, as XML, and remark on it."""
    reading.remark("element-unknown", path, node.line)
    limits = reading.limits
    if reading.unknown_size > limits.unknown_chars or len(reading.unknown) >= limits.notes:
        return  # said already
    xml = to_xml(node)
    reading.unknown_size += len(xml)
    if reading.unknown_size > limits.unknown_chars:
        reading.remark("unknown-too-large", path, node.line)
    else:
        reading.unknown.append((path, xml))


def to_xml(node: Node) -> str:
    """Return the element as XML text with its own namespaces declared."""
    return etree.tostring(to_element(node), encoding="unicode")


def to_element(node: Node, *, is_root: bool = True) -> etree._Element:
    """Return the element as an lxml one; depth was bounded by the parser."""
    nsmap: Any = {None: node.namespace} if is_root and node.namespace else None
    tag = f"{{{node.namespace}}}{node.local}" if node.namespace else node.local
    element = etree.Element(tag, node.attributes, nsmap=nsmap)
    if node.pieces:
        element.text = node.text
    element.extend(to_element(child, is_root=False) for child in node.children)
    return element


def is_known_namespace(node: Node) -> bool:
    """Tell whether the element is in a namespace of ours; an undeclared prefix leaves none."""
    return node.namespace in KNOWN_NAMESPACES
