"""SQLite: one writer thread with group commit, readers on connections of their own.

A commit costs one fsync, whatever it holds. So the writer takes every order that waits, runs
each in a savepoint of its own, and commits them together. An order that fails is rolled back
alone and only its caller hears of it; results are handed over after the commit, never before.
While one group is being synced the next one gathers: the busier, the cheaper (docs/decisions).
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from gateway.storage.faults import of_database_error, raise_as_storage_error, storage_error
from gateway.storage.presence import Presence

T = TypeVar("T")

BUSY_TIMEOUT_SECONDS = 5.0  # another program (a backup, the command line) may write as well
GROUP_LIMIT = 128  # orders of one commit: bounds how long the first waits for the last
READERS = 3

WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",  # a full /tmp must not stop a query
    "PRAGMA journal_size_limit = 67108864",
)
READER_PRAGMAS = ("PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY")


def sqlite_engine(path: Path, *, begin: str, pragmas: tuple[str, ...], size: int = 1) -> Engine:
    """Return an engine whose transactions start with ``begin``.

    The driver's own handling of transactions is switched off: it would open them late and
    close them before a savepoint.
    """
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        connect_args={
            "check_same_thread": False,  # the pool hands connections from thread to thread
            "isolation_level": None,
            "timeout": BUSY_TIMEOUT_SECONDS,
        },
    )

    def configure(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's connection
        for pragma in pragmas:
            connection.execute(pragma)

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


@dataclass(slots=True, eq=False)
class _Order:
    """One caller's function on its way through the writer."""

    fn: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = field(default=None)

    def hand_over(self) -> None:
        """Tell the caller, in its own loop; a caller that left is not told."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class _GroupLostError(Exception):
    """SQLite gave up the whole transaction while one order ran (disk full, I/O error)."""


class SqliteStore:
    """The store on one SQLite file; implements ``ports.Store``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._writing = sqlite_engine(path, begin="BEGIN IMMEDIATE", pragmas=WRITER_PRAGMAS)
        self._reading = sqlite_engine(path, begin="BEGIN", pragmas=READER_PRAGMAS, size=READERS)
        self._connection: Connection | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._writer.start()
        self._door = threading.Lock()  # no order comes in behind the closing one
        self._closed = False
        self.presence = Presence(path.with_name(f"{path.name}.workers"))
        self.workers: set[str] = set()  # owners of leases that live in this process

    async def tx(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in a savepoint of the next group; on return it is on the disk."""
        loop = asyncio.get_running_loop()
        order = _Order(fn, loop, loop.create_future())
        with self._door:
            if self._closed:
                raise storage_error("store-closed")
            self._orders.put(order)
        result: T = await order.future
        return result

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` on a consistent snapshot; a statement that writes fails."""
        if self._closed:
            raise storage_error("store-closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, fn)

    async def close(self) -> None:
        """Finish every order that was given, then let go of the file; safe twice."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._orders.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        self._reading.dispose()
        self._writing.dispose()
        self.presence.leave()

    def _read(self, fn: Callable[[Connection], T]) -> T:
        try:
            with self._reading.connect() as connection, connection.begin():
                return fn(connection)
        except (DBAPIError, PoolTimeoutError) as error:
            if not _was_a_write(error):
                raise_as_storage_error(error)
            raise

    def _write(self) -> None:
        going_on = True
        while going_on:
            group = self._next_group()
            going_on = None not in group
            orders = [order for order in group if order is not None and not order.future.done()]
            if orders:
                self._commit_together(orders)
                _hand_over(orders)
            del group, orders  # nobody's data is kept alive by an idle writer
        self._forget_connection()

    def _next_group(self) -> list[_Order | None]:
        group = [self._orders.get()]
        with suppress(queue.Empty):
            while len(group) < GROUP_LIMIT and group[-1] is not None:
                group.append(self._orders.get_nowait())
        return group

    def _commit_together(self, orders: list[_Order]) -> None:
        try:
            if self._connection is None:
                self._connection = self._writing.connect()
            with self._connection.begin():
                for order in orders:
                    _attempt(self._connection, order)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the callers must hear of it
            cause = error.__cause__ if isinstance(error, _GroupLostError) else error
            for order in orders:
                if order.error is None:
                    order.error = of_database_error(cause) or storage_error("disk-fault")
                    order.error.__cause__ = error
            self._forget_connection()

    def _forget_connection(self) -> None:
        """Drop a connection that failed: the next group starts on a fresh one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.invalidate()
            connection.close()


def _was_a_write(error: Exception) -> bool:
    """Tell whether a reader tried to write: our own fault, not the disk's."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY


def _attempt(connection: Connection, order: _Order) -> None:
    raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    raw.execute("SAVEPOINT one_order")
    try:
        order.result = order.fn(connection)
    except BaseException as error:
        order.error = of_database_error(error) or error
        if order.error is not error:
            order.error.__cause__ = error
        if not raw.in_transaction:
            raise _GroupLostError from error
        raw.execute("ROLLBACK TO one_order")
    raw.execute("RELEASE one_order")


def _hand_over(orders: list[_Order]) -> None:
    """Wake each loop once for all its orders, so that their next orders come together too."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Order]] = {}
    for order in orders:
        by_loop.setdefault(order.loop, []).append(order)
    for loop, mine in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_hand_over_here, mine)


def _hand_over_here(orders: list[_Order]) -> None:
    for order in orders:
        order.hand_over()
