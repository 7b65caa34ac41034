"""An envelope out of a spooled getEdoc answer, in pieces: base64 inside JSON, never in memory.

A letter of 40 MB comes as one JSON string of 54 MB. So the answer lies in a file; a first walk
copies it without its long strings and remembers where they stand, the strict reader judges what
is left, and a second walk decodes the string into the sink. Memory stays at a few pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import pybase64

from gateway.adapters.axis_vxp_reply import Aside, Reply, document_text, members
from gateway.errors import AxisError
from gateway.ports import PayloadSink

PIECE = 1 << 20
_LONG = 1 << 16  # a string beyond this stays in the file
_MAX_TEXT = 4 << 20  # what may remain of an answer without its long strings

_RUN = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PART_OF_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_PLAIN = {b"/": b"/", b"n": b"", b"r": b"", b"t": b""}
_BLANK = b" \t\r\n"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_GROUP = 4  # base64 characters that make three bytes
_MAX_PADDING = 2


def judge(http_status: int, spool: BinaryIO) -> tuple[Reply, str | Aside]:
    """Return a spooled getEdoc answer and where its document is.

    Args:
        http_status: Of the answer.
        spool: The answer's bytes; read from its start.

    Raises:
        AxisError: The answer is no success, by symptom.

    """
    text, asides = set_aside(spool)
    reply = Reply(http_status=http_status, text=text, asides=asides)
    return reply, document_text(reply, members(reply))


def write_document(
    judged: tuple[Reply, str | Aside], spool: BinaryIO, sink: PayloadSink, limit_bytes: int
) -> None:
    """Write the bytes of a judged document into ``sink``.

    Args:
        judged: From :func:`judge` over the same spool.
        spool: The answer's bytes.
        sink: Takes the bytes; on an error it holds a part, and the caller abandons it.
        limit_bytes: Most bytes the envelope may have.

    Raises:
        AxisError: By symptom.
        StorageError: From the sink.

    """
    reply, content = judged
    decoder = _Decoder(reply, sink, limit_bytes)
    if isinstance(content, Aside):
        for piece in unescaped(spool, content):
            decoder.feed(piece)
    else:
        decoder.feed(content.encode("utf-8", "surrogatepass"))
    decoder.finish()


def set_aside(spool: BinaryIO, piece_bytes: int = PIECE) -> tuple[bytes, tuple[Aside, ...]]:
    """Return the JSON text with every long string replaced by ``NaN``, and where they stand."""
    splitter = _Splitter()
    spool.seek(0)
    while piece := spool.read(piece_bytes):
        splitter.feed(piece)
    return splitter.finish()


class _Splitter:
    """Walks JSON text knowing only one thing: whether it is inside a string."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._asides: list[Aside] = []
        self._string: bytearray | None = None  # content so far; None outside of strings
        self._start = 0  # where the string began, counted from the beginning of the answer
        self._length = 0  # of the string so far; ``_string`` stops growing beyond _LONG
        self._escaped = False  # the piece before ended in a backslash
        self._offset = 0

    def feed(self, piece: bytes) -> None:
        at = 0
        while at < len(piece):
            at = self._outside(piece, at) if self._string is None else self._inside(piece, at)
        self._offset += len(piece)

    def finish(self) -> tuple[bytes, tuple[Aside, ...]]:
        if self._string is not None:  # the answer ended inside a string; the reader will say so
            self._text += b'"' + self._string
        return bytes(self._text), tuple(self._asides)

    def _outside(self, piece: bytes, at: int) -> int:
        quote = piece.find(b'"', at)
        end = len(piece) if quote < 0 else quote
        # A NaN that stands here already is one more than there are asides: the reader refuses it.
        self._add(piece[at:end])
        if quote < 0:
            return end
        self._string, self._length = bytearray(), 0
        self._start = self._offset + quote + 1
        return quote + 1

    def _inside(self, piece: bytes, at: int) -> int:
        if self._escaped:
            self._escaped = False
            self._keep(piece[at : at + 1])
            return at + 1
        match = _RUN.match(piece, at)
        end = match.end() if match else at
        self._keep(piece[at:end])
        if end == len(piece):
            return end
        if piece[end : end + 1] == b'"':
            self._close(self._offset + end)
        else:
            self._keep(b"\\")
            self._escaped = True
        return end + 1

    def _keep(self, content: bytes) -> None:
        self._length += len(content)
        if self._string is not None and self._length <= _LONG:
            self._string += content

    def _close(self, end: int) -> None:
        if self._length > _LONG:
            self._add(b"NaN")
            self._asides.append(Aside(self._start, end))
        else:
            self._add(b'"' + bytes(self._string or b"") + b'"')
        self._string = None

    def _add(self, content: bytes) -> None:
        # Beyond the limit nothing is added any more: the text is cut, and read as such.
        if len(self._text) <= _MAX_TEXT:
            self._text += content


def unescaped(spool: BinaryIO, aside: Aside, piece_bytes: int = PIECE) -> Iterator[bytes]:
    """Yield a string's bytes without JSON escapes; what base64 cannot hold stays visible."""
    spool.seek(aside.start)
    left = aside.end - aside.start
    carry = b""
    while left > 0:
        piece = spool.read(min(piece_bytes, left))
        if not piece:
            return
        left -= len(piece)
        text = carry + piece
        part = _PART_OF_ESCAPE.search(text) if left > 0 else None
        carry = part[0] if part else b""
        yield _plain(text.removesuffix(carry))


def _plain(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    # Two quick passes for what fills a whole letter: slashes and line ends.
    quick = text.replace(b"\\/", b"/").replace(b"\\n", b"").replace(b"\\r", b"")
    return _ESCAPE.sub(_character, quick)


def _character(match: re.Match[bytes]) -> bytes:
    if match[1] is not None:
        number = int(match[1], 16)
        return chr(number).encode() if chr(number).isascii() else b"?"
    return _PLAIN.get(match[2], b"?")


class _Decoder:
    """Base64 to the sink; white space, the URL-safe alphabet and missing padding are fine (T13)."""

    def __init__(self, reply: Reply, sink: PayloadSink, limit_bytes: int) -> None:
        self._reply = reply
        self._sink = sink
        self._limit = limit_bytes
        self._written = 0
        self._rest = b""
        self._padding = 0

    def feed(self, text: bytes) -> None:
        clean = text.translate(_URL_SAFE, _BLANK)
        body = clean.rstrip(b"=")
        if self._padding and body:  # something stands behind the end
            raise self._damaged()
        self._padding += len(clean) - len(body)
        ready = self._rest + body
        usable = len(ready) // _GROUP * _GROUP
        self._rest = ready[usable:]
        self._write(ready[:usable])

    def finish(self) -> None:
        short = -len(self._rest) % _GROUP
        if short > _MAX_PADDING or self._padding > _MAX_PADDING:
            raise self._damaged()
        self._write(self._rest + b"=" * short)
        if not self._written:
            raise self._reply.fault("axis-document-empty")

    def _write(self, text: bytes) -> None:
        try:
            plain = pybase64.b64decode(text, validate=True)
        except ValueError as error:
            raise self._damaged() from error
        self._written += len(plain)
        if self._written > self._limit:
            raise self._reply.fault("axis-document-too-large")
        if plain:
            self._sink.write(plain)

    def _damaged(self) -> AxisError:
        return self._reply.fault("axis-document-damaged")
