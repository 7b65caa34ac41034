"""Webhooks on the wire: signature and event (Standard Webhooks, CloudEvents 1.0; T77)."""

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
