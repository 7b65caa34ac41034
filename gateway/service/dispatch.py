"""The shell of the outbox: performs effects, remembers that it did, tries again.

    status    write   the envelope's bytes, once; every try sends the same bytes
              send    to the axis; after a lost answer first look whether it is there
    relay     hand    the event to the QLVB, under the effect's key on every try
    alarm     tell    people
    isolate   copy    encrypted into quarantine
              blank   content rows removed, state moved, plain bytes given up for deletion
              wipe    plain bytes deleted
    wipe      wipe    the same for what came once more of a document whose content is gone

Every outside step may be repeated: its key makes the second time harmless (docs/durability.md).
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.adapters.qlvb_webhook_wire import ArrivalWaiting
from gateway.envelope.writer import write_envelope
from gateway.errors import AxisError, Retry, StateError
from gateway.incoming import waits_for_clerk
from gateway.model.document import AxisDocId, Digest, Direction, DocumentRef
from gateway.model.envelope import StatusEnvelope
from gateway.model.incoming import IncomingState
from gateway.model.organ import AxisAddress, OrganId
from gateway.ports import Alarm, OutgoingEnvelope
from gateway.rules.breaker import Wait
from gateway.rules.receipt_time import effective_receipt
from gateway.service.acts import BY_POLICY, Acts
from gateway.service.gate import Gate
from gateway.service.outbox import ALARM, ISOLATE, RELAY, STATUS, WIPE
from gateway.service.pipelines import Database, Done, Later, Outcome, Outside, Pipeline
from gateway.service.receipts import kept_receipt
from gateway.service.world import World
from gateway.storage import deliveries, documents, events, jobs, references, statuses
from gateway.storage.events import NewEvent
from gateway.storage.jobs import Job
from gateway.storage.statuses import StatusRow

TOLD = frozenset({IncomingState.WAITING, IncomingState.HELD, IncomingState.ACCEPTED})
"""States in which the QLVB is handed a document; also one that was accepted before."""
INFORMATION_ONLY = "information-only"  # remark of rules/admission.py (L-02)
FAR_APART = timedelta(minutes=15)  # contract, arrived_at
ANSWER_LOST = frozenset({"qlvb-answer-lost", jobs.WORKER_LOST})
SAME_DAY = "same-day"  # topic of the reminder at the close of the day (L-34)
WAIT_FOR_EARLIER = timedelta(seconds=2)  # a later status never overtakes an earlier one


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Performs the effects of decisions."""

    world: World
    gate: Gate

    def pipelines(self) -> tuple[Pipeline, ...]:
        """Return the pipelines of this module's docstring."""
        return (
            Pipeline(
                STATUS,
                (
                    Outside("write", self.write_status),
                    Database("written", self.note_written),
                    Outside("send", self.send_status),
                    Database("sent", self.note_sent),
                ),
            ),
            Pipeline(RELAY, (Outside("hand", self.relay), Database("taken", self.note_taken))),
            Pipeline(ALARM, (Outside("tell", self.tell),)),
            Pipeline(
                ISOLATE,
                (
                    Outside("copy", self.copy_to_quarantine),
                    Database("blank", self.blank),
                    Outside("wipe", self.wipe),
                ),
            ),
            Pipeline(WIPE, (Outside("wipe", self.wipe),)),
        )

    # status

    async def write_status(self, job: Job) -> Mapping[str, object]:
        """Write the envelope's bytes into the payload store and name their digest."""
        row = await self.world.store.read(lambda conn: _status(conn, job))
        envelope = self._status_envelope(job, row)
        digest = await asyncio.to_thread(self._written, envelope)
        return {"digest": digest}

    def _status_envelope(self, job: Job, row: StatusRow) -> StatusEnvelope:
        return StatusEnvelope(
            sender=self.world.agency(job.agency).organ,
            response_for=row.about,
            status_code=row.code,
            description=row.description,
            stated_at=row.stated_at,
        )

    def _written(self, envelope: StatusEnvelope) -> Digest:
        written = io.BytesIO()  # a status message has no attachments: it is small
        write_envelope(envelope, written, self.world.payloads.open)
        sink = self.world.payloads.sink()
        try:
            sink.write(written.getvalue())
            return sink.close().digest
        finally:
            sink.abandon()

    def note_written(self, conn: Connection, job: Job) -> None:
        """Remember the bytes: the first ones written are the ones sent."""
        statuses.mark_written(conn, job.agency, job.subject, Digest(str(job.args["digest"])))

    async def send_status(self, job: Job) -> Mapping[str, object] | Outcome:
        """Send the kept bytes, or wait: for an earlier status, or for the axis to recover."""
        row, earlier = await self.world.store.read(lambda conn: _status_and_earlier(conn, job))
        if row.sent_at is not None:
            return Done()
        now = self.world.clock.now()
        if earlier:
            return Later(now + WAIT_FOR_EARLIER)
        axis, receiver = str(job.args["axis"]), _receiver(row)
        admitted = await self.gate.admit(job.agency, axis, receiver)
        if isinstance(admitted, Wait):
            return Later(admitted.until)
        async with self.gate.watched(job.agency, axis, receiver):
            axis_doc_id = await self._send_once(job, row, axis)
        return {"axis_doc_id": axis_doc_id}

    async def _send_once(self, job: Job, row: StatusRow, axis: str) -> AxisDocId:
        client = self.world.agency(job.agency).axis(axis)
        digest = row.envelope_digest
        if digest is None:
            raise AxisError(
                "status-not-written",
                vi="Thông điệp trạng thái chưa được ghi; hệ thống sẽ ghi lại.",
                en="the status envelope has not been written yet",
                retry=Retry.TEMPORARY,
            )
        envelope = OutgoingEnvelope(
            key=row.key,
            message_type="status",
            path=await asyncio.to_thread(self.world.payloads.checked, digest),
            sender=OrganId(self.world.agency(job.agency).settings.organ_id),
            recipients=(AxisAddress(_receiver(row)),),
            marker=row.key,
        )
        # A try that ended without an answer may have arrived: look before sending again.
        if job.attempts and client.capabilities.can_look_up_statuses:
            found = await client.find_sent(envelope)
            if found is not None:
                return found
        return await client.send(envelope)

    def note_sent(self, conn: Connection, job: Job) -> None:
        """Remember that the axis has it."""
        at = self.world.clock.now()
        axis_doc_id = AxisDocId(str(job.args["axis_doc_id"]))
        row = statuses.mark_sent(conn, job.agency, job.subject, axis_doc_id, at)
        if row.document is not None:
            refs = {"status": row.code, "axis": str(job.args["axis"]), "axis_doc_id": axis_doc_id}
            self._event(conn, job, row.document, "status-sent", refs)

    # relay

    async def relay(self, job: Job) -> Mapping[str, object] | Outcome:
        """Hand the document to the QLVB as waiting; nothing to do where there is no QLVB."""
        agency = self.world.agency(job.agency)
        if agency.qlvb is None:
            return Done()
        event = await self.world.store.read(lambda conn: self._arrival_event(conn, job))
        if event is None:
            return Done()
        taken_at = await agency.qlvb.relay(job.key, event)
        return {"taken_at": (taken_at or self._first_taken(job)).isoformat()}

    def _first_taken(self, job: Job) -> datetime:
        """Return when it was taken over, as far as we can know where the QLVB does not say.

        After a lost answer it may have been taken at the first try: the earlier instant counts,
        so that no deadline becomes later by a fault of the wire.
        """
        if job.first_failed_at is not None and job.last_error_code in ANSWER_LOST:
            return job.first_failed_at
        return self.world.clock.now()

    def _arrival_event(self, conn: Connection, job: Job) -> Mapping[str, object] | None:
        """Return what the QLVB is told: the same on every try, but for what was decided since."""
        ref = DocumentRef(job.subject)
        row = documents.get(conn, job.agency, ref)
        content = documents.content(conn, job.agency, ref)
        if row is None or content is None or row.state not in TOLD:
            return None  # refused or taken away meanwhile: there is nothing to offer any more
        arrived_at = row.arrived_at or job.created_at
        return ArrivalWaiting(
            document=ref,
            urgency=row.urgency,
            arrived_at=arrived_at,
            decided_at=row.decided_at or arrived_at,
            state=row.state.value,
            effective_receipt_at=row.receipt.effective_receipt_at if row.receipt else None,
            verdict=row.verdict.value if row.verdict is not None else None,
            information_only=any(each.code == INFORMATION_ONLY for each in row.objections),
            attachment_count=len(content.attachments),
            envelope=json.loads(content.envelope_text),
        ).event()

    def note_taken(self, conn: Connection, job: Job) -> None:
        """Remember when the QLVB took it over, and count receipt from there where so set."""
        agency, ref = self.world.agency(job.agency), DocumentRef(job.subject)
        row = documents.get(conn, job.agency, ref)
        taken_at = datetime.fromisoformat(str(job.args["taken_at"]))
        receipt = None
        if agency.counts_from_qlvb and row is not None and row.receipt is None:
            start = max(taken_at, row.arrived_at or taken_at)
            computed = effective_receipt(start, agency.calendar, agency.receipt_rule)
            receipt = kept_receipt(conn, agency, computed, self.world.clock.now())
        if documents.set_qlvb_taken(conn, job.agency, ref, taken_at, receipt):
            self._event(conn, job, ref, "qlvb-taken", {"qlvb_taken_at": taken_at.isoformat()})
            if row is not None and row.arrived_at is not None:
                self._compare_times(conn, job, row.arrived_at, taken_at)
            acts = Acts(self.world)
            if (
                receipt is not None
                and row is not None
                and acts.accepts_by_policy(agency, row.state)
            ):
                acts.accept(conn, agency, ref, BY_POLICY, None)

    def _compare_times(
        self, conn: Connection, job: Job, arrived_at: datetime, taken_at: datetime
    ) -> None:
        """Warn in the document's history where the two instants lie far apart (contract)."""
        if abs(taken_at - arrived_at) > FAR_APART:
            refs = {"qlvb_taken_at": taken_at.isoformat()}
            self._event(conn, job, DocumentRef(job.subject), "times-differ", refs)

    # alarm

    async def tell(self, job: Job) -> None:
        """Tell people, with codes and our own ids only; a needless reminder is not told."""
        if job.args["topic"] == SAME_DAY and not await self._is_unanswered(job):
            return
        codes = job.args.get("codes", [])
        await self.world.alarms.tell(
            Alarm(
                key=job.key,
                agency=job.agency,
                topic=str(job.args["topic"]),
                at=self.world.clock.now(),
                document=DocumentRef(job.subject),
                codes=tuple(map(str, codes)) if isinstance(codes, list) else (),
                urgent=job.urgency.value > 0,
            )
        )

    async def _is_unanswered(self, job: Job) -> bool:
        ref = DocumentRef(job.subject)
        row = await self.world.store.read(lambda conn: documents.get(conn, job.agency, ref))
        return row is not None and waits_for_clerk(row.state)

    # isolate

    async def copy_to_quarantine(self, job: Job) -> Mapping[str, object]:
        """Encrypt the raw envelope into quarantine; a repeat writes the same document anew.

        Names every plain file of the document, for ``wipe``: after ``blank`` no row does.
        """
        ref = DocumentRef(job.subject)
        raw, parts = await self.world.store.read(lambda conn: _bytes_of(conn, job))
        if raw:  # the document as first received; repeats say the same
            await asyncio.to_thread(self._copy, ref, raw[0])
        return {"wipe": [*raw, *parts]}

    def _copy(self, ref: DocumentRef, digest: Digest) -> None:
        with self.world.payloads.open(digest) as source:
            self.world.quarantine.put(ref, source)

    def blank(self, conn: Connection, job: Job) -> None:
        """Remove the content rows; the encrypted copy is durable by now."""
        ref = DocumentRef(job.subject)
        documents.blank_for_quarantine(conn, job.agency, ref, IncomingState.QUARANTINED)

    async def wipe(self, job: Job) -> None:
        """Delete the plain bytes that nothing else refers to; safe twice."""
        listed = job.args.get("wipe", [])
        for each in listed if isinstance(listed, list) else []:
            digest = Digest(str(each))
            if not await self._is_needed(digest):
                await asyncio.to_thread(self.world.payloads.delete, digest)

    async def _is_needed(self, digest: Digest) -> bool:
        return await self.world.store.read(lambda conn: references.referenced(conn, digest))

    def _event(
        self,
        conn: Connection,
        job: Job,
        ref: DocumentRef,
        code: str,
        refs: Mapping[str, str | int | list[str] | list[int]],
    ) -> None:
        new = NewEvent(
            document=ref, at=self.world.clock.now(), actor="gateway", code=code, refs=refs
        )
        events.append(conn, job.agency, new)


