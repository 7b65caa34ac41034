"""The shell of the way in: fetch, keep, acknowledge, open, examine, decide.

    poll      list      what the axis offers; each new row becomes a delivery and its job
    intake    fetch     the envelope's bytes into the payload store, made durable
              keep      arrived_at and the digest on the delivery
              done      tell the axis ``done``, for every outcome; it is ours now
              noted     acknowledged_at on the delivery
              open      bytes to envelope; compared; a document, or a repeat, or parked; 01
              examine   the PDF signatures, in a worker process
              decide    ``incoming.receive`` and its effects, in one transaction

What the next start does when the plug is pulled after any of these lines stands in
``docs/durability.md``; in short, the step that was not noted runs again, and finds its own work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.errors import AxisError, Retry, StorageError, WorldError
from gateway.model.document import AxisDocId, Digest
from gateway.model.organ import AgencyId
from gateway.ports import PendingDelivery, Stored
from gateway.service.deciding import Deciding
from gateway.service.examining import Examining
from gateway.service.opening import Opening
from gateway.service.pipelines import Again, Database, Outcome, Outside, Pipeline
from gateway.service.world import World
from gateway.storage import axis_states, deliveries, jobs
from gateway.storage.deliveries import NewDelivery
from gateway.storage.jobs import Job, NewJob
from gateway.storage.rows import DeliveryRow

UNCONFIGURED = timedelta(minutes=1)
POLL, INTAKE, REPEAT = "poll", "intake", "repeat"


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes in what the axes offer."""

    world: World

    def pipelines(self) -> tuple[Pipeline, ...]:
        """Return the pipelines of this module's docstring."""
        opening, examining = Opening(self.world), Examining(self.world)
        deciding = Deciding(self.world)
        return (
            Pipeline(POLL, (Outside("list", self.list_axis),), recurring=True),
            Pipeline(
                INTAKE,
                (
                    Outside("fetch", self.fetch),
                    Database("keep", self.keep),
                    Outside("done", self.acknowledge),
                    Database("noted", self.note_acknowledged),
                    Outside("open", opening.open),
                    Outside("examine", examining.examine),
                    Database("decide", deciding.decide),
                ),
            ),
            Pipeline(REPEAT, (Outside("done", self.acknowledge),)),
        )

    def write_polls(self, conn: Connection) -> None:
        """Write the recurring polling job of every axis of every agency, once."""
        now = self.world.clock.now()
        for agency in self.world.agencies.values():
            for axis in agency.settings.axis:
                job = NewJob(
                    agency=agency.id,
                    pipeline=POLL,
                    key=f"poll:{axis.name}",
                    subject=axis.name,
                    run_at=now,
                )
                jobs.enqueue(conn, self.world.ids, now, job)

    # poll

    async def list_axis(self, job: Job) -> Outcome:
        """Ask the axis what waits; whatever it says, ask again later."""
        agency, axis = self.world.agency(job.agency), job.subject
        pause = next((a.poll_seconds for a in agency.settings.axis if a.name == axis), None)
        if pause is None:  # not configured now; it may be again, and a done job never returns
            return Again(self.world.clock.now() + UNCONFIGURED)
        try:
            offers = await agency.axis(axis).pending()
        except WorldError as error:
            code = error.code
            await self.world.store.tx(lambda conn: self._note_poll(conn, job, code))
        else:
            await self.world.store.tx(lambda conn: self._note_offers(conn, job, offers))
        return Again(self.world.clock.now() + timedelta(seconds=pause))

    def _note_poll(self, conn: Connection, job: Job, error: str | None) -> None:
        axis_states.note(conn, job.agency, job.subject, self.world.clock.now(), error)

    def _note_offers(self, conn: Connection, job: Job, offers: Sequence[PendingDelivery]) -> None:
        now = self.world.clock.now()
        for offer in offers:
            new = NewDelivery(
                id=self.world.ids.new(), axis=job.subject, pending=offer, listed_at=now
            )
            row, _ = deliveries.note(conn, job.agency, new)
            if row.acknowledged_at is None:
                self._enqueue(conn, job.agency, INTAKE, row.id, f"intake:{row.id}")
            else:  # our ``done`` was lost: say it again, at most once an hour (T41, T48)
                key = f"repeat:{row.id}:{now:%Y%m%d%H}"
                self._enqueue(conn, job.agency, REPEAT, row.id, key)
        self._note_poll(conn, job, None)

    def _enqueue(
        self, conn: Connection, agency: AgencyId, pipeline: str, subject: str, key: str
    ) -> None:
        now = self.world.clock.now()
        job = NewJob(agency=agency, pipeline=pipeline, key=key, subject=subject, run_at=now)
        jobs.enqueue(conn, self.world.ids, now, job)

    # intake, the first half: the bytes become ours

    async def fetch(self, job: Job) -> Mapping[str, object]:
        """Bring the bytes into the payload store; they are durable when this returns."""
        row = await self._delivery(job)
        client = self.world.agency(job.agency).axis(row.axis)
        sink = self.world.payloads.sink()
        try:
            await client.fetch(row.axis_doc_id, sink)
            stored = await asyncio.to_thread(sink.close)
        finally:
            sink.abandon()
        return {
            "digest": stored.digest,
            "size_bytes": stored.size_bytes,
            "arrived_at": self.world.clock.now().isoformat(),
        }

    def keep(self, conn: Connection, job: Job) -> None:
        """Note what the disk has, and when it had it: that is ``arrived_at`` for ever."""
        stored = Stored(Digest(str(job.args["digest"])), int(str(job.args["size_bytes"])))
        arrived_at = datetime.fromisoformat(str(job.args["arrived_at"]))
        deliveries.keep(conn, job.agency, job.subject, stored, arrived_at)

    async def acknowledge(self, job: Job) -> None:
        """Tell the axis ``done``, whatever will become of it: we hold it (contract)."""
        row = await self._delivery(job)
        if row.raw_digest is None:
            raise StorageError(
                "not-kept",
                vi="Gói tin chưa được lưu chắc chắn nên không được báo là đã nhận.",
                en="the envelope is not durable yet and must not be acknowledged",
                retry=Retry.TEMPORARY,
            )
        client = self.world.agency(job.agency).axis(row.axis)
        try:
            await client.acknowledge(AxisDocId(row.axis_doc_id))
        except AxisError as error:
            # Refused for good: an earlier ``done`` was heard, or this axis wants none. Either way
            # we hold the bytes, and the document must be opened.
            if error.retry is not Retry.PERMANENT:
                raise

    def note_acknowledged(self, conn: Connection, job: Job) -> None:
        """Note that the axis heard it."""
        deliveries.acknowledge(conn, job.agency, job.subject, self.world.clock.now())

    async def _delivery(self, job: Job) -> DeliveryRow:
        return await self.world.store.read(
            lambda conn: deliveries.required(conn, job.agency, job.subject)
        )
