"""The gateway's webhook and the simulated QLVB together, and the QLVB's acts through the API."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.adapters import qlvb_webhook_wire as wire
from gateway.adapters.qlvb_webhook import QlvbWebhook, WebhookPoster
from gateway.errors import QlvbError, Retry, SettingsError, WorldError
from gateway.model.incoming import IncomingState
from gateway.service.clock import SimulatedClock
from gateway.service.http import make_app
from gateway.service.http_auth import Doorkeeper
from gateway.simulators.qlvb import GatewayAccess, Misbehaviour, QlvbSetup, SimulatedQlvb
from gateway.simulators.qlvb_store import Received
from tests.support.memory_desk import MemoryDesk
from tests.support.web import serving
from tests.test_http_api import FIRST, FOREIGN, MINE, NOW, SECOND, VAULT, desk_of, keys_of, well
from tests.test_webhook import endpoint
from tests.test_webhook_wire import EVENT, NEW, OLD

STRANGER = wire.secret_text(bytes(range(1, 33)))


def setup_of(folder: Path, **more) -> QlvbSetup:
    return QlvbSetup(state=folder / "qlvb", secrets=(NEW,), **more)


@asynccontextmanager
async def started(setup: QlvbSetup) -> AsyncIterator[SimulatedQlvb]:
    qlvb = SimulatedQlvb(setup, SimulatedClock(NOW))
    await qlvb.start()
    try:
        yield qlvb
    finally:
        await qlvb.stop()


@asynccontextmanager
async def gate_to(
    qlvb: SimulatedQlvb,
    secrets: tuple[str, ...] = (NEW, OLD),
) -> AsyncIterator[QlvbWebhook]:
    target = replace(endpoint(qlvb.url), secrets=secrets)
    gate = QlvbWebhook(WebhookPoster(target, SimulatedClock(NOW)), "/agencies/h99-01")
    try:
        yield gate
    finally:
        await gate.close()


def waiting(ref: str) -> dict[str, object]:
    return {**EVENT, "subject": ref}


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def told() -> None:
        await story()

    asyncio.run(told())


def test_a_delivered_event_is_on_the_disk_and_says_when_it_was_taken(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb, gate_to(qlvb) as gate:
            assert await gate.relay(f"relay:{FIRST}", waiting(FIRST)) == NOW
        reborn = SimulatedQlvb(setup_of(tmp_path), SimulatedClock(NOW))
        assert [(row.id, row.number, row.document) for row in reborn.received] == [
            (f"relay:{FIRST}", 1, FIRST)
        ]

    play(story)


def test_t77_a_repeat_is_dropped_and_gets_the_first_answer(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb:
            for _ in range(3):
                async with gate_to(qlvb) as gate:
                    assert await gate.relay(f"relay:{FIRST}", waiting(FIRST)) == NOW
            assert (len(qlvb.received), qlvb.repeats) == (1, 2)

    play(story)


@pytest.mark.parametrize(
    ("kind", "code", "retry", "is_stored"),
    [
        (Misbehaviour.ERROR_500, "qlvb-unavailable", Retry.TEMPORARY, False),
        (Misbehaviour.REFUSE_410, "qlvb-refused", Retry.TEMPORARY, False),
        (Misbehaviour.SILENCE, "qlvb-answer-lost", Retry.TEMPORARY, False),
        (Misbehaviour.NEGATIVE_ID, "qlvb-id-not-positive", Retry.TEMPORARY, False),
        (Misbehaviour.LOGIN_PAGE, "qlvb-answer-nonsense", Retry.TEMPORARY, False),
        (Misbehaviour.REDIRECT, "qlvb-redirected", Retry.TEMPORARY, False),
        (Misbehaviour.DROP_BEFORE, "qlvb-answer-lost", Retry.TEMPORARY, False),
        (Misbehaviour.DROP_AFTER, "qlvb-answer-lost", Retry.TEMPORARY, True),
    ],
)
def test_after_any_misbehaviour_the_next_try_brings_exactly_one(
    tmp_path: Path, kind: Misbehaviour, code: str, retry: Retry, *, is_stored: bool
) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb, gate_to(qlvb) as gate:
            qlvb.misbehave(kind)
            with pytest.raises(QlvbError) as told:
                await gate.relay(f"relay:{FIRST}", waiting(FIRST))
            assert (told.value.code, told.value.retry) == (code, retry)
            assert len(qlvb.received) == is_stored
            assert await gate.relay(f"relay:{FIRST}", waiting(FIRST)) == NOW
            assert (len(qlvb.received), qlvb.repeats) == (1, int(is_stored))

    play(story)


def test_what_is_not_signed_by_us_is_not_believed(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb:
            async with gate_to(qlvb, (STRANGER,)) as gate:
                with pytest.raises(QlvbError, match="qlvb-refused"):
                    await gate.relay(f"relay:{FIRST}", waiting(FIRST))
            async with ClientSession() as session:
                for body in (b"{}", b"", b"\xff"):
                    async with session.post(qlvb.url, data=body) as answer:
                        assert answer.status == 401
                for body in (b"[]", b"{", b'{"id": "relay:2"}'):
                    headers = wire.signed_headers("relay:1", body, (NEW,), NOW)
                    async with session.post(qlvb.url, data=body, headers=headers) as answer:
                        assert answer.status == 401
            assert qlvb.received == ()
            assert qlvb.refused == [
                "webhook-signature-wrong",
                *["webhook-header-missing"] * 3,
                *["event-unreadable"] * 3,
            ]

    play(story)


def test_it_shows_what_it_got(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb, gate_to(qlvb) as gate:
            await gate.relay(f"relay:{FIRST}", waiting(FIRST))
            async with ClientSession() as s, s.get(f"{qlvb.address}/received") as answer:
                shown = await answer.json()
            assert shown["received"][0]["event"]["subject"] == FIRST

    play(story)


def test_it_comes_back_at_the_same_address(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb:
            before = qlvb.url
            await qlvb.stop()
            async with gate_to(qlvb) as gate:
                with pytest.raises(QlvbError, match="qlvb-unreachable"):
                    await gate.relay(f"relay:{FIRST}", waiting(FIRST))
                await qlvb.start()
                assert qlvb.url == before
                assert await gate.relay(f"relay:{FIRST}", waiting(FIRST)) == NOW

    play(story)


@pytest.mark.parametrize("content", ["{", "[]", '{"id": "x"}'])
def test_a_damaged_state_folder_is_said_plainly(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "qlvb"
    folder.mkdir()
    (folder / "x.json").write_text(content)
    with pytest.raises(SettingsError, match="qlvb-state-unusable"):
        SimulatedQlvb(setup_of(tmp_path), SimulatedClock(NOW))


def test_a_half_written_file_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "qlvb"
    folder.mkdir()
    (folder / "x.tmp").write_text("{")
    assert SimulatedQlvb(setup_of(tmp_path), SimulatedClock(NOW)).received == ()
    assert not list(folder.iterdir())


# --- through the API -----------------------------------------------------------------------------


@asynccontextmanager
async def beside_gateway(folder: Path, **more) -> AsyncIterator[tuple[SimulatedQlvb, MemoryDesk]]:
    ring, texts = keys_of()
    desk = desk_of(folder)
    app = make_app(desk, Doorkeeper(ring, VAULT, SimulatedClock(NOW)), well)
    async with serving(app) as base:
        access = GatewayAccess(url=base, api_key=texts["full"])
        async with started(setup_of(folder, gateway=access, **more)) as qlvb:
            yield qlvb, desk


def test_it_accepts_and_refuses_as_a_vendor_would(tmp_path: Path) -> None:
    async def story() -> None:
        async with beside_gateway(tmp_path) as (qlvb, desk):
            assert FIRST in await qlvb.waiting()
            assert (await qlvb.accept(FIRST))["arrival_number"] == 1
            assert (await qlvb.accept(FIRST))["arrival_number"] == 1
            assert (await qlvb.refuse(SECOND, "Sai nơi nhận"))["state"] == "refused"
            assert desk.events[MINE, SECOND][-1].actor == "vanthu-mophong"
            assert FIRST not in await qlvb.waiting()

    play(story)


@pytest.mark.parametrize(
    ("document", "retry"), [(FOREIGN, Retry.PERMANENT), ("x", Retry.PERMANENT)]
)
def test_what_the_gateway_refuses_is_told_by_its_code(tmp_path: Path, document, retry) -> None:
    async def story() -> None:
        async with beside_gateway(tmp_path) as (qlvb, _):
            with pytest.raises(WorldError) as told:
                await qlvb.accept(document)
            assert (told.value.code, told.value.retry) == ("gateway-refused", retry)
            assert "arrival-unknown" in told.value.en

    play(story)


def all_decided(rows: Sequence[Received]) -> bool:
    return all(row.decision is not None for row in rows)


@pytest.mark.parametrize("first_number", [None, 501])
def test_on_wish_it_accepts_what_comes_with_its_own_numbers(tmp_path: Path, first_number) -> None:
    async def story() -> None:
        wish = {"accepts": True, "first_number": first_number}
        async with beside_gateway(tmp_path, **wish) as (qlvb, desk), gate_to(qlvb) as gate:
            for ref in (FIRST, SECOND):
                await gate.relay(f"relay:{ref}", waiting(ref))
            await asyncio.wait_for(qlvb.until(all_decided), 10)
            views = [desk.views[MINE, ref] for ref in (FIRST, SECOND)]
            assert {view.state for view in views} == {IncomingState.ACCEPTED}
            first = first_number or 1
            assert [view.arrival_number for view in views] == [first, first + 1]

    play(story)


def test_what_was_undecided_when_it_died_is_decided_by_the_next_life(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb, gate_to(qlvb) as gate:
            await gate.relay(f"relay:{FIRST}", waiting(FIRST))
        async with beside_gateway(tmp_path, accepts=True) as (qlvb, desk):
            await asyncio.wait_for(qlvb.until(all_decided), 10)
            assert qlvb.received[0].decision == "accepted"
            assert desk.views[MINE, FIRST].state is IncomingState.ACCEPTED

    play(story)


def test_a_gateway_that_is_away_is_asked_again_later(tmp_path: Path) -> None:
    async def story() -> None:
        access = GatewayAccess(url="http://127.0.0.1:1", api_key="edk_x")
        setup = setup_of(tmp_path, gateway=access)
        async with started(setup) as qlvb, gate_to(qlvb) as gate:
            await gate.relay(f"relay:{FIRST}", waiting(FIRST))
            assert not await qlvb.decide_pending()
            assert qlvb.received[0].decision is None

    play(story)


def test_a_document_the_gateway_does_not_know_is_asked_for_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with beside_gateway(tmp_path) as (qlvb, _), gate_to(qlvb) as gate:
            await gate.relay(f"relay:{FOREIGN}", waiting(FOREIGN))
            assert await qlvb.decide_pending()
            assert qlvb.received[0].decision == "gateway-refused"

    play(story)


def test_without_a_gateway_it_only_receives(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb:
            with pytest.raises(WorldError, match="gateway-unknown"):
                await qlvb.accept(FIRST)

    play(story)


def test_a_key_shows_in_no_repr(tmp_path: Path) -> None:
    setup = setup_of(tmp_path, gateway=GatewayAccess(url="http://x", api_key="edk_bi_mat"))
    assert "edk_bi_mat" not in repr(setup)
    assert NEW not in repr(setup)


# --- the command ---------------------------------------------------------------------------------

SERVE = [sys.executable, "-m", "gateway.service.cli.qlvb", "serve", "--port", "0"]


def test_the_command_says_when_it_is_ready_and_ends_on_sigterm(tmp_path: Path) -> None:
    environment = os.environ | {"QLVB_KEY": NEW, "PYTHONUNBUFFERED": "1"}
    state = str(tmp_path / "state")
    with subprocess.Popen(
        [*SERVE, "--state", state, "--secret-env", "QLVB_KEY"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert ready.startswith("qlvb ready: http://127.0.0.1:")
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    "options",
    [
        ["--secret-env", "NOT_SET"],
        ["--secret-env", "BAD_KEY"],
        ["--secret-env", "QLVB_KEY", "--accept"],
        ["--secret-env", "QLVB_KEY", "--gateway", "http://127.0.0.1:1"],
    ],
)
def test_wrong_use_is_told_without_a_traceback(tmp_path: Path, options: list[str]) -> None:
    environment = os.environ | {"QLVB_KEY": NEW, "BAD_KEY": "whsec_bi-mat"}
    done = subprocess.run(
        [*SERVE, "--state", str(tmp_path / "s"), *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "bi-mat" not in done.stderr


def test_the_files_of_the_state_are_plain_json(tmp_path: Path) -> None:
    async def story() -> None:
        async with started(setup_of(tmp_path)) as qlvb, gate_to(qlvb) as gate:
            await gate.relay(f"relay:{FIRST}", waiting(FIRST))

    play(story)
    (path,) = (tmp_path / "qlvb").iterdir()
    assert json.loads(path.read_text())["number"] == 1
