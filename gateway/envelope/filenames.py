"""File names: data on the wire, safe on a disk only after this (T16, T52, axes 3.10).

An envelope's name never becomes a path. For export it is composed (NFC), freed of what no file
system or no eye can stand, cut in bytes with its extension kept, and made different from the
names that are there already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
# Control, format (right-to-left overrides among them), surrogate, private, unassigned.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in "123456789¹²³"}
)
_LONGEST_BYTES = 200  # file systems stop at 255; a prefix and a counter must still fit
_LONGEST_EXTENSION_BYTES = 20
_NAMELESS = "tep-dinh-kem"  # tệp đính kèm
_DRIVE = re.compile(r"[A-Za-z]:")
# What UTF-8 looks like when read as Windows-1252 or Latin-1: a lead byte's letter, then a
# continuation byte's.
_GARBLED = re.compile("[\u00c2-\u00c6\u00e1\u00e2]")
_VIETNAMESE = frozenset("àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ")


def is_unsafe(name: str) -> bool:
    """Tell whether a name would be dangerous if it were taken for a path or shown as it is."""
    parts = name.replace("\\", "/").split("/")
    hidden = any(unicodedata.category(sign) in _INVISIBLE for sign in name)
    stem = parts[-1].split(".")[0].strip().lower()
    return (
        len(parts) > 1 or ".." in parts or hidden or bool(_DRIVE.match(name)) or stem in _RESERVED
    )


def repaired(name: str) -> str:
    """Return the name behind UTF-8 that was read as Latin-1, or ``name`` where that is not sure.

    Sure means: reading it back gives valid UTF-8, and nothing but Vietnamese beyond ASCII.
    """
    if not _GARBLED.search(name):
        return name
    for codec in ("latin-1", "cp1252"):
        try:
            again = name.encode(codec).decode("utf-8")
        except UnicodeError:
            continue
        beyond = {sign for sign in unicodedata.normalize("NFC", again).lower() if sign > "\x7f"}
        if beyond and beyond <= _VIETNAMESE:
            return again
    return name


def display_name(name: str) -> str:
    """Return the name for people: repaired, composed, without invisible signs."""
    composed = unicodedata.normalize("NFC", repaired(name))
    return "".join(sign for sign in composed if unicodedata.category(sign) not in _INVISIBLE)


def safe_name(name: str | None, taken: Collection[str]) -> str:
    """Return a file name for export, different from every one in ``taken`` (case folded)."""
    shown = display_name(name or "").replace("\\", "/").rstrip(">").rpartition("/")[2]
    clean = _FORBIDDEN.sub("_", shown).strip(" .") or _NAMELESS
    if clean.split(".")[0].strip().lower() in _RESERVED:
        clean = "_" + clean
    stem, dot, extension = clean.rpartition(".")
    if not dot or len(extension.encode()) > _LONGEST_EXTENSION_BYTES:
        stem, extension = clean, ""
    ending = f".{extension}" if extension else ""
    folded = {other.casefold() for other in taken}
    number = 1
    while True:
        counter = "" if number == 1 else f" ({number})"
        room = _LONGEST_BYTES - len(ending.encode()) - len(counter)
        candidate = _cut(stem, room) + counter + ending
        if candidate.casefold() not in folded:
            return candidate
        number += 1


def _cut(text: str, room: int) -> str:
    """Cut to ``room`` bytes of UTF-8 without leaving half a letter."""
    return text.encode()[:room].decode("utf-8", "ignore").rstrip(" .") or "_"
