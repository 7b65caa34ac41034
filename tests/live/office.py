"""The gateway as a process of its own, for the drill: it kills itself where it is told to.

Run as ``python -m tests.live.office SETTINGS``; EDOC_DRILL_KILL_AT names a boundary of the job
engine, EDOC_DRILL_NTH says at which of its occurrences. Nothing of the product knows of this:
the observer is the engine's own port.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from gateway.service.assemble import Surroundings, assemble
from gateway.service.clock import SystemClock
from gateway.service.logs import start_logging
from gateway.service.settings import read_settings


class Killer:
    """Counts one boundary and ends this very process there, without a last word."""

    def __init__(self, boundary: str, nth: int) -> None:
        self._boundary = boundary
        self._left = nth

    def __call__(self, boundary: str) -> None:
        if boundary != self._boundary:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(path: Path) -> None:
    killer = Killer(os.environ["EDOC_DRILL_KILL_AT"], int(os.environ["EDOC_DRILL_NTH"]))
    async with AsyncExitStack() as stack:
        settings = read_settings(path)
        http = settings.http.model_copy(update={"port": int(os.environ["EDOC_DRILL_PORT"])})
        settings = settings.model_copy(update={"http": http})
        service = await assemble(settings, stack, Surroundings(observe=killer))
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await service.serve(stop)


if __name__ == "__main__":
    start_logging(SystemClock(), level="error")
    asyncio.run(main(Path(sys.argv[1])))
