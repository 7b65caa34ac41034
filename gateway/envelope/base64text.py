"""Base64 text to bytes, in pieces (T13).

White space is taken out, then decoding is strict: a decoder that skips what it does not know
turns a damaged file into a different file. Two spellings that leave no doubt are read with a
remark: the URL alphabet, and missing padding at the end.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable

import pybase64

_WHITE_SPACE = b" \t\r\n"
_URL_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_BLOCK = 4  # base64 characters that make three bytes
_GATHER = 1 << 16  # short lines are gathered to this before they are decoded


class Base64Reader:
    """Decodes text given in pieces.

    Attributes:
        fault: ``base64-invalid`` or ``base64-truncated`` once the text is damaged, else None.
        remarks: Codes of what was unusual and read all the same.

    """

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.take = take
        self.fault: str | None = None
        self.remarks: set[str] = set()
        self._pending: list[bytes] = []
        self._size = 0
        self._ended = False  # padding was seen: nothing may follow
        self._is_spaced = False  # white space was seen: it is taken out of every block

    def text(self, piece: str) -> None:
        """Take a piece of text; damage is remembered in ``fault`` and ends the decoding."""
        try:
            self.raw(piece.encode("ascii"))
        except UnicodeEncodeError:
            self.fault = self.fault or "base64-invalid"

    def raw(self, piece: bytes) -> None:
        """Take a piece of text as the bytes it was in the file."""
        if self.fault is not None:
            return
        self._pending.append(piece)
        self._size += len(piece)
        if self._size >= _GATHER:
            self._decode(final=False)

    def finish(self) -> None:
        """Decode what is left; call once, after the last piece."""
        if self.fault is None:
            self._decode(final=True)

    def _decode(self, *, final: bool) -> None:
        raw = b"".join(self._pending)
        if self._is_spaced:
            raw = raw.translate(None, _WHITE_SPACE)
        whole = len(raw) if final else len(raw) - len(raw) % _BLOCK
        block, rest = (raw, b"") if whole == len(raw) else (raw[:whole], raw[whole:])
        if not self._is_spaced and not final and not self._ended and self._is_plain(block):
            self._keep(rest)
            return
        if not self._is_spaced:  # white space, or a fault: look at it the slow way from now on
            self._is_spaced = True
            self._decode(final=final)
            return
        self._keep(rest)
        self._decode_block(block, final=final)

    def _is_plain(self, block: bytes) -> bool:
        """Take a block that needs no second look: no white space, no padding, no fault."""
        if block.endswith(b"="):
            return False
        try:
            decoded = pybase64.b64decode(block, validate=True)
        except binascii.Error:
            return False
        self.take(decoded)
        return True

    def _keep(self, rest: bytes) -> None:
        self._pending = [rest] if rest else []
        self._size = len(rest)

    def _decode_block(self, block: bytes, *, final: bool) -> None:
        if not block:
            return
        if self._ended:
            self.fault = "base64-invalid"
            return
        if final:
            block = self._padded(block)
        self._ended = block.endswith(b"=")
        if self.fault is None:
            self._take_block(block)

    def _padded(self, block: bytes) -> bytes:
        missing = -len(block) % _BLOCK
        if missing == 0:
            return block
        if missing == _BLOCK - 1 or b"=" in block:  # six bits make no byte
            self.fault = "base64-truncated"
            return block
        self.remarks.add("base64-unpadded")
        return block + b"=" * missing

    def _take_block(self, block: bytes) -> None:
        decoded: bytes | None
        try:
            decoded = pybase64.b64decode(block, validate=True)
        except binascii.Error:
            decoded = self._url_safe(block)
        if decoded is not None:
            self.take(decoded)

    def _url_safe(self, block: bytes) -> bytes | None:
        try:
            decoded = pybase64.b64decode(block.translate(_URL_TO_STANDARD), validate=True)
        except binascii.Error:
            self.fault = "base64-invalid"
            return None
        self.remarks.add("base64-urlsafe")
        return decoded
