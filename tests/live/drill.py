"""The drill: kill -9 at every boundary of the way in, and at random moments; then count.

``make drill`` runs it on SQLite and PostgreSQL and prints one line each. A drill ends by
itself: every wait has its limit.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path

from gateway.service.assemble import Surroundings, assemble
from gateway.service.pipelines import boundaries
from tests.live.accounts import Account, account
from tests.live.scene import Scene
from tests.support.databases import postgres_server

DOCUMENTS_A_KILL = 2
REACH_SECONDS = 25.0  # longer than the first retry of anything a kill may have interrupted
SETTLE_SECONDS = 240.0
NOT_IN_THIS_STORY = ("directory", "repeat", "seal", "wipe")
"""Pipelines that recur at long intervals, or need a repeat of what is long done."""


@dataclass(frozen=True)
class Drilled:
    kills: int
    unreached: tuple[str, ...]
    account: Account


async def all_boundaries(scene: Scene) -> tuple[str, ...]:
    """Return every boundary of the way in, as the engine names them."""
    async with AsyncExitStack() as stack:
        around = Surroundings(environment={"EDOC_QLVB_SECRET_SO_TAI_CHINH": scene.secret})
        service = await assemble(scene.settings, stack, around)
        walked = [p for p in service.runner.pipelines if p.name not in NOT_IN_THIS_STORY]
        ends = {f"advanced:{p.name}/{len(p.steps)}" for p in walked if p.recurring}
        return tuple(each for each in boundaries(walked) if each not in ends)  # they begin anew


async def drill(
    folder: Path, store_url: str, wanted: Sequence[str] | None, random_kills: int, seed: int
) -> Drilled:
    """Kill at each boundary (all of them for None) and at random moments; settle; count."""
    async with AsyncExitStack() as stack:
        scene = Scene(folder, store_url, stack)
        await scene.open()
        stop = asyncio.Event()
        clerk = asyncio.ensure_future(scene.clerk(stop))
        stack.callback(clerk.cancel)
        kills, unreached = 0, []
        for boundary in await all_boundaries(scene) if wanted is None else wanted:
            await scene.send(DOCUMENTS_A_KILL)
            if "isolate" in boundary:
                await scene.send_secret()
            gateway = await scene.start(boundary)
            if await gateway.died(REACH_SECONDS):
                kills += 1
            else:
                unreached.append(boundary)
                await gateway.kill()
        kills += await _random_kills(scene, random_kills, random.Random(seed))  # noqa: S311 - a drill repeats by its seed
        await _settled(scene)
        stop.set()
        await clerk
        return Drilled(kills, tuple(unreached), await account(scene))


async def _random_kills(scene: Scene, count: int, chance: random.Random) -> int:
    for _ in range(count):
        await scene.send(DOCUMENTS_A_KILL)
        gateway = await scene.start()
        if await gateway.ready():
            await gateway.died(chance.uniform(0.05, 2.5))
        await gateway.kill()
    return count


async def _settled(scene: Scene) -> None:
    """Let one gateway finish everything."""
    gateway = await scene.start()
    await gateway.ready()
    await scene.settled(SETTLE_SECONDS)
    await gateway.stop()


def line(name: str, drilled: Drilled) -> str:
    a = drilled.account
    return (
        f"{name}: kills {drilled.kills}, documents {a.documents}, lost {a.lost}, "
        f"doubled {a.doubled}, gaps {a.gaps}, stuck {a.stuck}, broken chains or files {a.broken}, "
        f"statuses said twice after a lost answer {a.repeated_statuses}"
        + (f", unreached {', '.join(drilled.unreached)}" if drilled.unreached else "")
    )


def main(random_kills: int, databases: Sequence[str]) -> int:
    return max(_drilled(name, random_kills) for name in databases)


def _drilled(name: str, random_kills: int) -> int:
    with tempfile.TemporaryDirectory(prefix="edoc-drill-") as folder, ExitStack() as stack:
        url = "sqlite:///var/gateway.db"
        if name == "PostgreSQL":
            url = stack.enter_context(postgres_server()).fresh(migrated=False)
        found = asyncio.run(drill(Path(folder), url, None, random_kills, len(name)))
        print(line(name, found), flush=True)  # noqa: T201 - the drill's own output
        return 0 if found.account.is_sound and not found.unreached else 1


if __name__ == "__main__":
    # A peer that dies in the middle of an answer is what a drill is about.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    sys.exit(main(kills, sys.argv[2:] or ["SQLite", "PostgreSQL"]))
