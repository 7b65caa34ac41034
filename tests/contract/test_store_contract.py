"""The store keeps its promises: what a transaction returned is there, what failed is not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway.errors import Retry, StorageError
from gateway.model.organ import AgencyId
from gateway.ports import Store
from gateway.storage.breakers import BreakerKey, BreakerRow, all_of, load, save
from gateway.storage.faults import SENTENCES, of_database_error
from gateway.storage.schema import counters
from gateway.storage.sqlite import GROUP_LIMIT, SqliteStore
from gateway.storage.store import migrate, open_store
from tests.support.databases import START, HandClock, PostgresServer, run


def put(number: int, series: str = "s") -> Callable[[Connection], int]:
    def write(connection: Connection) -> int:
        row = {"agency_id": "a", "series": series, "year": number, "last": 1}
        connection.execute(counters.insert().values(**row))
        return number

    return write


def numbers(connection: Connection) -> list[int]:
    return list(connection.execute(select(counters.c.year).order_by(counters.c.year)).scalars())


def with_store(url: str, story: Callable[[Any], Awaitable[None]]) -> None:
    async def play() -> None:
        store = open_store(url, HandClock())
        try:
            await story(store)
        finally:
            await store.close()

    run(play())


def test_what_was_returned_is_there(database_url: str) -> None:
    async def story(store: Store) -> None:
        assert await store.tx(put(1)) == 1
        assert await store.read(numbers) == [1]

    with_store(database_url, story)
    with_store(database_url, lambda store: check(store, [1]))


async def check(store: Store, expected: list[int]) -> None:
    assert await store.read(numbers) == expected


class OwnError(Exception):
    pass


class OwnEnd(BaseException):
    pass


def test_a_failure_takes_back_everything_of_its_own(database_url: str) -> None:
    def fail(connection: Connection) -> None:
        put(1)(connection)
        put(2)(connection)
        raise OwnError

    def collide(connection: Connection) -> None:
        put(3)(connection)
        put(3)(connection)

    async def story(store: Store) -> None:
        with pytest.raises(OwnError):
            await store.tx(fail)
        with pytest.raises(IntegrityError):
            await store.tx(collide)
        assert await store.read(numbers) == []

    with_store(database_url, story)


def test_a_failure_hits_nobody_else(database_url: str) -> None:
    """Group commit: orders of one commit, every third of which fails."""

    def order(number: int) -> Callable[[Connection], int]:
        def write(connection: Connection) -> int:
            put(number)(connection)
            if number % 3 == 0:
                raise OwnError
            return number

        return write

    async def story(store: Store) -> None:
        results = await asyncio.gather(
            *(store.tx(order(n)) for n in range(1, 100)), return_exceptions=True
        )
        for number, result in enumerate(results, start=1):
            assert isinstance(result, OwnError) if number % 3 == 0 else result == number
        assert await store.read(numbers) == [n for n in range(1, 100) if n % 3]

    with_store(database_url, story)


def test_a_savepoint_inside_is_allowed(database_url: str) -> None:
    def try_inside(connection: Connection) -> None:
        put(1)(connection)
        inside = connection.begin_nested()
        put(2)(connection)
        with pytest.raises(IntegrityError):
            put(1)(connection)
        inside.rollback()
        put(3)(connection)

    async def story(store: Store) -> None:
        await store.tx(try_inside)
        assert await store.read(numbers) == [1, 3]

    with_store(database_url, story)


def test_nothing_is_seen_before_its_commit(database_url: str) -> None:
    """A reader sees the state before or after, and one state for the whole of its reading."""

    async def story(store: Store) -> None:
        written, go_on = threading.Event(), threading.Event()

        def slow(connection: Connection) -> None:
            put(1)(connection)
            written.set()
            assert go_on.wait(20)

        writing = asyncio.ensure_future(store.tx(slow))
        await asyncio.to_thread(written.wait, 20)
        assert await store.read(numbers) == []
        go_on.set()
        await writing
        assert await store.read(numbers) == [1]

        read_once, read_on = threading.Event(), threading.Event()

        def twice(connection: Connection) -> tuple[list[int], list[int]]:
            first = numbers(connection)
            read_once.set()
            assert read_on.wait(20)
            return first, numbers(connection)

        reading = asyncio.ensure_future(store.read(twice))
        await asyncio.to_thread(read_once.wait, 20)
        await store.tx(put(2))
        read_on.set()
        assert await reading == ([1], [1])

    with_store(database_url, story)


def test_a_reader_cannot_write(database_url: str) -> None:
    async def story(store: Store) -> None:
        with pytest.raises(DBAPIError):
            await store.read(put(1))
        assert await store.read(numbers) == []
        await store.tx(put(1))

    with_store(database_url, story)


def test_a_caller_that_leaves_breaks_nothing(database_url: str) -> None:
    async def story(store: Store) -> None:
        started, go_on = threading.Event(), threading.Event()

        def slow(connection: Connection) -> None:
            put(1)(connection)
            started.set()
            assert go_on.wait(20)

        leaving = asyncio.ensure_future(store.tx(slow))
        await asyncio.to_thread(started.wait, 20)
        staying = asyncio.ensure_future(store.tx(put(2)))
        not_begun = asyncio.ensure_future(store.tx(put(3)))
        await asyncio.sleep(0)
        leaving.cancel()
        not_begun.cancel()
        go_on.set()
        assert await staying == 2
        await store.tx(put(4))
        stored = set(await store.read(numbers))
        assert stored >= {1, 2, 4}
        if isinstance(store, SqliteStore):
            assert 3 not in stored, "left before it was begun"

    with_store(database_url, story)


def test_a_counter_has_no_gaps_and_no_doubles(database_url: str) -> None:
    """Rollbacks and many writers at once leave the row of numbers whole (L-20)."""
    table = "INSERT INTO counters (agency_id, series, year, last) VALUES ('a', 'r', 2026, 1)"
    count = text(
        f"{table} ON CONFLICT (agency_id, series, year)"
        " DO UPDATE SET last = counters.last + 1 RETURNING last"
    )

    def take(fails: bool) -> Callable[[Connection], int]:  # noqa: FBT001 - a test's switch
        def work(connection: Connection) -> int:
            number: int = connection.execute(count).scalar_one()
            if fails:
                raise OwnError
            return number

        return work

    async def story(store: Store) -> None:
        results = await asyncio.gather(
            *(store.tx(take(n % 4 == 0)) for n in range(80)), return_exceptions=True
        )
        given = sorted(number for number in results if isinstance(number, int))
        assert given == list(range(1, 61))

    with_store(database_url, story)


def test_closing_finishes_what_was_given_and_refuses_more(database_url: str) -> None:
    async def story(store: Store) -> None:
        orders = [asyncio.ensure_future(store.tx(put(n))) for n in range(20)]
        await asyncio.sleep(0)
        await store.close()
        assert await asyncio.gather(*orders) == list(range(20))
        for act in (store.tx, store.read):
            with pytest.raises(StorageError, match="store-closed"):
                await act(numbers)
        await store.close()

    with_store(database_url, story)
    with_store(database_url, lambda store: check(store, list(range(20))))


def test_no_exception_of_any_kind_ends_the_writer(database_url: str) -> None:
    def leave(_connection: Connection) -> None:
        raise OwnEnd

    async def story(store: Store) -> None:
        await store.tx(put(1))
        with pytest.raises(OwnEnd):
            await store.tx(leave)
        await store.tx(put(2))
        assert await store.read(numbers) == [1, 2]

    with_store(database_url, story)


KILLED = """
    import asyncio, sys
    from gateway.storage.store import open_store
    from tests.contract.test_store_contract import put
    from tests.support.databases import HandClock

    async def main() -> None:
        store = open_store(sys.argv[1], HandClock())

        async def one(number: int) -> None:
            await store.tx(put(number))
            print(number, flush=True)

        start = int(sys.argv[2])
        for first in range(start, start + 10_000, 7):
            await asyncio.gather(*(one(n) for n in range(first, first + 7)))

    asyncio.run(main())
