"""L-60: nothing of a document with a secrecy mark is left readable, however often it comes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, text

from gateway.service.demo.stage import Stage
from gateway.service.demo.texts import SECRET

WORD = SECRET.subject  # what nobody may find
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


def test_l60_a_secret_that_comes_twice_is_readable_nowhere(tmp_path: Path) -> None:
    asyncio.run(_story(tmp_path))


async def _story(folder: Path) -> None:
    async with AsyncExitStack() as stack:
        stage = Stage(folder, stack)
        await stage.open()
        pdf = await stage.signed(SECRET)
        envelope = stage.enveloped(SECRET, pdf, "mat")
        await stage.send(envelope)
        await stage.settle()
        await stage.send(replace(envelope, key="demo:mat-lai"))
        await stage.settle()
        raw = envelope.path.read_bytes()
        left = [
            path
            for path in (folder / "var").rglob("*")
            if path.is_file() and (path.read_bytes() in (raw, pdf) or _names_it(path))
        ]
        assert left == [], left
        rows = await stage.service.world.store.read(_rows_that_name_it)
        assert rows == []
        assert len(list((folder / "var/quarantine").rglob("*.sealed"))) == 1


def _names_it(path: Path) -> bool:
    """Tell whether a file other than the database names the subject (the database is asked)."""
    return path.suffix not in {".db", ".db-wal"} and WORD.encode() in path.read_bytes()


def _rows_that_name_it(conn: Connection) -> list[str]:
    tables = conn.execute(text(TABLES)).scalars().all()
    return [
        table
        for table in tables
        for row in conn.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608 - names from the schema itself
        if any(WORD in str(value) for value in row)
    ]
