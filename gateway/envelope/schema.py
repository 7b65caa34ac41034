"""Validation of the small tree against our own schemas (``schemas/``, which says from where).

The tree is built from the words, so it is in one namespace and one order whatever the sender
wrote; findings carry the path of the element and, for what was read, its line in the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from lxml import etree

from gateway.envelope import names
from gateway.envelope.notes import Place, note
from gateway.envelope.tree import PREFIX, STANDARD_STYLE, Builder
from gateway.model.envelope import DocumentEnvelope, Envelope, EnvelopeNote

_LENGTH = re.compile(r"maximum length of '(\d+)'")
_EXPECTED = re.compile(r"\}(\w+)")

# Lists with a note of their own, by the element's name.
_OWN_LISTS = {
    "StatusCode": "status-code-unknown",
    "BussinessDocType": "business-type-unknown",
    "Priority": "priority-unknown",
}


_NS = f"{{{names.NAMESPACE}}}"

LineOf = Callable[[str], int | None]


def schemas_folder() -> Path:
    """Return the folder of schemas: in the installed package, or beside it in the sources."""
    inside = Path(str(files("gateway"))) / "schemas"
    return inside if inside.is_dir() else inside.parent.parent / "schemas"


@cache
def _schema(name: str) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return etree.XMLSchema(etree.parse(schemas_folder() / f"edxml-{name}.xsd", parser))


def tolerant_findings(envelope: Envelope, line_of: LineOf) -> list[EnvelopeNote]:
    """Return remarks on values that the tables do not allow; nothing is ever required."""
    return _findings(envelope, "tolerant", Builder(STANDARD_STYLE), line_of)


def is_valid_as_it_stands(root: etree._Element, envelope: Envelope) -> bool:
    """Tell whether the tree as received already is what the tolerant schema describes.

    A quick yes spares building the normalised tree; no means nothing yet. ``root`` is changed.
    """
    header = root.find(f"{_NS}{names.ENVELOPE}/{_NS}{names.HEADER}")
    message = None if header is None else header.find(f"{_NS}{names.MESSAGE_HEADER}")
    if header is None or message is None:
        return False
    traces = header.find(f"{_NS}{names.TRACE_HEADER_LIST}")
    schema = _schema("tolerant")
    message.tag = _NS + _kind(envelope)
    return bool(schema.validate(message)) and (traces is None or bool(schema.validate(traces)))


def _kind(envelope: Envelope) -> str:
    return "DocumentHeader" if isinstance(envelope, DocumentEnvelope) else "StatusHeader"


def strict_findings(envelope: Envelope) -> list[EnvelopeNote]:
    """Return what speaks against writing the envelope.

    The strict schema stops within a structure where an element is missing, so the values are
    looked at with the tolerant one as well: both have the same types.
    """
    values = _findings(envelope, "tolerant", Builder(STANDARD_STYLE))
    structure = _findings(envelope, "strict", Builder(STANDARD_STYLE))
    return values + [finding for finding in structure if finding not in values]


def _no_line(_path: str) -> int | None:
    return None


def _findings(
    envelope: Envelope, which: str, builder: Builder, line_of: LineOf = _no_line
) -> list[EnvelopeNote]:
    schema = _schema(which)
    message = builder.message(envelope)
    message.tag = _NS + _kind(envelope)
    found = _validate(schema, message, builder, line_of)
    traces = builder.traces(envelope)
    return found if traces is None else found + _validate(schema, traces, builder, line_of)


def _validate(
    schema: etree.XMLSchema, root: etree._Element, builder: Builder, line_of: LineOf
) -> list[EnvelopeNote]:
    if schema.validate(root):
        return []
    found = []
    log: Any = schema.error_log  # the stubs do not know that it can be walked
    for entry in log:
        element = _element_at(root, entry.path)
        path = builder.paths[element]
        made = _note(entry, Place(path, line_of(path)))
        if made is not None:
            found.append(made)
    return found


def _element_at(root: etree._Element, xpath: str | None) -> etree._Element:
    found: Any = (
        root.getroottree().xpath(xpath, namespaces={PREFIX: names.NAMESPACE}) if xpath else None
    )
    return cast("etree._Element", found[0]) if found else root  # noqa: SLF001 - lxml names it so


def _note(entry: etree._LogEntry, place: Place) -> EnvelopeNote | None:
    """Translate libxml2's finding; the second line it logs for a value adds nothing."""
    kind = entry.type_name
    if kind == "SCHEMAV_CVC_MAXLENGTH_VALID":
        limit = _LENGTH.search(entry.message)
        return note("over-length", place, limit=limit[1] if limit else "?")
    if kind == "SCHEMAV_CVC_PATTERN_VALID":
        return note("not-integer", place)
    if kind == "SCHEMAV_CVC_ENUMERATION_VALID":
        return note(_OWN_LISTS.get(place.element.rpartition("/")[2], "not-in-list"), place)
    if kind == "SCHEMAV_CVC_MINLENGTH_VALID":
        return note("form-unexpected", place)
    if kind == "SCHEMAV_ELEMENT_CONTENT":
        expected = _EXPECTED.findall(entry.message.partition("Expected")[2])
        return note("element-required", place, name=", ".join(expected) or "?")
    return None if kind.startswith("SCHEMAV_CVC_DATATYPE") else note("schema", place)
