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
table, and by the caller's instant on SQLite. Statements of every job are built once: building
one costs more than running it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Insert,
    Interval,
    Select,
    Update,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from gateway.errors import FencedError, Retry, StateError
from gateway.model.organ import AgencyId
from gateway.ports import Ids
from gateway.storage.job import Failure, Job, Lease, NewJob, Wanted, args_text, job_of
from gateway.storage.schema import Instant, jobs

__all__ = [
    "Failure",
    "Job",
    "Lease",
    "NewJob",
    "Wanted",
    "about",
    "advance",
    "bury",
    "claim",
    "counts",
    "dead",
    "enqueue",
    "fail",
    "find",
    "finish",
    "heartbeat",
    "lease_lost",
    "next_due",
    "oldest_ready",
    "put_back",
    "put_off",
    "release",
    "release_all",
    "retry_later",
]

READY, DONE, DEAD = "ready", "done", "dead"
WORKER_LOST = "worker-lost"  # the process ended in the middle of a step
INTERRUPTED = "interrupted"  # the service was stopped in the middle of a step
CODE_LENGTH = 64

NOT_LEASED: Mapping[str, Any] = {"owner": None, "lease_until": None}
NOT_FAILED: Mapping[str, Any] = {"attempts": 0, "first_failed_at": None, "last_error_code": None}


def enqueue(connection: Connection, ids: Ids, now: datetime, job: NewJob) -> bool:
    """Write the job down; False when the agency has one with this key already."""
    written = connection.execute(
        _insert_once(_is_postgres(connection)),
        {
            "agency_id": job.agency,
            "id": ids.new(),
            "pipeline": job.pipeline,
            "key": job.key,
            "subject": job.subject,
            "args": args_text(job.args),
            "urgency": job.urgency.value,
            "run_at": job.run_at,
            "created_at": now,
        },
    )
    return written.first() is not None


def claim(connection: Connection, lease: Lease, wanted: Wanted) -> list[Job]:
    """Lease due jobs: the urgent ones first, then who waits longest.

    Jobs whose lease ran out are taken over, and what their owner did not end counts as a try.
    """
    rows = connection.execute(
        _claim(_is_postgres(connection)),
        {
            "claimed_at": lease.now,
            "code": WORKER_LOST,
            "new_owner": lease.owner,
            "least": wanted.at_least.value,
            "most": wanted.limit,
            "pipelines": list(wanted.pipelines),
            "busy_with": list(wanted.busy_with),
            **_lease_values(connection, lease),
        },
    ).mappings()
    found = [job_of(row) for row in rows]
    return sorted(found, key=lambda job: (-job.urgency.value, job.run_at, job.id))


def heartbeat(connection: Connection, lease: Lease, held: Collection[Job]) -> set[str]:
    """Renew the leases of ``held``; return the ids that are still the owner's."""
    if not held:
        return set()
    rows = connection.execute(
        update(jobs)
        .where(_among(held), jobs.c.owner == lease.owner)
        .values(lease_until=_lease_end(_is_postgres(connection)))
        .returning(jobs.c.id),
        _lease_values(connection, lease),
    )
    return set(rows.scalars())


def advance(connection: Connection, job: Job, lease: Lease, step: int) -> Job:
    """Write that everything before ``step`` is done, with ``job.args``; keep the lease.

    Raises:
        FencedError: Another worker has the job.

    """
    renewed = _lease_values(connection, lease)
    news = {"step": step, "args": args_text(job.args), **NOT_FAILED, **renewed}
    _fenced(connection, job, _fenced_renewal(_is_postgres(connection)), news)
    return replace(job, step=step, attempts=0, first_failed_at=None, last_error_code=None)


def finish(connection: Connection, job: Job, now: datetime) -> None:
    """Write that the job is done. FencedError when another worker has it."""
    news = {"state": DONE, "args": args_text(job.args), "finished_at": now}
    _fenced(connection, job, FENCED, {**news, **NOT_LEASED})


def put_off(connection: Connection, job: Job, at: datetime, step: int | None = None) -> None:
    """Give the job back, to be done from ``step`` at ``at``; that is no failure.

    ``step`` None keeps the step and what is known of its failures.
    """
    again = {} if step is None else {"step": step, "args": args_text(job.args), **NOT_FAILED}
    _fenced(connection, job, FENCED, {"run_at": at, **again, **NOT_LEASED})


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
    _fenced(connection, job, FENCED, {"run_at": failure.next_try_at, **_failed(job, failure)})


def bury(connection: Connection, job: Job, failure: Failure) -> None:
    """Write the failure; a person must look, and may put the job back."""
    news = {"state": DEAD, "finished_at": failure.at}
    _fenced(connection, job, FENCED, {**news, **_failed(job, failure)})


def release(connection: Connection, owner: str, held: Collection[Job], now: datetime) -> int:
    """Give leases back before their end; the interrupted step counts as begun."""
    if not held:
        return 0
    return _released(connection, and_(_among(held), jobs.c.owner == owner), now, INTERRUPTED)


def release_all(connection: Connection, alive: Collection[str], now: datetime) -> int:
    """Give back every lease of owners that are not ``alive``.

    Only for who knows that all others are gone.
    """
    return _released(connection, jobs.c.owner.not_in(alive), now, WORKER_LOST)


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
    return _found(
        connection,
        select(jobs)
        .where(jobs.c.state == DEAD, jobs.c.agency_id == agency)
        .order_by(jobs.c.finished_at.desc(), jobs.c.id),
    )


