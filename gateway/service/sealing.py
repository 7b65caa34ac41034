"""Sealing: once in a while the heads of all changed histories are sealed (contract, "event")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from gateway.model.organ import AgencyId
from gateway.service.pipelines import Again, Database, Outcome, Pipeline
from gateway.service.world import World
from gateway.storage import jobs, seals
from gateway.storage.events import ChainFault, verify_all
from gateway.storage.jobs import Job, NewJob

SEAL = "seal"
EVERY = timedelta(hours=1)
PURPOSE = "event-seals"


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seals event chains under a key that the database does not hold."""

    world: World

    def pipelines(self) -> tuple[Pipeline, ...]:
        """Return the one recurring pipeline."""
        return (Pipeline(SEAL, (Database("heads", self.seal),), recurring=True),)

    def write_jobs(self, conn: Connection) -> None:
        """Write the recurring job of every agency, once."""
        now = self.world.clock.now()
        for agency in self.world.agencies:
            job = NewJob(agency=agency, pipeline=SEAL, key="seal", subject=agency, run_at=now)
            jobs.enqueue(conn, self.world.ids, now, job)

    def seal(self, conn: Connection, job: Job) -> Outcome:
        """Seal what changed, and come again."""
        now = self.world.clock.now()
        seals.seal_heads(conn, job.agency, now, self._mac)
        return Again(now + EVERY)

    def faults(self, conn: Connection, agency: AgencyId) -> list[ChainFault]:
        """Return everything that does not hold in the agency's histories and seals."""
        return [*verify_all(conn, agency), *seals.verify_seals(conn, agency, self._mac)]

    def _mac(self, data: bytes) -> bytes:
        return self.world.vault.mac(PURPOSE, data)
