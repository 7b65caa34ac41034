"""Answers are believed only when complete (protocol 1.4; T24 to T26)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters import axis_vxp_reply as reply
from gateway.adapters import axis_vxp_rows as rows
from gateway.adapters.axis_faults import http_fault
from gateway.errors import AxisError, Retry

GOOD = {"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong"}
GOOD_TEXT = json.dumps(GOOD | {"data": [{"docId": "a1"}], "DocId": "65e2"}).encode()


def answer(text: bytes, status: int = 200, *, sending: bool = False) -> reply.Reply:
    return reply.Reply(http_status=status, text=text, sending=sending)


def refused(text: bytes, status: int = 200, *, sending: bool = False) -> AxisError:
    with pytest.raises(AxisError) as caught:
        reply.members(answer(text, status, sending=sending))
    return caught.value


def with_members(**members: object) -> bytes:
    return json.dumps(GOOD | members).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()


@pytest.mark.parametrize(
    "text",
    [
        GOOD_TEXT,
        b"\xef\xbb\xbf" + GOOD_TEXT,  # BOM
        b"\r\n \t" + GOOD_TEXT + b"\r\n",
        GOOD_TEXT.replace(b", ", b",\n"),  # over many lines
        with_members(ErrorCode=0),  # a number
        with_members(status=""),  # the word is convention only
        with_members(status="SUCCESS"),
        with_members(ErrorDesc=""),
        with_members(ErrorDesc="Thành công"),
        with_members(more={"deep": [1, None]}),  # members nobody asked for
    ],
)
def test_success(text: bytes) -> None:
    assert reply.members(answer(text))["ErrorCode"] in ("0", 0)
    assert reply.members(answer(text, 201))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "axis-answer-empty"),
        (b" \r\n", "axis-answer-empty"),
        (b"\xef\xbb\xbf", "axis-answer-empty"),
        (b"<html><body>502</body></html>", "axis-answer-html"),
        (b"\n<!DOCTYPE html><p>", "axis-answer-html"),
        (b'<?xml version="1.0"?><a/>', "axis-answer-html"),
        (b"Bad Gateway", "axis-answer-not-json"),
        (b"{'status':'OK'}", "axis-answer-not-json"),
        (b"{status:OK}", "axis-answer-not-json"),
        (b'{"status":NaN,"ErrorCode":"0","ErrorDesc":""}', "axis-answer-not-json"),
        (b'{"status":Infinity}', "axis-answer-not-json"),
        (GOOD_TEXT + b"<!-- proxy -->", "axis-answer-trailing"),
        (GOOD_TEXT + GOOD_TEXT, "axis-answer-trailing"),
        (GOOD_TEXT + b"\x00", "axis-answer-trailing"),
        (b'{"status":"OK","ErrorCode":"0","ErrorDe', "axis-answer-truncated"),
        (b'{"status":"OK","ErrorCode":"0"', "axis-answer-truncated"),
        (b'{"status":"OK","ErrorCode":"0",', "axis-answer-truncated"),
        (b'{"status":tru', "axis-answer-truncated"),
        (b'{"data":[{"docId":"1"}', "axis-answer-truncated"),
        (b"{", "axis-answer-truncated"),
        (GOOD_TEXT.decode().encode("utf-16"), "axis-answer-not-utf8"),
        (with_members().replace(b"Thanh", b"Th\xe0nh"), "axis-answer-not-utf8"),
        (b"[" * 100_000, "axis-answer-too-deep"),
        (b"[]", "axis-answer-not-object"),
        (b'"OK"', "axis-answer-not-object"),
        (b"null", "axis-answer-not-object"),
        (b"0", "axis-answer-not-object"),
        (b"{}", "axis-member-missing"),
        (without("status"), "axis-member-missing"),
        (without("ErrorCode"), "axis-member-missing"),
        (without("ErrorDesc"), "axis-member-missing"),
        (with_members().replace(b"ErrorCode", b"errorCode"), "axis-member-missing"),
        (with_members(status=None), "axis-member-null"),
        (with_members(ErrorCode=None), "axis-member-null"),
        (with_members(ErrorDesc=None), "axis-member-null"),
        (with_members(ErrorCode=["0"]), "axis-member-type"),
        (with_members(ErrorDesc={}), "axis-member-type"),
        (with_members()[:-1] + b',"ErrorCode":"5"}', "axis-answer-ambiguous"),
        (with_members(status="FAIL"), "axis-answer-contradicts"),
    ],
)
def test_rubbish_is_never_success_and_never_permanent(text: bytes, code: str) -> None:
    for sending, retry in ((False, Retry.TEMPORARY), (True, Retry.UNKNOWN)):
        error = refused(text, sending=sending)
        assert (error.code, error.retry) == (code, retry)


@pytest.mark.parametrize("code", ["1", "00", "", "-1", 5, "AUTH", True, False, 0.5])
def test_anything_but_zero_is_a_refusal(code: object) -> None:
    error = refused(with_members(status="FAIL", ErrorCode=code), sending=True)
    assert (error.code, error.retry) == ("axis-refused", Retry.PERMANENT)


def test_cut_at_every_byte_is_never_success() -> None:
    for end in range(len(GOOD_TEXT)):
        error = refused(GOOD_TEXT[:end])
        assert error.code in ("axis-answer-truncated", "axis-answer-empty"), GOOD_TEXT[:end]


@given(st.binary(max_size=200))
@settings(max_examples=80)
def test_any_bytes_get_an_answer_by_symptom(text: bytes) -> None:
    assert refused(text).code.startswith("axis-")


@given(st.binary(min_size=1, max_size=20))
@settings(max_examples=60)
def test_rubbish_behind_is_noticed(tail: bytes) -> None:
    if tail.strip(b" \t\r\n"):
        assert refused(GOOD_TEXT + tail).code in ("axis-answer-trailing", "axis-answer-not-utf8")


@pytest.mark.parametrize(
    ("status", "code", "asking", "sending"),
    [
        (204, "axis-http-other", Retry.TEMPORARY, Retry.UNKNOWN),
        (202, "axis-http-other", Retry.TEMPORARY, Retry.UNKNOWN),
        (302, "axis-redirect", Retry.TEMPORARY, Retry.UNKNOWN),
        (400, "axis-http-400", Retry.PERMANENT, Retry.PERMANENT),
        (401, "axis-denied", Retry.TEMPORARY, Retry.TEMPORARY),
        (403, "axis-denied", Retry.TEMPORARY, Retry.TEMPORARY),
        (404, "axis-not-found", Retry.TEMPORARY, Retry.TEMPORARY),
        (405, "axis-not-found", Retry.TEMPORARY, Retry.TEMPORARY),
        (407, "axis-denied", Retry.TEMPORARY, Retry.TEMPORARY),
        (408, "axis-http-timeout", Retry.TEMPORARY, Retry.UNKNOWN),
        (411, "axis-http-400", Retry.PERMANENT, Retry.PERMANENT),
        (413, "axis-http-413", Retry.PERMANENT, Retry.PERMANENT),
        (414, "axis-http-431", Retry.PERMANENT, Retry.PERMANENT),
        (418, "axis-http-other", Retry.TEMPORARY, Retry.UNKNOWN),
        (429, "axis-busy", Retry.TEMPORARY, Retry.TEMPORARY),
        (431, "axis-http-431", Retry.PERMANENT, Retry.PERMANENT),
        (500, "axis-http-500", Retry.TEMPORARY, Retry.UNKNOWN),
        (501, "axis-not-found", Retry.TEMPORARY, Retry.TEMPORARY),
        (502, "axis-unavailable", Retry.TEMPORARY, Retry.UNKNOWN),
        (503, "axis-unavailable", Retry.TEMPORARY, Retry.UNKNOWN),
        (504, "axis-http-timeout", Retry.TEMPORARY, Retry.UNKNOWN),
        (520, "axis-http-other", Retry.TEMPORARY, Retry.UNKNOWN),
    ],
)
def test_http_status_without_an_answer(
    status: int, code: str, asking: Retry, sending: Retry
) -> None:
    for text in (b"", b"<html>", GOOD_TEXT):  # even a proper success is none under this status
        asked, sent = refused(text, status), refused(text, status, sending=True)
        assert (asked.code, asked.retry, sent.code, sent.retry) == (code, asking, code, sending)


def test_refusal_under_a_client_error_status_is_a_refusal() -> None:
    error = refused(with_members(status="FAIL", ErrorCode="12", ErrorDesc="Sai ma"), 403)
    assert error.code == "axis-refused"
    assert "12 Sai ma" in error.vi


@pytest.mark.parametrize("status", [202, 302, 399])
def test_refusal_under_another_status_is_not_believed(status: int) -> None:
    error = refused(with_members(status="FAIL", ErrorCode="12"), status, sending=True)
    assert (error.code, error.retry) == (http_fault(status), Retry.UNKNOWN)


def test_refusal_under_a_server_error_status_is_not_believed() -> None:
    error = refused(with_members(status="FAIL", ErrorCode="12"), 500, sending=True)
    assert (error.code, error.retry) == ("axis-http-500", Retry.UNKNOWN)


def test_what_the_axis_says_is_short_and_names_nobody() -> None:
    text = "a@example.vn goi 0912 345 678\n" + "x" * 500
    error = refused(with_members(ErrorCode="7", ErrorDesc=text))
    assert "@" not in error.en
    assert "0912" not in error.en
    assert "\n" not in error.en
    assert len(error.en) < 300


@pytest.mark.parametrize("value", [None, "", "  ", [], {}])
def test_success_without_an_id_must_be_looked_up(value: object) -> None:
    text = with_members(DocId=value)
    sent = answer(text, sending=True)
    with pytest.raises(AxisError) as caught:
        reply.doc_id(sent, reply.members(sent))
    assert (caught.value.code, caught.value.retry) == ("axis-id-missing", Retry.UNKNOWN)


def test_id_may_be_a_number() -> None:
    sent = answer(with_members(DocId=12), sending=True)
    assert reply.doc_id(sent, reply.members(sent)) == "12"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (with_members(), "axis-data-missing"),
        (with_members(data=None), "axis-data-null"),
        (with_members(data={}), "axis-data-type"),
        (with_members(data="[]"), "axis-data-type"),
    ],
)
def test_a_list_without_rows_is_no_empty_list(text: bytes, code: str) -> None:
    with pytest.raises(AxisError) as caught:
        reply.rows(answer(text), reply.members(answer(text)))
    assert (caught.value.code, caught.value.retry) == (code, Retry.TEMPORARY)


def test_rows_are_read_tolerantly() -> None:
    text = with_members(
        data=[
            {"docId": "1", "from": None, "status": ["a", "b"], "extra": {"x": 1}},
            {"docId": 22, "to": True},
            "rubbish",
            None,
            {},
        ]
    )
    found, unusable = reply.rows(answer(text), reply.members(answer(text)))
    assert found == ({"docId": "1"}, {"docId": "22", "to": "true"}, {})
    assert unusable == 2


def test_a_row_keeps_an_unknown_type_and_takes_the_asked_one_when_silent() -> None:  # T43
    listed = (
        {"docId": "1", "messageType": "thông báo"},
        {"docId": "2"},
        {"docId": " "},
        {"from": "H99.01"},
    )
    found = tuple(rows.deliveries(listed, "edoc"))
    assert [(each.axis_doc_id, each.message_type) for each in found] == [
        ("1", "thông báo"),
        ("2", "edoc"),
    ]


def test_a_row_is_read_in_full() -> None:
    row = {
        "docId": "1",
        "messageType": "status",
        "created_time": "c",
        "updated_time": "u",
        "from": "f",
        "to": "t",
        "status": "s",
    }
    (found,) = rows.deliveries((row,), "edoc")
    assert (found.message_type, found.created_text, found.updated_text) == ("status", "c", "u")
    assert (found.sender, found.recipient, found.status) == ("f", "t", "s")


@pytest.mark.parametrize(
    ("operation", "row", "expected"),
    [
        ("getAgenciesList", {"code": "H99.01", "name": "UBND tỉnh Mẫu"}, ("H99.01", "H99.01")),
        ("getAgenciesListQD20", {"code": "99", "code102": "H99.01"}, ("H99.01", "99")),
        ("getSynchronizeUnit", {"code": "H99.01", "deleted": "false"}, ("H99.01", "H99.01")),
        ("getSynchronizeUnit", {"code": "H99.01", "deleted": "true"}, None),
        ("getAgenciesList", {"name": "không có mã"}, None),
        ("getAgenciesList", {"code": ""}, None),
    ],
)
def test_directory(operation: str, row: dict[str, str], expected: tuple[str, str] | None) -> None:
    found = rows.directory_entries(operation, "truc-mau", (row,))
    if expected is None:
        assert found == ()
        return
    (entry,) = found
    assert entry.organ_name == row.get("name", "")
    assert (entry.organ_id, entry.addresses) == (expected[0], (("truc-mau", expected[1], None),))