"""


@pytest.mark.drill
def test_killed_in_the_middle_nothing_acknowledged_is_lost(database_url: str) -> None:
    """R1: kill -9 at an arbitrary moment between writing, committing and telling."""
    acknowledged: set[int] = set()
    for life in range(4):
        program = [sys.executable, "-c", textwrap.dedent(KILLED), database_url, str(life * 20_000)]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                acknowledged.add(int(line))
                if len(acknowledged) >= (life + 1) * 31:
                    process.send_signal(signal.SIGKILL)
                    break
            acknowledged.update(int(line) for line in process.stdout if line.endswith("\n"))

    async def story(store: Store) -> None:
        stored = set(await store.read(numbers))
        assert acknowledged <= stored
        assert len(acknowledged) >= 4 * 31
        await store.tx(put(999_999))

    with_store(database_url, story)


def test_a_breaker_is_remembered_for_its_agency(database_url: str) -> None:
    mine = BreakerKey(agency=AgencyId("a"), axis="vxp", receiver="H99.02")
    axis_itself = BreakerKey(agency=AgencyId("a"), axis="vxp")
    foreign = BreakerKey(agency=AgencyId("b"), axis="vxp", receiver="H99.02")
    bad = BreakerRow(failures=5, open_until=START, probing_since=START)

    async def story(store: Store) -> None:
        assert await store.tx(lambda conn: load(conn, mine)) == BreakerRow()
        await store.tx(lambda conn: save(conn, mine, BreakerRow(failures=1)))
        await store.tx(lambda conn: save(conn, mine, bad))
        assert await store.tx(lambda conn: load(conn, mine)) == bad
        for other in (axis_itself, foreign):
            assert await store.tx(lambda conn, key=other: load(conn, key)) == BreakerRow()
        await store.tx(lambda conn: save(conn, foreign, BreakerRow()))
        assert await store.read(lambda conn: all_of(conn, AgencyId("a"))) == {mine: bad}

    with_store(database_url, story)


# -- SQLite alone ---------------------------------------------------------------------------


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url)
    return url


def pragma(name: str) -> Callable[[Connection], Any]:
    return lambda connection: connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_sqlite_is_set_to_lose_nothing(sqlite_url: str) -> None:
    async def story(store: SqliteStore) -> None:
        assert await store.tx(pragma("journal_mode")) == "wal"
        assert await store.tx(pragma("synchronous")) == 2, "FULL: a commit waits for the disk"
        assert await store.tx(pragma("foreign_keys")) == 1
        assert await store.tx(pragma("busy_timeout")) == 5000
        assert await store.read(pragma("query_only")) == 1

    with_store(sqlite_url, story)


def test_orders_that_wait_are_committed_together(sqlite_url: str) -> None:
    async def story(store: SqliteStore) -> None:
        commits: list[int] = []
        together = store._commit_together
        store._commit_together = lambda orders: (commits.append(len(orders)), together(orders))
        await asyncio.gather(*(store.tx(put(n)) for n in range(300)))
        assert sum(commits) == 300
        assert len(commits) < 30
        assert max(commits) <= GROUP_LIMIT

    with_store(sqlite_url, story)


def test_a_full_database_refuses_writes_serves_reads_and_recovers(sqlite_url: str) -> None:
    """R5, by SQLite's own limit of pages."""

    def big(number: int) -> Callable[[Connection], int]:
        return put(number, "x" * 60)

    async def story(store: SqliteStore) -> None:
        await store.tx(put(0))
        pages = await store.tx(pragma("page_count"))
        await store.tx(pragma(f"max_page_count={pages + 2}"))
        results = await asyncio.gather(
            *(store.tx(big(n)) for n in range(1, 1000)), return_exceptions=True
        )
        errors = [error for error in results if not isinstance(error, int)]
        assert errors
        for error in errors:
            assert isinstance(error, StorageError)
            assert (error.code, error.retry) == ("disk-full", Retry.TEMPORARY)
        kept = {0, *(number for number in results if isinstance(number, int))}
        assert set(await store.read(numbers)) == kept
        await store.tx(pragma("max_page_count=1000000"))  # space returns
        await store.tx(big(5000))
        assert set(await store.read(numbers)) == {*kept, 5000}
        assert await store.read(pragma("integrity_check")) == "ok"

    with_store(sqlite_url, story)


