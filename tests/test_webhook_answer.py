"""What a QLVB's answer means (T78)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.qlvb_webhook_answer import answer_fault, taken_over
from gateway.errors import QlvbError, Retry

NOW = datetime(2026, 8, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "taken_at"),
    [
        (b"", None),
        (b" \n", None),
        (b"{}", None),
        (b'{"id": 7}', None),
        (b'{"id": "7"}', None),
        (b'{"id": "0190a000-aaaa"}', None),
        (b"42", None),
        (b'{"taken_at": null}', None),
        (b'{"taken_at": "2026-08-31T07:31:00+07:00", "id": 1}', NOW + timedelta(minutes=1)),
        (b'{"taken_at": "2026-08-31T00:31:00Z"}', NOW + timedelta(minutes=1)),
    ],
)
def test_a_good_answer(body: bytes, taken_at: datetime | None) -> None:
    assert taken_over(body) == taken_at


@pytest.mark.parametrize(
    "value",
    ["-1", "0", "-1.5", "0.0", "null", "true", "false", '"-1"', '"0"', '""', '" "', "[]", "{}",
     "1e999", "-9223372036854775808", '"-0"'],
)  # fmt: skip
def test_an_id_that_is_not_positive_is_a_failure_in_a_200_answer(value: str) -> None:
    """T78: a QLVB says no with -1 or 0 where others say it with a status."""
    with pytest.raises(QlvbError) as told:
        taken_over(f'{{"id": {value}}}'.encode())
    assert (told.value.code, told.value.retry) == ("qlvb-id-not-positive", Retry.TEMPORARY)


@pytest.mark.parametrize("body", [b"-1", b"0"])
def test_a_bare_number_that_is_not_positive_is_a_failure(body: bytes) -> None:
    with pytest.raises(QlvbError, match="qlvb-id-not-positive"):
        taken_over(body)


@pytest.mark.parametrize(
    "body",
    [b"<html>dang nhap</html>", b"OK", b'{"id": 1', b'"text"', b"[1]", b"null", b"NaN", b"\xff",
     b"[" * 60000, b"9" * 5000],
    ids=["html", "text", "cut", "string", "array", "null", "nan", "not utf-8", "deep", "long"],
)  # fmt: skip
def test_an_answer_that_is_no_json_object_is_not_a_yes(body: bytes) -> None:
    with pytest.raises(QlvbError) as told:
        taken_over(body)
    assert (told.value.code, told.value.retry) == ("qlvb-answer-nonsense", Retry.TEMPORARY)


@pytest.mark.parametrize(
    "value", ['"2026-08-31T07:31:00"', '"hom nay"', "17", '""', '"0001-01-01T00:00:00+07:00"']
)
def test_a_taken_at_that_cannot_be_relied_on_needs_a_person(value: str) -> None:
    """A time without a zone is never guessed."""
    with pytest.raises(QlvbError) as told:
        taken_over(f'{{"taken_at": {value}}}'.encode())
    assert (told.value.code, told.value.retry) == ("qlvb-taken-at-wrong", Retry.TEMPORARY)


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (301, "qlvb-redirected", Retry.TEMPORARY),
        (307, "qlvb-redirected", Retry.TEMPORARY),
        (400, "qlvb-refused", Retry.PERMANENT),
        (401, "qlvb-refused", Retry.TEMPORARY),
        (404, "qlvb-refused", Retry.TEMPORARY),
        (422, "qlvb-refused", Retry.PERMANENT),
        (499, "qlvb-refused", Retry.TEMPORARY),
        (408, "qlvb-unavailable", Retry.TEMPORARY),
        (425, "qlvb-unavailable", Retry.TEMPORARY),
        (429, "qlvb-unavailable", Retry.TEMPORARY),
        (500, "qlvb-unavailable", Retry.TEMPORARY),
        (503, "qlvb-unavailable", Retry.TEMPORARY),
        (199, "qlvb-unavailable", Retry.TEMPORARY),
    ],
)
def test_what_a_status_means(status: int, code: str, retry: Retry) -> None:
    fault = answer_fault(status)
    assert fault is not None
    assert (fault.code, fault.retry) == (code, retry)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_yes(status: int) -> None:
    assert answer_fault(status) is None
