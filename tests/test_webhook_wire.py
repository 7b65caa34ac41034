"""Webhooks on the wire: signature, event, answer (Standard Webhooks, CloudEvents 1.0; T77, T78)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters import qlvb_webhook_wire as wire
from gateway.errors import (
    DataError,
    NaiveTimeError,
    PeerError,
    QlvbError,
    Retry,
    SettingsError,
)
from gateway.model.document import DocumentRef, Urgency

OLD = wire.secret_text(bytes(range(24)))
NEW = wire.secret_text(bytes(range(32)))
NOW = datetime(2026, 8, 31, 0, 30, tzinfo=UTC)
REF = DocumentRef("0190a000-0000-7000-8000-000000000001")
KEY = f"relay:{REF}"
EVENT = wire.ArrivalWaiting(
    document=REF,
    urgency=Urgency.FLASH,
    arrived_at=NOW,
    effective_receipt_at=NOW,
    decided_at=NOW,
    verdict="valid",
    attachment_count=1,
).event()
BODY = wire.cloud_event(KEY, EVENT, "/agencies/h99-01")


def signed(body: bytes = BODY, secrets: tuple[str, ...] = (NEW,)) -> dict[str, str]:
    return wire.signed_headers(KEY, body, secrets, NOW)


def test_the_signature_is_the_one_of_standard_webhooks() -> None:
    """HMAC-SHA256 over ``id.timestamp.body`` with the decoded secret, base64 behind ``v1,``."""
    content = f"{KEY}.{int(NOW.timestamp())}.".encode() + BODY
    expected = base64.b64encode(hmac.digest(bytes(range(32)), content, hashlib.sha256)).decode()
    assert signed() == {
        "webhook-id": KEY,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1,{expected}",
    }


def test_a_receiver_gets_id_and_instant() -> None:
    assert wire.verified(signed(), BODY, (NEW,), NOW) == wire.Verified(KEY, NOW)


@pytest.mark.parametrize(
    ("sender", "receiver"),
    [
        ((NEW,), (NEW, OLD)),  # the receiver still knows the old one
        ((OLD,), (NEW, OLD)),  # the sender has not changed yet
        ((NEW, OLD), (OLD,)),  # the receiver has not changed yet
        ((NEW, OLD), (NEW,)),
    ],
)
def test_two_secrets_are_valid_while_they_are_changed(sender, receiver) -> None:
    assert wire.verified(signed(secrets=sender), BODY, receiver, NOW).id == KEY


@pytest.mark.parametrize("off_seconds", [-300, 300])
def test_five_minutes_off_are_tolerated(off_seconds: int) -> None:
    now = NOW + timedelta(seconds=off_seconds)
    assert wire.verified(signed(), BODY, (NEW,), now).id == KEY


@pytest.mark.parametrize(
    ("off_seconds", "code"), [(301, "webhook-too-old"), (-301, "webhook-from-future")]
)
def test_a_replay_outside_five_minutes_is_refused(off_seconds: int, code: str) -> None:
    with pytest.raises(PeerError, match=code):
        wire.verified(signed(), BODY, (NEW,), NOW + timedelta(seconds=off_seconds))


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(missing: str) -> None:
    headers = {name: value for name, value in signed().items() if name != missing}
    with pytest.raises(PeerError, match="webhook-header-missing"):
        wire.verified(headers, BODY, (NEW,), NOW)


SIGNATURE = signed()["webhook-signature"]
ALTERED = {
    "other id": {"webhook-id": KEY + "0"},
    "other timestamp": {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
    "signature of another scheme": {"webhook-signature": SIGNATURE.replace("v1,", "v2,")},
    "signature without scheme": {"webhook-signature": SIGNATURE[3:]},
    "empty signature": {"webhook-signature": "v1,"},
    "cut signature": {"webhook-signature": SIGNATURE[:-4]},
    "not ASCII": {"webhook-signature": "v1,\udcff"},
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_altered_headers_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(PeerError, match="webhook-signature-wrong"):
        wire.verified(signed() | change, BODY, (NEW,), NOW)


def test_a_signature_under_an_unknown_secret_is_refused() -> None:
    with pytest.raises(PeerError, match="webhook-signature-wrong"):
        wire.verified(signed(secrets=(OLD,)), BODY, (NEW,), NOW)


@settings(max_examples=60)
@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_any_changed_byte_of_the_body_is_refused(at: int, change: int) -> None:
    body = BODY[:at] + bytes([BODY[at] ^ change]) + BODY[at + 1 :]
    with pytest.raises(PeerError, match="webhook-signature-wrong"):
        wire.verified(signed(), body, (NEW,), NOW)


@settings(max_examples=60)
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=60))
def test_rubbish_headers_are_refused_and_nothing_else(key: str, stamp: str, sign: str) -> None:
    headers = {"webhook-id": key, "webhook-timestamp": stamp, "webhook-signature": sign}
    with pytest.raises(PeerError):
        wire.verified(headers, BODY, (NEW,), NOW)


@pytest.mark.parametrize("key", ["", "a.b", "a b", "ă", "a\n", "x" * 257])
def test_an_id_that_would_blur_what_is_signed_is_refused(key: str) -> None:
    with pytest.raises(DataError, match="webhook-id-unfit"):
        wire.signed_headers(key, BODY, (NEW,), NOW)


@pytest.mark.parametrize(
    "secret",
    ["", NEW.removeprefix("whsec_"), "whsec_!", wire.SECRET_PREFIX + "AAAA", "whsec_é",
     wire.SECRET_PREFIX + base64.b64encode(bytes(65)).decode()],
    ids=["empty", "no prefix", "no base64", "too short", "not ASCII", "too long"],
)  # fmt: skip
def test_a_malformed_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(SettingsError, match="webhook-secret-wrong") as told:
        wire.secret_bytes(secret)
    assert not secret or secret not in told.value.en + told.value.vi


@pytest.mark.parametrize("secrets", [(), (NEW, OLD, NEW)])
def test_one_or_two_secrets_sign(secrets) -> None:
    with pytest.raises(SettingsError, match="webhook-secret-count"):
        signed(secrets=secrets)


def test_the_body_is_a_cloud_event_with_the_effects_key_as_id() -> None:
    assert json.loads(BODY) == {
        "specversion": "1.0",
        "id": KEY,
        "source": "/agencies/h99-01",
        "type": "vn.edoc-gateway.arrival.waiting",
        "datacontenttype": "application/json",
        "subject": REF,
        "time": "2026-08-31T07:30:00+07:00",
        "data": {
            "id": REF,
            "state": "waiting",
            "urgency": "flash",
            "arrived_at": "2026-08-31T07:30:00+07:00",
            "effective_receipt_at": "2026-08-31T07:30:00+07:00",
            "verdict": "valid",
            "information_only": False,
            "attachment_count": 1,
            "href": f"/v1/arrivals/{REF}",
        },
    }


def test_a_type_is_told_once_with_our_prefix() -> None:
    event = {**EVENT, "type": "vn.edoc-gateway.arrival.waiting"}
    assert wire.cloud_event(KEY, event, "/agencies/h99-01") == BODY


def test_the_envelope_goes_along_where_it_is_given() -> None:
    waiting = wire.ArrivalWaiting(
        document=REF,
        urgency=Urgency.NORMAL,
        arrived_at=NOW,
        effective_receipt_at=NOW,
        decided_at=NOW,
        envelope={"kind": "new"},
    )
    data = json.loads(wire.cloud_event(KEY, waiting.event(), "/a"))["data"]
    assert data["envelope"] == {"kind": "new"}


def test_every_try_sends_the_same_bytes() -> None:
    assert wire.cloud_event(KEY, EVENT, "/agencies/h99-01") == BODY


@pytest.mark.parametrize(
    "event",
    [
        {},
        {**EVENT, "type": None},
        {**EVENT, "type": "Arrival Waiting"},
        {**EVENT, "time": NOW},
        {**EVENT, "data": "text"},
        {**EVENT, "id": "another"},
    ],
    ids=["empty", "no type", "type unfit", "time no text", "data no object", "foreign member"],
)
def test_an_incomplete_event_is_our_own_fault(event) -> None:
    with pytest.raises(DataError, match="event-incomplete"):
        wire.cloud_event(KEY, event, "/agencies/h99-01")


def test_an_instant_without_a_zone_is_never_sent() -> None:
    with pytest.raises(NaiveTimeError):
        wire.local_text(datetime(2026, 8, 31, 7, 30))  # noqa: DTZ001 - what is refused


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
    assert wire.taken_over(body) == taken_at


@pytest.mark.parametrize(
    "value",
    ["-1", "0", "-1.5", "0.0", "null", "true", "false", '"-1"', '"0"', '""', '" "', "[]", "{}",
     "1e999", "-9223372036854775808", '"-0"'],
)  # fmt: skip
def test_an_id_that_is_not_positive_is_a_failure_in_a_200_answer(value: str) -> None:
    """T78: a QLVB says no with -1 or 0 where others say it with a status."""
    with pytest.raises(QlvbError) as told:
        wire.taken_over(f'{{"id": {value}}}'.encode())
    assert (told.value.code, told.value.retry) == ("qlvb-id-not-positive", Retry.TEMPORARY)


@pytest.mark.parametrize("body", [b"-1", b"0"])
def test_a_bare_number_that_is_not_positive_is_a_failure(body: bytes) -> None:
    with pytest.raises(QlvbError, match="qlvb-id-not-positive"):
        wire.taken_over(body)


@pytest.mark.parametrize(
    "body",
    [b"<html>dang nhap</html>", b"OK", b'{"id": 1', b'"text"', b"[1]", b"null", b"NaN", b"\xff",
     b"[" * 60000, b"9" * 5000],
    ids=["html", "text", "cut", "string", "array", "null", "nan", "not utf-8", "deep", "long"],
)  # fmt: skip
def test_an_answer_that_is_no_json_object_is_not_a_yes(body: bytes) -> None:
    with pytest.raises(QlvbError) as told:
        wire.taken_over(body)
    assert (told.value.code, told.value.retry) == ("qlvb-answer-nonsense", Retry.TEMPORARY)


@pytest.mark.parametrize(
    "value", ['"2026-08-31T07:31:00"', '"hom nay"', "17", '""', '"0001-01-01T00:00:00+07:00"']
)
def test_a_taken_at_that_cannot_be_relied_on_needs_a_person(value: str) -> None:
    """A time without a zone is never guessed."""
    with pytest.raises(QlvbError) as told:
        wire.taken_over(f'{{"taken_at": {value}}}'.encode())
    assert (told.value.code, told.value.retry) == ("qlvb-taken-at-wrong", Retry.PERMANENT)


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (301, "qlvb-redirected", Retry.PERMANENT),
        (307, "qlvb-redirected", Retry.PERMANENT),
        (400, "qlvb-refused", Retry.PERMANENT),
        (401, "qlvb-refused", Retry.PERMANENT),
        (404, "qlvb-refused", Retry.PERMANENT),
        (422, "qlvb-refused", Retry.PERMANENT),
        (499, "qlvb-refused", Retry.PERMANENT),
        (408, "qlvb-unavailable", Retry.TEMPORARY),
        (425, "qlvb-unavailable", Retry.TEMPORARY),
        (429, "qlvb-unavailable", Retry.TEMPORARY),
        (500, "qlvb-unavailable", Retry.TEMPORARY),
        (503, "qlvb-unavailable", Retry.TEMPORARY),
        (199, "qlvb-unavailable", Retry.TEMPORARY),
    ],
)
def test_what_a_status_means(status: int, code: str, retry: Retry) -> None:
    fault = wire.answer_fault(status)
    assert fault is not None
    assert (fault.code, fault.retry) == (code, retry)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_yes(status: int) -> None:
    assert wire.answer_fault(status) is None
