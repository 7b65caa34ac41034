"""From payload text to stored files: decoding, unwrapping, judging (2.4, T11 to T16).

Text is base64; its bytes are the file, or a zip around the file. What it is shows only at its
end, so both are kept while they stream by, the zip and what is in its first entry, and one of
the two is dropped. Nothing of a payload is ever held in memory.

The shell gives the sinks: :class:`PayloadSink` is the only effect allowed here, and has its
twin in ``gateway/ports.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.envelope.archive import ArchiveFault, ArchiveWalk, Entry
from gateway.envelope.base64text import Base64Reader
from gateway.envelope.limits import Limits
from gateway.envelope.sniff import (
    ZIP,
    Scanner,
    extension_of,
    is_mismatch,
    is_office_start,
    is_program,
    media_type_of_archive,
)
from gateway.model.document import Digest

_ARCHIVE = b"PK\x03\x04"
_MIMETYPE_LONGEST = 100
_MACRO_EXTENSIONS = frozenset({"docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm"})
_ENTRIES_SHOWN = 100
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


class StoredBytes(Protocol):
    """What a closed sink has stored."""

    @property
    def digest(self) -> Digest:
        """SHA-256 of the bytes."""
        ...

    @property
    def size_bytes(self) -> int:
        """How many they are."""
        ...


class PayloadSink(Protocol):
    """Takes the bytes of one payload while they are read."""

    def write(self, data: bytes, /) -> None:
        """Add bytes."""
        ...

    def close(self) -> StoredBytes:
        """Keep them and say what is kept."""
        ...

    def abandon(self) -> None:
        """Forget everything written; safe after close and twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The outcome of one payload.

    Attributes:
        sink: Holds the file, open still; None when ``fault`` says why there is none.
        remarks: Codes of remarks.
        entries: Names in an archive that was left whole, at most 100.

    """

    sink: PayloadSink | None = None
    fault: str | None = None
    remarks: tuple[str, ...] = ()
    media_type: str | None = None
    entries: tuple[str, ...] = ()


def canonical_content_id(text: str | None) -> str | None:
    """Return ``text`` without brackets, ``cid:`` and percent-encoding; None when empty (T11)."""
    bare = (text or "").strip().strip("<>").strip()
    while bare[:4].lower() == "cid:":
        bare = bare[4:].strip()
    raw = _PERCENT.sub(lambda found: bytes([int(found[1], 16)]), bare.encode())
    return raw.decode("utf-8", "replace") or None


class Candidate:
    """One of the two things a payload may be: its bytes as they are, or what they wrap.

    Attributes:
        archive: The walk through the bytes when they are an archive, else None.

    """

    def __init__(
        self, sink: PayloadSink, limits: Limits, inside: Callable[[Entry, bytes], None]
    ) -> None:
        self.sink = sink
        self.scan = Scanner()
        self.archive: ArchiveWalk | None = None
        self.mimetype = b""
        self._limits = limits
        self._inside = inside
        self._fault: str | None = None
        self._beginning = b""

    def take(self, data: bytes) -> None:
        """Take a piece; after a fault nothing is kept any more."""
        if self._fault is not None:
            return
        self.sink.write(data)
        if self.scan.size_bytes < len(_ARCHIVE):
            self._beginning += data
            if self._beginning.startswith(_ARCHIVE):
                self.archive = ArchiveWalk(self._limits, self._first_content)
                data, self._beginning = self._beginning, b""
                self.scan.take(data[self.scan.size_bytes :])
                self._walk(self.archive, data)
                return
        self.scan.take(data)
        if self.archive is not None:
            self._walk(self.archive, data)

    def _walk(self, archive: ArchiveWalk, data: bytes) -> None:
        try:
            archive.take(data)
        except ArchiveFault as bad:
            self._fault = bad.code

    def _first_content(self, entry: Entry, data: bytes) -> None:
        if is_office_start(entry.name):
            self.mimetype += data[: _MIMETYPE_LONGEST - len(self.mimetype)]
        else:
            self._inside(entry, data)

    def finish(self) -> str | None:
        """Return the fault, or None; call once, after the last piece."""
        if self.archive is not None and self._fault is None:
            try:
                self.archive.finish()
            except ArchiveFault as bad:
                self._fault = bad.code
        return self._fault or self.scan.fault

    def is_wrapper(self, name: str | None) -> bool:
        """Tell whether this is an archive around one file and not a file itself (part 3)."""
        archive = self.archive
        return (
            archive is not None
            and not archive.is_opaque
            and archive.is_consistent
            and len(archive.entries) == 1
            and not is_office_start(archive.entries[0].name)
            and extension_of(name) != "zip"
        )

    @property
    def media_type(self) -> str | None:
        """Return the type by content."""
        if self.archive is not None:
            return media_type_of_archive(self.archive.names, self.mimetype)
        return self.scan.media_type

    def outcome(self, name: str | None, remarks: tuple[str, ...]) -> Payload:
        """Return the outcome for a file called ``name``."""
        media = self.media_type
        found = set(self.scan.remarks)
        if self.archive is not None:
            found |= _archive_remarks(self.archive, media)
        if is_program(media, name):
            found.add("executable")
        if extension_of(name) in _MACRO_EXTENSIONS:
            found.add("office-macro")
        if is_mismatch(media, name):
            found.add("type-mismatch")
        is_plain_archive = self.archive is not None and media == ZIP
        entries = self.archive.names if self.archive is not None else ()
        return Payload(
            sink=self.sink,
            remarks=(*remarks, *sorted(found)),
            media_type=media,
            entries=entries[:_ENTRIES_SHOWN] if is_plain_archive else (),
        )


class PayloadReader:
    """Takes the text of one payload, then says what became of it."""

    def __init__(self, open_sink: Callable[[], PayloadSink], limits: Limits) -> None:
        self._open_sink = open_sink
        self._limits = limits
        self._base64 = Base64Reader(self._take)
        self._whole: Candidate | None = None
        self._inner: Candidate | None = None

    def text(self, piece: str) -> None:
        """Take a piece of base64 text."""
        self._base64.text(piece)

    def raw(self, piece: bytes) -> None:
        """Take a piece of base64 text as bytes."""
        self._base64.raw(piece)

    def abandon(self) -> None:
        """Drop everything."""
        for candidate in (self._whole, self._inner):
            if candidate is not None:
                candidate.sink.abandon()

    def _take(self, data: bytes) -> None:
        if self._whole is None:
            self._whole = Candidate(self._open_sink(), self._limits, self._take_inner)
        self._whole.take(data)

    def _take_inner(self, _entry: Entry, data: bytes) -> None:
        """Take the first entry's content; only while there is no second one."""
        if self._inner is None:
            self._inner = Candidate(self._open_sink(), self._limits, _ignore)
        self._inner.take(data)

    def finish(self, name: str | None) -> Payload:
        """Return the outcome for a file called ``name``; every sink but its own is dropped."""
        self._base64.finish()
        remarks = tuple(sorted(self._base64.remarks))
        fault = self._base64.fault
        if fault is None:
            fault = "attachment-empty" if self._whole is None else self._whole.finish()
        if fault is not None or self._whole is None:
            self.abandon()
            return Payload(fault=fault)
        if not self._whole.is_wrapper(name):
            return self._only(self._whole, self._whole.outcome(name, remarks))
        return self._unwrapped(name, remarks)

    def _unwrapped(self, name: str | None, remarks: tuple[str, ...]) -> Payload:
        if self._inner is None:  # the one entry is an empty file
            self.abandon()
            return Payload(fault="attachment-empty", remarks=remarks)
        fault = self._inner.finish()
        if fault is not None:
            self.abandon()
            return Payload(fault=fault, remarks=remarks)
        return self._only(self._inner, self._inner.outcome(name, remarks))

    def _only(self, chosen: Candidate, payload: Payload) -> Payload:
        for candidate in (self._whole, self._inner):
            if candidate is not None and candidate is not chosen:
                candidate.sink.abandon()
        return payload


def _ignore(_entry: Entry, _data: bytes) -> None:
    """Look no deeper: one level is unpacked, never two."""


def _archive_remarks(archive: ArchiveWalk, media: str | None) -> set[str]:
    remarks: set[str] = set()
    if archive.is_opaque:
        remarks.add("zip-not-examined")
    elif not archive.is_consistent:
        remarks.add("zip-inconsistent")
    if media == ZIP and len(archive.entries) > 1:
        remarks.add("zip-several")
    if media == ZIP and archive.has_nested:
        remarks.add("zip-nested")
    if any(entry.name.lower().endswith("vbaproject.bin") for entry in archive.entries):
        remarks.add("office-macro")
    if media == ZIP and any(is_program(None, entry.name) for entry in archive.entries):
        remarks.add("executable")
    return remarks