def together(*functions: Callable[[Connection], Any]) -> Callable[[Any], Awaitable[list[Any]]]:
    """Give orders while the writer is held up, so that one commit has them all."""

    async def give(store: SqliteStore) -> list[Any]:
        held, go_on = threading.Event(), threading.Event()

        def hold(_connection: Connection) -> None:
            held.set()
            assert go_on.wait(20)

        holding = asyncio.ensure_future(store.tx(hold))
        await asyncio.to_thread(held.wait, 20)
        orders = [asyncio.ensure_future(store.tx(function)) for function in functions]
        await asyncio.sleep(0)
        go_on.set()
        await holding
        return await asyncio.gather(*orders, return_exceptions=True)

    return give


def test_nobody_of_a_group_that_was_lost_is_told_of_success(sqlite_url: str) -> None:
    """SQLite may take the whole transaction back by itself, as on some faults of the disk."""

    def lose_all(connection: Connection) -> None:
        connection.exec_driver_sql(
            "INSERT OR ROLLBACK INTO counters (agency_id, series, year, last)"
            " VALUES ('a', 's', 1, 1)"
        )

    async def story(store: SqliteStore) -> None:
        before, lost, after = await together(put(1), lose_all, put(2))(store)
        assert isinstance(before, StorageError)
        assert isinstance(lost, IntegrityError)
        assert isinstance(after, StorageError)
        assert await store.read(numbers) == []
        assert await together(put(1), put(2))(store) == [1, 2]

    with_store(sqlite_url, story)


