"""The runner does every step once where it can, and never forgets one (R1, R3, R10, R13)."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, update

from gateway.errors import AxisError, DataError, GatewayError, PeerError, Retry, StateError
from gateway.model.document import Urgency
from gateway.model.organ import AgencyId
from gateway.ports import Store
from gateway.service.pipelines import (
    Again,
    Database,
    Done,
    Later,
    Outside,
    Pipeline,
    boundaries,
    may_try_again,
    retry_wait,
)
from gateway.service.worker import Runner, RunnerSettings, new_owner
from gateway.storage import jobs
from gateway.storage.jobs import Job, NewJob
from gateway.storage.schema import axis_states
from gateway.storage.schema import jobs as jobs_table
from gateway.storage.store import migrate, open_store
from tests.support.databases import START, CountedIds, HandClock, NoChance, run

A = AgencyId("so-mau")


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/store.db"
    migrate(address)
    return address


def mark(connection: Connection, name: str) -> None:
    """Do something in the database that a test can count."""
    connection.execute(axis_states.insert().values(agency_id=A, axis=name))


async def marks(store: Store) -> list[str]:
    found = await store.read(lambda conn: conn.execute(select(axis_states.c.axis)).scalars().all())
    return sorted(found)


@dataclass
class Stage:
    """A store, a clock, and runners for the pipelines of one test."""

    store: Store
    clock: HandClock
    pipelines: Sequence[Pipeline]
    settings: RunnerSettings = field(default_factory=RunnerSettings)
    heard: list[str] = field(default_factory=list)
    ids: CountedIds = field(default_factory=CountedIds)
    _names: Any = field(default_factory=lambda: itertools.count(1))

    def runner(self, **changes: Any) -> Runner:
        parts: dict[str, Any] = {
            "store": self.store,
            "clock": self.clock,
            "randomness": NoChance(),
            "pipelines": self.pipelines,
            "owner": f"w{next(self._names)}",
            "settings": self.settings,
            "observe": self.heard.append,
        }
        return Runner(**{**parts, **changes})

    async def put(self, *keys: str, pipeline: str = "p", **more: Any) -> None:
        def write(conn: Connection) -> None:
            for key in keys:
                job = NewJob(
                    agency=A, pipeline=pipeline, key=key, subject=key, run_at=self.clock.at, **more
                )
                jobs.enqueue(conn, self.ids, self.clock.at, job)

        await self.store.tx(write)

    async def job(self, key: str) -> Job:
        found = await self.store.read(lambda conn: jobs.find(conn, A, key))
        assert found is not None
        return found

    async def alarms(self) -> list[list[Any]]:
        """Return topic and codes of every alarm that was asked for."""

        def ask(conn: Connection) -> list[list[Any]]:
            rows = conn.execute(select(jobs_table.c.args).where(jobs_table.c.pipeline == "alarm"))
            told = [json.loads(each) for each in rows.scalars()]
            return [[each["topic"], *each["codes"]] for each in told]

        return await self.store.read(ask)


def play(url: str, story: Callable[..., Any], *steps: Any, **settings: Any) -> None:
    async def on_stage() -> None:
        clock = HandClock()
        store = open_store(url, clock)
        pipelines = steps if steps and isinstance(steps[0], Pipeline) else [Pipeline("p", steps)]
        try:
            await story(Stage(store, clock, pipelines, RunnerSettings(**settings)))
        finally:
            await store.close()

    run(on_stage())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what is waited for happens in the tested parts
        await asyncio.sleep(0)


def answering(answers: Mapping[str, Any] | None = None) -> Outside:
    async def ask(_job: Job) -> Any:
        return answers

    return Outside("ask", ask)


def noting(name: str) -> Database:
    return Database(name, lambda conn, job: mark(conn, f"{name}:{job.subject}"))


def silent(retry: Retry = Retry.TEMPORARY) -> AxisError:
    return AxisError("axis-silent", vi="Trục không trả lời.", en="no answer", retry=retry)


def test_a_job_goes_through_its_steps_in_order(url: str) -> None:
    steps = [noting("first"), answering({"digest": "d"}), noting("second"), answering()]

    async def story(stage: Stage) -> None:
        await stage.put("k", args={"axis": "vxp"})
        assert await stage.runner().run_until_idle() is None
        assert await marks(stage.store) == ["first:k", "second:k"]
        job = await stage.job("k")
        assert (job.state, job.owner) == ("done", "")
        assert job.args == {"axis": "vxp", "digest": "d"}
        assert tuple(stage.heard) == boundaries(stage.pipelines)

    play(url, story, *steps)


def test_the_boundaries_are_these() -> None:
    pipelines = [
        Pipeline("in", [answering(), noting("kept"), noting("judged"), answering()]),
        Pipeline("one", [noting("x")]),
    ]
    assert boundaries(pipelines) == (
        "claimed:in/0",
        "before:in.ask",
        "after:in.ask",
        "in:in.kept",
        "advanced:in/2",
        "before:in.judged",
        "in:in.judged",
        "advanced:in/3",
        "before:in.ask",
        "after:in.ask",
        "advanced:in/4",
        "claimed:one/0",
        "before:one.x",
        "in:one.x",
        "advanced:one/1",
    )


def test_few_transactions_a_job(url: str) -> None:
    """Claiming sixteen jobs is one transaction; an outside and a database step are one more."""

    async def story(stage: Stage) -> None:
        await stage.put(*map(str, range(16)))
        counted = CountingStore(stage.store)
        await stage.runner(store=counted).run_until_idle()
        assert len(await marks(stage.store)) == 16
        assert counted.transactions <= 16 + 4

    play(url, story, answering(), noting("kept"))


@dataclass
class CountingStore:
    inner: Store
    transactions: int = 0

    async def tx(self, fn: Callable[[Connection], Any]) -> Any:
        self.transactions += 1
        return await self.inner.tx(fn)

    async def read(self, fn: Callable[[Connection], Any]) -> Any:
        return await self.inner.read(fn)

    async def close(self) -> None:
        await self.inner.close()


def test_a_database_step_that_fails_leaves_nothing(url: str) -> None:
    tries = itertools.count()

    def break_once(conn: Connection, job: Job) -> None:
        mark(conn, "kept")
        if next(tries) == 0:
            raise silent()

    async def story(stage: Stage) -> None:
        await stage.put("k")
        due = await stage.runner().run_until_idle()
        assert await marks(stage.store) == []
        job = await stage.job("k")
        assert due == job.run_at == START + timedelta(seconds=3.5)
        assert (job.step, job.attempts, job.args) == (1, 1, {"n": 1}), "the outside step is done"
        stage.clock.at = due
        assert await stage.runner().run_until_idle() is None
        assert await marks(stage.store) == ["kept"]

    play(url, story, answering({"n": 1}), Database("kept", break_once))


def test_done_ends_early_and_from_both_kinds(url: str) -> None:
    async def stop(_job: Job) -> Done:
        return Done()

    async def story(stage: Stage) -> None:
        await stage.put("a", pipeline="a")
        await stage.put("b", pipeline="b")
        await stage.runner().run_until_idle()
        assert [(await stage.job(key)).state for key in "ab"] == ["done", "done"]
        assert await marks(stage.store) == []

    play(
        url,
        story,
        Pipeline("a", [Outside("stop", stop), noting("never")]),
        Pipeline("b", [Database("stop", lambda _c, _j: Done()), noting("never")]),
    )


def test_again_starts_over_at_its_time(url: str) -> None:
    async def story(stage: Stage) -> None:
        step = Database("rest", lambda _c, _j: Again(at=stage.clock.at + timedelta(minutes=1)))
        stage.pipelines = [Pipeline("p", [answering({"n": 1}), step], recurring=True)]
        await stage.put("poll")
        for _ in range(3):
            due = await stage.runner().run_until_idle()
            assert due == stage.clock.at + timedelta(minutes=1)
            job = await stage.job("poll")
            assert (job.step, job.attempts, job.state, job.args) == (0, 0, "ready", {"n": 1})
            stage.clock.at = due

    play(url, story)


def test_later_keeps_the_step_and_what_is_known(url: str) -> None:
    answers = iter([silent(), Later(START + timedelta(hours=1)), None])

    async def ask(_job: Job) -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def story(stage: Stage) -> None:
        await stage.put("k")
        stage.clock.at = await stage.runner().run_until_idle()
        stage.clock.at = await stage.runner().run_until_idle()
        assert stage.clock.at == START + timedelta(hours=1)
        assert ((await stage.job("k")).step, (await stage.job("k")).attempts) == (1, 1)
        await stage.runner().run_until_idle()
        assert (await stage.job("k")).state == "done"

    play(url, story, noting("first"), Outside("ask", ask))


BURIED_AT_ONCE = [
    silent(Retry.PERMANENT),
    PeerError("envelope-bad", vi="Sai.", en="bad"),
    StateError("not-now", vi="Chưa được.", en="not now"),
]


def test_a_wrong_setting_waits_for_the_operator_and_loses_nothing(url: str) -> None:
    async def fail(_job: Job) -> None:
        raise DataError("settings-bad", vi="Sai cấu hình.", en="bad settings")

    async def story(stage: Stage) -> None:
        await stage.put("k")
        await stage.runner().run_until_idle()
        job = await stage.job("k")
        assert (job.state, job.last_error_code) == ("ready", "settings-bad")

    play(url, story, Outside("x", fail))


@pytest.mark.parametrize("error", BURIED_AT_ONCE, ids=lambda error: error.code)
@pytest.mark.parametrize("where", ["outside", "database"])
def test_what_cannot_become_better_is_buried(url: str, where: str, error: GatewayError) -> None:
    def fail(*_: Any) -> None:
        raise error

    async def fail_outside(_job: Job) -> None:
        raise error

    async def story(stage: Stage) -> None:
        await stage.put("k")
        await stage.put("recurring", pipeline="r")
        assert await stage.runner().run_until_idle() is not None
        job = await stage.job("k")
        assert (job.state, job.last_error_code, job.attempts) == ("dead", error.code, 1)
        assert await stage.alarms() == [["dead-job", error.code]]
        assert (await stage.job("recurring")).state == "ready"

    step = Database("x", fail) if where == "database" else Outside("x", fail_outside)
    play(url, story, Pipeline("p", [step]), Pipeline("r", [step], recurring=True))


@pytest.mark.parametrize("retry", [Retry.TEMPORARY, Retry.UNKNOWN])
def test_a_silent_world_is_tried_for_a_week(url: str, retry: Retry) -> None:
    waits: list[float] = []

    async def fail(_job: Job) -> None:
        raise silent(retry)

    async def story(stage: Stage) -> None:
        await stage.put("k")
        while due := await stage.runner().run_until_idle():
            waits.append((due - stage.clock.at).total_seconds())
            at_rest = len(waits) > 10  # then the nights may be skipped
            stage.clock.at = due + timedelta(hours=11 if at_rest else 0)
        assert (await stage.job("k")).state == "dead"
        assert stage.clock.at - START >= timedelta(days=7)
        assert waits[:4] == [3.5, 7.0, 14.0, 28.0]
        assert set(waits[8:]) == {420.0}

    play(url, story, Outside("x", fail))


def test_a_defect_is_tried_a_few_times_and_named_by_type_only(url: str) -> None:
    async def fail(_job: Job) -> None:
        raise KeyError("trích yếu không được ghi ra")

    async def story(stage: Stage) -> None:
        await stage.put("k")
        tries = 0
        while due := await stage.runner().run_until_idle():
            tries += 1
            stage.clock.at = due
        job = await stage.job("k")
        assert (tries + 1, job.state, job.last_error_code) == (4, "dead", "defect-KeyError")

    play(url, story, Outside("x", fail))


def test_a_call_without_end_is_ended(url: str) -> None:
    async def hang(_job: Job) -> None:
        await asyncio.Event().wait()

    async def own_timeout(_job: Job) -> None:
        raise TimeoutError

    async def story(stage: Stage) -> None:
        await stage.put("k")
        await stage.put("o", pipeline="o")
        await stage.runner().run_until_idle()
        assert (await stage.job("k")).last_error_code == "step-timeout"
        assert (await stage.job("o")).last_error_code == "defect-TimeoutError"

    play(
        url,
        story,
        Pipeline("p", [Outside("x", hang, timeout_seconds=0.01)]),
        Pipeline("o", [Outside("x", own_timeout)]),
    )


def test_who_lost_the_lease_writes_nothing(url: str) -> None:
    """R13: a worker that slept too long finds its job taken and drops it without a word."""

    async def story(stage: Stage) -> None:
        async def lose(job: Job) -> None:
            taken = update(jobs_table).where(jobs_table.c.id == job.id).values(owner="w9")
            await stage.store.tx(lambda conn: conn.execute(taken).rowcount)

        stage.pipelines = [Pipeline("p", [Outside("lose", lose), noting("kept")])]
        await stage.put("k")
        await stage.runner().run_until_idle()
        assert await marks(stage.store) == []
        job = await stage.job("k")
        assert (job.owner, job.step, job.state, job.attempts) == ("w9", 0, "ready", 0)

    play(url, story)


def test_who_slept_asks_before_going_outside(url: str) -> None:
    """R13: the lease ran out between two steps; the outside step of the sleeper never runs."""
    calls: list[str] = []

    async def story(stage: Stage) -> None:
        def sleep(conn: Connection, job: Job) -> None:
            stage.clock.pass_by(minutes=5)

        def steal(boundary: str) -> None:
            if boundary == "before:p.send":
                stolen.set()

        async def send(job: Job) -> None:
            calls.append(job.owner)

        stolen = asyncio.Event()
        stage.pipelines = [Pipeline("p", [Database("sleep", sleep), Outside("send", send)])]
        await stage.put("k")

        class Stealing(CountingStore):
            async def tx(self, fn: Callable[[Connection], Any]) -> Any:
                if stolen.is_set():
                    end = START + timedelta(hours=1)
                    taken = update(jobs_table).values(owner="w9", lease_until=end)
                    await self.inner.tx(lambda conn: conn.execute(taken).rowcount)
                return await self.inner.tx(fn)

        await stage.runner(store=Stealing(stage.store), observe=steal).run_until_idle()
        assert calls == []
        assert ((await stage.job("k")).owner, (await stage.job("k")).step) == ("w9", 1)

    play(url, story)


def test_who_slept_and_kept_the_lease_goes_on(url: str) -> None:
    async def story(stage: Stage) -> None:
        def sleep(_conn: Connection, _job: Job) -> None:
            stage.clock.pass_by(minutes=5)

        stage.pipelines = [Pipeline("p", [Database("sleep", sleep), answering()])]
        await stage.put("k")
        await stage.runner().run_until_idle()
        assert (await stage.job("k")).state == "done"

    play(url, story)


def test_a_killed_worker_leaves_the_job_at_its_step(url: str) -> None:
    """The next start releases what the dead one held and says that the step was begun."""
    seen: list[int] = []

    async def send(job: Job) -> None:
        seen.append(job.attempts)

    async def story(stage: Stage) -> None:
        await stage.put("k")
        lease = jobs.Lease(owner="dead:1:x", now=START, seconds=30)
        wanted = jobs.Wanted(limit=1, pipelines=["p"])
        await stage.store.tx(lambda conn: jobs.claim(conn, lease, wanted))
        await stage.runner().run_until_idle()
        assert seen == [1]

    play(url, story, Outside("send", send))


def test_a_job_that_kills_its_worker_is_buried_in_the_end(url: str) -> None:
    async def story(stage: Stage) -> None:
        await stage.put("k")
        await stage.put("poll", pipeline="r")
        deaths = update(jobs_table).values(last_error_code="worker-lost", attempts=200)
        await stage.store.tx(lambda conn: conn.execute(deaths).rowcount)
        await stage.runner().run_until_idle()
        assert (await stage.job("k")).state == "dead"
        assert (await stage.job("poll")).state == "ready"
        assert await marks(stage.store) == []

    play(
        url,
        story,
        Pipeline("p", [noting("never")]),
        Pipeline("r", [noting("never")], recurring=True),
    )


def test_outside_steps_of_several_jobs_run_at_once(url: str) -> None:
    async def story(stage: Stage) -> None:
        together = asyncio.Barrier(4)

        async def meet(_job: Job) -> None:
            await together.wait()

        stage.pipelines = [Pipeline("p", [Outside("meet", meet)])]
        await stage.put(*"abcd")
        await stage.runner().run_until_idle()
        assert [(await stage.job(key)).state for key in "abcd"] == ["done"] * 4

    play(url, story, concurrency=4)


def test_urgent_jobs_start_before_others(url: str) -> None:
    order: list[str] = []

    async def note(job: Job) -> None:
        order.append(job.subject)

    async def story(stage: Stage) -> None:
        await stage.put("a", "b")
        await stage.put("u", urgency=Urgency.FLASH)
        await stage.runner().run_until_idle()
        assert order == ["u", "a", "b"]

    play(url, story, Outside("note", note), concurrency=1)


def test_an_urgent_job_finds_a_place_when_all_are_taken(url: str) -> None:
    async def story(stage: Stage) -> None:
        urgent_done = asyncio.Event()

        async def work(job: Job) -> None:
            if job.urgency is Urgency.NORMAL:
                await urgent_done.wait()
            urgent_done.set()

        stage.pipelines = [Pipeline("p", [Outside("work", work)])]
        await stage.put("a", "b")
        runner = stage.runner()
        stop = asyncio.Event()
        running = asyncio.ensure_future(runner.run(stop))
        await until(lambda: "before:p.work" in stage.heard)
        await stage.put("u", urgency=Urgency.URGENT)
        runner.wake()
        await urgent_done.wait()
        stop.set()
        await running
        assert (await stage.job("u")).state == "done"

    play(url, story, concurrency=1)


def test_a_job_may_enqueue_another(url: str) -> None:
    async def story(stage: Stage) -> None:
        def ask_for_more(conn: Connection, job: Job) -> None:
            more = NewJob(agency=A, pipeline="q", key="q", subject="q", run_at=START)
            jobs.enqueue(conn, stage.ids, START, more)

        stage.pipelines = [
            Pipeline("p", [Database("more", ask_for_more)]),
            Pipeline("q", [noting("done")]),
        ]
        await stage.put("k")
        await stage.runner().run_until_idle()
        assert await marks(stage.store) == ["done:q"]

    play(url, story)


def test_what_a_step_enqueued_is_begun_while_its_job_goes_on(url: str) -> None:
    async def story(stage: Stage) -> None:
        other_done = asyncio.Event()

        def ask_for_more(conn: Connection, job: Job) -> None:
            more = NewJob(agency=A, pipeline="q", key="q", subject="q", run_at=START)
            jobs.enqueue(conn, stage.ids, START, more)

        async def wait(_job: Job) -> None:
            await other_done.wait()

        async def finish(_job: Job) -> None:
            other_done.set()

        stage.pipelines = [
            Pipeline("p", [Database("more", ask_for_more), Outside("wait", wait)]),
            Pipeline("q", [Outside("finish", finish)]),
        ]
        await stage.put("k")
        await stage.runner().run_until_idle()
        assert [(await stage.job(key)).state for key in "kq"] == ["done", "done"]

    play(url, story)


def test_a_stop_lets_steps_end_and_gives_leases_back(url: str) -> None:
    async def story(stage: Stage) -> None:
        started = asyncio.Event()

        async def hang(_job: Job) -> None:
            started.set()
            await asyncio.Event().wait()

        async def quick(_job: Job) -> None:
            await started.wait()

        stage.pipelines = [
            Pipeline("p", [Outside("hang", hang)]),
            Pipeline("q", [Outside("quick", quick)]),
        ]
        await stage.put("slow")
        await stage.put("quick", pipeline="q")
        stop = asyncio.Event()
        running = asyncio.ensure_future(stage.runner().run(stop))
        await started.wait()
        stop.set()
        await running
        assert (await stage.job("quick")).state == "done"
        slow = await stage.job("slow")
        assert (slow.owner, slow.attempts, slow.last_error_code) == ("", 1, "interrupted")

    play(url, story, grace_seconds=0.05)


def test_a_long_step_keeps_its_lease(url: str) -> None:
    async def story(stage: Stage) -> None:
        def lease_end(conn: Connection) -> datetime:
            return conn.execute(select(jobs_table.c.lease_until)).scalar_one()

        async def slow(_job: Job) -> None:
            first = await stage.store.read(lease_end)
            stage.clock.pass_by(seconds=0.2)
            while await stage.store.read(lease_end) == first:
                pass

        stage.pipelines = [Pipeline("p", [Outside("slow", slow)])]
        await stage.put("k")
        await stage.runner().run_until_idle()
        assert (await stage.job("k")).state == "done"

    play(url, story, lease_seconds=0.3)


def test_two_runners_share_the_work_without_doubles(url: str) -> None:
    async def story(stage: Stage) -> None:
        keys = [f"k{n:03d}" for n in range(60)]
        await stage.put(*keys)
        await asyncio.gather(*(stage.runner().run_until_idle() for _ in range(2)))
        assert await marks(stage.store) == [f"kept:{key}" for key in keys]

    play(url, story, answering(), noting("kept"), concurrency=5)


def test_a_clock_that_jumps_does_not_start_a_job_twice(url: str) -> None:
    """R6: three days pass while a step runs; its own worker does not take it for lost."""
    calls: list[str] = []

    async def story(stage: Stage) -> None:
        async def jump(job: Job) -> None:
            calls.append(job.id)
            stage.clock.pass_by(days=3)
            runner.wake()
            for _ in range(50):
                await stage.store.read(lambda conn: conn.execute(select(func.now())).scalar())

        stage.pipelines = [Pipeline("p", [Outside("jump", jump)])]
        await stage.put("k")
        runner = stage.runner()
        await runner.run_until_idle()
        assert len(calls) == 1

    play(url, story)


def test_a_failure_that_cannot_be_written_is_not_forgotten(url: str) -> None:
    """R5: the disk is full when the failure should be noted; it goes on when space is back."""

    async def story(stage: Stage) -> None:
        full = True
        calls: list[int] = []

        class Full(CountingStore):
            async def tx(self, fn: Callable[[Connection], Any]) -> Any:
                if full and calls:
                    from gateway.storage.faults import storage_error  # noqa: PLC0415

                    raise storage_error("disk-full")
                return await self.inner.tx(fn)

        async def send(job: Job) -> None:
            calls.append(job.attempts)

        stage.pipelines = [Pipeline("p", [Outside("send", send)])]
        await stage.put("k")
        runner = stage.runner(store=Full(stage.store), settings=RunnerSettings(poll_seconds=0.01))
        stop = asyncio.Event()
        running = asyncio.ensure_future(runner.run(stop))
        await until(lambda: bool(calls and runner._unwritten))
        full = False
        await until(lambda: len(calls) == 2)
        stop.set()
        await running
        assert calls == [0, 1], "the second try knows that there was a first"
        assert (await stage.job("k")).state == "done"

    play(url, story)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_are_bounded(failures: int, fraction: float) -> None:
    wait = retry_wait(failures, fraction).total_seconds()
    assert 2 <= wait <= 600
    assert wait <= retry_wait(failures + 1, fraction).total_seconds()


@pytest.mark.parametrize(("fraction", "seconds"), [(0.0, 2.0), (0.5, 3.5), (1.0, 5.0)])
def test_the_first_retry_comes_within_2_to_5_seconds(fraction: float, seconds: float) -> None:
    """R10."""
    assert retry_wait(1, fraction).total_seconds() == pytest.approx(seconds)


def test_a_week_ends_every_kind_of_try() -> None:
    job = Job(
        agency=A,
        id="1",
        pipeline="p",
        key="k",
        subject="s",
        step=0,
        args={},
        urgency=Urgency.NORMAL,
        state="ready",
        run_at=START,
        created_at=START,
        first_failed_at=START,
    )
    week = START + timedelta(days=7)
    assert may_try_again(job, silent(), week)
    assert may_try_again(job, KeyError(), week)
    for error in (silent(), silent(Retry.UNKNOWN), KeyError()):
        assert not may_try_again(job, error, week + timedelta(seconds=1))
    repeated = replace(job, last_error_code="defect-KeyError", attempts=3)
    assert not may_try_again(repeated, KeyError(), START)
    assert may_try_again(repeated, ValueError(), START)


def test_owners_fit_the_column_and_differ() -> None:
    assert new_owner("may-chu", 17, NoChance()) == "may-chu:17:000000000000"
    long = new_owner("x" * 300, 4_194_304, NoChance())
    assert len(long) == 64
    assert long.endswith(":4194304:000000000000")
