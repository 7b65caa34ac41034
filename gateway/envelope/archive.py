"""Walks a zip while it streams by: entries, sizes, the first entry's content (T14 to T16, S4).

The local records are walked in the order of their bytes; then the central directory must tell
the same story. So there is no seeking, nothing is trusted before it has been unpacked and
counted, and two directory lines over one piece of content are seen for what they are. Nothing
is unpacked within what was unpacked: one level only.

    record    local header -> content -> descriptor when announced
    directory central headers -> end record
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from gateway.envelope.limits import Limits

_LOCAL = b"PK\x03\x04"
_CENTRAL = b"PK\x01\x02"
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
_DESCRIPTOR = b"PK\x07\x08"

_LOCAL_SIZE = 30
_CENTRAL_SIZE = 46
_END_SIZE = 22
_LOCATOR64_SIZE = 20
_STORED, _DEFLATED = 0, 8
_ENCIPHERED, _HAS_DESCRIPTOR, _UTF8_NAME = 0x1, 0x8, 0x800
_UNKNOWN32 = 0xFFFFFFFF
_SLICE = 1 << 18  # unpacked at a time, so that a bomb is stopped within a quarter mebibyte
_DESCRIPTOR_LONGEST = 24
_NAME_LONGEST = 4096


class ArchiveFault(Exception):  # noqa: N818 - not an error of ours: a verdict, caught next door
    """The archive must not be used; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Entry:
    """One local record."""

    name: str
    offset: int
    flags: int
    method: int
    crc: int
    packed: int | None  # None until the descriptor says it
    unpacked: int | None
    seen_packed: int = 0
    seen_unpacked: int = 0
    seen_crc: int = 0


