"""Runs pipelines: claims due jobs, does their steps, writes how far they came.

Between any two lines here the process may die. Then the lease runs out (or the next start on
SQLite releases it), and a worker goes on at the step that is written: a database step is
either committed with its progress or not at all, an outside step may be done a second time
under the same key. ``docs/durability.md`` says for each boundary what the next start does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.errors import FencedError, StorageError
from gateway.model.document import Urgency
from gateway.ports import Clock, Randomness, Store
from gateway.service.clock import Uuid7Ids
from gateway.service.pipelines import (
    Again,
    Done,
    Later,
    Outcome,
    Outside,
    Pipeline,
    Result,
    code_of,
    database_at,
    may_try_again,
    retry_wait,
)
from gateway.service.progress import Place, deadly, too_slow, write_progress
from gateway.storage import jobs
from gateway.storage.job import Failure, Job, Lease, NewJob
from gateway.storage.store import take_over

ALARM = "alarm"  # pipeline that tells people; what it cannot tell is not told by itself
LOG = structlog.get_logger("gateway.worker")

# A job that kills its worker every time must not do so for ever; but a machine that falls over and
# over takes every open job with it, so the bound lies far above that (a drill kills fifty times).
DEATHS_BEFORE_BURIAL = 200
OWNER_LENGTH = 64  # the column


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerSettings:
    """How much at once, and how patient.

    Attributes:
        concurrency: Jobs at work at the same time.
        urgent_extra: Further places, for urgent jobs only, when all are taken.
        lease_seconds: A worker silent for that long counts as dead.
        poll_seconds: Longest wait before the table is looked at again.
        grace_seconds: At a stop, how long running steps may go on before they are cut off.

    """

    concurrency: int = 16
    urgent_extra: int = 2
    lease_seconds: float = 30.0
    poll_seconds: float = 1.0
    grace_seconds: float = 10.0


def new_owner(host: str, process: int, randomness: Randomness) -> str:
    """Return a name that no other worker has, now or later."""
    tail = f":{process}:{randomness.token(6).hex()}"
    return host[: OWNER_LENGTH - len(tail)] + tail


def _silent(_boundary: str) -> None:
    return


@dataclass(slots=True, eq=False)
class Runner:
    """Works on due jobs until it is told to stop.

    Attributes:
        owner: This worker's name in leases, unique among all that ever ran (:func:`new_owner`).
        observe: Hears the name of every boundary (:func:`boundaries`); for ``in:`` it is called
            from the store's thread.

    """

    store: Store
    clock: Clock
    randomness: Randomness
    pipelines: Sequence[Pipeline]
    owner: str
    settings: RunnerSettings = field(default_factory=RunnerSettings)
    observe: Callable[[str], None] = _silent
    _by_name: dict[str, Pipeline] = field(init=False)
    _running: dict[asyncio.Task[None], Job] = field(init=False, default_factory=dict)
    _renewed: dict[str, datetime] = field(init=False, default_factory=dict)
    _unwritten: list[Job] = field(init=False, default_factory=list)
    _awake: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._by_name = {pipeline.name: pipeline for pipeline in self.pipelines}

    def wake(self) -> None:
        """Look at the table at once, for a new job; from the event loop's thread only."""
        self._awake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; then let running steps end, cut off the slow, release."""
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._awake.set())
        beating = asyncio.ensure_future(self._keep_leases())
        try:
            while not stop.is_set():
                self._awake.clear()
                try:
                    await self._start_due()
                except StorageError as error:  # said once a look; it goes on by itself
                    LOG.warning("jobs-not-claimed", code=error.code)
                await self._wait_for_something()
        finally:
            await self._wind_up(stopping, beating)

    async def run_until_idle(self) -> datetime | None:
        """Work until nothing is due; return when the next job is, or None.

        Raises:
            StorageError: The table cannot be read or written.

        """
        beating = asyncio.ensure_future(self._keep_leases())
        try:
            while True:
                self._awake.clear()
                was_busy = bool(self._running)  # what ends meanwhile may leave more to do
                if not await self._start_due() and not was_busy:
                    break
                await self._awake.wait()
        finally:
            await self._wind_up(beating)
        names = tuple(self._by_name)
        return await self.store.read(lambda connection: jobs.next_due(connection, names))

    async def _start_due(self) -> int:
        """Claim what there is room for and start it; return how many."""
        room = self.settings.concurrency - len(self._running)
        if room > 0:
            found = await self._claim(room, Urgency.NORMAL)
        elif room > -self.settings.urgent_extra:
            found = await self._claim(self.settings.urgent_extra + room, Urgency.URGENT)
        else:
            found = []
        for job in found:
            self.observe(f"claimed:{job.pipeline}/{job.step}")
            task = asyncio.ensure_future(self._work(job))
            self._running[task] = job
            task.add_done_callback(self._ended)
        return len(found)

    async def _claim(self, limit: int, at_least: Urgency) -> list[Job]:
        await take_over(self.store, self.owner, self.clock.now())
        lease = self._lease()
        wanted = jobs.Wanted(
            limit=limit,
            pipelines=tuple(self._by_name),
            at_least=at_least,
            busy_with=[job.id for job in self._running.values()],
        )
        given_up = list(self._unwritten)

        def work(connection: Connection) -> list[Job]:
            jobs.release(connection, self.owner, given_up, lease.now)
            return jobs.claim(connection, lease, wanted)

        found = await self.store.tx(work)
        self._unwritten = [job for job in self._unwritten if job not in given_up]
        self._renewed.update((job.id, lease.now) for job in found)
        return found

    def _ended(self, task: asyncio.Task[None]) -> None:
        job = self._running.pop(task)
        self._renewed.pop(job.id, None)
        self._awake.set()

    async def _wait_for_something(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.poll_seconds):
                await self._awake.wait()

    async def _wind_up(self, *others: asyncio.Future[Any]) -> None:
        """Let running steps end, cut off the slow ones, give every lease back."""
        if self._running:
            await asyncio.wait(self._running, timeout=self.settings.grace_seconds)
        slow = dict(self._running)
        ending: list[asyncio.Future[Any]] = [*slow, *others]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        held, now = [*slow.values(), *self._unwritten], self.clock.now()
        if held:
            with suppress(StorageError):  # then the leases run out by themselves
                await self.store.tx(lambda conn: jobs.release(conn, self.owner, held, now))
                self._unwritten.clear()

    def _lease(self) -> Lease:
        seconds = self.settings.lease_seconds
        return Lease(owner=self.owner, now=self.clock.now(), seconds=seconds)

    async def _keep_leases(self) -> None:
        """Renew the leases of running jobs; in real seconds, for other processes count so."""
        while True:
            await asyncio.sleep(self.settings.lease_seconds / 3)
            with suppress(StorageError):
                await self._renew(list(self._running.values()))

    async def _renew(self, held: list[Job]) -> set[str]:
        lease = self._lease()
        kept = await self.store.tx(lambda conn: jobs.heartbeat(conn, lease, held))
        self._renewed.update((name, lease.now) for name in kept)
        return kept

    async def _make_sure_of_lease(self, job: Job) -> None:
        """Ask the table before going outside when this process may have slept (R13)."""
        silent = self.clock.now() - self._renewed.get(job.id, job.created_at)
        in_time = abs(silent.total_seconds()) < self.settings.lease_seconds / 2
        if not in_time and job.id not in await self._renew([job]):
            raise jobs.lease_lost()

    async def _work(self, job: Job) -> None:
        """Do the job's steps, one after the other, as far as they go."""
        held: Job | None = job
        while held is not None:
            held = await self._step(held)

    async def _step(self, job: Job) -> Job | None:
        """Do a step, and the database step behind it; None when the job is out of hand."""
        at = Place(self._by_name[job.pipeline], job, job.step)
        if job.last_error_code == jobs.WORKER_LOST and job.attempts >= DEATHS_BEFORE_BURIAL:
            await self._failed(at, deadly())
            return None
        try:
            step = at.pipeline.steps[job.step]
            self.observe(f"before:{at.name}")
            outcome: Outcome | None = None
            if isinstance(step, Outside):
                result = await self._outside(job, step)
                self.observe(f"after:{at.name}")
                if isinstance(result, Done | Again | Later):
                    outcome = result
                else:
                    at = at.after(result or {})
            return await self._write(at, outcome)
        except FencedError:
            return None  # somebody else has it: nothing of ours may be written
        except Exception as error:  # noqa: BLE001 - the outermost loop of a job
            await self._failed(at, error)
            return None

    async def _outside(self, job: Job, step: Outside) -> Result:
        await self._make_sure_of_lease(job)
        limit = asyncio.timeout(step.timeout_seconds)
        try:
            async with limit:
                return await step.fn(job)
        except TimeoutError as error:
            if limit.expired():
                raise too_slow() from error
            raise

    async def _write(self, at: Place, outcome: Outcome | None) -> Job | None:
        """Do the database step at this place, if there is one, and write how far the job came."""
        step = None if outcome else database_at(at.pipeline, at.step)
        lease = self._lease()

        def work(connection: Connection) -> Job | None:
            if step is None:
                return write_progress(connection, at, outcome, lease)
            answer = step.fn(connection, at.reached)
            self.observe(f"in:{at.name}")
            ahead = at.after({}) if answer is None else at
            return write_progress(connection, ahead, answer, lease)

        held = await self.store.tx(work)
        self.observe(f"advanced:{at.pipeline.name}/{at.step + (step is not None)}")
        self._awake.set()  # the step may have enqueued something
        return held

    def _write_failure(self, connection: Connection, at: Place, failure: Failure) -> None:
        """Write it down; what is buried is told to a person in the same transaction."""
        jobs.fail(connection, at.job, failure)
        if failure.next_try_at is None and at.pipeline.name != ALARM:
            told = NewJob(
                agency=at.job.agency,
                pipeline=ALARM,
                key=f"alarm:dead-job:{at.job.id}:{failure.at.isoformat()}",
                subject=at.job.subject,
                run_at=failure.at,
                args={"topic": "dead-job", "codes": [failure.code]},
                urgency=at.job.urgency,
            )
            ids = Uuid7Ids(self.clock, self.randomness)
            jobs.enqueue(connection, ids, failure.at, told)

    async def _failed(self, at: Place, error: Exception) -> None:
        """Write a failure down: wait and try again, or bury."""
        now, job = self.clock.now(), at.reached
        wait = retry_wait(job.attempts + 1, self.randomness.fraction())
        goes_on = at.pipeline.recurring or may_try_again(job, error, now)
        failure = Failure(
            code=code_of(error), at=now, next_try_at=now + wait if goes_on else None, step=at.step
        )
        log = LOG.bind(job=job.id, pipeline=job.pipeline, step=at.step, about=job.subject)
        log.warning("step-failed", code=failure.code, attempts=job.attempts + 1, buried=not goes_on)
        try:
            await self.store.tx(lambda connection: self._write_failure(connection, at, failure))
        except FencedError:
            return
        except StorageError as fault:
            log.warning("failure-not-written", code=fault.code)
            self._unwritten.append(at.job)
