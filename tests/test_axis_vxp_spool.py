"""An envelope comes out of a spooled answer, whatever JSON and base64 allow (T13, T18)."""

from __future__ import annotations

import base64
import json
import random
import re
import tracemalloc
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters import axis_vxp_spool as spooled
from gateway.errors import AxisError, Retry
from tests.support.axis_world import MemorySink

COMMON = {"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong"}
LIMIT = 64 << 20
SMALL = "Công văn số 12".encode() * 3
LARGE = random.Random(1).randbytes(100_000)  # noqa: S311 - repeatable; too long for memory


def decoded(text: bytes, *, status: int = 200, limit: int = LIMIT) -> bytes:
    spool, sink = BytesIO(text), MemorySink()
    spooled.write_document(spooled.judge(status, spool), spool, sink, limit)
    return bytes(sink.data)


def refused(text: bytes, *, status: int = 200, limit: int = LIMIT) -> AxisError:
    with pytest.raises(AxisError) as caught:
        decoded(text, status=status, limit=limit)
    return caught.value


def around(data: bytes, *, first: bool = False) -> bytes:
    common = json.dumps(COMMON).encode()[1:-1]
    member = b'"data":"' + data + b'"'
    return b"{" + (member + b"," + common if first else common + b"," + member) + b"}"


@pytest.mark.parametrize("content", [SMALL, LARGE, b"x", b"xy", b"xyz"], ids=len)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda b: b, id="as it is"),
        pytest.param(lambda b: b.replace(b"/", b"\\/"), id="escaped slash"),
        pytest.param(lambda b: b.replace(b"=", b"\\u003d"), id="padding as Gson writes it"),
        pytest.param(lambda b: b.replace(b"+", b"\\u002B").replace(b"/", b"\\u002f"), id="hex"),
        pytest.param(lambda b: re.sub(rb"(.{76})", rb"\1\\r\\n", b), id="MIME lines"),
        pytest.param(lambda b: b"\\n" + b + b"\\t \\n", id="blanks around"),
        pytest.param(lambda b: b.rstrip(b"="), id="no padding"),
        pytest.param(lambda b: b.replace(b"+", b"-").replace(b"/", b"_"), id="URL-safe"),
    ],
)
def test_every_way_of_writing_it(content: bytes, write, *, first: bool) -> None:
    text = around(write(base64.b64encode(content)), first=first)
    assert decoded(text) == content
    assert decoded(b"\xef\xbb\xbf\n" + text + b"\r\n") == content


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (around(b""), "axis-document-empty"),
        (around(b"\\n"), "axis-document-empty"),
        (around(b"A"), "axis-document-damaged"),
        (around(b"AAAAA"), "axis-document-damaged"),
        (around(b"AA=A"), "axis-document-damaged"),
        (around(b"A==="), "axis-document-damaged"),
        (around(b"AAAA===="), "axis-document-damaged"),
        (around(b"AA==AAAA"), "axis-document-damaged"),
        (around(b"AA%A"), "axis-document-damaged"),
        (around(b"AA\\u00e1A"), "axis-document-damaged"),
        (around("ĐAAA".encode()), "axis-document-damaged"),
        (around(b"AAAA" * 50_000 + b"?"), "axis-document-damaged"),
        (around(b"AAAA" * 50_000 + b"\\b"), "axis-document-damaged"),
        (around(b"AAAA" * 50_000 + b'\\"'), "axis-document-damaged"),
        (around(b"AAAA" * 50_000 + b"A"), "axis-document-damaged"),
        (json.dumps(COMMON).encode(), "axis-data-missing"),
        (json.dumps(COMMON | {"data": None}).encode(), "axis-data-null"),
        (json.dumps(COMMON | {"data": ["AAAA"]}).encode(), "axis-data-type"),
        (json.dumps(COMMON | {"data": 1}).encode(), "axis-data-type"),
        (around(b"AAAA" * 50_000)[:-1], "axis-answer-truncated"),
        (around(b"AAAA" * 50_000)[:-2], "axis-answer-truncated"),
        (around(b"AAAA" * 50_000)[:90_000], "axis-answer-truncated"),
        (around(b"AAAA" * 50_000) + b"<p>", "axis-answer-trailing"),
        (around(b"AAAA")[:-1] + b',"x":NaN}', "axis-answer-not-json"),
        (around(b"AAAA" * 50_000)[:-1] + b',"x":NaN}', "axis-answer-not-json"),
        (b'{"x":NaN,' + around(b"AAAA" * 50_000)[1:], "axis-answer-not-json"),
        (b'{"x":NaN,' + around(b"AAAA")[1:], "axis-answer-not-json"),
        (b"{" + b'"' + b"y" * 70_000 + b'":1,' + around(b"AAAA")[1:], "axis-answer-not-json"),
        # The end in one piece, something behind it in the next.
        (around(b"A" * (spooled.PIECE - 2) + b"==" + b"AAAA"), "axis-document-damaged"),
        (around(b"AAAA" * 50_000)[:-1] + b',"data":"AAAA"}', "axis-answer-ambiguous"),
        (b"<html>" + b"x" * 100_000, "axis-answer-html"),
        (b"", "axis-answer-empty"),
    ],
)
def test_faults(text: bytes, code: str) -> None:
    assert refused(text).code == code
    assert refused(text).retry is Retry.TEMPORARY


def test_a_refusal_is_read_although_there_is_no_document() -> None:
    text = json.dumps(COMMON | {"status": "FAIL", "ErrorCode": "9", "data": ""}).encode()
    assert refused(text).code == "axis-refused"


def test_too_large_is_for_a_person() -> None:
    text = around(base64.b64encode(LARGE))
    assert decoded(text, limit=len(LARGE)) == LARGE
    error = refused(text, limit=len(LARGE) - 1)
    assert (error.code, error.retry) == ("axis-document-too-large", Retry.PERMANENT)


def test_an_answer_of_small_strings_without_end_is_cut() -> None:
    assert refused(b'{"x":[' + b'"yyyyyyyy",' * 600_000).code == "axis-answer-truncated"


@given(piece=st.integers(1, 4000), shift=st.integers(0, 3), escaped=st.booleans())
@settings(max_examples=25, deadline=None)
def test_where_the_pieces_end_does_not_matter(*, piece: int, shift: int, escaped: bool) -> None:
    content = LARGE[shift:70_000]
    data = base64.b64encode(content)
    data = data.replace(b"/", b"\\/").replace(b"=", b"\\u003d") if escaped else data
    text = around(data, first=True)
    spool = BytesIO(text)
    whole, asides = spooled.set_aside(spool)
    assert spooled.set_aside(spool, piece) == (whole, asides)
    (aside,) = asides
    assert text[aside.start : aside.end] == data
    assert b"".join(spooled.unescaped(spool, aside, piece)) == base64.b64encode(content)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=30), max_size=5), st.integers(1, 9))
@settings(max_examples=60)
def test_short_strings_stay_as_they_are(members: dict[str, str], piece: int) -> None:
    text = json.dumps(members, ensure_ascii=False).encode()
    assert spooled.set_aside(BytesIO(text), piece) == (text, ())


def test_memory_stays_flat() -> None:
    size = 8 << 20
    spool = BytesIO(around(base64.b64encode(bytes(size)).replace(b"/", b"\\/")))

    class Counting(MemorySink):
        total = 0

        def write(self, data: bytes) -> None:
            self.total += len(data)

    sink = Counting()
    tracemalloc.start()
    spooled.write_document(spooled.judge(200, spool), spool, sink, size)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sink.total == size
    assert peak < size // 1.5  # a few pieces of one MiB, however large the document
