"""What a pipeline is made of, and what its steps may answer.

A pipeline is a list of steps. A *database* step changes our tables and commits together with
its progress. An *outside* step talks to the world; it may happen twice, so it carries the
job's key, and its progress is written together with the database step that follows it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.errors import DataError, GatewayError, Retry, WorldError
from gateway.storage.jobs import Job

FIRST_RETRY_SECONDS = 5.0  # the longest first wait; SHORTEST_PART of it is the shortest
LONGEST_RETRY_SECONDS = 600.0
SHORTEST_PART = 0.4
MOST_DOUBLINGS = 20  # far beyond the longest wait; keeps the power small
TRIES_OF_A_DEFECT = 4
GIVE_UP_AFTER = timedelta(days=7)  # a week: longer than an outage over Tết


@dataclass(frozen=True, slots=True)
class Done:
    """The job is finished, whatever steps would follow."""


@dataclass(frozen=True, slots=True)
class Again:
    """Start over from step ``reset_to`` at ``at``: a recurring job. Failures are forgotten."""

    at: datetime
    reset_to: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """Do the present step at ``at`` instead of now: no failure, and none is forgotten."""

    at: datetime


Outcome = Done | Again | Later
Result = Mapping[str, object] | Outcome | None


@dataclass(frozen=True, slots=True)
class Database:
    """A step inside our database, committed together with its progress.

    ``fn`` returns None for "go on". It waits for nothing, and is run again when its
    transaction did not commit.
    """

    name: str
    fn: Callable[[Connection, Job], Outcome | None]


@dataclass(frozen=True, slots=True)
class Outside:
    """A step in the world. It may happen twice: ``job.attempts`` is 0 only before the first try.

    The mapping it returns is merged into the job's args in the write that brings the job on.
    ``timeout_seconds`` ends a call that forgot its own limit; its outcome is then unknown.
    """

    name: str
    fn: Callable[[Job], Awaitable[Result]]
    timeout_seconds: float = 900.0


Step = Database | Outside


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Steps under a name. Jobs keep the index of their step: steps are only ever appended.

    Attributes:
        recurring: A failure never buries such a job, for nothing would start it again.

    """

    name: str
    steps: Sequence[Step]
    recurring: bool = False


def boundaries(pipelines: Sequence[Pipeline]) -> tuple[str, ...]:
    """Return every name that an observer of the runner hears on the straight way, in order.

    ``claimed:p/0``, ``before:p.step``, then ``after:p.step`` (outside work is done, nothing of
    it is written) or ``in:p.step`` (before the commit), and ``advanced:p/n`` (it is written).
    A database step behind an outside one shares its transaction: it has no ``before``.
    """
    return tuple(name for pipeline in pipelines for name in _boundaries(pipeline))


def _boundaries(pipeline: Pipeline) -> Iterator[str]:
    yield f"claimed:{pipeline.name}/0"
    joined = False
    for index, step in enumerate(pipeline.steps):
        is_outside = isinstance(step, Outside)
        if not joined:
            yield f"before:{pipeline.name}.{step.name}"
        yield f"{'after' if is_outside else 'in'}:{pipeline.name}.{step.name}"
        joined = is_outside and database_at(pipeline, index + 1) is not None
        if not joined:
            yield f"advanced:{pipeline.name}/{index + 1}"


def database_at(pipeline: Pipeline, index: int) -> Database | None:
    """Return the step at ``index`` when it is a database step."""
    step = pipeline.steps[index] if index < len(pipeline.steps) else None
    return step if isinstance(step, Database) else None


def retry_wait(failures: int, fraction: float) -> timedelta:
    """Return how long to wait after that many failures (from 1): doubling, jittered, bounded.

    ``fraction`` in [0, 1) spreads jobs that failed together: 2 to 5 s at first, and never more
    than 10 minutes.
    """
    doubled = FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, MOST_DOUBLINGS)
    part = SHORTEST_PART + (1 - SHORTEST_PART) * fraction
    return timedelta(seconds=min(doubled, LONGEST_RETRY_SECONDS) * part)


def code_of(error: Exception) -> str:
    """Return the code to keep: an error's own, or the type of a defect; never its text."""
    return error.code if isinstance(error, GatewayError) else f"defect-{type(error).__name__}"


def may_try_again(job: Job, error: Exception, now: datetime) -> bool:
    """Tell whether the failed step of ``job`` is worth another try.

    Temporary and unknown failures of the world are, for a week, and so is a wrong setting: an
    operator mends it, and no document may be lost to that. What cannot become better (a
    permanent failure, PeerError, StateError) is not. A defect of ours is, a few times: it may
    come from a race.
    """
    if job.first_failed_at is not None and now - job.first_failed_at > GIVE_UP_AFTER:
        return False
    if isinstance(error, WorldError):
        return error.retry is not Retry.PERMANENT
    if isinstance(error, GatewayError):
        return isinstance(error, DataError)
    is_same = job.last_error_code == code_of(error)
    return not is_same or job.attempts + 1 < TRIES_OF_A_DEFECT
