"""The directory of organs, brought up to date from every axis once a day (T70, L-98)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from gateway.model.organ import DirectoryEntry
from gateway.rules.receipt_time import viet_nam_time
from gateway.service.pipelines import Again, Outcome, Outside, Pipeline
from gateway.service.world import World
from gateway.storage import directory, jobs
from gateway.storage.directory import Source
from gateway.storage.jobs import Job, NewJob

DIRECTORY = "directory"
EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Keeps the directory of each agency."""

    world: World

    def pipelines(self) -> tuple[Pipeline, ...]:
        """Return the one recurring pipeline."""
        return (Pipeline(DIRECTORY, (Outside("read", self.read),), recurring=True),)

    def write_jobs(self, conn: Connection) -> None:
        """Write the recurring job of every axis of every agency, once."""
        now = self.world.clock.now()
        for agency in self.world.agencies.values():
            for axis in agency.settings.axis:
                job = NewJob(
                    agency=agency.id,
                    pipeline=DIRECTORY,
                    key=f"directory:{axis.name}",
                    subject=axis.name,
                    run_at=now,
                )
                jobs.enqueue(conn, self.world.ids, now, job)

    async def read(self, job: Job) -> Outcome:
        """Ask the axis for its organs and write what changed; the rest stays as it is."""
        client = self.world.agency(job.agency).axes.get(job.subject)
        if client is None:
            return Again(self.world.clock.now() + EVERY)  # not configured now; it may be again
        entries: Sequence[DirectoryEntry] = await client.directory()
        now = self.world.clock.now()
        source = Source(name=job.subject, day=viet_nam_time(now).date())
        await self.world.store.tx(lambda conn: directory.upsert(conn, job.agency, entries, source))
        return Again(now + EVERY)
