"""What every axis client promises (ports.AxisClient), over a real wire on 127.0.0.1."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.adapters.axis_vxp import VxpAxis
from gateway.adapters.retry import ShortRetry
from gateway.errors import AxisError, Retry, StorageError
from gateway.model.document import AxisDocId
from gateway.model.organ import OrganId
from gateway.ports import OutgoingEnvelope
from gateway.simulators.axis_faults import parse_fault
from tests.support.axis_world import (
    COMMUNE,
    FINANCE,
    PROVINCE,
    SECRETS,
    AxisWorld,
    MemorySink,
    axis_world,
    document,
    fetched,
    status,
)

TO_FINANCE = document("H99.02")
LETTER_MARKER = "12/UBND-VP"


async def refusal(call: Awaitable[object]) -> AxisError:
    with pytest.raises(AxisError) as caught:
        await call
    return caught.value


def test_document_travels_byte_for_byte(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            sender, receiver = world.client(PROVINCE), world.client(FINANCE)
            sent_id = await sender.send(world.envelope(TO_FINANCE, "H99.02"))
            (row,) = await receiver.pending()
            assert (row.message_type, row.sender, row.recipient) == ("edoc", "H99.01", "H99.02")
            assert row.axis_doc_id != sent_id
            assert await fetched(receiver, row.axis_doc_id) == TO_FINANCE
            await receiver.acknowledge(row.axis_doc_id)
            await receiver.acknowledge(row.axis_doc_id)  # T41, T48: the second is no error
            assert await receiver.pending() == ()
            assert await fetched(receiver, row.axis_doc_id) == TO_FINANCE  # T46: may be read again

    asyncio.run(story())


def test_several_recipients_have_copies_of_their_own(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            sender, receiver = world.client(PROVINCE), world.client(FINANCE)
            content = document("H99.02", COMMUNE, "H99.01")
            sent = world.envelope(content, "H99.02", COMMUNE, "H99.01", "H99.02")
            await sender.send(sent)
            theirs, ours = await receiver.pending(), await sender.pending()
            assert [row.recipient for row in theirs] == ["H99.02", COMMUNE]
            assert [row.recipient for row in ours] == ["H99.01"]
            assert len({row.axis_doc_id for row in (*theirs, *ours)}) == 3
            await receiver.acknowledge(theirs[0].axis_doc_id)
            assert await receiver.pending() == theirs[1:]

    asyncio.run(story())


@pytest.mark.parametrize("recipients", [("H99.01",), ()], ids=["named", "from ResponseFor"])
def test_status_finds_its_way_back(tmp_path: Path, recipients: tuple[str, ...]) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            sender, receiver = world.client(PROVINCE), world.client(FINANCE)
            content = status("H99.01", "03")
            await receiver.send(world.envelope(content, *recipients, kind="status"))
            (row,) = await sender.pending()
            assert (row.message_type, row.recipient) == ("status", "H99.01")
            assert await fetched(sender, row.axis_doc_id) == content

    asyncio.run(story())


def test_recipients_are_found_in_the_envelope(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(document(COMMUNE, "H99.02")))
            rows = await world.client(FINANCE).pending()
            assert [row.recipient for row in rows] == [COMMUNE, "H99.02"]

    asyncio.run(story())


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_text_travel_unchanged(tmp_path: Path, form: str) -> None:  # T52
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            sender, receiver = world.client(PROVINCE), world.client(FINANCE)
            notation = unicodedata.normalize(form, "QĐ-UBNDồ")  # type: ignore[arg-type]
            content = document("H99.02", notation=notation)
            sent = await sender.send(world.envelope(content, "H99.02"))
            (row,) = await receiver.pending()
            assert await fetched(receiver, row.axis_doc_id) == content
            asked = world.envelope(content, "H99.02", marker="12/QĐ-UBNDồ")
            assert await sender.find_sent(asked) == sent

    asyncio.run(story())


def test_400_recipients_in_one_header(tmp_path: Path) -> None:  # protocol 1.5
    organs = {OrganId(f"H99.{number:03d}.{number % 7}.01"): FINANCE for number in range(500)}

    async def story() -> None:
        async with axis_world(tmp_path, setup={"organs": organs}) as world:
            await world.client().send(world.envelope(document(), *organs))
            rows = await world.client(FINANCE).pending()
            assert [row.recipient for row in rows] == list(organs)

    asyncio.run(story())


def test_a_large_document_stays_out_of_memory(tmp_path: Path) -> None:
    content = document("H99.02", filler="x" * (8 << 20))

    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(content, "H99.02"))
            receiver, sink = world.client(FINANCE), MemorySink()
            (row,) = await receiver.pending()
            await receiver.fetch(row.axis_doc_id, sink)
            assert bytes(sink.data) == content
            assert sink.longest <= 1 << 20

    asyncio.run(story())


def test_limits_are_kept_on_both_sides(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            large = world.envelope(document("H99.02", filler="x" * 5000), "H99.02")
            error = await refusal(world.client(max_envelope_bytes=5000).send(large))
            assert (error.code, error.retry) == ("axis-envelope-too-large", Retry.PERMANENT)
            assert world.axis.calls == []
            await world.client().send(large)
            (row,) = await world.client(FINANCE).pending()
            careful = world.client(FINANCE, max_envelope_bytes=5000)
            error = await refusal(careful.fetch(row.axis_doc_id, MemorySink()))
            assert (error.code, error.retry) == ("axis-document-too-large", Retry.PERMANENT)
            error = await refusal(world.client(FINANCE, max_list_bytes=100).pending())
            assert (error.code, error.retry) == ("axis-list-too-large", Retry.TEMPORARY)

    asyncio.run(story())


def test_directory_names_organs_and_where_to_find_them(tmp_path: Path) -> None:
    names = {COMMUNE: "UBND xã Mẫu"}

    async def story() -> None:
        async with axis_world(tmp_path, setup={"names": names}) as world:
            for operation in ("getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit"):
                found = await world.client(directory=operation).directory()
                assert [each.organ_id for each in found] == [COMMUNE, "H99.01", "H99.02"]
                assert found[0].organ_name == "UBND xã Mẫu"
                assert found[0].addresses == (("truc-mau", COMMUNE, None),)

    asyncio.run(story())


def test_probe_asks_and_changes_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(TO_FINANCE, "H99.02"))
            await world.client(FINANCE).probe()
            assert world.axis.calls == ["sendEdoc", "getReceivedEdocList"]
            assert len(await world.client(FINANCE).pending()) == 1

    asyncio.run(story())


def test_closing_twice_is_fine_and_a_closed_client_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            client = world.client()
            await client.close()
            await client.close()
            error = await refusal(client.pending())
            assert (error.code, error.retry) == ("axis-client-closed", Retry.TEMPORARY)

    asyncio.run(story())


def test_the_secret_is_shown_to_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            client = world.client()
            for thing in (client, client._connection, world.axis._setup):
                assert SECRETS[PROVINCE] not in repr(thing)
            error = await refusal(world.client(PROVINCE, "sai khóa").pending())
            assert "sai khóa" not in f"{error} {error.vi} {error.en}"

    asyncio.run(story())


def test_a_wrong_secret_never_gives_a_document_up(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            wrong = world.client(PROVINCE, "sai")
            envelope = world.envelope(TO_FINANCE, "H99.02")
            for call in (
                wrong.pending(),
                wrong.send(envelope),
                wrong.acknowledge(AxisDocId("x")),
                wrong.directory(),
            ):
                error = await refusal(call)
                assert (error.code, error.retry) == ("axis-refuses-us", Retry.TEMPORARY)

    asyncio.run(story())


@pytest.mark.parametrize(
    "to", [("H99.77",), ("H99.02", "H99.77")], ids=["unknown", "one of two unknown"]
)
def test_a_refusal_for_the_envelopes_own_sake_is_permanent(
    tmp_path: Path, to: tuple[str, ...]
) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            error = await refusal(world.client().send(world.envelope(TO_FINANCE, *to)))
            assert (error.code, error.retry) == ("axis-refused", Retry.PERMANENT)
            assert "H99.77" in error.vi
            assert world.axis.calls == ["sendEdoc", "getReceivedEdocList"]
            assert await world.client(FINANCE).pending() == ()
            error = await refusal(world.client().fetch(AxisDocId("x"), MemorySink()))
            assert (error.code, error.retry) == ("axis-refused", Retry.PERMANENT)

    asyncio.run(story())


def test_a_refusal_during_an_outage_is_not_believed(tmp_path: Path) -> None:
    faults = ("sendEdoc:wrong-mac", "getReceivedEdocList:503")

    async def story() -> None:
        async with axis_world(tmp_path, faults) as world:
            error = await refusal(world.client().send(world.envelope(TO_FINANCE, "H99.02")))
            assert (error.code, error.retry) == ("axis-unavailable", Retry.TEMPORARY)

    asyncio.run(story())


def test_unsendable_envelopes_never_leave(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            envelope = world.envelope(TO_FINANCE, "H99.02")
            odd = replace(envelope, message_type="thư")
            assert (await refusal(world.client().send(odd))).code == "axis-message-type"
            accented = world.envelope(TO_FINANCE, "Đơn vị")
            assert (await refusal(world.client().send(accented))).code == "axis-header-not-ascii"
            gone = replace(envelope, path=tmp_path / "không có")
            with pytest.raises(StorageError):
                await world.client().send(gone)
            assert world.axis.calls == []

    asyncio.run(story())


def test_an_axis_that_is_down_comes_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            client, envelope = world.client(), world.envelope(TO_FINANCE, "H99.02")
            await world.axis.go_down()
            for call in (client.pending(), client.send(envelope)):
                error = await refusal(call)
                assert (error.code, error.retry) == ("axis-connection-refused", Retry.TEMPORARY)
            await world.axis.come_back()
            await client.send(envelope)
            assert len(await world.client(FINANCE).pending()) == 1

    asyncio.run(story())


def test_restart_keeps_everything(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            sender, receiver = world.client(PROVINCE), world.client(FINANCE)
            first = await sender.send(world.envelope(TO_FINANCE, "H99.02"))
            await sender.send(world.envelope(document("H99.02", number="13"), "H99.02"))
            rows = await receiver.pending()
            await receiver.acknowledge(rows[0].axis_doc_id)
            await world.axis.stop()
            await world.axis.start()
            assert await receiver.pending() == rows[1:]
            assert await fetched(receiver, rows[0].axis_doc_id) == TO_FINANCE
            third = await sender.send(world.envelope(document("H99.02", number="14"), "H99.02"))
            assert third != first
            again = world.envelope(TO_FINANCE, "H99.02", marker=LETTER_MARKER)
            assert await sender.find_sent(again) == first

    asyncio.run(story())


def test_find_sent_tells_a_recall_from_what_it_recalls(tmp_path: Path) -> None:  # T28
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            client = world.client()
            first = await client.send(world.envelope(TO_FINANCE, "H99.02", marker=LETTER_MARKER))
            recall = world.envelope(
                document("H99.02", filler="thu hồi"), "H99.02", marker=LETTER_MARKER
            )
            assert await client.find_sent(recall) == first  # told nothing, it cannot know
            recall = replace(recall, known=frozenset({first}))
            assert await client.find_sent(recall) is None
            world.axis.faults.add(parse_fault("sendEdoc:drop-after-store"))
            assert (await refusal(client.send(recall))).retry is Retry.UNKNOWN
            second = await client.find_sent(recall)
            assert second not in (None, first)

    asyncio.run(story())


def test_a_status_is_never_found_and_so_sent_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path, ["sendEdoc:drop-after-store"]) as world:
            client = world.client(FINANCE)
            envelope = world.envelope(status("H99.01"), "H99.01", kind="status", marker="key-1")
            assert not client.capabilities.can_look_up_statuses
            assert (await refusal(client.send(envelope))).retry is Retry.UNKNOWN
            assert await client.find_sent(envelope) is None
            await client.send(envelope)
            first, second = await world.client(PROVINCE).pending()
            assert await fetched(world.client(PROVINCE), first.axis_doc_id) == await fetched(
                world.client(PROVINCE), second.axis_doc_id
            )  # the same bytes twice: the receiver absorbs it

    asyncio.run(story())


def test_a_delivered_document_may_be_offered_again(tmp_path: Path) -> None:  # T41
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(TO_FINANCE, "H99.02"))
            receiver = world.client(FINANCE)
            (row,) = await receiver.pending()
            await receiver.acknowledge(row.axis_doc_id)
            world.axis.faults.add(parse_fault("getReceivedEdocList:repeat:2"))
            (again,) = await receiver.pending()
            assert (again.axis_doc_id, again.status) == (row.axis_doc_id, "done")
            assert await receiver.pending() == ()

    asyncio.run(story())


def test_an_axis_that_keeps_what_is_done_in_its_list(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path, setup={"done_removes": False}) as world:
            await world.client().send(world.envelope(TO_FINANCE, "H99.02"))
            receiver = world.client(FINANCE)
            (row,) = await receiver.pending()
            await receiver.acknowledge(row.axis_doc_id)
            assert [each.status for each in await receiver.pending()] == ["done"]

    asyncio.run(story())


def test_an_odd_row_does_not_hide_the_others(tmp_path: Path) -> None:  # T44
    async def story() -> None:
        async with axis_world(tmp_path, ["getReceivedEdocList:null-row:*"]) as world:
            await world.client().send(world.envelope(document("H99.02", COMMUNE)))
            rows = await world.client(FINANCE).pending()
            assert [row.recipient for row in rows] == ["H99.02", COMMUNE]

    asyncio.run(story())


def test_short_troubles_are_tried_again_but_never_a_send(tmp_path: Path) -> None:
    retry = ShortRetry(tries=3, first_wait_seconds=0.0)

    async def story() -> None:
        async with axis_world(tmp_path, ["*:503:2"], short_retry=retry) as world:
            assert await world.client().pending() == ()
            assert world.axis.calls == ["getReceivedEdocList"] * 4
            world.axis.faults.add(parse_fault("sendEdoc:503:2"))
            error = await refusal(world.client().send(world.envelope(TO_FINANCE, "H99.02")))
            assert error.retry is Retry.UNKNOWN
            assert world.axis.calls.count("sendEdoc") == 1

    asyncio.run(story())


def test_nothing_of_a_failed_try_is_left_in_the_spool(tmp_path: Path) -> None:
    retry = ShortRetry(tries=2, first_wait_seconds=0.0)

    async def story() -> None:
        async with axis_world(tmp_path, ["getEdoc:503"], short_retry=retry) as world:
            await world.client().send(world.envelope(b"<a/>", "H99.02"))
            (row,) = await world.client(FINANCE).pending()
            assert await fetched(world.client(FINANCE), row.axis_doc_id) == b"<a/>"

    asyncio.run(story())


def test_the_disk_of_the_spool_is_not_the_networksparse_fault(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(TO_FINANCE, "H99.02"))
            receiver = world.client(FINANCE, spool=tmp_path / "không có")
            (row,) = await receiver.pending()
            with pytest.raises(StorageError):
                await receiver.fetch(row.axis_doc_id, MemorySink())

            class Full(MemorySink):
                def write(self, data: bytes) -> None:
                    text = f"no room for {len(data)} bytes"
                    raise StorageError("disk-full", vi=text, en=text, retry=Retry.TEMPORARY)

            with pytest.raises(StorageError):
                await world.client(FINANCE).fetch(row.axis_doc_id, Full())

    asyncio.run(story())


# ---- every fault of the dial x every call ------------------------------------------------------

Call = Callable[[VxpAxis, AxisWorld, AxisDocId], Awaitable[object]]


def _letter(world: AxisWorld) -> OutgoingEnvelope:
    return world.envelope(document("H99.02", number="99"), "H99.02", marker="99/UBND-VP")


CALLS: dict[str, tuple[str, Call]] = {
    "pending": ("getReceivedEdocList", lambda client, _w, _i: client.pending()),
    "probe": ("getReceivedEdocList", lambda client, _w, _i: client.probe()),
    "fetch": ("getEdoc", lambda client, _w, doc_id: client.fetch(doc_id, MemorySink())),
    "acknowledge": ("updateStatus", lambda client, _w, doc_id: client.acknowledge(doc_id)),
    "find_sent": ("getSentEdocList", lambda client, world, _i: client.find_sent(_letter(world))),
    "directory": ("getAgenciesList", lambda client, _w, _i: client.directory()),
    "send": ("sendEdoc", lambda client, world, _i: client.send(_letter(world))),
}
T, P, U = Retry.TEMPORARY, Retry.PERMANENT, Retry.UNKNOWN

# kind: code, class of a question, class of sendEdoc
FAULT_KINDS: dict[str, tuple[str, Retry, Retry]] = {
    "drop-before-store": ("axis-disconnected", T, U),
    "drop-after-store": ("axis-disconnected", T, U),
    "reset": ("axis-reset", T, U),
    "reset-after-store": ("axis-reset", T, U),
    "down": ("axis-reset", T, U),
    "html": ("axis-answer-html", T, U),
    "html-after-store": ("axis-answer-html", T, U),
    "empty": ("axis-answer-empty", T, U),
    "empty-after-store": ("axis-answer-empty", T, U),
    "truncated": ("axis-answer-truncated", T, U),
    "cut": ("axis-answer-cut", T, U),
    "trailing": ("axis-answer-trailing", T, U),
    "null-member": ("axis-member-null", T, U),
    "redirect": ("axis-redirect", T, U),
    "400": ("axis-http-400", P, P),
    "401": ("axis-denied", T, T),
    "403": ("axis-denied", T, T),
    "404": ("axis-not-found", T, T),
    "408": ("axis-http-timeout", T, U),
    "413": ("axis-http-413", P, P),
    "418": ("axis-http-other", T, U),
    "429": ("axis-busy", T, T),
    "431": ("axis-http-431", P, P),
    "500": ("axis-http-500", T, U),
    "500-after-store": ("axis-http-500", T, U),
    "502": ("axis-unavailable", T, U),
    "503": ("axis-unavailable", T, U),
    "503-after-store": ("axis-unavailable", T, U),
    "504": ("axis-http-timeout", T, U),
    "slow": ("axis-read-timeout", T, U),
    "wrong-mac": ("axis-refused", P, P),
}


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_fault_by_every_call(tmp_path: Path, kind: str) -> None:
    """R8: classified as the table says; afterwards nothing is lost and nothing doubled."""
    code, asking, sending = FAULT_KINDS[kind]

    async def story() -> None:
        async with axis_world(tmp_path) as world:
            await world.client().send(world.envelope(TO_FINANCE, "H99.02"))
            await world.client().send(world.envelope(document("H99.01"), "H99.01"))
            client = world.client(read_seconds=0.15 if kind == "slow" else 5)
            (waiting,) = await client.pending()
            for name, (operation, call) in CALLS.items():
                world.axis.faults.add(parse_fault(f"{operation}:{kind}:1:30"))
                error = await refusal(call(client, world, waiting.axis_doc_id))
                expected = (code, sending if name == "send" else asking)
                # A list refused for our signature or its form: the harmless question itself.
                if operation == "getReceivedEdocList" and code in ("axis-refused", "axis-http-400"):
                    expected = ("axis-refuses-us", T)
                assert (error.code, error.retry) == expected, name
                assert world.axis.faults.waiting() == ()
            await _sent_exactly_once(world, client)
            await _taken_exactly_once(world, client, waiting.axis_doc_id)

    asyncio.run(story())


async def _sent_exactly_once(world: AxisWorld, client: VxpAxis) -> None:
    """Do after the failed send what its class asks for."""
    if await client.find_sent(_letter(world)) is None:
        await client.send(_letter(world))
    receiver = world.client(FINANCE)
    rows = await receiver.pending()
    contents = [await fetched(receiver, row.axis_doc_id) for row in rows]
    assert contents == [TO_FINANCE, _letter(world).path.read_bytes()]


async def _taken_exactly_once(world: AxisWorld, client: VxpAxis, doc_id: AxisDocId) -> None:
    assert await fetched(client, doc_id) == document("H99.01")
    await client.acknowledge(doc_id)
    assert await client.pending() == ()


def test_success_without_an_id_is_looked_up(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path, ["sendEdoc:no-id"]) as world:
            client = world.client()
            error = await refusal(client.send(_letter(world)))
            assert (error.code, error.retry) == ("axis-id-missing", Retry.UNKNOWN)
            assert await client.find_sent(_letter(world)) is not None

    asyncio.run(story())


def test_a_call_has_a_total_limit(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path, ["*:slow:*:30"]) as world:
            client = world.client(call_seconds=0.15, transfer_seconds=0.15)
            assert (await refusal(client.pending())).code == "axis-timeout"
            error = await refusal(client.send(_letter(world)))
            assert (error.code, error.retry) == ("axis-timeout", Retry.UNKNOWN)
            error = await refusal(client.acknowledge(AxisDocId("x")))
            assert (error.code, error.retry) == ("axis-timeout", Retry.TEMPORARY)

    asyncio.run(story())
