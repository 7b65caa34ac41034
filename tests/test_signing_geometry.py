"""Rules 1 to 4 on raw bytes, by direct construction; no PDF library takes part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.signing.geometry import (
    Parsed,
    byte_range_of,
    definition_faults,
    examine_geometry,
    gap_is_contents,
    object_span,
    revision_end,
    tail_is_updates,
    unclaimed_ranges,
)

CONTENTS = bytes(range(32))


@dataclass(frozen=True)
class Built:
    raw: bytes
    parsed: Parsed

    def faults(self, raw: bytes | None = None, **changed: object) -> tuple[str, ...]:
        parsed = replace(self.parsed, **changed)
        return examine_geometry(raw or self.raw, parsed, [self.parsed.startxref])[0]


def built(gap: bytes = b"<" + CONTENTS.hex().encode() + b">", name: bytes = b"/Contents") -> Built:
    """Return one signature, alone in one revision, with a right byte range."""
    head = b"%PDF-1.7\n7 0 obj\n<< /Type /Sig " + name + b" "
    tail = b" /Reason (x) >>\nendobj\n"
    width = len(b"/ByteRange [0000000000 0000000000 0000000000 0000000000] ")
    gap_from = len(head) + width - 0
    head = head[: -len(name) - 1]
    gap_to = gap_from + len(gap)
    rest = tail + b"xref\n0 0\ntrailer\n<< >>\n"
    startxref = gap_to + len(tail)
    rest += b"startxref\n%d\n%%%%EOF\n" % startxref
    numbers = (0, gap_from, gap_to, len(rest))
    written = b"/ByteRange [%010d %010d %010d %010d] " % numbers
    raw = head + written + name + b" " + gap + rest
    assert raw[gap_from:gap_to] == gap
    parsed = Parsed(
        object_number=7,
        generation=0,
        in_object_stream=False,
        contents=CONTENTS,
        byte_range=list(numbers),
        startxref=startxref,
    )
    return Built(raw, parsed)


GOOD = built()
UPDATE = b"9 0 obj\n<< /A (b) >>\nendobj\nxref\n9 1\n0000000000 00000 n \ntrailer\n<< >>\n"


def test_an_honest_signature_has_no_faults() -> None:
    assert GOOD.faults() == ()


@pytest.mark.parametrize(
    "gap",
    [
        b"(" + CONTENTS.hex().encode() + b">",  # begins with something else
        b"<" + CONTENTS.hex().encode() + b")",  # ends with something else
        b"<" + CONTENTS.hex().encode() + b"00>",  # one byte more than was parsed
        b"<" + CONTENTS.hex().encode()[:-2] + b">",  # one byte less
        b"<" + CONTENTS.hex().encode()[:-1] + b">",  # an odd number of digits
        b"<" + CONTENTS.hex().encode()[:-2] + b"\n ff>",  # white space hides length
        b"<" + b"ff" + CONTENTS.hex().encode()[2:] + b">",  # other bytes
        b"<>",  # nothing
    ],
)
def test_rule_1_the_gap_is_exactly_the_parsed_contents(gap: bytes) -> None:
    assert built(gap).faults() == ("CONTENTS_MISMATCH",)


def test_rule_1_the_gap_is_the_value_of_contents() -> None:
    assert built(name=b"/Elsewhere").faults() == ("CONTENTS_MISMATCH",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"[0000000000 ", b"[0000000001 "),  # does not start at 0
        (b"/ByteRange [", b"/ByteRange_["),  # not there
        (b"] /Contents", b"0]/Contents"),  # another number than was parsed
        (b"(x)", b"/ByteRange [0 1 2 3]"),  # twice in one dictionary
        (b"(x)", b"/ByteRange [8 0 R]"),  # a second one by reference
    ],
)
def test_rule_1_the_range_is_literal_and_single(old: bytes, new: bytes) -> None:
    assert GOOD.faults(GOOD.raw.replace(old, new, 1)) == ("BYTE_RANGE_WRONG",)


@pytest.mark.parametrize(
    "numbers",
    [
        [0, 10, 20],
        [0, 10, 20, 30, 40],
        [0, None, 20, 30],
        [],
        [0, 1, 2, 3],
    ],
)
def test_rule_1_the_library_read_the_same_four_numbers(numbers: list[object]) -> None:
    assert GOOD.faults(byte_range=numbers) == ("BYTE_RANGE_WRONG",)


@pytest.mark.parametrize(
    "numbers",
    [
        (0, 10**9, 10**9 + 5, 10),  # far behind the end
        (0, 5, 20, 9),  # the gap lies before the dictionary
        (0, 60, 50, 10),  # the gap has no length
        (0, 60, 60, 10),
        (0, 60, 70, 0),  # nothing is signed behind the gap
        (0, 0, 50, 10),  # nothing before it
    ],
)
def test_rule_1_the_numbers_describe_this_file(numbers: tuple[int, ...]) -> None:
    found = list(GOOD.parsed.byte_range)
    old = b"[%010d %010d %010d %010d]" % tuple(found)  # type: ignore[arg-type]
    raw = GOOD.raw.replace(old, b"[%010d %010d %010d %010d]" % numbers)
    assert GOOD.faults(raw, byte_range=list(numbers)) == ("BYTE_RANGE_WRONG",)


def test_rule_2_the_dictionary_is_an_object_of_its_own() -> None:
    assert GOOD.faults(object_number=None) == ("NOT_ONE_OBJECT",)
    assert GOOD.faults(in_object_stream=True) == ("NOT_ONE_OBJECT",)
    assert GOOD.faults(object_number=8) == ("NOT_ONE_OBJECT",)


def test_rule_2_the_dictionary_is_defined_once() -> None:
    twice = GOOD.raw + b"7  0\nobj\n<< >>\nendobj\n"
    assert definition_faults(twice, GOOD.parsed)[0] == ("NOT_ONE_OBJECT",)
    longer_number = GOOD.raw + b"17 0 obj\n<< >>\nendobj\n"
    assert definition_faults(longer_number, GOOD.parsed)[0] == ()


def test_rule_4_the_signature_ends_at_a_revision_the_library_read() -> None:
    assert GOOD.faults(startxref=1) == ("REVISION_MISMATCH",)
    faults, _, _ = examine_geometry(GOOD.raw, GOOD.parsed, [1, 2])
    assert faults == ("REVISION_MISMATCH",)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"startxref\n123\n%%EOF\n", 123),
        (b"startxref\r\n123\r\n%%EOF\r\n", 123),
        (b"startxref\n123\n%%EOF", 123),  # some producers leave the last line open
        (b"startxref\n123\n%%EOF\n\n\n", None),  # more than one line end
        (b"startxref\n123\n%%EOF\nx", None),
        (b"startxref\n123\n", None),
        (b"", None),
    ],
)
def test_rule_4_end_of_a_revision(raw: bytes, expected: int | None) -> None:
    assert revision_end(b"padding " * 20 + raw, 160 + len(raw)) == expected


def tail(body: bytes, at: int = 100) -> tuple[bytes, int]:
    """Return a file of ``at`` signed bytes with one update, and where its table begins."""
    place = at + body.index(b"xref")
    return b"s" * at + body + b"startxref\n%d\n%%%%EOF\n" % place, place


def test_rule_3_nothing_and_updates_may_follow() -> None:
    assert tail_is_updates(b"s" * 100, 100, [])
    raw, place = tail(UPDATE)
    assert tail_is_updates(raw, 100, [place])
    again, second = tail(b"% a comment\n" + UPDATE, len(raw))
    assert tail_is_updates(raw + again[len(raw) :], 100, [place, second])


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda raw: raw + b"x", "a byte behind"),
        (lambda raw: raw + b"\n\n\n", "more than a line end behind"),
        (lambda raw: raw[:100] + b"x" + raw[100:], "a byte before"),
        (lambda raw: raw.replace(b"endobj\nxref", b"endobj\njunk xref"), "a byte between"),
        (lambda raw: raw[: raw.index(b"startxref")], "no end mark"),
        (lambda raw: raw + UPDATE, "an update without its end"),
        (lambda raw: raw + b"8 0 obj << >>", "an object without its end"),
        (lambda raw: raw + b"%%EOF\n", "a second end mark"),
    ],
)
def test_rule_3_nothing_else_may_follow(spoil: object, why: str) -> None:
    raw, place = tail(UPDATE)
    places = range(10_000)  # whatever the library read
    assert tail_is_updates(raw, 100, [place])
    assert not tail_is_updates(spoil(raw), 100, places), why  # type: ignore[operator]


def test_rule_3_the_end_mark_points_into_its_own_update_as_the_library_read_it() -> None:
    raw, place = tail(UPDATE)
    assert not tail_is_updates(raw, 100, [])
    elsewhere = raw.replace(b"startxref\n%d" % place, b"startxref\n%d" % 7)
    assert not tail_is_updates(elsewhere, 100, [7, place])


def test_a_range_outside_every_known_signature_is_noticed() -> None:
    known = [object_span(GOOD.raw, GOOD.raw.index(b"7 0 obj"))]
    assert unclaimed_ranges(GOOD.raw, known) == 0
    assert unclaimed_ranges(GOOD.raw + b"5 0 obj << /ByteRange [0 1 2 3] >> endobj", known) == 1


@settings(max_examples=150, deadline=None)
@given(place=st.integers(min_value=0, max_value=len(GOOD.raw) - 1), value=st.integers(0, 255))
def test_no_byte_outside_the_gap_goes_unsigned(place: int, value: int) -> None:
    """Whatever one byte becomes, either the signed bytes change or a fault is told."""
    raw = bytearray(GOOD.raw)
    raw[place] = value
    faults, span, _ = examine_geometry(bytes(raw), GOOD.parsed, [GOOD.parsed.startxref])
    if faults or span is None:
        return
    signed = GOOD.raw[: span.gap_from] + GOOD.raw[span.gap_to : span.end]
    now = bytes(raw[: span.gap_from] + raw[span.gap_to : span.end])
    same_contents = gap_is_contents(bytes(raw), span, CONTENTS)
    assert same_contents
    assert signed != now or bytes(raw).lower() == GOOD.raw.lower()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_rubbish_never_raises(raw: bytes) -> None:
    examine_geometry(raw, GOOD.parsed, [1])
    tail_is_updates(raw, 0, [1])
    byte_range_of(raw, GOOD.parsed, 0)
