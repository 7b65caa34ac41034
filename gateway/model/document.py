"""An electronic document (văn bản điện tử, NĐ 30/2020 Art. 3(4)) and its parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NewType

DocumentRef = NewType("DocumentRef", str)
"""Our own UUIDv7 of a document: the ID of commands and API."""

DocumentId = NewType("DocumentId", str)
"""Identifier of the document (mã định danh văn bản): opaque data, echoed verbatim (L-106)."""

AxisDocId = NewType("AxisDocId", str)
"""The axis's own handle of one delivery (mã gói tin trên trục); data, never a path."""

Digest = NewType("Digest", str)
"""SHA-256 of stored bytes, 64 lower-case hex digits."""


class Direction(Enum):
    """Which way a document or a message goes, seen from the agency."""

    INCOMING = "in"
    OUTGOING = "out"


class BusinessType(Enum):
    """BussinessDocType (loại nghiệp vụ, L-103)."""

    NEW = "0"
    RECALL = "1"
    UPDATE = "2"
    REPLACE = "3"


class Urgency(Enum):
    """Mức độ khẩn (NĐ 30 Phụ lục I; L-17, L-104). The value sorts: higher goes first."""

    NORMAL = 0
    URGENT = 1  # khẩn
    VERY_URGENT = 2  # thượng khẩn
    FLASH = 3  # hỏa tốc, and the vendors' "hỏa tốc hẹn giờ"


@dataclass(frozen=True, slots=True)
class Code:
    """Số và ký hiệu; both stay text as published (T09)."""

    code_number: str | None = None
    code_notation: str | None = None

    def __str__(self) -> str:
        """Return number and notation joined by ``/``, as people write it."""
        return "/".join(part for part in (self.code_number, self.code_notation) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """Loại văn bản. Texts as on the wire; the axis list and NĐ 30's list differ (L-102)."""

    type: str | None = None
    type_detail: str | None = None
    type_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of an envelope (tệp đính kèm), by reference to its stored bytes.

    Attributes:
        content_id: Canonical content id: no ``cid:`` prefix, no angle brackets.
        attachment_name: Name as given: data, never a path.
        content_type: Declared type, kept as a note.
        media_type: Type by magic bytes; None when the bytes tell nothing.
        size_bytes: Size of the unwrapped file; None when ``fault`` says why it is not there.
        digest: SHA-256 of the unwrapped file; None likewise.
        fault: Code of what is wrong with it (``docs/errors.md``), or None.
        field_name, mime_type: As on the wire; carried, nothing depends on them.
        entries: Names in an archive that was left whole: data, never paths.

    """

    content_id: str | None = None
    attachment_name: str | None = None
    description: str | None = None
    content_type: str | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    digest: Digest | None = None
    fault: str | None = None
    field_name: str | None = None
    mime_type: str | None = None
    entries: tuple[str, ...] = ()
