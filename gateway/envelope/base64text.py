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

    def text(self, piece: str) -> None:
        """Take a piece of text; damage is remembered in ``fault`` and ends the decoding."""
        if self.fault is not None:
            return
        try:
            raw = piece.encode("ascii")
        except UnicodeEncodeError:
            self.fault = "base64-invalid"
            return
        self._pending.append(raw)
        self._size += len(raw)
        if self._size >= _GATHER:
            self._decode(final=False)

    def finish(self) -> None:
        """Decode what is left; call once, after the last piece."""
        if self.fault is None:
            self._decode(final=True)

    def _decode(self, *, final: bool) -> None:
        raw = b"".join(self._pending).translate(None, _WHITE_SPACE)
        whole = len(raw) if final else len(raw) - len(raw) % _BLOCK
        rest = raw[whole:]
        self._pending = [rest] if rest else []
        self._size = len(rest)
        block = raw[:whole]
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
