"""Words to elements: walks the table of ``shapes`` in the order of the wire (2.1).

The same small tree is validated and written, so what was validated is what goes out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from lxml import etree

from gateway.envelope import names
from gateway.envelope.dialects import VIET_NAM
from gateway.envelope.json_write import joined_code
from gateway.envelope.shapes import (
    TRACE_HEADER_LIST,
    Branch,
    Form,
    Items,
    Leaf,
    Part,
    Shape,
    business_type_text,
    header_shape,
    header_values,
    trace_block,
)
from gateway.model.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How an axis wants values and elements to look; the default is the standard's.

    Attributes:
        date_pattern, instant_pattern: For ``strftime``; years are written with four digits.
        renames: Our name to the axis's name of an element (T03).
        types: Our DocumentType/Type to the axis's (T23).
        writes_empty: Whether absent elements of MessageHeader are written empty (axes 1.4).

    """

    namespace: str = names.NAMESPACE
    date_pattern: str = "%Y/%m/%d"
    instant_pattern: str = "%Y/%m/%d %H:%M:%S"
    renames: tuple[tuple[str, str], ...] = ()
    types: tuple[tuple[str, str], ...] = ()
    writes_empty: bool = False

    def tag(self, name: str) -> str:
        """Return lxml's tag of the element."""
        return _tag(self.namespace, self.renames, name)


@cache
def _tag(namespace: str, renames: tuple[tuple[str, str], ...], name: str) -> str:
    return f"{{{namespace}}}{dict(renames).get(name, name)}"


STANDARD_STYLE = Style()
PREFIX = "edXML"

Place = str  # path of an element, as in notes: ``MessageHeader/To[2]/OrganId``


class Builder:
    """Builds the small tree and remembers the path of every element in it."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.paths: dict[etree._Element, Place] = {}

    def message(self, envelope: Envelope) -> etree._Element:
        """Return MessageHeader as the root of a tree of its own."""
        path = names.MESSAGE_HEADER
        root = self._root(path)
        self._fill(root, header_values(envelope), header_shape(envelope), path)
        return root

    def traces(self, envelope: Envelope) -> etree._Element | None:
        """Return TraceHeaderList as the root of a tree of its own, or None without one."""
        block = trace_block(envelope)
        if block is None:
            return None
        path = names.TRACE_HEADER_LIST
        root = self._root(path)
        self._fill(root, _values(block, TRACE_HEADER_LIST), TRACE_HEADER_LIST, path)
        return root

    def _root(self, path: Place) -> etree._Element:
        root = etree.Element(self.style.tag(path), nsmap={PREFIX: self.style.namespace})
        self.paths[root] = path
        return root

    def _sub(
        self, parent: etree._Element, name: str, path: Place, text: str | None = None
    ) -> etree._Element:
        element = etree.SubElement(parent, self.style.tag(name))
        element.text = text
        self.paths[element] = path
        return element

    def _fill(
        self, parent: etree._Element, values: dict[str, Any], shape: Shape, path: Place
    ) -> None:
        for part in shape.parts:
            value = values[part.attr]
            if self.style.writes_empty and path.startswith(names.MESSAGE_HEADER):
                value = _present(part, value)
            if isinstance(part, Leaf):
                self._leaf(parent, part, value, path)
            elif isinstance(part, Items):
                if value or self.style.writes_empty:
                    self._items(parent, part, value, path)
            elif value is not None and value != ():
                self._branch(parent, part, value, path)

    def _leaf(self, parent: etree._Element, part: Leaf, value: Any, path: Place) -> None:  # noqa: ANN401 - table
        text = _type_text(self.style, part, self.text_of(part, value))
        if text is None:
            return
        if part.is_attribute:
            parent.set(part.name, text)
        else:
            self._sub(parent, part.name, f"{path}/{part.name}", text)

    def _items(
        self, parent: etree._Element, part: Items, value: tuple[str, ...], path: Place
    ) -> None:
        at = f"{path}/{part.name}"
        wrapper = self._sub(parent, part.name, at)
        for number, item in enumerate(value, 1):
            self._sub(wrapper, part.item, f"{at}/{part.item}[{number}]", item)

    def _branch(self, parent: etree._Element, part: Branch, value: Any, path: Place) -> None:  # noqa: ANN401 - table
        if part.within:
            path = f"{path}/{part.within}"
            parent = self._sub(parent, part.within, path)
        many = part.many or bool(part.within)
        for number, item in enumerate(value if many else (value,), 1):
            at = f"{path}/{part.name}" + (f"[{number}]" if many else "")
            element = self._sub(parent, part.name, at)
            self._fill(element, _values(item, part.shape), part.shape, at)

    def text_of(self, part: Leaf, value: Any) -> str | None:  # noqa: ANN401 - what the table says
        """Return the text of a leaf as the style writes it, or None when it is absent."""
        if value is None or value == "":
            return None if value is None else ""
        return str(value) if part.form not in _WRITERS else _WRITERS[part.form](self.style, value)


def _present(part: Part, value: Any) -> Any:  # noqa: ANN401 - what the table says
    """Return something empty for what is absent; a repeated structure may stay absent."""
    if value is not None:
        return value
    return part.shape.model() if isinstance(part, Branch) else ""


def _type_text(style: Style, part: Leaf, text: str | None) -> str | None:
    """Translate DocumentType/Type to the axis's own numbers (T23)."""
    if part.attr != "type" or text is None:
        return text
    return dict(style.types).get(text, text)


def _values(model: object, shape: Shape) -> dict[str, Any]:
    values = {part.attr: getattr(model, part.attr) for part in shape.parts}
    if "business_type" in values:
        values["business_type"] = model  # its text needs two fields
    return values


def _formatted(value: date | datetime, pattern: str) -> str:
    """Format by the five or six letters of ``strftime`` that patterns use."""
    text = pattern.replace("%Y", f"{value.year:04d}").replace("%m", f"{value.month:02d}")
    text = text.replace("%d", f"{value.day:02d}")
    if isinstance(value, datetime):
        text = text.replace("%H", f"{value.hour:02d}").replace("%M", f"{value.minute:02d}")
        text = text.replace("%S", f"{value.second:02d}")
    return text


_WRITERS: dict[Form, Callable[[Style, Any], str | None]] = {
    Form.BUSINESS_TYPE: lambda _style, business: business_type_text(business),
    Form.JOINED_CODE: lambda _style, code: joined_code(code),
    Form.DATE: lambda style, day: _formatted(day, style.date_pattern),
    Form.INSTANT: lambda style, instant: _formatted(
        instant.astimezone(VIET_NAM), style.instant_pattern
    ),
}
