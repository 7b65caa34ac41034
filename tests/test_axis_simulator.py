"""The simulated axis as a server: every rule of protocol 1.3, 1.4 and part 3 for servers."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from gateway.adapters import axis_vxp_wire as wire
from gateway.errors import SettingsError
from gateway.model.organ import SystemId
from gateway.simulators.axis_faults import Fault, FaultDial, parse_fault
from gateway.simulators.axis_route import UnreadableEnvelopeError, facts_of
from gateway.simulators.axis_store import AxisStore
from tests.support.axis_world import (
    COMMUNE,
    FINANCE,
    PROVINCE,
    SECRETS,
    AxisWorld,
    axis_setup,
    axis_world,
    document,
    fetched,
    status,
)

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
CONTENT = document("H99.02")


def signed(request: wire.Request, system: SystemId = PROVINCE, at: datetime = AT) -> dict[str, str]:
    return wire.headers(request, system, SECRETS[system], at)


def sending(content: bytes = CONTENT, named: str = "", **more: str) -> wire.Request:
    request = wire.sending("edoc", PROVINCE, (), hashlib.sha256(content).digest())
    to = {"to": named} if named else {}
    return replace(request, parameters={**request.parameters, **to, **more})


async def post(
    world: AxisWorld,
    operation: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    **options: object,
) -> dict[str, object]:
    """Make one raw call and hold the answer to the rules every answer keeps."""
    async with aiohttp.ClientSession() as session:
        url = f"{world.axis.address}/{operation}"
        async with session.post(url, data=body, headers=headers, **options) as response:  # type: ignore[arg-type]
            raw = await response.read()
            assert response.status == 200, "refusals are HTTP 200 too"
            assert raw.isascii()
            assert response.headers["Content-Type"] == "application/json"
            assert response.headers["Connection"] == "close"
    found = json.loads(raw)
    assert set(found) >= {"status", "ErrorCode", "ErrorDesc"}
    assert b"null" not in raw
    if operation.endswith("sendEdoc"):
        assert "DocId" in found
    assert (found["ErrorCode"] == "0") == (found["status"] == "OK")
    return found


def test_a_real_send_as_the_library_makes_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            found = await post(world, "sendEdoc", signed(sending()), CONTENT + b"\r\n")
            assert found["ErrorDesc"] == "Thanh cong"
            assert len(str(found["DocId"])) == 24
            (row,) = await world.client(FINANCE).pending()
            assert len(row.axis_doc_id) == 36
            assert await fetched(world.client(FINANCE), row.axis_doc_id) == CONTENT

    asyncio.run(story())


@pytest.mark.parametrize(
    ("content", "body", "hash_file"),
    [
        (b"<a/>", b"<a/>\r\n", None),
        (b"<a/>", b"<a/>", None),  # the line end left out
        (b"<a/>\r\n", b"<a/>\r\n", None),  # the hash says that the line end belongs to it
        (b"<a/>\r\n", b"<a/>\r\n\r\n", None),
        (b"<a/>", b"<a/>\r\n", hashlib.sha256(b"<a/>").hexdigest()),  # padded form
        (b"<a/>", b"<a/>\r\n", hashlib.sha256(b"<a/>").hexdigest().upper()),
        (b"", b"\r\n", None),
    ],
)
def test_what_is_stored_is_what_the_hash_says(
    tmp_path: Path, content: bytes, body: bytes, hash_file: str | None
) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            more = {} if hash_file is None else {"hash-file": hash_file}
            headers = signed(sending(content, '["H99.02"]', **more))
            assert (await post(world, "sendEdoc", headers, body))["ErrorCode"] == "0"
            (row,) = await world.client(FINANCE).pending()
            copy = world.axis._store.copy(FINANCE, row.axis_doc_id)
            assert world.axis._store.blob(copy.digest).read_bytes() == content

    asyncio.run(story())


@pytest.mark.parametrize(
    ("parameters", "body", "code"),
    [
        ({"hash-file": "00"}, CONTENT, "HASH"),
        ({"hash-file": ""}, CONTENT, "HASH"),
        ({}, CONTENT + b"x\r\n", "HASH"),
        ({"from": "H99.02"}, CONTENT, "FROM"),  # belongs to another system
        ({"from": "H99.55"}, CONTENT, "FROM"),
        ({"messagetype": "thu"}, CONTENT, "TYPE"),
        ({"named": '["H99.55"]'}, CONTENT, "TO"),
        ({"named": "[]"}, CONTENT, "TO"),
        ({}, b"x" * 2000, "SIZE"),
    ],
)
def test_refused_sends(tmp_path: Path, parameters: dict[str, str], body: bytes, code: str) -> None:
    async def story() -> None:
        async with axis_world(tmp_path, setup={"max_bytes": 1000}) as world:
            found = await post(world, "sendEdoc", signed(sending(**parameters)), body)
            assert (found["status"], found["ErrorCode"], found["DocId"]) == ("FAIL", code, "")
            assert await world.client(FINANCE).pending() == ()
            assert not list((tmp_path / "axis" / "spool").iterdir())

    asyncio.run(story())


@pytest.mark.parametrize("to", ['"H99.02"', "H99.02", '["H99.02","H99.02"]'])
def test_ways_of_naming_one_recipient(tmp_path: Path, to: str) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await post(world, "sendEdoc", signed(sending(named=to)), CONTENT)
            assert len(await world.client(FINANCE).pending()) == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    "change",
    [
        {"XroadVnpt-hash-header": "0" * 64},
        {"XroadVnpt-hash-header": ""},
        {"XroadVnpt-hash-header": "Đ"},
        {"XroadVnpt-sign-header": "{}"},
        {"XroadVnpt-sign-header": "[]"},
        {"XroadVnpt-sign-header": "rubbish"},
        {"XroadVnpt-sign-header": '{"XroadVnpt-systemid":7}'},
        {"XroadVnpt-sign-header": '{"XroadVnpt-systemid":"H99.02"}'},
        {"XroadVnpt-sign-header": "[" * 60_000},
    ],
)
def test_a_signature_that_does_not_hold_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            for operation, request in (
                ("getReceivedEdocList", wire.listing("edoc")),
                ("sendEdoc", sending()),
            ):
                found = await post(world, operation, signed(request) | change, CONTENT)
                assert found["ErrorCode"] == "AUTH"

    asyncio.run(story())


def test_an_unknown_system_is_refused_even_when_it_signs(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            headers = wire.headers(wire.listing("edoc"), SystemId("H99.55"), "no such system", AT)
            assert (await post(world, "getReceivedEdocList", headers))["ErrorCode"] == "AUTH"

    asyncio.run(story())


def test_parameters_come_from_the_signed_text_not_from_headers(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(status("H99.02"), "H99.02", kind="status"))
            headers = signed(wire.listing("edoc"), FINANCE)
            headers["XroadVnpt-messagetype"] = "status"
            assert (await post(world, "getReceivedEdocList", headers))["data"] == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("operation", "names", "taken"),
    [
        ("getEdoc", {"docId": "right", "docid": "wrong"}, True),
        ("getEdoc", {"docid": "right"}, True),
        ("getEdoc", {"docId": "wrong", "docid": "right"}, False),
        ("updateStatus", {"docid": "right", "docId": "wrong"}, True),
        ("updateStatus", {"docId": "right"}, True),
        ("updateStatus", {"docid": "wrong", "docId": "right"}, False),
    ],
)
def test_left_over_parameters_of_earlier_calls(
    tmp_path: Path, operation: str, names: dict[str, str], *, taken: bool
) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(CONTENT, "H99.02"))
            (row,) = await world.client(FINANCE).pending()
            given = {
                name: row.axis_doc_id if value == "right" else value
                for name, value in names.items()
            }
            request = wire.Request(operation=operation, parameters=given | {"status": "done"})
            found = await post(world, operation, signed(request, FINANCE), b"{}")
            assert (found["ErrorCode"] == "0") is taken

    asyncio.run(story())


def test_the_silent_second_post_of_the_java_client_is_absorbed(tmp_path: Path) -> None:
    """The same headers, timestamp and hash once more (protocol 1.5): the first id again."""

    async def story() -> None:
        async with axis_world(tmp_path) as world:
            first = await post(world, "sendEdoc", signed(sending()), CONTENT + b"\r\n")
            again = await post(world, "sendEdoc", signed(sending()), CONTENT + b"\r\n")
            assert again == first
            later = signed(sending(), at=AT.replace(minute=1))
            assert (await post(world, "sendEdoc", later, CONTENT))["DocId"] != first["DocId"]
            assert len(await world.client(FINANCE).pending()) == 2

    asyncio.run(story())


def test_one_envelope_to_two_recipients_in_one_instant_is_no_repeat(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            for named in ('["H99.02"]', f'["{COMMUNE}"]'):
                await post(world, "sendEdoc", signed(sending(named=named)), CONTENT)
            rows = await world.client(FINANCE).pending()
            assert [row.recipient for row in rows] == ["H99.02", COMMUNE]

    asyncio.run(story())


def test_one_systems_copies_are_hidden_from_others(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(CONTENT, "H99.02"))
            (row,) = await world.client(FINANCE).pending()
            for request in (wire.getting(row.axis_doc_id), wire.acknowledging(row.axis_doc_id)):
                found = await post(world, request.operation, signed(request), b"{}")
                assert found["ErrorCode"] == "DOCID"
            assert len(await world.client(FINANCE).pending()) == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("word", "code", "stays"),
    [
        ("processing", "0", True),
        ("fail", "0", True),  # T48: what failed is offered for ever
        ("done", "0", False),
        ("xong", "STATUS", True),
    ],
)
def test_status_words(tmp_path: Path, word: str, code: str, *, stays: bool) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(CONTENT, "H99.02"))
            (row,) = await world.client(FINANCE).pending()
            parameters = {"docid": row.axis_doc_id, "status": word, "description": "vi sao"}
            request = wire.Request(operation="updateStatus", parameters=parameters)
            found = await post(world, "updateStatus", signed(request, FINANCE), b"{}")
            assert found["ErrorCode"] == code
            rows = await world.client(FINANCE).pending()
            assert bool(rows) is stays
            sent = await post(world, "getSentEdocList", signed(wire.sent_listing("edoc")))
            expected = "initial" if code != "0" else word
            assert sent["data"][0]["receiveStatus"] == expected

    asyncio.run(story())


def test_rows_have_every_member_the_library_reads(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            first = await world.client().send(world.envelope(document("H99.02", COMMUNE)))
            await world.client().send(world.envelope(document("H99.01"), "H99.01"))
            listed = await post(world, "getReceivedEdocList", signed(wire.listing("edoc"), FINANCE))
            assert list(listed["data"][0]) == [
                "docId", "serviceType", "messageType", "created_time", "updated_time", "from",
                "to", "status", "status_desc",
            ]  # fmt: skip
            sent = await post(world, "getSentEdocList", signed(wire.sent_listing("edoc")))
            assert [row["toCode"] for row in sent["data"]] == ["H99.02", COMMUNE, "H99.01"]
            row = sent["data"][0]
            assert (row["senderDocId"], row["fromCode"]) == (first, "H99.01")
            assert (row["notation"], row["title"]) == ("12/UBND-VP", "V/v báo cáo thử nghiệm")
            assert set(row) == {
                "serviceType", "messageType", "senderDocId", "receiverDocId", "fromCode",
                "toCode", "title", "notation", "sentTime", "receivedTime", "sendStatus",
                "sendStatusDesc", "receiveStatus", "receiveStatusDesc",
            }  # fmt: skip
            one = wire.sent_listing("edoc", first)
            assert len((await post(world, "getSentEdocList", signed(one)))["data"]) == 2

    asyncio.run(story())


def test_counts_and_download(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(CONTENT, "H99.02"))
            for operation, count in (("countReceiveEdoc", 1), ("countReceiveStatus", 0)):
                request = wire.Request(operation=operation, body=b"{}")
                found = await post(world, operation, signed(request, FINANCE), b"{}")
                assert found["count"] == count
            (row,) = await world.client(FINANCE).pending()
            headers = signed(wire.getting(row.axis_doc_id), FINANCE)
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{world.axis.address}/downloadEdoc", headers=headers) as response,
            ):
                assert await response.read() == CONTENT

    asyncio.run(story())


@pytest.mark.parametrize(
    "operation", ["/getReceivedEdocList", "api/v2//getReceivedEdocList", "getReceivedEdocList/"]
)
def test_any_path_in_front_of_the_operation(tmp_path: Path, operation: str) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            found = await post(world, operation, signed(wire.listing("edoc")))
            assert found["data"] == []

    asyncio.run(story())


def test_an_unknown_operation_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            for operation in ("xoaHet", ""):
                found = await post(world, operation, signed(wire.listing("edoc")))
                assert found["ErrorCode"] == "OPERATION"

    asyncio.run(story())


def test_expect_continue_is_answered(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            headers = signed(sending(), PROVINCE)
            found = await post(world, "sendEdoc", headers, CONTENT, expect100=True)
            assert found["ErrorCode"] == "0"

    asyncio.run(story())


# ---- routing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "recipients", "notation"),
    [
        (document("A", "B", "A"), ("A", "B"), "12/UBND-VP"),
        (status("H99.01"), ("H99.01",), "12/UBND-VP"),
        (document("A").replace(b' xmlns:e="', b' x="'), ("A",), "12/UBND-VP"),  # undeclared
        (b"<a/>", (), ""),
        (b"\xef\xbb\xbf" + document("A"), ("A",), "12/UBND-VP"),
        (document("  A\n"), ("A",), "12/UBND-VP"),
        (document(), (), "12/UBND-VP"),
    ],
)
def test_facts(tmp_path: Path, content: bytes, recipients: tuple[str, ...], notation: str) -> None:
    path = tmp_path / "e.edxml"
    path.write_bytes(content)
    found = facts_of(path)
    assert (found.recipients, found.notation) == (recipients, notation)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        document("A")[:-9],
        b"1212" + document("A"),
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a>&x;</a>",
    ],
)
def test_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "e.edxml"
    path.write_bytes(content)
    with pytest.raises(UnreadableEnvelopeError):
        facts_of(path)


def test_rubbish_is_delivered_when_the_call_names_its_recipient(tmp_path: Path) -> None:
    rubbish = b"<!DOCTYPE a><a>"

    async def story() -> None:
        async with axis_world(tmp_path) as world:
            named = signed(sending(rubbish, '["H99.02"]'))
            assert (await post(world, "sendEdoc", named, rubbish))["ErrorCode"] == "0"
            unnamed = signed(sending(rubbish), at=AT.replace(minute=1))
            assert (await post(world, "sendEdoc", unnamed, rubbish))["ErrorCode"] == "TO"
            (row,) = await world.client(FINANCE).pending()
            assert await fetched(world.client(FINANCE), row.axis_doc_id) == rubbish

    asyncio.run(story())


def test_ids_are_the_same_for_the_same_seed_and_never_given_twice(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()

    async def ids(folder: Path, seed: int, year: str = "") -> list[str]:
        async with axis_world(folder, setup={"seed": seed}) as world:
            letters = [world.envelope(document("H99.02", number=f"{n}{year}")) for n in range(2)]
            return [await world.client().send(each) for each in letters]

    async def story() -> None:
        first = await ids(folders[0], 1)
        assert await ids(folders[1], 1) == first
        assert set(await ids(folders[2], 2)).isdisjoint(first)
        restarted = await ids(folders[0], 1, "a")
        assert set(restarted).isdisjoint(first)

    asyncio.run(story())


def test_uploads_of_a_crash_are_swept(tmp_path: Path) -> None:
    store = AxisStore(tmp_path)
    left_over = store.upload()
    left_over.write_bytes(b"half")
    store.close()
    AxisStore(tmp_path).close()
    assert not left_over.exists()


# ---- the dial ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("sendEdoc:html", Fault(operation="sendEdoc", kind="html")),
        ("*:503:*", Fault(operation="*", kind="503", count=None)),
        ("getEdoc:slow:2:0.5", Fault(operation="getEdoc", kind="slow", count=2, seconds=0.5)),
        ("*:reset:25%", Fault(operation="*", kind="reset", count=None, probability=0.25)),
        ("*:500-after-store:3", Fault(operation="*", kind="500-after-store", count=3)),
    ],
)
def test_fault_specs(spec: str, fault: Fault) -> None:
    assert parse_fault(spec) == fault


@pytest.mark.parametrize(
    "spec",
    ["", "html", "sendEdoc:", "sendEdoc:nonsense", "a b:html", "*:html:x", "*:html:101%",
     "*:html:-1", "*:200", "*:html:1:x", "*:html-before-store"],
)  # fmt: skip
def test_wrong_fault_specs_say_what_is_expected(spec: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_fault(spec)
    assert caught.value.code == "axis-fault-spec"


def test_faults_are_used_up_in_order() -> None:
    dial = FaultDial([parse_fault("a:html:2"), parse_fault("*:reset:1")])
    kinds = [fault and fault.kind for fault in (dial.take(name) for name in "baaaa")]
    assert kinds == ["reset", "html", "html", None, None]
    assert dial.happened == ["b:reset", "a:html", "a:html"]


def test_chance_repeats_with_its_seed() -> None:
    def happened(seed: int) -> list[str]:
        dial = FaultDial([parse_fault("*:html:50%")], seed)
        for number in range(40):
            dial.take(str(number))
        return dial.happened

    assert happened(1) == happened(1)
    assert happened(1) != happened(2)
    assert 8 < len(happened(1)) < 32


def test_the_dial_over_http_needs_its_token(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path, setup={"admin_token": "mở"}) as world:
            url = f"{world.axis.address}/_admin/faults"

            async def turn(token: str, text: str) -> tuple[int, dict[str, object]]:
                headers = {"Authorization": f"Bearer {token}"}
                async with (
                    aiohttp.ClientSession() as session,
                    session.post(url, data=text, headers=headers) as response,
                ):
                    return response.status, await response.json()

            assert (await turn("đoán", "{}"))[0] == 401
            assert (await turn("", "{}"))[0] == 401
            assert (await turn("mở", "{"))[0] == 400
            assert (await turn("mở", "[]"))[0] == 400
            assert (await turn("mở", '{"add": "x"}'))[0] == 400
            code, found = await turn("mở", '{"clear": true, "add": ["*:nonsense"]}')
            assert code == 400
            assert "nonsense" in str(found["error"])
            _, found = await turn("mở", '{"add": ["*:503:1", "*:html:*"]}')
            assert found["waiting"] == ["*:503:1", "*:html:*"]
            _, found = await turn("mở", '{"clear": true, "add": ["sendEdoc:cut"]}')
            assert found["waiting"] == ["sendEdoc:cut:1"]

    asyncio.run(story())


def test_without_a_token_the_dial_is_shut(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            axis_world(tmp_path) as world,
            aiohttp.ClientSession() as session,
            session.post(f"{world.axis.address}/_admin/faults", data="{}") as response,
        ):
            assert response.status == 401

    asyncio.run(story())


def test_secrets_stay_out_of_sight(tmp_path: Path) -> None:
    text = repr(axis_setup(tmp_path, admin_token="mở"))
    assert "mở" not in text
    assert not any(secret in text for secret in SECRETS.values())
