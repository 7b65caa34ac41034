"""Which encoding the bytes are in, and what stands before the XML (T19, protocol 2.6).

A byte-order mark wins, then the pattern of NULs, then the declaration. Everything but UTF-8 is
turned into UTF-8 before the parser sees it, so that the parser has one way to read.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from gateway.envelope.notes import Place, fault

_BOMS = (
    (codecs.BOM_UTF32_LE, None),  # before UTF-16, whose mark begins alike
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What Vietnamese systems have been seen to declare; stateful and exotic encodings stay out.
_SUPPORTED = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "windows-1258": "cp1258",
}
_DECLARATION = re.compile(r"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
HEAD_BYTES = 4096  # where the declaration and all white space before it must stand


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the first bytes say.

    Attributes:
        codec: Python's name of the encoding.
        skip_bytes: How many bytes to leave out: mark and white space.
        line: 1-based line on which the XML begins.
        remarks: Codes of remarks.

    """

    codec: str
    skip_bytes: int
    line: int
    remarks: tuple[str, ...]


def beginning(head: bytes) -> Beginning:
    """Judge the first bytes of a file.

    Raises:
        EnvelopeError: ``empty-file``, ``html-page``, ``text-before-xml``,
            ``doctype-forbidden``, ``encoding-unsupported``.

    """
    if not head.strip():
        raise fault("empty-file")
    codec, mark = _by_bytes(head)
    text = head[mark:].decode(codec, "replace")
    blank = len(text) - len(text.lstrip(" \t\r\n"))
    line = 1 + text.count("\n", 0, blank)
    _refuse_foreign(text, blank)
    remarks: tuple[str, ...] = ("blank-before-xml",) if blank else ()
    declared = _DECLARATION.match(text, blank)
    if declared is not None:
        codec, more = _by_declaration(declared.group(1).lower(), codec)
        remarks += more
    skip = mark + len(text[:blank].encode(codec))
    return Beginning(codec, skip, line, remarks)


def _by_bytes(head: bytes) -> tuple[str, int]:
    for mark, codec in _BOMS:
        if head.startswith(mark):
            if codec is None:
                raise fault("encoding-unsupported")
            return codec, len(mark)
    start = head.lstrip(b" \t\r\n\x00")[:1]
    if start == b"<" and head[:1] == b"\x00":
        return "utf-16-be", 0
    if start == b"<" and head[1:2] == b"\x00":
        return "utf-16-le", 0
    return "utf-8", 0


def _by_declaration(declared: str, codec: str) -> tuple[str, tuple[str, ...]]:
    if codec.startswith("utf-16"):
        fits = declared.startswith("utf-16")
        return codec, () if fits else ("encoding-mislabelled",)
    if declared.startswith(("utf-16", "utf16", "ucs-2")):  # cannot be: we just read it as bytes
        return codec, ("encoding-mislabelled",)
    if declared not in _SUPPORTED:
        raise fault("encoding-unsupported", Place(line=1))
    return _SUPPORTED[declared], ()


def _refuse_foreign(text: str, blank: int) -> None:
    start = text[blank : blank + 200].lower()
    if start.startswith(("<!doctype html", "<html")):
        raise fault("html-page")
    if start.startswith("<!doctype"):
        raise fault("doctype-forbidden", Place(line=1 + text.count("\n", 0, blank)))
    if not start.startswith("<"):
        at = text.find("<", blank)
        count = (at if at >= 0 else len(text)) - blank
        line = 1 + text.count("\n", 0, blank)
        raise fault("text-before-xml", Place(line=line), count=count, at=line)
