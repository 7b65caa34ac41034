"""Requests as the vendor's library makes them (protocol 1.1 to 1.3)."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters import axis_vxp_wire as wire
from gateway.errors import AxisError, NaiveTimeError, Retry
from gateway.model.document import AxisDocId
from gateway.model.organ import AxisAddress, SystemId

SECRET = "bi-mat-vi-du"
SYSTEM = SystemId("H99.00.01")
AT = datetime(2026, 3, 2, 0, 45, 1, 123_456, tzinfo=UTC)
TWO = (AxisAddress("H99.00.02"), AxisAddress("H99.00.03"))
FILE = b"<a/>"

LIST_TEXT = (
    '{"XroadVnpt-systemid":"H99.00.01","XroadVnpt-servicetype":"eDoc",'
    '"XroadVnpt-messagetype":"edoc","XroadVnpt-timestamp":"02032026T074501+0123",'
    '"XroadVnpt-Content-Type":"application/json"}'
)
SEND_TEXT = (
    '{"XroadVnpt-systemid":"H99.00.01","XroadVnpt-servicetype":"eDoc",'
    '"XroadVnpt-messagetype":"edoc","XroadVnpt-hash-file":'
    '"29114363f749a0226b6988dda3ca2492a954117ab6b5f382706c2030dabc079",'
    '"XroadVnpt-from":"H99.00.01","XroadVnpt-to":"[\\"H99.00.02\\",\\"H99.00.03\\"]",'
    '"XroadVnpt-timestamp":"02032026T074501+0123",'
    '"XroadVnpt-Content-Type":"application/octet-stream"}'
)
LIST_MAC = "57544c794a6d1323124200ae3abfe82143af8d043d9c40e39f94a7706bc2cc3f"
SEND_MAC = "0e87f33ef515be04d648b676dfba7fe260c67c835d47725a320e080b899db51a"


def test_vector_of_a_list_call() -> None:
    found = wire.headers(wire.listing("edoc"), SYSTEM, SECRET, AT)
    assert found["XroadVnpt-sign-header"] == LIST_TEXT
    assert found["XroadVnpt-hash-header"] == LIST_MAC
    assert found["XroadVnpt-sign-header-key"] == (
        "systemid;servicetype;messagetype;timestamp;Content-Type"
    )


def test_vector_of_a_send_call() -> None:
    digest = hashlib.sha256(FILE).digest()
    found = wire.headers(wire.sending("edoc", SYSTEM, TWO, digest), SYSTEM, SECRET, AT)
    assert found["XroadVnpt-sign-header"] == SEND_TEXT
    assert found["XroadVnpt-hash-header"] == SEND_MAC
    assert found["XroadVnpt-to"] == '["H99.00.02","H99.00.03"]'
    assert found["XroadVnpt-sign-header-key"] == (
        "systemid;servicetype;messagetype;hash-file;from;to;timestamp;Content-Type"
    )


def test_fixed_headers() -> None:
    found = wire.headers(wire.listing("status"), SYSTEM, SECRET, AT)
    assert found["Content-Type"] == found["XroadVnpt-Content-Type"] == "application/json"
    assert found["XroadVnpt-version"] == "3.0.201608"
    assert found["User-Agent"] == "JAVASDKAgent/1.0.0 XRoad/VPCP"
    assert found["XroadVnpt-systemid"] == "H99.00.01"


def test_hash_file_has_no_leading_zero_in_a_byte() -> None:
    assert wire.unpadded(hashlib.sha256(FILE).digest()) == (
        "29114363f749a0226b6988dda3ca2492a954117ab6b5f382706c2030dabc079"
    )
    assert wire.unpadded(bytes([0, 1, 16, 255])) == "0110ff"


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (AT, "02032026T074501+0123"),
        (AT.replace(microsecond=7_999), "02032026T074501+0007"),  # not rounded up
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), "01012027T000000+0000"),  # a day later here
        (datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=9))), "02032026T070000+0000"),
    ],
)
def test_time_is_viet_nam_with_milliseconds(instant: datetime, text: str) -> None:
    assert wire.timestamp(instant) == text


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTimeError):
        wire.timestamp(datetime(2026, 3, 2))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("names", "order"),
    [
        # One bucket: the order of insertion decides, as in a Java map.
        (("systemid", "servicetype"), ["systemid", "servicetype"]),
        (("servicetype", "systemid"), ["servicetype", "systemid"]),
        (("b", "a", "a"), ["a", "b"]),
        (("Aa", "BB"), ["Aa", "BB"]),  # equal hash codes
        (("BB", "Aa"), ["BB", "Aa"]),
        (("0", "p", "P", "@"), ["0", "p", "P", "@"]),  # 48, 112, 80, 64: bucket 0 of 16
        (("@", "P", "p", "0"), ["@", "P", "p", "0"]),
        (tuple("abcdefghijkp"), list("pabcdefghijk")),  # 12 names: 16 buckets, p in the first
        (tuple("abcdefghijklp"), list("abcdefghijklp")),  # 13 names: 32 buckets, p beyond
    ],
)
def test_order_is_the_one_of_a_java_map(names: tuple[str, ...], order: list[str]) -> None:
    assert wire.java_order(names) == order


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("a", 97),
        ("hello", 99162322 ^ 99162322 >> 16),
        ("Đ", 0x110),
        ("\U0001f600", (31 * 0xD83D + 0xDE00) ^ (31 * 0xD83D + 0xDE00) >> 16),  # two units
    ],
)
def test_java_hash(text: str, number: int) -> None:
    assert wire.java_hash(text) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"\\', '"\\"\\\\"'),
        ("\n\r\t\b\f", '"\\n\\r\\t\\b\\f"'),
        ("\x01\x1f", '"\\u0001\\u001f"'),
        ("\u2028\u2029", '"\\u2028\\u2029"'),
        ("/<>&='Đ\x7f", '"/<>&=\'Đ\x7f"'),
    ],
)
def test_json_text_is_gson_without_html_escaping(value: str, text: str) -> None:
    assert wire.gson_text(value) == text


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=30))
@settings(max_examples=60)
def test_signed_text_reads_back_and_keeps_its_order(parameters: dict[str, str]) -> None:
    ordered = {name: parameters[name] for name in wire.java_order(parameters)}
    read = json.loads(wire.signed_text(ordered))
    assert list(read.items()) == [("XroadVnpt-" + k, v) for k, v in ordered.items()]
    assert sorted(ordered) == sorted(parameters)


@given(st.text(max_size=40))
@settings(max_examples=60)
def test_mac_takes_any_secret_and_text(secret: str) -> None:
    text = wire.gson_text({"k": secret})
    expected = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    assert wire.mac(secret, text) == expected


@pytest.mark.parametrize(
    "doc_id", ["Đơn vị", "a\nb", " a", "a ", "a\x7fb", "văn bản", "a\x00"], ids=repr
)
def test_header_values_are_printable_ascii_or_nothing_is_sent(doc_id: str) -> None:
    with pytest.raises(AxisError) as caught:
        wire.headers(wire.getting(AxisDocId(doc_id)), SYSTEM, SECRET, AT)
    assert (caught.value.code, caught.value.retry) == ("axis-header-not-ascii", Retry.PERMANENT)


def test_500_recipients_fit_and_absurdly_many_are_refused() -> None:
    def headers_for(count: int) -> dict[str, str]:
        to = [AxisAddress(f"H99.{number:02d}.{number % 97:02d}.01") for number in range(count)]
        return wire.headers(wire.sending("edoc", SYSTEM, to, bytes(32)), SYSTEM, SECRET, AT)

    assert len(json.loads(headers_for(500)["XroadVnpt-to"])) == 500
    with pytest.raises(AxisError) as caught:
        headers_for(2000)
    assert (caught.value.code, caught.value.retry) == ("axis-header-too-long", Retry.PERMANENT)


def test_repeated_recipients_are_named_once() -> None:  # T36
    request = wire.sending("edoc", SYSTEM, (*TWO, TWO[0]), bytes(32))
    assert json.loads(request.parameters["to"]) == ["H99.00.02", "H99.00.03"]


def test_without_recipients_the_envelope_speaks_for_itself() -> None:
    assert "to" not in wire.sending("status", SYSTEM, (), bytes(32)).parameters


@pytest.mark.parametrize(
    ("request_", "operation", "parameters", "body"),
    [
        (wire.getting(AxisDocId("7")), "getEdoc", {"docId": "7"}, b"{}"),
        (
            wire.acknowledging(AxisDocId("7")),
            "updateStatus",
            {"docid": "7", "status": "done"},
            b"{}",
        ),
        (wire.agencies("getAgenciesList"), "getAgenciesList", {}, b""),
        (wire.agencies("getAgenciesListQD20"), "getAgenciesListQD20", {"level": "1"}, b""),
        (wire.agencies("getSynchronizeUnit"), "getSynchronizeUnit", {}, b""),
        (
            wire.sent_listing("edoc"),
            "getSentEdocList",
            {"servicetype": "eDoc", "messagetype": "edoc"},
            b"",
        ),
        (
            wire.sent_listing("edoc", AxisDocId("7")),
            "getSentEdocList",
            {"servicetype": "eDoc", "messagetype": "edoc", "docId": "7"},
            b"",
        ),
    ],
)
def test_requests(
    request_: wire.Request, operation: str, parameters: dict[str, str], body: bytes
) -> None:
    assert (request_.operation, request_.parameters, request_.body) == (operation, parameters, body)
    assert not request_.sending


def test_only_sending_must_be_looked_up() -> None:
    assert wire.sending("edoc", SYSTEM, TWO, bytes(32)).sending