class ArchiveWalk:
    """Takes an archive's bytes in pieces of any size.

    Attributes:
        entries: Records met so far.
        is_opaque: The rest cannot be looked into: enciphered, or packed in an unknown way.
        is_consistent: Whether directory and records tell the same story; known at the end.

    """

    def __init__(self, limits: Limits, first_content: Callable[[Entry, bytes], None]) -> None:
        self.limits = limits
        self.first_content = first_content
        self.entries: list[Entry] = []
        self.is_opaque = False
        self.is_consistent = True
        self.has_nested = False
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's first byte in the archive
        self._step: Callable[[], bool] = self._signature
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._directory: list[tuple[int, str]] = []
        self._unpacked = 0
        self._ended = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the entries' names in the order of their bytes."""
        return tuple(entry.name for entry in self.entries)

    def take(self, data: bytes) -> None:
        """Take a piece; raises ArchiveFault as soon as something is wrong."""
        if self.is_opaque or self._ended:
            return
        self._buffer += data
        while not (self.is_opaque or self._ended) and self._step():
            pass

    def finish(self) -> None:
        """Judge the whole; raises ArchiveFault."""
        if self.is_opaque:
            return
        if not self._ended:
            raise ArchiveFault("zip-broken")
        if not any(not entry.name.endswith("/") for entry in self.entries):
            raise ArchiveFault("zip-empty")
        offsets = [offset for offset, _ in self._directory]
        if len(set(offsets)) < len(offsets):
            raise ArchiveFault("zip-overlap")
        records = {(entry.offset, entry.name) for entry in self.entries}
        if not set(offsets) <= {offset for offset, _ in records}:
            raise ArchiveFault("zip-overlap")
        self.is_consistent = set(self._directory) == records

    # Each step returns whether it got on; False waits for more bytes.

    def _signature(self) -> bool:
        if len(self._buffer) < len(_LOCAL):
            return False
        mark = bytes(self._buffer[:4])
        steps = {
            _LOCAL: self._local,
            _CENTRAL: self._central,
            _END: self._end,
            _END64: self._end64,
            _LOCATOR64: self._locator64,
        }
        if mark not in steps or (mark == _LOCAL and self._directory):
            raise ArchiveFault("zip-broken")
        self._step = steps[mark]
        return True

    def _local(self) -> bool:
        if len(self._buffer) < _LOCAL_SIZE:
            return False
        fields = struct.unpack_from("<HHHHHIIIHH", self._buffer, 4)
        _, flags, method, _, _, crc, packed, unpacked, name_size, extra_size = fields
        whole = _LOCAL_SIZE + name_size + extra_size
        if len(self._buffer) < whole:
            return False
        raw_name = bytes(self._buffer[_LOCAL_SIZE : _LOCAL_SIZE + name_size])
        extra = bytes(self._buffer[_LOCAL_SIZE + name_size : whole])
        if _UNKNOWN32 in (unpacked, packed):
            unpacked, packed = _sizes64(extra, unpacked, packed)
        later = bool(flags & _HAS_DESCRIPTOR)
        entry = Entry(
            name=_name(raw_name, flags),
            offset=self._offset,
            flags=flags,
            method=method,
            crc=crc,
            packed=None if later else packed,
            unpacked=None if later else unpacked,
        )
        self._drop(whole)
        self._begin(entry)
        return True

    def _begin(self, entry: Entry) -> None:
        if escapes(entry.name):
            raise ArchiveFault("zip-escapes")
        self.entries.append(entry)
        if len(self.entries) > self.limits.archive_entries:
            raise ArchiveFault("zip-entries")
        unknown = entry.method not in (_STORED, _DEFLATED)
        if (
            unknown
            or entry.flags & _ENCIPHERED
            or (entry.method == _STORED and entry.packed is None and not entry.name.endswith("/"))
        ):
            self.is_opaque = True
            self._buffer.clear()
            return
        if entry.method == _DEFLATED:
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            self._step = self._deflated
        else:
            self._step = self._stored

    def _stored(self) -> bool:
        entry = self.entries[-1]
        left = (entry.packed or 0) - entry.seen_packed
        piece = bytes(self._buffer[:left])
        self._drop(len(piece))
        entry.seen_packed += len(piece)
        self._content(entry, piece)
        if entry.seen_packed == (entry.packed or 0):
            return self._after_content()
        return False

    def _deflated(self) -> bool:
        entry = self.entries[-1]
        if not self._buffer:
            return False
        packed = bytes(self._buffer)
        self._drop(len(packed))
        entry.seen_packed += len(packed)
        try:
            while packed and not self._inflate.eof:  # at its end zlib keeps the tail as it was
                piece = self._inflate.decompress(packed, _SLICE)
                packed = self._inflate.unconsumed_tail
                self._content(entry, piece)
        except zlib.error:
            raise ArchiveFault("zip-broken") from None
        if not self._inflate.eof:
            return False
        rest = self._inflate.unused_data
        entry.seen_packed -= len(rest)
        self._buffer += rest
        self._offset -= len(rest)
        return self._after_content()

    def _content(self, entry: Entry, piece: bytes) -> None:
        if not piece:
            return
        if entry.seen_unpacked == 0 and piece.startswith((_LOCAL, _END)):
            self.has_nested = True
        entry.seen_crc = zlib.crc32(piece, entry.seen_crc)
        entry.seen_unpacked += len(piece)
        self._unpacked += len(piece)
        read = self._offset or 1
        too_much = self._unpacked > self.limits.unpacked_bytes
        too_dense = (
            self._unpacked > self.limits.ratio_floor_bytes
            and self._unpacked > read * self.limits.unpacked_ratio
        )
        if too_much or too_dense:
            raise ArchiveFault("zip-bomb")
        if len(self.entries) == 1:
            self.first_content(entry, piece)

    def _after_content(self) -> bool:
        entry = self.entries[-1]
        if entry.flags & _HAS_DESCRIPTOR:
            self._step = self._descriptor
            return True
        facts = (entry.packed, entry.unpacked, entry.crc)
        if facts != (entry.seen_packed, entry.seen_unpacked, entry.seen_crc):
            raise ArchiveFault("zip-broken")
        self._step = self._signature
        return True

    def _descriptor(self) -> bool:
        """Take the descriptor in whichever of its four forms fits what was seen."""
        if len(self._buffer) < _DESCRIPTOR_LONGEST:
            return False  # an end record always follows, so that many bytes will come
        entry = self.entries[-1]
        seen = (entry.seen_crc, entry.seen_packed, entry.seen_unpacked)
        for mark in (_DESCRIPTOR, b""):
            for form in ("<III", "<IQQ"):
                size = len(mark) + struct.calcsize(form)
                if self._buffer.startswith(mark) and seen == struct.unpack_from(
                    form, self._buffer, len(mark)
                ):
                    self._drop(size)
                    self._step = self._signature
                    return True
        raise ArchiveFault("zip-broken")

    def _central(self) -> bool:
        if len(self._buffer) < _CENTRAL_SIZE:
            return False
        flags = struct.unpack_from("<H", self._buffer, 8)[0]
        name_size, extra_size, comment_size = struct.unpack_from("<HHH", self._buffer, 28)
        offset = struct.unpack_from("<I", self._buffer, 42)[0]
        whole = _CENTRAL_SIZE + name_size + extra_size + comment_size
        if len(self._buffer) < whole:
            return False
        if len(self._directory) >= self.limits.archive_entries:
            raise ArchiveFault("zip-entries")
        name = _name(bytes(self._buffer[_CENTRAL_SIZE : _CENTRAL_SIZE + name_size]), flags)
        if escapes(name):
            raise ArchiveFault("zip-escapes")
        if offset == _UNKNOWN32:
            extra = bytes(self._buffer[_CENTRAL_SIZE + name_size :][:extra_size])
            offset = _offset64(extra, self._buffer)
        self._directory.append((offset, name))
        self._drop(whole)
        self._step = self._signature
        return True

    def _end64(self) -> bool:
        if len(self._buffer) < 12:  # noqa: PLR2004 - mark and size field
            return False
        size = struct.unpack_from("<Q", self._buffer, 4)[0]
        if size > _NAME_LONGEST:
            raise ArchiveFault("zip-broken")
        if len(self._buffer) < 12 + size:
            return False
        self._drop(12 + size)
        self._step = self._signature
        return True

    def _locator64(self) -> bool:
        if len(self._buffer) < _LOCATOR64_SIZE:
            return False
        self._drop(_LOCATOR64_SIZE)
        self._step = self._signature
        return True

    def _end(self) -> bool:
        if len(self._buffer) < _END_SIZE:
            return False
        self._ended = True  # a comment or anything else may follow; nothing reads it
        self._buffer.clear()
        return False

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._offset += size