def _status(conn: Connection, job: Job) -> StatusRow:
    row = statuses.get(conn, job.agency, job.subject)
    if row is None:
        raise StateError(
            "status-unknown",
            vi=f"Không có thông điệp trạng thái nào mang mã {job.subject}",
            en=f"there is no status message {job.subject}",
        )
    return row


def _status_and_earlier(conn: Connection, job: Job) -> tuple[StatusRow, bool]:
    """Return the message, and whether an earlier one on the same axis is still on its way."""
    row = _status(conn, job)
    if row.document is None:
        return row, False
    axis = job.args["axis"]
    for other in statuses.history(conn, job.agency, row.document):
        if other.direction is Direction.OUTGOING and other.id < row.id and other.sent_at is None:
            sending = jobs.find(conn, job.agency, other.key)
            if sending is not None and sending.state == jobs.READY and sending.args["axis"] == axis:
                return row, True
    return row, False


def _receiver(row: StatusRow) -> str:
    """Return whom a status addresses: always ResponseFor/OrganId (protocol 2.3)."""
    return row.about.organ_id or "" if row.about else ""


def _bytes_of(conn: Connection, job: Job) -> tuple[list[Digest], list[Digest]]:
    ref = DocumentRef(job.subject)
    came_by = deliveries.of_document(conn, job.agency, ref)
    content = documents.content(conn, job.agency, ref)
    raw = [row.raw_digest for row in came_by if row.raw_digest is not None]
    parts = [each.digest for each in content.attachments if each.digest] if content else []
    return raw, parts
