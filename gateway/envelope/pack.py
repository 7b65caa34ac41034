"""Attachments on their way out: type, wrapping, base64 (2.4), repeatable byte for byte.

PDFs and the other kinds of the vendor's table go as they are; everything else goes inside a
zip with one entry, as every reader of that table expects. The zip is written while the payload
streams: no time of day, no random name, and its sizes after the content.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import pybase64

from gateway.envelope.notes import Place, fault
from gateway.envelope.sniff import PDF, extension_of
from gateway.model.document import Attachment

_RAW_EXTENSIONS = frozenset(
    {"pdf", "doc", "docx", "xsl", "xslx", "zip"}
)  # the table's own spelling
_ZIPPED = "application/zip"
_READ_BYTES = 57 * 1024  # a multiple of 57: whole base64 lines, no padding in the middle
_DOS_DATE = 0x21  # 1 January 1980, the format's first day: the same file on every day
_FLAGS = 0x808  # sizes follow the content; names are UTF-8


def wire_name(attachment: Attachment) -> str:
    """Return AttachmentName with its extension; a PDF without one gets it."""
    name = attachment.attachment_name or ""
    if attachment.media_type == PDF and not extension_of(name):
        return f"{name}.pdf"
    return name


def wire_type(attachment: Attachment) -> str:
    """Return ContentType by the table of 2.4."""
    extension = extension_of(wire_name(attachment))
    return f"application/{extension}" if extension in _RAW_EXTENSIONS else _ZIPPED


def encoded(attachment: Attachment, payload: BinaryIO, path: str) -> Iterator[bytes]:
    """Yield the text of ContentTransferEncoded in pieces, as the ASCII bytes it is.

    Raises:
        EnvelopeError: ``attachment-changed`` when the payload's size is not the recorded one.

    """
    content = _content(attachment, payload, path)
    extension = extension_of(wire_name(attachment))
    if extension not in _RAW_EXTENSIONS:
        content = _zipped(content, f"{_entry_stem(attachment)}.{extension or 'unk'}")
    for block in _blocks(content):
        yield pybase64.b64encode(block)


def _content(attachment: Attachment, payload: BinaryIO, path: str) -> Iterator[bytes]:
    size = 0
    while piece := payload.read(_READ_BYTES):
        size += len(piece)
        yield piece
    if size != attachment.size_bytes:
        raise fault("attachment-changed", Place(path))


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of whole base64 groups, but for the last."""
    rest = b""
    for piece in pieces:
        whole = rest + piece if rest else piece
        cut = len(whole) - len(whole) % 57
        if cut:
            yield whole[:cut]
        rest = whole[cut:]
    if rest:
        yield rest


def _entry_stem(attachment: Attachment) -> str:
    """Return an entry name of the vendor's form (a UUID), made from the digest."""
    digest = attachment.digest or "0" * 32
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def _zipped(content: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Yield a zip with one deflated entry."""
    raw_name = name.encode()
    head = struct.pack("<HHHHHIIIHH", 20, _FLAGS, 8, 0, _DOS_DATE, 0, 0, 0, len(raw_name), 0)
    yield b"PK\x03\x04" + head + raw_name
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc = packed = unpacked = 0
    for piece in content:
        crc = zlib.crc32(piece, crc)
        unpacked += len(piece)
        out = deflate.compress(piece)
        packed += len(out)
        yield out
    out = deflate.flush()
    packed += len(out)
    yield out
    sums = struct.pack("<III", crc, packed, unpacked)
    yield b"PK\x07\x08" + sums
    central = (
        b"PK\x01\x02"
        + struct.pack("<HHHHHH", 20, 20, _FLAGS, 8, 0, _DOS_DATE)
        + sums
        + struct.pack("<HHHHHII", len(raw_name), 0, 0, 0, 0, 0, 0)
        + raw_name
    )
    start = 30 + len(raw_name) + packed + 16
    yield central
    yield b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), start, 0)
