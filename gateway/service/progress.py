"""How far a job came, and how that is written: one write for all that was done in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from gateway.errors import Retry, WorldError
from gateway.service.pipelines import Again, Done, Later, Outcome, Pipeline
from gateway.storage import jobs
from gateway.storage.job import Job, Lease


@dataclass(frozen=True, slots=True)
class Place:
    """How far a job came: ``job`` as its row stands, ``step`` as it will be written."""

    pipeline: Pipeline
    job: Job
    step: int

    @property
    def name(self) -> str:
        """Return pipeline and step, as boundaries are named."""
        return f"{self.pipeline.name}.{self.pipeline.steps[self.step].name}"

    @property
    def reached(self) -> Job:
        """Return the job as the step at this place sees it."""
        if self.step == self.job.step:
            return self.job
        return replace(
            self.job, step=self.step, attempts=0, first_failed_at=None, last_error_code=None
        )

    def after(self, news: Mapping[str, object]) -> Place:
        """Return the place behind the present step."""
        job = replace(self.job, args={**self.job.args, **news}) if news else self.job
        return replace(self, job=job, step=self.step + 1)


def write_progress(
    connection: Connection, at: Place, outcome: Outcome | None, lease: Lease
) -> Job | None:
    """Write how far the job came; return it when it goes on at once."""
    match outcome:
        case Again(instant, step):
            jobs.put_off(connection, at.job, instant, step)
        case Later(instant):
            same = at.step == at.job.step
            jobs.put_off(connection, at.job, instant, None if same else at.step)
        case None if at.step < len(at.pipeline.steps):
            return jobs.advance(connection, at.job, lease, at.step)
        case None | Done():
            jobs.finish(connection, at.job, lease.now)
    return None


def too_slow() -> WorldError:
    """Return the error of a call that forgot its own limit; what it did is unknown."""
    return WorldError(
        "step-timeout",
        vi="Một bước chờ bên ngoài quá lâu nên bị dừng; hệ thống sẽ thử lại.",
        en="a step waited too long for the outside and was stopped; it will be tried again",
        retry=Retry.UNKNOWN,
    )


def deadly() -> WorldError:
    """Return the error of a job whose worker died with it time after time."""
    return WorldError(
        jobs.WORKER_LOST,
        vi="Việc này làm dịch vụ dừng đột ngột nhiều lần liên tiếp nên đã bị dừng lại.",
        en="this job ended the service many times in a row and was stopped",
        retry=Retry.PERMANENT,
    )
