"""PostgreSQL: psycopg in threads, one transaction a call.

The server groups commits by itself. A transaction that PostgreSQL gave up to let others pass
(deadlock, serialization) is run again; ``fn`` is a plain function of the connection and has no
other effect. READ COMMITTED for writes: every guarded update names what it expects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.storage.faults import may_try_again, raise_as_storage_error, storage_error

T = TypeVar("T")

CONNECTIONS = 8
TRIES = 6
POOL_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 5
# A waiting lock or a forgotten transaction must not hold a clerk up; instants come back in UTC;
# a commit is on the disk when it returns, whatever the server's default says.
SERVER_OPTIONS = (
    "-c synchronous_commit=on -c timezone=UTC -c lock_timeout=10s"
    " -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
)


def postgres_engine(url: URL, *, size: int = CONNECTIONS) -> Engine:
    """Return an engine for ``url``; options written in it win over ours."""
    ours = {"options": SERVER_OPTIONS, "connect_timeout": CONNECT_TIMEOUT_SECONDS}
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        connect_args={name: value for name, value in ours.items() if name not in url.query},
    )


class PostgresStore:
    """The store on a PostgreSQL database; implements ``ports.Store``."""

    def __init__(self, url: URL) -> None:
        self._engine = postgres_engine(url)
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="store")
        self._closed = False

    async def tx(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in one transaction, again when PostgreSQL asks for it."""
        return await self._in_thread(self._write, fn)

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` on a consistent snapshot; a statement that writes fails."""
        return await self._in_thread(self._read, fn)

    async def close(self) -> None:
        """Finish what is running and close every connection; safe twice."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._threads.shutdown)
            self._engine.dispose()

    async def _in_thread(
        self, how: Callable[[Callable[[Connection], T]], T], fn: Callable[[Connection], T]
    ) -> T:
        if self._closed:
            raise storage_error("store-closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, how, fn)

    def _write(self, fn: Callable[[Connection], T]) -> T:
        tries = 0
        while True:
            tries += 1
            try:
                return _once(self._engine, fn)
            except (DBAPIError, PoolTimeoutError) as error:
                if tries == TRIES or not may_try_again(error):
                    raise_as_storage_error(error)
                    raise

    def _read(self, fn: Callable[[Connection], T]) -> T:
        try:
            return _once(self._reading, fn)
        except (DBAPIError, PoolTimeoutError) as error:
            raise_as_storage_error(error)
            raise


def _once(engine: Engine, fn: Callable[[Connection], T]) -> T:
    with engine.connect() as connection, connection.begin():
        return fn(connection)
