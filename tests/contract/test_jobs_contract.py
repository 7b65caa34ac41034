"""The job table keeps its promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from gateway.errors import FencedError, StateError, StorageError
from gateway.model.document import Urgency
from gateway.model.organ import AgencyId
from gateway.ports import Store
from gateway.service.pipelines import Database, Outside, Pipeline
from gateway.service.worker import Runner, RunnerSettings
from gateway.storage import jobs, schema
from gateway.storage.jobs import Failure, Job, Lease, NewJob, Wanted
from gateway.storage.presence import Presence
from gateway.storage.store import migrate, open_store, take_over
from tests.support.databases import START, CountedIds, HandClock, NoChance, run

A, B = AgencyId("so-mau"), AgencyId("tinh-mau")
IDS = CountedIds()


def new_job(key: str = "k1", **changes: Any) -> NewJob:
    base = NewJob(agency=A, pipeline="intake", key=key, subject="s1", run_at=START)
    return replace(base, **changes)


def lease(owner: str = "w1", **later: float) -> Lease:
    return Lease(owner=owner, now=START + timedelta(**later), seconds=30)


def put(*wanted: NewJob) -> Callable[[Connection], list[bool]]:
    return lambda conn: [jobs.enqueue(conn, IDS, START, job) for job in wanted]


def claim(how: Lease | None = None, limit: int = 10, **more: Any) -> Callable[..., list[Job]]:
    wanted = Wanted(limit=limit, pipelines=("intake", "status"), **more)
    return lambda conn: jobs.claim(conn, how or lease(), wanted)


def expire(conn: Connection) -> None:
    """Let every lease run out, by whichever clock the database goes."""
    conn.execute(
        update(schema.jobs)
        .where(schema.jobs.c.owner.is_not(None))
        .values(lease_until=START - timedelta(days=400))
    )


def failure(step: int = 0, *, again: bool = True, code: str = "axis-silent") -> Failure:
    next_try = START + timedelta(seconds=5) if again else None
    return Failure(code=code, at=START, next_try_at=next_try, step=step)


@asynccontextmanager
async def opened(url: str) -> Any:
    store = open_store(url, HandClock())
    try:
        yield store
    finally:
        await store.close()


def with_store(url: str, story: Callable[[Store], Awaitable[None]]) -> None:
    async def play() -> None:
        async with opened(url) as store:
            await story(store)

    run(play())


def test_a_key_exists_once_in_an_agency(database_url: str) -> None:
    async def story(store: Store) -> None:
        assert await store.tx(put(new_job(), new_job(), new_job(agency=B))) == [True, False, True]
        held = await store.tx(claim())
        assert sorted(job.agency for job in held) == [A, B]
        for job in held:
            await store.tx(lambda conn, job=job: jobs.finish(conn, job, START))
        assert await store.tx(put(new_job())) == [False], "a done job keeps its key"

    with_store(database_url, story)


def test_a_job_comes_back_as_it_was_put(database_url: str) -> None:
    async def story(store: Store) -> None:
        args = {"văn bản": ["số", 1, None, True], "n": {"x": 1.5}}
        await store.tx(put(new_job(args=args, urgency=Urgency.FLASH)))
        [job] = await store.tx(claim())
        assert job.args == args
        assert (job.urgency, job.step, job.attempts, job.owner) == (Urgency.FLASH, 0, 0, "w1")
        assert (job.run_at, job.created_at, job.first_failed_at) == (START, START, None)

    with_store(database_url, story)


def test_urgent_jobs_go_first_then_who_waits_longest(database_url: str) -> None:
    async def story(store: Store) -> None:
        early, late = START - timedelta(hours=2), START - timedelta(hours=1)
        await store.tx(
            put(
                new_job("late", run_at=late),
                new_job("early", run_at=early),
                new_job("urgent", urgency=Urgency.URGENT),
                new_job("flash", urgency=Urgency.FLASH),
            )
        )
        first = await store.tx(claim(limit=1))
        urgent = await store.tx(claim(at_least=Urgency.URGENT))
        rest = await store.tx(claim())
        assert [job.key for job in first] == ["flash"]
        assert [job.key for job in urgent] == ["urgent"]
        assert [job.key for job in rest] == ["early", "late"]

    with_store(database_url, story)


def test_only_due_jobs_of_known_pipelines_are_claimed(database_url: str) -> None:
    async def story(store: Store) -> None:
        tomorrow = START + timedelta(days=1)
        await store.tx(
            put(new_job("later", run_at=tomorrow), new_job("foreign", pipeline="unknown"))
        )
        assert await store.tx(claim()) == []
        assert [job.key for job in await store.tx(claim(lease(days=1)))] == ["later"]
        due = await store.read(lambda conn: jobs.next_due(conn, ["unknown"]))
        assert due == START

    with_store(database_url, story)


def test_a_leased_job_is_nobody_elses_until_the_lease_runs_out(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job()))
        [mine] = await store.tx(claim())
        assert await store.tx(claim(lease("w2"))) == []
        await store.tx(expire)
        assert await store.tx(claim(lease("w1"), busy_with=[mine.id])) == [], "still at work"
        [taken] = await store.tx(claim(lease("w2")))
        assert (taken.owner, taken.attempts, taken.last_error_code) == ("w2", 1, "worker-lost")
        with pytest.raises(FencedError):
            await store.tx(lambda conn: jobs.advance(conn, mine, lease(), 1))

    with_store(database_url, story)


def test_a_heartbeat_keeps_the_lease(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job("a"), new_job("b")))
        held = await store.tx(claim())
        await store.tx(expire)
        beat = lease(seconds=1)
        kept = await store.tx(lambda conn: jobs.heartbeat(conn, beat, held[:1]))
        assert kept == {held[0].id}
        assert [job.key for job in await store.tx(claim(lease("w2", seconds=2)))] == ["b"]
        assert await store.tx(lambda conn: jobs.heartbeat(conn, beat, held[1:])) == set()
        assert await store.tx(lambda conn: jobs.heartbeat(conn, beat, [])) == set()

    with_store(database_url, story)


def fenced_writes(job: Job) -> list[Callable[[Connection], object]]:
    return [
        lambda conn: jobs.advance(conn, job, lease(), 2),
        lambda conn: jobs.finish(conn, job, START),
        lambda conn: jobs.put_off(conn, job, START),
        lambda conn: jobs.put_off(conn, job, START, 0),
        lambda conn: jobs.retry_later(conn, job, failure()),
        lambda conn: jobs.bury(conn, job, failure(again=False)),
        lambda conn: jobs.fail(conn, job, failure()),
    ]


@pytest.mark.parametrize(
    "stale",
    [{"owner": "w0"}, {"step": 1}, {"agency": B}, {"id": "other"}],
    ids=["another owner", "another step", "another agency", "another job"],
)
def test_every_write_is_fenced(database_url: str, stale: dict[str, Any]) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job()))
        [job] = await store.tx(claim())
        for write in fenced_writes(replace(job, **stale)):
            with pytest.raises(FencedError):
                await store.tx(write)
        await store.tx(lambda conn: jobs.finish(conn, job, START))
        for write in fenced_writes(job):
            with pytest.raises(FencedError):
                await store.tx(write)

    with_store(database_url, story)


def test_advancing_forgets_failures_and_keeps_the_lease(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job()))
        [job] = await store.tx(claim())
        await store.tx(lambda conn: jobs.fail(conn, job, failure()))
        [job] = await store.tx(claim(lease(seconds=5)))
        assert (job.attempts, job.first_failed_at, job.last_error_code) == (1, START, "axis-silent")
        moved = replace(job, args={"digest": "d"})
        ahead = await store.tx(lambda conn: jobs.advance(conn, moved, lease(seconds=5), 1))
        assert (ahead.step, ahead.attempts, ahead.first_failed_at) == (1, 0, None)
        assert await store.tx(claim(lease("w2", seconds=6))) == []
        stored = await store.read(lambda conn: jobs.find(conn, A, "k1"))
        assert stored == ahead

    with_store(database_url, story)


def test_a_failure_waits_and_counts(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job()))
        for tries in range(1, 4):
            [job] = await store.tx(claim(lease(seconds=5)))
            assert job.attempts == tries - 1
            await store.tx(lambda conn, job=job: jobs.fail(conn, job, failure()))
            assert await store.tx(claim()) == [], "not before its next try"
        [job] = await store.tx(claim(lease(seconds=5)))
        assert job.first_failed_at == START
        # the step before succeeded in the same try: the count starts anew
        await store.tx(lambda conn: jobs.fail(conn, job, failure(step=1)))
        [job] = await store.tx(claim(lease(seconds=5)))
        assert (job.step, job.attempts) == (1, 1)

    with_store(database_url, story)


def test_putting_off_is_no_failure(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job()))
        [job] = await store.tx(claim())
        await store.tx(lambda conn: jobs.fail(conn, job, failure()))
        [job] = await store.tx(claim(lease(seconds=5)))
        await store.tx(lambda conn: jobs.put_off(conn, job, START))
        [job] = await store.tx(claim())
        assert job.attempts == 1, "what is known of its failures stays"
        await store.tx(lambda conn: jobs.put_off(conn, job, START, 0))
        [job] = await store.tx(claim())
        assert (job.attempts, job.first_failed_at) == (0, None)

    with_store(database_url, story)


def test_dead_jobs_are_seen_and_can_be_put_back(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job(), new_job(agency=B)))
        for job in await store.tx(claim()):
            await store.tx(
                lambda conn, job=job: jobs.fail(conn, job, failure(again=False, code="x" * 99))
            )
        assert await store.tx(claim(lease(days=30))) == []
        [lost] = await store.read(lambda conn: jobs.dead(conn, A))
        assert (lost.state, lost.owner, lost.last_error_code) == ("dead", "", "x" * 64)
        with pytest.raises(StateError, match="job-not-dead"):
            await store.tx(lambda conn: jobs.put_back(conn, B, lost.id, START))
        await store.tx(lambda conn: jobs.put_back(conn, A, lost.id, START))
        with pytest.raises(StateError, match="job-not-dead"):
            await store.tx(lambda conn: jobs.put_back(conn, A, lost.id, START))
        [again] = await store.tx(claim())
        assert again.attempts == 1, "its step was begun before"
        assert await store.read(jobs.counts) == {
            ("intake", "ready"): 1,
            ("intake", "dead"): 1,
        }

    with_store(database_url, story)


def test_released_jobs_are_free_at_once_and_count_as_begun(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job("a"), new_job("b")))
        held = await store.tx(claim())
        assert await store.tx(lambda conn: jobs.release(conn, "w2", held, START)) == 0
        assert await store.tx(lambda conn: jobs.release(conn, "w1", held[:1], START)) == 1
        [again] = await store.tx(claim(lease("w2")))
        assert (again.id, again.attempts, again.last_error_code) == (held[0].id, 1, "interrupted")
        assert await store.tx(lambda conn: jobs.release_all(conn, ["w9"], START)) == 2
        codes = [(j.attempts, j.last_error_code) for j in await store.tx(claim(lease("w3")))]
        assert codes == [(1, "worker-lost"), (1, "worker-lost")]
        await store.tx(expire)
        codes = [(j.attempts, j.last_error_code) for j in await store.tx(claim(lease("w4")))]
        assert codes == [(2, "worker-lost"), (2, "worker-lost")], "deaths in a row add up"

    with_store(database_url, story)


def test_the_age_of_the_queue(database_url: str) -> None:
    async def story(store: Store) -> None:
        def age(conn: Connection) -> object:
            return jobs.oldest_ready(conn, START)

        def due(conn: Connection) -> object:
            return jobs.next_due(conn, ["intake"])

        assert (await store.read(age), await store.read(due)) == (None, None)
        hours = [timedelta(hours=h) for h in (-3, -2, 1)]
        await store.tx(put(*(new_job(str(h), run_at=START + h) for h in hours)))
        assert await store.read(age) == START + hours[0]
        [job] = await store.tx(claim(limit=1))
        assert await store.read(due) == START + hours[1]
        about = await store.read(lambda conn: jobs.about(conn, A, "s1"))
        assert about[0].id == job.id
        assert len(about) == 3

    with_store(database_url, story)


def test_only_who_is_alone_takes_over_at_once(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.tx(put(new_job("a"), new_job("b")))
        await store.tx(claim(lease("dead"), limit=1))
        if database_url.startswith("postgresql"):
            assert await take_over(store, "w1", START) == 0, "another machine may be at work"
            return
        assert await take_over(store, "w1", START) == 1
        [taken, _] = await store.tx(claim(lease("w1")))
        assert (taken.attempts, taken.last_error_code) == (1, "worker-lost")
        assert await take_over(store, "w2", START) == 0, "w1 is alive in this process"
        async with opened(database_url) as other:
            assert await take_over(other, "w3", START) == 0, "w1 is alive in another process"
        assert await take_over(store, "w1", START) == 0, "asking again changes nothing"

    with_store(database_url, story)


def test_who_comes_in_waits_while_somebody_is_alone(tmp_path: Path) -> None:
    """Nobody claims between "nobody else is here" and the release of what the dead held."""
    first, second, third = (Presence(tmp_path / "workers") for _ in range(3))
    assert first.enter_alone()
    assert not second.enter_alone()
    entering = threading.Thread(target=second.enter)
    entering.start()
    entering.join(0.05)
    assert not second.is_held
    first.open_to_others()
    entering.join(20)
    assert second.is_held
    first.leave()
    first.leave()
    assert not third.enter_alone(), "the second is still here"
    second.leave()
    assert third.enter_alone()
    third.leave()


def test_a_takeover_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url)

    async def story(store: Store) -> None:
        await store.tx(put(new_job("a")))
        await store.tx(claim(lease("dead")))
        full = "PRAGMA query_only = "
        await store.tx(lambda conn: conn.exec_driver_sql(full + "ON"))
        with pytest.raises(StorageError):
            await take_over(store, "w1", START)
        await store.tx(lambda conn: conn.exec_driver_sql(full + "OFF"))
        assert await take_over(store, "w1", START) == 1

    with_store(url, story)


def test_the_claimed_rows_are_found_by_index(tmp_path: Path) -> None:
    """Asked of SQLite; the planner of PostgreSQL decides by statistics."""
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url)

    async def story(store: Store) -> None:
        def plan(conn: Connection) -> str:
            order = (schema.jobs.c.urgency.desc(), schema.jobs.c.run_at, schema.jobs.c.id)
            query = select(schema.jobs.c.id).where(schema.jobs.c.state == "ready").order_by(*order)
            text = query.compile(conn, compile_kwargs={"literal_binds": True})
            return str(conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all())

        plan_text = await store.read(plan)
        assert "ix_jobs_ready" in plan_text
        assert "TEMP B-TREE" not in plan_text

    with_store(url, story)


def test_two_machines_share_the_work_without_doubles(database_url: str) -> None:
    """Each has its own store on the same database; every step commits exactly once."""
    keys = [f"k{number:03d}" for number in range(80)]
    outside: list[str] = []
    at_work: set[str] = set()
    both = asyncio.Event()

    async def send(job: Job) -> None:
        outside.append(job.key)
        at_work.add(job.owner)
        if len(at_work) == 2:
            both.set()
        await both.wait()

    def note(conn: Connection, job: Job) -> None:
        row = {"agency_id": A, "axis": job.key, "last_error_code": job.owner}
        conn.execute(schema.axis_states.insert().values(**row))

    def runner(store: Store, owner: str) -> Runner:
        pipeline = Pipeline("intake", [Outside("send", send), Database("note", note)])
        settings = RunnerSettings(concurrency=4)
        return Runner(store, HandClock(), NoChance(), [pipeline], owner, settings)

    async def story(store: Store) -> None:
        await store.tx(put(*(new_job(key) for key in keys)))
        async with opened(database_url) as other:
            await asyncio.gather(
                runner(store, "w1").run_until_idle(), runner(other, "w2").run_until_idle()
            )
        columns = schema.axis_states.c
        found = await store.read(
            lambda conn: conn.execute(select(columns.axis, columns.last_error_code)).all()
        )
        assert sorted(row[0] for row in found) == keys
        assert sorted(outside) == keys
        assert {row[1] for row in found} == {"w1", "w2"}

    with_store(database_url, story)
