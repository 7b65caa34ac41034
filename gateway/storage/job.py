"""A job, and what claiming and failing one takes: the values of the job table."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import RowMapping

from gateway.model.document import Urgency
from gateway.model.organ import AgencyId


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
    """A job as its row stands; what fences its writes is in ``owner`` and ``step``.

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


def args_text(args: Mapping[str, object]) -> str:
    """Return the args as the column keeps them; TypeError for what is no JSON."""
    return json.dumps(dict(args), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def job_of(row: RowMapping) -> Job:
    """Return the job of a row."""
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
