"""The job table: what is still to be done, kept where the documents are.

    enqueue --> ready --claim--> ready, leased --advance--> ... --finish--> done
                  ^                  |  |
                  |<--retry_later----+  +--bury--> dead --put_back--> ready
                  |<--put_off, release, or the lease runs out

A job exists once per agency and key. Whoever works on it holds a lease; every write is fenced:
it names the owner and the step it expects, and without such a row nothing is written
(:class:`FencedError`). ``attempts`` counts the tries of the present step that began and did not
end well, a lost worker's included: 0 means that nobody has begun this step before.

All functions are plain functions of a connection and run inside the caller's transaction.
Leases are measured by the database's clock on PostgreSQL, where several machines share the
table, and by the caller's instant on SQLite.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from gateway.errors import FencedError, Retry, StateError
from gateway.model.document import Urgency
from gateway.model.organ import AgencyId
from gateway.ports import Ids
from gateway.storage.schema import Instant, jobs

READY, DONE, DEAD = "ready", "done", "dead"
WORKER_LOST = "worker-lost"  # the process ended in the middle of a step
INTERRUPTED = "interrupted"  # the service was stopped in the middle of a step
CODE_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be done.

    Attributes:
        key: Under which it exists once in the agency, fixed before the first try.
        subject: An id of ours that it is about; never text of a document.
        args: JSON values the steps need; no personal data.
        run_at: Not before this instant.

    """

    agency: AgencyId
    pipeline: str
    key: str
    subject: str
    run_at: datetime
    args: Mapping[str, object] = field(default_factory=dict)
    urgency: Urgency = Urgency.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as claimed; what fences its writes is in ``owner`` and ``step``.

    Attributes:
        step: Index of the step to be done next.
        attempts: Tries of this step that began and did not end well; 0: never begun.
        first_failed_at: When this step failed first; None while it has not.
        owner: Who holds the lease; "" for a job that nobody holds.

    """

    agency: AgencyId
    id: str
    pipeline: str
    key: str
    subject: str
    step: int
    args: Mapping[str, object]
    urgency: Urgency
    state: str
    run_at: datetime
    created_at: datetime
    attempts: int = 0
    first_failed_at: datetime | None = None
    last_error_code: str | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who works, from when, for how long (seconds)."""

    owner: str
    now: datetime
    seconds: float


def enqueue(connection: Connection, ids: Ids, now: datetime, job: NewJob) -> bool:
    """Write the job down; False when the agency has one with this key already."""
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = build(jobs).on_conflict_do_nothing(index_elements=["agency_id", "key"])
    written = connection.execute(
        statement.returning(jobs.c.id),
        {
            "agency_id": job.agency,
            "id": ids.new(),
            "pipeline": job.pipeline,
            "key": job.key,
            "subject": job.subject,
            "args": _as_json(job.args),
            "urgency": job.urgency.value,
            "run_at": job.run_at,
            "created_at": now,
        },
    )
    return written.first() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs a worker can take.

    Attributes:
        at_least: Jobs of lower urgency stay where they are.
        busy_with: Ids that this owner is working on: they are his, even when the clock jumped
            over their lease.

    """

    limit: int
    pipelines: Collection[str]
    at_least: Urgency = Urgency.NORMAL
    busy_with: Collection[str] = ()


def claim(connection: Connection, lease: Lease, wanted: Wanted) -> list[Job]:
    """Lease due jobs: the urgent ones first, then who waits longest.

    Jobs whose lease ran out are taken over, and what their owner did not end counts as a try.
    """
    due = (
        select(jobs.c.agency_id, jobs.c.id)
        .where(
            jobs.c.state == READY,
            jobs.c.urgency >= wanted.at_least.value,
            jobs.c.run_at <= lease.now,
            jobs.c.pipeline.in_(wanted.pipelines),
            or_(jobs.c.owner.is_(None), jobs.c.lease_until < _lease_clock(connection, lease.now)),
        )
        .order_by(jobs.c.urgency.desc(), jobs.c.run_at, jobs.c.id)
        .limit(wanted.limit)
        .with_for_update(skip_locked=True)
    )
    if wanted.busy_with:
        due = due.where(jobs.c.id.not_in(wanted.busy_with))
    # a common table expression: PostgreSQL must not run the locking part more than once
    chosen = due.cte("due")
    rows = connection.execute(
        update(jobs)
        .where(tuple_(jobs.c.agency_id, jobs.c.id).in_(select(chosen.c.agency_id, chosen.c.id)))
        .values(
            owner=lease.owner,
            lease_until=_lease_end(connection, lease),
            **_counting_the_lost(lease.now, WORKER_LOST),
        )
        .returning(*jobs.c)
    ).mappings()
    found = [_job(row) for row in rows]
    return sorted(found, key=lambda job: (-job.urgency.value, job.run_at, job.id))


def heartbeat(connection: Connection, lease: Lease, held: Collection[Job]) -> set[str]:
    """Renew the leases of ``held``; return the ids that are still the owner's."""
    if not held:
        return set()
    keys = [(job.agency, job.id) for job in held]
    rows = connection.execute(
        update(jobs)
        .where(tuple_(jobs.c.agency_id, jobs.c.id).in_(keys), jobs.c.owner == lease.owner)
        .values(lease_until=_lease_end(connection, lease))
        .returning(jobs.c.id)
    )
    return set(rows.scalars())


