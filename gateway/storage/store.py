"""Opens the store, and moves its tables from one version to the next.

Nothing is upgraded silently: :func:`open_store` refuses a database whose tables are not of this
program's version and says what to do; only :func:`migrate` changes them.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from enum import Enum
from pathlib import Path

from sqlalchemy import URL, Engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from gateway.errors import DataError, SettingsError
from gateway.ports import Clock, Store
from gateway.storage import jobs
from gateway.storage.faults import of_os_error, raise_as_storage_error
from gateway.storage.migrations import HEAD
from gateway.storage.postgres import PostgresStore, postgres_engine
from gateway.storage.sqlite import WRITER_PRAGMAS, SqliteStore, sqlite_engine

VERSION_TABLE = "alembic_version"


async def take_over(store: Store, owner: str, now: datetime) -> int:
    """Release the leases of workers that died, where their death is certain; return how many.

    On SQLite the first worker to come in alone knows it (``presence.py``): a restart has not to
    wait for leases to run out. On PostgreSQL other machines may be alive, so leases decide.
    Every worker asks before it first claims.
    """
    if not isinstance(store, SqliteStore) or owner in store.workers:
        return 0
    released = 0
    if not store.presence.is_held:
        if store.presence.enter_alone():
            released = await _release_of_the_dead(store, now)
        else:
            await asyncio.to_thread(store.presence.enter)
    store.workers.add(owner)
    return released


async def _release_of_the_dead(store: SqliteStore, now: datetime) -> int:
    # the order stands in the writer's queue before another worker of this process can claim
    try:
        return await store.tx(lambda connection: jobs.release_all(connection, store.workers, now))
    except BaseException:
        store.presence.leave()
        raise
    finally:
        store.presence.open_to_others()


class SchemaState(Enum):
    """How the tables of a database stand to this program."""

    EMPTY = "empty"  # no tables of ours yet
    CURRENT = "current"
    OTHER = "other"  # an older or a newer version's


def open_store(url: str, clock: Clock) -> Store:  # noqa: ARG001 - SQLite leases use the caller's instants, PostgreSQL its own
    """Open the store at ``sqlite:///PATH`` or ``postgresql://...``.

    Raises:
        SettingsError: The address is of neither kind.
        DataError: ``schema-not-current``: ``edoc-gateway migrate`` has to run first.
        StorageError: The database cannot be reached.

    """
    parsed = _parsed(url)
    if schema_state(url) is not SchemaState.CURRENT:
        raise DataError(
            "schema-not-current",
            vi="Cấu trúc cơ sở dữ liệu không đúng phiên bản; hãy sao lưu rồi chạy lệnh"
            " edoc-gateway migrate.",
            en="the tables are not of this version; make a backup, then run edoc-gateway migrate",
        )
    if _is_sqlite(parsed):
        return SqliteStore(_path(parsed))
    return PostgresStore(parsed)


def schema_state(url: str) -> SchemaState:
    """Return how the tables at ``url`` stand to this program; changes nothing."""
    parsed = _parsed(url)
    if _is_sqlite(parsed) and not _path(parsed).exists():
        return SchemaState.EMPTY
    engine = _plain_engine(parsed)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table(VERSION_TABLE):
                return SchemaState.EMPTY
            versions = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
            found = set(versions.scalars())
    except DBAPIError as error:
        raise_as_storage_error(error)
        raise
    finally:
        engine.dispose()
    if not found:
        return SchemaState.EMPTY
    return SchemaState.CURRENT if found == {HEAD} else SchemaState.OTHER


def schema_is_current(url: str) -> bool:
    """Tell whether the store can be opened without :func:`migrate`."""
    return schema_state(url) is SchemaState.CURRENT


def migrate(url: str) -> bool:
    """Bring the tables to this program's version, in one transaction; False: they were there.

    Several processes may call it at once: one works, the others wait and find it done.

    Raises:
        StorageError: The database cannot be reached or written; the tables are as before.
        DataError: ``schema-newer``: a newer program has written here; it is not rolled back.

    """
    from gateway.storage.migrations.run import upgrade  # noqa: PLC0415 - Alembic is slow to load

    parsed = _parsed(url)
    if _is_sqlite(parsed):
        _make_private(_path(parsed))
    elif schema_is_current(url):
        return False
    engine = _plain_engine(parsed)
    try:
        with engine.connect() as connection, connection.begin():
            return upgrade(connection)
    except DBAPIError as error:
        raise_as_storage_error(error)
        raise
    finally:
        engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise _bad_address() from error
    known = parsed.get_backend_name() in {"sqlite", "postgresql"}
    if not known or (parsed.get_backend_name() == "sqlite" and not parsed.database):
        raise _bad_address()
    return parsed


def _bad_address() -> SettingsError:
    # the address may hold a password: it is not repeated
    return SettingsError(
        "database-address",
        vi="Địa chỉ cơ sở dữ liệu không đúng dạng; cần sqlite:///ĐƯỜNG-DẪN hoặc"
        " postgresql://MÁY-CHỦ/TÊN.",
        en="the database address is malformed; expected sqlite:///PATH or postgresql://HOST/NAME",
    )


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _path(url: URL) -> Path:
    return Path(url.database or "")


def _plain_engine(url: URL) -> Engine:
    if _is_sqlite(url):
        # no foreign keys while tables are rebuilt; the upgrade checks them at its end
        return sqlite_engine(_path(url), begin="BEGIN IMMEDIATE", pragmas=WRITER_PRAGMAS[:2])
    return postgres_engine(url, size=1)


def _make_private(path: Path) -> None:
    """Create the file for our eyes only; SQLite gives its companions the same rights."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise of_os_error(error) from error