def find(connection: Connection, agency: AgencyId, key: str) -> Job | None:
    """Return the agency's job with this key, in whatever state."""
    query = select(jobs).where(jobs.c.agency_id == agency, jobs.c.key == key)
    return next(iter(_found(connection, query)), None)


def about(connection: Connection, agency: AgencyId, subject: str) -> list[Job]:
    """Return the agency's jobs about ``subject``, oldest first."""
    query = select(jobs).where(jobs.c.agency_id == agency, jobs.c.subject == subject)
    return _found(connection, query.order_by(jobs.c.id))


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


# What is written is named by the parameters; the row it needs stands in the statement.
FENCED = update(jobs).where(
    jobs.c.agency_id == bindparam("of_agency"),
    jobs.c.id == bindparam("of_job"),
    jobs.c.owner == bindparam("of_owner"),
    jobs.c.step == bindparam("at_step"),
)


def _fenced(
    connection: Connection, job: Job, statement: Executable, news: Mapping[str, Any]
) -> None:
    row = {"of_agency": job.agency, "of_job": job.id, "of_owner": job.owner, "at_step": job.step}
    if connection.execute(statement, {**row, **news}).rowcount != 1:
        raise lease_lost()


@cache
def _fenced_renewal(is_postgres: bool) -> Update:  # noqa: FBT001 - the key of a cache
    return FENCED.values(lease_until=_lease_end(is_postgres))


@cache
def _insert_once(is_postgres: bool) -> Insert:  # noqa: FBT001 - the key of a cache
    build = postgresql.insert if is_postgres else sqlite.insert
    once = build(jobs).on_conflict_do_nothing(index_elements=["agency_id", "key"])
    return once.returning(jobs.c.id)


@cache
def _claim(is_postgres: bool) -> Update:  # noqa: FBT001 - the key of a cache
    clock = func.clock_timestamp(type_=Instant) if is_postgres else bindparam("claimed_at")
    due = (
        select(jobs.c.agency_id, jobs.c.id)
        .where(
            jobs.c.state == READY,
            jobs.c.urgency >= bindparam("least"),
            jobs.c.run_at <= bindparam("claimed_at"),
            jobs.c.pipeline.in_(bindparam("pipelines", expanding=True)),
            jobs.c.id.not_in(bindparam("busy_with", expanding=True)),
            or_(jobs.c.owner.is_(None), jobs.c.lease_until < clock),
        )
        .order_by(jobs.c.urgency.desc(), jobs.c.run_at, jobs.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        # a common table expression: PostgreSQL must not run the locking part more than once
        .cte("due")
    )
    return (
        update(jobs)
        .where(tuple_(jobs.c.agency_id, jobs.c.id).in_(select(due.c.agency_id, due.c.id)))
        .values(
            owner=bindparam("new_owner"),
            lease_until=_lease_end(is_postgres),
            **_counting_the_lost(),
        )
        .returning(*jobs.c)
    )


def _counting_the_lost() -> dict[str, Any]:
    """Return the columns that count an owner who did not end as a try, in a row with its like."""
    lost = jobs.c.owner.is_not(None)
    code = bindparam("code", type_=jobs.c.last_error_code.type)
    now = bindparam("claimed_at", type_=Instant)
    again = jobs.c.last_error_code == code
    return {
        "attempts": case(
            (and_(lost, again), jobs.c.attempts + 1), (lost, 1), else_=jobs.c.attempts
        ),
        "first_failed_at": case(
            (lost, func.coalesce(jobs.c.first_failed_at, now)),
            else_=jobs.c.first_failed_at,
        ),
        "last_error_code": case((lost, code), else_=jobs.c.last_error_code),
    }


def _released(connection: Connection, which: ColumnElement[bool], now: datetime, code: str) -> int:
    changed = connection.execute(
        update(jobs)
        .where(jobs.c.state == READY, jobs.c.owner.is_not(None), which)
        .values(**_counting_the_lost(), **NOT_LEASED),
        {"claimed_at": now, "code": code},
    )
    return changed.rowcount


def _failed(job: Job, failure: Failure) -> dict[str, Any]:
    moved = failure.step != job.step
    return {
        "step": failure.step,
        "args": args_text(job.args),
        "attempts": 1 if moved else job.attempts + 1,
        "first_failed_at": failure.at if moved else job.first_failed_at or failure.at,
        "last_error_code": failure.code[:CODE_LENGTH],
        **NOT_LEASED,
    }


def _found(connection: Connection, query: Select[Any]) -> list[Job]:
    return [job_of(row) for row in connection.execute(query).mappings()]


def _among(held: Collection[Job]) -> ColumnElement[bool]:
    return tuple_(jobs.c.agency_id, jobs.c.id).in_([(job.agency, job.id) for job in held])


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _lease_end(is_postgres: bool) -> ColumnElement[Any]:  # noqa: FBT001 - passed on from a cache key
    if is_postgres:
        return cast(func.clock_timestamp() + bindparam("lease_span", type_=Interval), Instant)
    return bindparam("lease_end", type_=Instant)


def _lease_values(connection: Connection, lease: Lease) -> dict[str, Any]:
    span = timedelta(seconds=lease.seconds)
    return {"lease_span": span} if _is_postgres(connection) else {"lease_end": lease.now + span}
