"""Which files an agency takes (L-125): by what the bytes are, not by what a name claims.

The allow-list speaks in file name endings, because that is how the regulations speak.  A file
whose bytes tell their type is judged by that type, whatever its name (T14); one whose bytes tell
nothing, such as text, by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PDF = "application/pdf"

DEFAULT_FORMATS = frozenset(
    {
        "pdf", "doc", "docx", "odt", "txt", "rtf", "xls", "xlsx", "ods", "csv",
        "jpg", "jpeg", "png", "tif", "tiff", "zip",
    }
)  # fmt: skip
"""LS-220 Art. 4(3); images, and zip because appendices come in it (axes 3.9)."""

_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

ENDINGS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        PDF: frozenset({"pdf"}),
        "application/rtf": frozenset({"rtf", "doc"}),
        "application/x-ole-storage": frozenset({"doc", "xls", "ppt"}),
        f"{_OOXML}.wordprocessingml.document": frozenset({"docx"}),
        f"{_OOXML}.spreadsheetml.sheet": frozenset({"xlsx"}),
        f"{_OOXML}.presentationml.presentation": frozenset({"pptx"}),
        f"{_ODF}.text": frozenset({"odt"}),
        f"{_ODF}.spreadsheet": frozenset({"ods"}),
        f"{_ODF}.presentation": frozenset({"odp"}),
        "application/zip": frozenset({"zip"}),
        "application/vnd.rar": frozenset({"rar"}),
        "application/x-7z-compressed": frozenset({"7z"}),
        "application/xml": frozenset({"xml", "svg"}),
        "image/jpeg": frozenset({"jpg", "jpeg"}),
        "image/png": frozenset({"png"}),
        "image/gif": frozenset({"gif"}),
        "image/tiff": frozenset({"tif", "tiff"}),
        "image/bmp": frozenset({"bmp"}),
    }
)
"""Media type by magic bytes to the endings it may be allowed under."""

_SELF_EVIDENT = frozenset(ending for endings in ENDINGS.values() for ending in endings)


def is_taken(media_type: str | None, name: str, allowed: frozenset[str]) -> bool:
    """Tell whether a file may be taken.

    Args:
        media_type: By its first bytes; None when they tell nothing.
        name: As given, possibly "".
        allowed: Endings in lower case, without the dot.

    """
    if media_type is not None:
        return not ENDINGS.get(media_type, frozenset()).isdisjoint(allowed)
    ending = ending_of(name)
    # A name that promises a format with magic bytes over bytes without them is no such file.
    return ending in allowed and ending not in _SELF_EVIDENT


def ending_of(name: str) -> str:
    """Return the ending of a file name in lower case without its dot, "" when it has none."""
    stem, _, ending = name.strip().rpartition(".")
    return ending.lower() if stem else ""