def test_a_broken_connection_is_replaced(sqlite_url: str) -> None:
    def break_it(connection: Connection) -> None:
        connection.connection.driver_connection.close()  # type: ignore[union-attr]

    async def story(store: SqliteStore) -> None:
        results = await together(put(1), break_it, put(2))(store)
        assert all(isinstance(error, StorageError) for error in results)
        assert await store.read(numbers) == []
        assert await store.tx(put(3)) == 3

    with_store(sqlite_url, story)


LIMITED = """
    import asyncio, resource, sys
    from gateway.errors import StorageError
    from gateway.storage.store import open_store
    from tests.contract.test_store_contract import numbers, put
    from tests.support.databases import HandClock

    def big(number):
        return put(number, "x" * 60)

    async def main() -> None:
        store = open_store(sys.argv[1], HandClock())
        await store.tx(put(0))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
        kept, codes = {0}, set()
        for number in range(1, 400):
            try:
                kept.add(await store.tx(big(number)))
            except StorageError as error:
                codes.add(error.code)
                assert set(await store.read(numbers)) == kept
        assert codes and codes <= {"disk-full", "disk-fault"}, codes
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await store.tx(put(5000))
        assert set(await store.read(numbers)) == {*kept, 5000}
        await store.close()
        print("recovered", len(kept))

    asyncio.run(main())
"""