def advance(connection: Connection, job: Job, lease: Lease, step: int) -> Job:
    """Write that everything before ``step`` is done, with ``job.args``; keep the lease.

    Raises:
        FencedError: Another worker has the job.

    """
    _fenced(
        connection,
        job,
        step=step,
        args=_as_json(job.args),
        lease_until=_lease_end(connection, lease),
        **NOT_FAILED,
    )
    return replace(job, step=step, attempts=0, first_failed_at=None, last_error_code=None)


def finish(connection: Connection, job: Job, now: datetime) -> None:
    """Write that the job is done. FencedError when another worker has it."""
    _fenced(connection, job, state=DONE, args=_as_json(job.args), finished_at=now, **NOT_LEASED)


def put_off(connection: Connection, job: Job, at: datetime, step: int | None = None) -> None:
    """Give the job back, to be done from ``step`` at ``at``; that is no failure.

    ``step`` None keeps the step and what is known of its failures.
    """
    again = {} if step is None else {"step": step, "args": _as_json(job.args), **NOT_FAILED}
    _fenced(connection, job, run_at=at, **again, **NOT_LEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, and when the next try is due; None: no further try.

    Attributes:
        step: The step that failed; the steps before it are done.

    """

    code: str
    at: datetime
    next_try_at: datetime | None
    step: int


def fail(connection: Connection, job: Job, failure: Failure) -> None:
    """Write the failure; the job waits for its next try, or is dead and visible as such.

    Raises:
        FencedError: Another worker has the job.

    """
    if failure.next_try_at is None:
        bury(connection, job, failure)
    else:
        retry_later(connection, job, failure)


def retry_later(connection: Connection, job: Job, failure: Failure) -> None:
    """Write the failure and wait until ``failure.next_try_at``."""
    _fenced(connection, job, run_at=failure.next_try_at, **_failed(job, failure))


def bury(connection: Connection, job: Job, failure: Failure) -> None:
    """Write the failure; a person must look, and may put the job back."""
    _fenced(connection, job, state=DEAD, finished_at=failure.at, **_failed(job, failure))


def release(connection: Connection, owner: str, held: Collection[Job], now: datetime) -> int:
    """Give leases back before their end; the interrupted step counts as begun."""
    if not held:
        return 0
    keys = [(job.agency, job.id) for job in held]
    mine = and_(tuple_(jobs.c.agency_id, jobs.c.id).in_(keys), jobs.c.owner == owner)
    return _released(connection, mine, now, INTERRUPTED)


def release_all(connection: Connection, now: datetime) -> int:
    """Give back every lease. Only for who knows that all owners are gone."""
    return _released(connection, true(), now, WORKER_LOST)


def put_back(connection: Connection, agency: AgencyId, job_id: str, now: datetime) -> None:
    """Let a dead job try again at once; its step counts as begun before.

    Raises:
        StateError: ``job-not-dead``.

    """
    changed = connection.execute(
        update(jobs)
        .where(jobs.c.agency_id == agency, jobs.c.id == job_id, jobs.c.state == DEAD)
        .values(state=READY, run_at=now, attempts=1, first_failed_at=None, finished_at=None)
    )
    if changed.rowcount == 0:
        raise StateError(
            "job-not-dead",
            vi="Không có việc nào đã dừng với mã này; hãy xem lại danh sách việc đã dừng.",
            en="no dead job has this id; look at the list of dead jobs again",
        )


def dead(connection: Connection, agency: AgencyId) -> list[Job]:
    """Return the agency's dead jobs, the latest first."""
    rows = connection.execute(
        select(jobs)
        .where(jobs.c.state == DEAD, jobs.c.agency_id == agency)
        .order_by(jobs.c.finished_at.desc(), jobs.c.id)
    ).mappings()
    return [_job(row) for row in rows]


def find(connection: Connection, agency: AgencyId, key: str) -> Job | None:
    """Return the agency's job with this key, in whatever state."""
    row = (
        connection.execute(select(jobs).where(jobs.c.agency_id == agency, jobs.c.key == key))
        .mappings()
        .first()
    )
    return None if row is None else _job(row)


def about(connection: Connection, agency: AgencyId, subject: str) -> list[Job]:
    """Return the agency's jobs about ``subject``, oldest first."""
    rows = connection.execute(
        select(jobs)
        .where(jobs.c.agency_id == agency, jobs.c.subject == subject)
        .order_by(jobs.c.id)
    ).mappings()
    return [_job(row) for row in rows]


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Return how many jobs are open: (pipeline, ``ready`` or ``dead``) to number.

    Done jobs are not counted: there may be millions of them.
    """
    rows = connection.execute(
        select(jobs.c.pipeline, jobs.c.state, func.count())
        .where(jobs.c.state.in_([READY, DEAD]))
        .group_by(jobs.c.pipeline, jobs.c.state)
    )
    return {(pipeline, state): number for pipeline, state, number in rows}


def oldest_ready(connection: Connection, now: datetime) -> datetime | None:
    """Return since when the longest waiting due job waits; None when none is due."""
    statement = select(func.min(jobs.c.run_at)).where(jobs.c.state == READY, jobs.c.run_at <= now)
    return connection.execute(statement).scalar_one_or_none()


def next_due(connection: Connection, pipelines: Collection[str]) -> datetime | None:
    """Return when the next job that nobody holds is due; None when there is none."""
    statement = select(func.min(jobs.c.run_at)).where(
        jobs.c.state == READY, jobs.c.owner.is_(None), jobs.c.pipeline.in_(pipelines)
    )
    return connection.execute(statement).scalar_one_or_none()


def lease_lost() -> FencedError:
    """Return the error that says: another worker has the job."""
    return FencedError(
        "lease-lost",
        vi="Việc này đã được tiến trình khác tiếp nhận; không ghi gì thêm.",
        en="another worker took this job over; nothing more was written",
        retry=Retry.TEMPORARY,
    )


NOT_LEASED: Mapping[str, Any] = {"owner": None, "lease_until": None}
NOT_FAILED: Mapping[str, Any] = {"attempts": 0, "first_failed_at": None, "last_error_code": None}


def _fenced(connection: Connection, job: Job, **values: object) -> None:
    changed = connection.execute(
        update(jobs)
        .where(
            jobs.c.agency_id == job.agency,
            jobs.c.id == job.id,
            jobs.c.owner == job.owner,
            jobs.c.step == job.step,
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise lease_lost()


def _failed(job: Job, failure: Failure) -> dict[str, Any]:
    moved = failure.step != job.step
    return {
        "step": failure.step,
        "args": _as_json(job.args),
        "attempts": 1 if moved else job.attempts + 1,
        "first_failed_at": failure.at if moved else job.first_failed_at or failure.at,
        "last_error_code": failure.code[:CODE_LENGTH],
        **NOT_LEASED,
    }


def _counting_the_lost(now: datetime, code: str) -> dict[str, Any]:
    """Return the columns that count an owner who did not end as a try, in a row with its like."""
    lost = jobs.c.owner.is_not(None)
    again = jobs.c.last_error_code == code
    return {
        "attempts": case(
            (and_(lost, again), jobs.c.attempts + 1), (lost, 1), else_=jobs.c.attempts
        ),
        "first_failed_at": case(
            (lost, func.coalesce(jobs.c.first_failed_at, literal(now, Instant))),
            else_=jobs.c.first_failed_at,
        ),
        "last_error_code": case((lost, code), else_=jobs.c.last_error_code),
    }


def _released(connection: Connection, which: ColumnElement[bool], now: datetime, code: str) -> int:
    changed = connection.execute(
        update(jobs)
        .where(jobs.c.state == READY, jobs.c.owner.is_not(None), which)
        .values(**_counting_the_lost(now, code), **NOT_LEASED)
    )
    return changed.rowcount


def _lease_clock(connection: Connection, now: datetime) -> ColumnElement[datetime]:
    if connection.dialect.name == "postgresql":
        return func.clock_timestamp(type_=Instant)
    return literal(now, Instant)


def _lease_end(connection: Connection, lease: Lease) -> ColumnElement[datetime]:
    span = timedelta(seconds=lease.seconds)
    if connection.dialect.name == "postgresql":
        return cast(func.clock_timestamp() + literal(span), Instant)
    return literal(lease.now + span, Instant)


def _as_json(args: Mapping[str, object]) -> str:
    return json.dumps(dict(args), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _job(row: RowMapping) -> Job:
    return Job(
        agency=AgencyId(row["agency_id"]),
        id=row["id"],
        pipeline=row["pipeline"],
        key=row["key"],
        subject=row["subject"],
        step=row["step"],
        args=json.loads(row["args"]),
        urgency=Urgency(row["urgency"]),
        state=row["state"],
        run_at=row["run_at"],
        created_at=row["created_at"],
        attempts=row["attempts"],
        first_failed_at=row["first_failed_at"],
        last_error_code=row["last_error_code"],
        owner=row["owner"] or "",
    )