def escapes(name: str) -> bool:
    """Tell whether unpacking ``name`` below a folder would leave the folder."""
    parts = name.replace("\\", "/").split("/")
    drive = len(name) > 1 and name[1] == ":"
    return ".." in parts or name.startswith(("/", "\\")) or drive or "\x00" in name


def _name(raw: bytes, flags: int) -> str:
    if len(raw) > _NAME_LONGEST:
        raise ArchiveFault("zip-broken")
    try:
        return raw.decode("utf-8" if flags & _UTF8_NAME or not raw.isascii() else "ascii")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _sizes64(extra: bytes, unpacked: int, packed: int) -> tuple[int, int]:
    values = iter(_extra64(extra))
    unpacked = next(values, 0) if unpacked == _UNKNOWN32 else unpacked
    packed = next(values, 0) if packed == _UNKNOWN32 else packed
    return unpacked, packed


def _offset64(extra: bytes, central: bytearray) -> int:
    packed, unpacked = struct.unpack_from("<II", central, 20)
    skip = int(packed == _UNKNOWN32) + int(unpacked == _UNKNOWN32)
    values: tuple[int, ...] = _extra64(extra)
    if len(values) <= skip:
        raise ArchiveFault("zip-broken")
    return values[skip]


def _extra64(extra: bytes) -> tuple[int, ...]:
    """Return the 64-bit numbers of the zip64 extra field, or nothing."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            usable = min(size, len(extra) - at - 4) // 8
            return tuple(struct.unpack_from(f"<{usable}Q", extra, at + 4))
        at += 4 + size
    return ()
