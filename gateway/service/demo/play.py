"""Plays every story on one stage and says what became of each step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.errors import GatewayError
from gateway.service.demo.report import write_report
from gateway.service.demo.stage import Stage
from gateway.service.demo.told import NotHeldError, Step, Told, all_stories
from gateway.service.desk import ArrivalView

TURN_SECONDS = 1.0

Say = Callable[[Told], None]


@dataclass(frozen=True, slots=True)
class Played:
    """What became of the demonstration; ``documents`` as the API tells them."""

    told: tuple[Told, ...]
    documents: tuple[ArrivalView, ...]
    report: Path


async def play(folder: Path, say: Say, stay: Stay | None = None) -> Played:
    """Play the stories in ``folder``; then, with ``stay``, keep running until it is told to end.

    Steps go on after one that did not hold: each asks the running parts for itself.
    """
    told: list[Told] = []
    async with AsyncExitStack() as stack:
        stage = Stage(folder, stack)
        await stage.open()
        for story in all_stories():
            for step in story.steps:
                told.append(await _played(step, stage))
                say(told[-1])
        report = await write_report(stage, told, folder / "bao-cao.html")
        played = Played(tuple(told), await stage.arrivals(), report)
        if stay is not None:
            await _stay(stage, stay, played)
    return played


@dataclass(frozen=True, slots=True)
class Stay:
    """How to keep running: on which port, until when, and whom to tell the address."""

    port: int
    stop: asyncio.Event
    ready: Callable[[str, Played], None]


async def _stay(stage: Stage, stay: Stay, played: Played) -> None:
    """Serve the API; simulated time now runs as fast as real time."""
    http = web.AppRunner(stage.service.app, access_log=None, handle_signals=False)
    await http.setup()
    try:
        site = web.TCPSite(http, "127.0.0.1", stay.port)
        await site.start()
        port = http.addresses[0][1]
        stay.ready(f"http://127.0.0.1:{port}", played)
        while not stay.stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stay.stop.wait(), TURN_SECONDS)
            await stage.clock.advance(TURN_SECONDS)
            await stage.service.runner.run_until_idle()
    finally:
        await http.cleanup()


async def _played(step: Step, stage: Stage) -> Told:
    started = time.perf_counter()  # how long it really took; the story has its own clock
    try:
        detail, ok = await step.act(stage), True
    except NotHeldError as error:
        detail, ok = f"Không đúng như dự kiến: {error}", False
    except GatewayError as error:
        detail, ok = f"{error.vi} [{error.code}]", False
    return Told(name=step.name, ok=ok, detail=detail, seconds=time.perf_counter() - started)
