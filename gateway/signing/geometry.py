"""Rules of our own on the raw bytes of a signed PDF, apart from any PDF library.

A library's idea of what a signature covers is only as good as its parser. These rules read the
bytes themselves and compare: where a library and the bytes disagree, the signature is broken.

    1  the byte range has four numbers, starts at 0, and its gap is exactly the hex string of
       the contents that the library parsed
    2  the signature dictionary is an object of its own, defined once
    3  behind the last signature there is nothing but well-formed updates
    4  every signature ends at the end of an update that the library also read

Everything here is pure: bytes in, codes of ``docs/verdicts.md`` out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

# A range is four literal numbers of at most 10 digits: no file here is larger than 9 GB.
BYTE_RANGE = re.compile(
    rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]"
)
ANY_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[")
CONTENTS_BEFORE_GAP = re.compile(rb"/Contents\s*\Z")
# Whitespace is bounded: a signature's end must be found in its last 64 bytes.
REVISION_END = re.compile(rb"startxref\s{1,4}(\d{1,10})\s{1,4}%%EOF[\r\n]{0,2}\Z")
SPACE = b"\x00\t\n\x0c\r "
HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")

OBJECT_HEAD = re.compile(rb"(\d{1,10})\s+(\d{1,5})\s+obj\b")
TABLE_HEAD = re.compile(rb"xref\s")
END_MARK = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF")
COMMENT = re.compile(rb"%(?!%EOF)[^\r\n]{0,200}[\r\n]")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The two signed stretches: ``[0, gap_from)`` and ``[gap_to, end)``."""

    gap_from: int
    gap_to: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What the library says about one signature, to be held against the bytes.

    Attributes:
        object_number, generation: Of the signature dictionary; None when it is not an object
            of its own.
        in_object_stream: The library found it inside an object stream.
        contents: The parsed contents, padding included.
        byte_range: The parsed numbers, whatever they are.
        startxref: Offset of the cross-reference section of the update it was signed in.

    """

    object_number: int | None
    generation: int
    in_object_stream: bool
    contents: bytes
    byte_range: Sequence[object]
    startxref: int


def definition_faults(raw: bytes, parsed: Parsed) -> tuple[tuple[str, ...], int]:
    """Return faults against rule 2 and the offset where the dictionary's object begins."""
    if parsed.object_number is None or parsed.in_object_stream:
        return ("NOT_ONE_OBJECT",), 0
    head = rb"(?<!\d)%d\s+%d\s+obj\b" % (parsed.object_number, parsed.generation)
    places = [found.start() for found in re.finditer(head, raw)]
    if len(places) != 1:
        return ("NOT_ONE_OBJECT",), places[0] if places else 0
    return (), places[0]


def byte_range_of(raw: bytes, parsed: Parsed, starts_at: int) -> ByteRange | None:
    """Return the range as written in the dictionary at ``starts_at`` (rule 1), or None.

    None when there is not exactly one literal range in the object, when it is not the one the
    library read, or when its numbers do not describe two stretches of this file with a gap.
    """
    ends_at = _object_end(raw, starts_at)
    found = list(BYTE_RANGE.finditer(raw, starts_at, ends_at))
    if len(found) != 1 or len(ANY_BYTE_RANGE.findall(raw, starts_at, ends_at)) != 1:
        return None
    numbers = [int(number) for number in found[0].groups()]
    if list(parsed.byte_range) != numbers:
        return None
    first, length, second, rest = numbers
    if first != 0 or not 0 < length < second or second + rest > len(raw) or rest == 0:
        return None
    if not starts_at < length < second < ends_at:
        return None
    return ByteRange(length, second, second + rest)


def gap_is_contents(raw: bytes, span: ByteRange, contents: bytes) -> bool:
    """Tell whether the gap is ``<hex>`` of exactly ``contents``, as value of /Contents (rule 1)."""
    gap = raw[span.gap_from : span.gap_to]
    if not (gap.startswith(b"<") and gap.endswith(b">")):
        return False
    digits = gap[1:-1]
    if len(digits) % 2 or not HEX_DIGITS.issuperset(digits):
        return False
    named = CONTENTS_BEFORE_GAP.search(raw[max(0, span.gap_from - 32) : span.gap_from])
    return named is not None and bytes.fromhex(digits.decode("ascii")) == contents


def revision_end(raw: bytes, end: int) -> int | None:
    """Return the startxref of the update that ends exactly at ``end`` (rule 4), or None."""
    found = REVISION_END.search(raw[max(0, end - 64) : end])
    return int(found[1]) if found else None


def tail_is_updates(raw: bytes, start: int, startxrefs: Collection[int]) -> bool:
    """Tell whether ``raw[start:]`` is nothing but well-formed updates (rule 3).

    Each update is objects, a cross-reference table or stream, and an end mark that points at a
    section lying in that update and read by the library (``startxrefs``). No byte that is not
    white space or a short comment may stand between or behind.
    """
    place, update_from = start, start
    while True:
        place = _skip_space(raw, place)
        if place == len(raw):
            return place - update_from <= len(b"\r\n")
        mark = END_MARK.match(raw, place)
        if mark:
            target = int(mark[1])
            if target not in startxrefs or not update_from <= target < place:
                return False
            place = update_from = mark.end()
            continue
        step = _part_end(raw, place)
        if step is None:
            return False
        place = step


def _part_end(raw: bytes, place: int) -> int | None:
    """Return the offset behind the object, table or comment at ``place``, or None."""
    if OBJECT_HEAD.match(raw, place):
        end = raw.find(b"endobj", place)
        return end + len(b"endobj") if end >= 0 else None
    if TABLE_HEAD.match(raw, place):
        end = raw.find(b"startxref", place)
        return end if end >= 0 else None
    comment = COMMENT.match(raw, place)
    return comment.end() if comment else None


def _skip_space(raw: bytes, place: int) -> int:
    while place < len(raw) and raw[place] in SPACE:
        place += 1
    return place


def _object_end(raw: bytes, starts_at: int) -> int:
    end = raw.find(b"endobj", starts_at)
    return end if end >= 0 else len(raw)


def unclaimed_ranges(raw: bytes, claimed: Sequence[tuple[int, int]]) -> int:
    """Count byte ranges written in the file outside the objects in ``claimed``.

    A signature that was taken out of the form by an update leaves its dictionary behind.
    """
    return sum(
        not any(start <= found.start() < end for start, end in claimed)
        for found in ANY_BYTE_RANGE.finditer(raw)
    )


def object_span(raw: bytes, starts_at: int) -> tuple[int, int]:
    """Return where the object beginning at ``starts_at`` begins and ends."""
    return starts_at, _object_end(raw, starts_at)


def examine_geometry(
    raw: bytes, parsed: Parsed, startxrefs: Collection[int]
) -> tuple[tuple[str, ...], ByteRange | None, int]:
    """Return faults against rules 1, 2 and 4, the range, and where the dictionary begins."""
    faults, starts_at = definition_faults(raw, parsed)
    if faults:
        return faults, None, starts_at
    span = byte_range_of(raw, parsed, starts_at)
    if span is None:
        return ("BYTE_RANGE_WRONG",), None, starts_at
    found: list[str] = []
    if not gap_is_contents(raw, span, parsed.contents):
        found.append("CONTENTS_MISMATCH")
    target = revision_end(raw, span.end)
    if target is None or target != parsed.startxref or target not in startxrefs:
        found.append("REVISION_MISMATCH")
    return tuple(found), span, starts_at