@pytest.mark.drill
@pytest.mark.parametrize("room_bytes", [40_000, 61_111, 100_000])
def test_a_disk_that_refuses_in_the_middle_of_a_write(sqlite_url: str, room_bytes: int) -> None:
    """R5, by the kernel: the file may not grow; later it may again, without a restart."""
    path = Path(make_url(sqlite_url).database or "")
    limit = path.stat().st_size // 2 + room_bytes
    program = [sys.executable, "-c", textwrap.dedent(LIMITED), sqlite_url, str(limit)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("recovered")

    async def story(store: SqliteStore) -> None:
        assert await store.read(pragma("integrity_check")) == "ok"

    with_store(sqlite_url, story)


def test_a_database_locked_by_another_program_is_temporary(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.storage.sqlite.BUSY_TIMEOUT_SECONDS", 0.05)

    async def story(store: SqliteStore) -> None:
        other = SqliteStore(Path(make_url(sqlite_url).database or ""))
        holding, let_go = threading.Event(), threading.Event()

        def hold(_connection: Connection) -> None:
            holding.set()
            assert let_go.wait(20)

        held = asyncio.ensure_future(other.tx(hold))
        await asyncio.to_thread(holding.wait, 20)
        results = await asyncio.gather(store.tx(put(1)), store.tx(put(2)), return_exceptions=True)
        assert [getattr(error, "code", "") for error in results] == ["database-locked"] * 2
        assert results[0] is not results[1], "each caller has an error of its own"
        let_go.set()
        await held
        await other.close()
        await store.tx(put(3))
        assert await store.read(numbers) == [3]

    with_store(sqlite_url, story)


def test_a_function_that_ends_the_transaction_is_found_out(sqlite_url: str) -> None:
    def commit(connection: Connection) -> None:
        connection.exec_driver_sql("COMMIT")

    async def story(store: SqliteStore) -> None:
        with pytest.raises(StorageError):
            await store.tx(commit)
        await store.tx(put(1))
        assert await store.read(numbers) == [1]

    with_store(sqlite_url, story)


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    url = postgres.fresh()
    yield url
    postgres.give_back(url)


# -- PostgreSQL alone -----------------------------------------------------------------------


def test_postgres_tries_again_after_a_deadlock(postgres_url: str) -> None:

    def bump(connection: Connection, number: int) -> None:
        where = counters.c.year == number
        connection.execute(counters.update().where(where).values(last=counters.c.last + 1))

    async def story(store: Store) -> None:
        await store.tx(put(1))
        await store.tx(put(2))
        meet = threading.Barrier(2, timeout=20)
        tries: list[int] = []

        def crossing(order: tuple[int, int]) -> Callable[[Connection], None]:
            def work(connection: Connection) -> None:
                tries.append(order[0])
                bump(connection, order[0])
                if tries.count(order[0]) == 1:
                    meet.wait()
                bump(connection, order[1])

            return work

        await asyncio.gather(store.tx(crossing((1, 2))), store.tx(crossing((2, 1))))
        assert len(tries) >= 3, "at least one of the two was run again"
        total = select(func.sum(counters.c.last))
        assert await store.read(lambda conn: conn.execute(total).scalar_one()) == 6

    with_store(postgres_url, story)


def test_a_lost_connection_is_unknown_and_mends_itself(postgres_url: str) -> None:
    cut = "SELECT pg_terminate_backend(pg_backend_pid())"

    async def story(store: Store) -> None:
        await store.tx(put(1))
        with pytest.raises(StorageError, match="database-gone") as lost:
            await store.tx(lambda conn: conn.execute(text(cut)).scalar())
        assert lost.value.retry is Retry.UNKNOWN
        await store.tx(put(2))
        assert await store.read(numbers) == [1, 2]

    with_store(postgres_url, story)


def test_postgres_commits_to_the_disk_whatever_its_default(postgres_url: str) -> None:

    async def story(store: Store) -> None:
        def show(connection: Connection) -> list[Any]:
            names = ("synchronous_commit", "transaction_isolation", "TimeZone")
            return [connection.execute(text(f"SHOW {name}")).scalar() for name in names]

        assert await store.tx(show) == ["on", "read committed", "UTC"]
        assert await store.read(show) == ["on", "repeatable read", "UTC"]

    with_store(postgres_url, story)


# -- words ----------------------------------------------------------------------------------


def test_our_own_statement_at_fault_is_no_storage_error(database_url: str) -> None:
    async def story(store: Store) -> None:
        with pytest.raises(DBAPIError) as failed:
            await store.tx(lambda conn: conn.execute(text("SELECT nothing FROM nowhere")).all())
        assert of_database_error(failed.value) is None

    with_store(database_url, story)


@pytest.mark.parametrize("code", SENTENCES)
def test_every_fault_is_told_in_two_languages(code: str) -> None:
    _, vi, en = SENTENCES[code]
    assert vi.endswith(".")
    assert en[0].islower()
    assert vi != en
    assert os.sep not in en
