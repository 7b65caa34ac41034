"""The running gateway: the demonstration holds, kills lose nothing, processes share the work."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.live.accounts import Account, account
from tests.live.drill import drill
from tests.live.scene import Scene
from tests.support.databases import PostgresServer

STEPS = [
    "axis-started",
    "directive-sent",
    "received",
    "verified",
    "receipt-time",
    "acknowledged",
    "relayed",
    "accepted",
    "registered",
    "tampered-refused",
    "duplicate-absorbed",
    "secret-stopped",
    "outage-survived",
]


def test_every_step_of_the_demonstration_holds(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway", "demo", "--once", "--json"]
    done = subprocess.run(
        [*command, "--state", str(tmp_path / "demo")], capture_output=True, check=False, timeout=240
    )
    told = json.loads(done.stdout)
    assert [step["name"] for step in told["steps"]] == STEPS
    assert told["ok"] is True, done.stderr.decode()
    assert done.returncode == 0
    page = (tmp_path / "demo" / "bao-cao.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 3
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert b"Traceback" not in done.stderr


@pytest.mark.drill
def test_a_slice_of_the_drill_loses_nothing_on_sqlite(tmp_path: Path) -> None:
    places = ["after:intake.fetch", "in:intake.decide", "after:status.send"]
    drilled = asyncio.run(drill(tmp_path, "sqlite:///var/gateway.db", places, 1, 7))
    assert drilled.kills == 4
    assert drilled.account.is_sound, drilled


@pytest.mark.drill
def test_two_processes_share_one_postgresql_and_outlive_a_third(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    found = asyncio.run(_two_and_a_third(tmp_path, postgres.fresh(migrated=False)))
    assert found.is_sound, found


async def _two_and_a_third(folder: Path, url: str) -> Account:
    async with AsyncExitStack() as stack:
        scene = Scene(folder, url, stack)
        await scene.open()
        stop = asyncio.Event()
        clerk = asyncio.ensure_future(scene.clerk(stop))
        stack.callback(clerk.cancel)
        await scene.send(6)
        third = await scene.start("after:intake.open", port=0)
        assert await third.died(60), "the third process was never given work"
        one, two = await scene.start(), await scene.start(port=0)
        await scene.send(6)
        await scene.settled(180)
        assert await one.stop() == 0
        assert await two.stop() == 0
        stop.set()
        await clerk
        return await account(scene)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_service_ends_on_sigterm_by_itself(tmp_path: Path) -> None:
    async def start_and_stop() -> int:
        async with AsyncExitStack() as stack:
            scene = Scene(tmp_path, "sqlite:///var/gateway.db", stack)
            await scene.open()
            gateway = await scene.start()
            assert await gateway.ready()
            return await gateway.stop()

    assert asyncio.run(start_and_stop()) == 0
