"""The way in against its physical costs; every figure is a ratio taken in one run.

Prints, as medians of repeated pairs:

    CPU of the whole way in per document / CPU of what nobody can do without: SHA-256 of the
        bytes, the RSA verifications of two signatures and their paths, the durable commits
    documents a second with two gateway processes / with one, on one PostgreSQL

The memory of reading is measured by ``benchmarks/envelope.py``. Run both with ``make bench``;
it talks to 127.0.0.1 only and ends by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import resource
import sqlite3
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.live.scene import Scene
from tests.support.databases import postgres_server

DOCUMENTS = 40
ROUNDS = 3
COMMITS_A_DOCUMENT = 1.0  # one that nobody can do without: group commit shares the others
VERIFICATIONS = 6  # two signatures, each with its certificate and the authority's
HASHES = 3  # raw envelope, attachment, and the signed bytes once more for the signatures


@dataclass(frozen=True)
class Drained:
    cpu_seconds: float
    wall_seconds: float


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def drained(url: str, documents: int, processes: int) -> Drained:
    """Let so many processes take in so many documents; CPU of the processes, time of the work."""
    with tempfile.TemporaryDirectory(prefix="edoc-bench-") as folder:
        async with AsyncExitStack() as stack:
            scene = Scene(Path(folder), url, stack)
            await scene.open()
            await scene.send(documents)
            before = children_cpu()
            running = [
                await scene.start(port=scene.port if first else 0)
                for first in [True] + [False] * (processes - 1)
            ]
            for gateway in running:
                await gateway.ready()
            started = time.perf_counter()
            if documents:
                await scene.answered(300)
            wall = time.perf_counter() - started
            for gateway in running:
                await gateway.stop()
            return Drained(children_cpu() - before, wall)


def physical_cpu(pdf_bytes: int) -> float:
    """CPU seconds a document costs at least, measured here and now."""
    data = b"x" * pdf_bytes
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    scheme = padding.PKCS1v15()
    signed = key.sign(b"x", scheme, hashes.SHA256())
    public = key.public_key()

    def once() -> None:
        for _ in range(HASHES):
            hashlib.sha256(data).digest()
        for _ in range(VERIFICATIONS):
            public.verify(signed, b"x", scheme, hashes.SHA256())

    return cpu_of(once, 200) + commit_cpu() * COMMITS_A_DOCUMENT


def commit_cpu() -> float:
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(Path(folder, "c.db"), isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE t (x TEXT)")

        def once() -> None:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO t VALUES ('x')")
            db.execute("COMMIT")

        try:
            return cpu_of(once, 50)
        finally:
            db.close()


def cpu_of(act: object, times: int) -> float:
    assert callable(act)
    before = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - before) / times


def main() -> None:
    shares = []
    for _ in range(ROUNDS):
        idle = asyncio.run(drained("sqlite:///var/gateway.db", 0, 1)).cpu_seconds
        busy = asyncio.run(drained("sqlite:///var/gateway.db", DOCUMENTS, 1)).cpu_seconds
        shares.append((busy - idle) / DOCUMENTS / physical_cpu(100_000))
    print(f"way in, CPU a document / physical costs: {statistics.median(shares):.0f}")
    with postgres_server() as server:
        ratios, rates = [], []
        for _ in range(ROUNDS):
            walls = []
            for processes in (1, 2):
                url = server.fresh(migrated=False)
                walls.append(asyncio.run(drained(url, DOCUMENTS, processes)).wall_seconds)
            ratios.append(walls[0] / walls[1])
            rates.append(DOCUMENTS / walls[0])
        print(f"documents a second, one process (PostgreSQL): {statistics.median(rates):.1f}")
        print(f"two processes / one: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
