"""Stored bytes over HTTP: never run, never rendered, under a name that does no harm.

What comes from an axis is foreign. It is handed out as a download with a fixed type, so that no
browser runs it on our address, and its name is shown to the receiver only after everything that
could leave a folder or reorder the text was taken out (axes.md 3.10).
"""

from __future__ import annotations

import base64
import unicodedata
from urllib.parse import quote

from aiohttp import web

from gateway.service.desk import FileAt

NAME_LIMIT_BYTES = 200  # file systems end at 255; room for a counter and a folder's prefix
_EXTENSION_LIMIT_BYTES = 16
_SEPARATORS = frozenset('\\/:*?"<>|%;')
_SAFE_TYPES = frozenset(
    {
        "application/pdf",
        "application/zip",
        "application/xml",
        "image/jpeg",
        "image/png",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10))}
)


def file_answer(file: FileAt, fallback: str) -> web.FileResponse:
    """Return the bytes as a download; ranges and conditional requests are aiohttp's.

    ``fallback`` is the name when the sender gave none.
    """
    kind = file.media_type if file.media_type in _SAFE_TYPES else "application/octet-stream"
    headers = {
        "Content-Type": str(kind),
        "Content-Disposition": disposition(file.name or fallback),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.digest)).decode()}:",
    }
    return web.FileResponse(file.path, headers=headers)


def disposition(name: str) -> str:
    """Return a Content-Disposition for a download under a harmless form of ``name`` (RFC 6266)."""
    safe = safe_name(name)
    ascii_form = unicodedata.normalize("NFD", safe.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(each for each in ascii_form if " " <= each <= "~") or "tep"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def safe_name(name: str) -> str:
    """Return ``name`` in NFC without anything a file system or a screen could stumble over."""
    composed = unicodedata.normalize("NFC", name)
    plain_spaces = (" " if unicodedata.category(each) == "Zs" else each for each in composed)
    kept = "".join(each for each in plain_spaces if _is_harmless(each)).strip(" .")
    stem, dot, extension = kept.rpartition(".")
    if not dot or len(extension.encode()) > _EXTENSION_LIMIT_BYTES:
        stem, extension = kept, ""
    tail = f".{extension}" if extension else ""
    room = NAME_LIMIT_BYTES - len(tail.encode())
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(" .")
    if not stem or stem.partition(".")[0].rstrip().lower() in _DEVICES:
        stem = f"tep_{stem}"
    return stem + tail


def _is_harmless(each: str) -> bool:
    # Cc control, Cf formatting (text direction, zero width), Cs surrogates, Co, Cn, Zl, Zp
    return (
        each not in _SEPARATORS
        and unicodedata.category(each)[0] != "C"
        and unicodedata.category(each) not in {"Zl", "Zp"}
    )
