"""Opening: the kept bytes become an envelope, and the envelope a document, a repeat, or a case.

Reading is repeatable and its outcome is written in one transaction that looks first whether an
earlier try has written it: a delivery is opened once.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from gateway import incoming
from gateway.effects import AskClerk
from gateway.envelope.digest import content_digest
from gateway.envelope.json_form import envelope_to_json
from gateway.envelope.reader import read_envelope
from gateway.errors import EnvelopeError, StateError
from gateway.model.document import Digest, Direction, DocumentRef, Urgency
from gateway.model.envelope import DocumentEnvelope, Envelope, StatusEnvelope
from gateway.model.incoming import Objection
from gateway.model.organ import AgencyId, OrganId, SystemId
from gateway.model.status import StatusCode
from gateway.rules.addressing import Addressed, addressed, codes_of_same_organ
from gateway.rules.duplicates import Compared, compared, lookup_keys
from gateway.rules.receipt_time import viet_nam_time
from gateway.service.outbox import WIPE, Outbox
from gateway.service.pipelines import Done, Outcome
from gateway.service.world import Agency, World
from gateway.storage import (
    deliveries,
    directory,
    documents,
    events,
    finding,
    jobs,
    locks,
    statuses,
)
from gateway.storage.documents import Unreadable
from gateway.storage.events import NewEvent
from gateway.storage.jobs import Job, NewJob
from gateway.storage.references import CONTENT_GONE as GONE
from gateway.storage.rows import DeliveryRow, NewDocument
from gateway.storage.statuses import NewStatus, StatusRow


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """An envelope with a document, ready to be stored."""

    envelope: DocumentEnvelope
    text: str = field(repr=False)
    digest: Digest


Read = ReadDocument | StatusEnvelope | EnvelopeError


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens deliveries."""

    world: World

    async def open(self, job: Job) -> Outcome | None:
        """Open one delivery; go on to examining only where it became a new document."""
        row = await self.world.store.read(
            lambda conn: deliveries.required(conn, job.agency, job.subject)
        )
        if row.outcome is None:
            what = await asyncio.to_thread(self._read, row)
            row = await self.world.store.tx(lambda conn: self._write(conn, job, what))
        return None if row.outcome == "new" else Done()

    def _read(self, row: DeliveryRow) -> Read:
        digest = row.raw_digest or Digest("")
        try:
            with self.world.payloads.open(digest) as source:
                today = viet_nam_time(self.world.clock.now()).date()
                envelope: Envelope = read_envelope(source, self.world.payloads.sink, today=today)
        except EnvelopeError as error:
            return error
        if isinstance(envelope, StatusEnvelope):
            return envelope
        text = json.dumps(envelope_to_json(envelope), ensure_ascii=False, separators=(",", ":"))
        return ReadDocument(envelope, text, content_digest(envelope))

    def _write(self, conn: Connection, job: Job, what: Read) -> DeliveryRow:
        row = deliveries.required(conn, job.agency, job.subject)
        if row.outcome is not None:
            return row
        match what:
            case ReadDocument():
                self._document(conn, self.world.agency(job.agency), row, what)
            case StatusEnvelope():
                self._status(conn, job.agency, row, what)
            case EnvelopeError():
                self._unreadable(conn, job.agency, row, what)
        return deliveries.required(conn, job.agency, job.subject)

    # a document

    def _document(
        self, conn: Connection, agency: Agency, row: DeliveryRow, read: ReadDocument
    ) -> None:
        locks.hold_content(conn, agency.id, read.digest)
        arrived = compared_in(conn, agency.id, read.envelope, row, read.digest)
        keys = lookup_keys(arrived)
        known = finding.known_by_identity(conn, agency.id, keys.document_id, keys.content_digest)
        said = {each.ref: said_about(conn, agency.id, each.ref) for each in known}
        opened = incoming.Opened(
            document=DocumentRef(self.world.ids.new()),
            compared=arrived,
            addressed=addressed_to(agency, read.envelope),
        )
        what = incoming.open_document(opened, known, said)
        urgency = read.envelope.urgency
        if isinstance(what, incoming.Held):
            outcome, code = ("attached",) * 2 if what.is_other_way else ("repeated",) * 2
            deliveries.outcome(conn, agency.id, row.id, outcome, what.document.ref)
            self._event(conn, agency.id, what.document.ref, code, row)
            if what.document.state.value in GONE:
                self._wipe(conn, agency.id, row, read)
        else:
            new = NewDocument(
                ref=opened.document,
                envelope=read.envelope,
                envelope_text=read.text,
                content_digest=read.digest,
                number_key=keys.number_key,
                notation_key=keys.notation_key,
                arrived_at=arrival_of(row),
            )
            documents.create(conn, agency.id, new)
            deliveries.outcome(conn, agency.id, row.id, "new", opened.document)
            for code in ("received", "acknowledged", "opened"):
                self._event(conn, agency.id, opened.document, code, row)
        Outbox(self.world.ids, self.world.clock.now()).put(conn, agency.id, what.effects, urgency)

    def _wipe(
        self, conn: Connection, agency: AgencyId, row: DeliveryRow, read: ReadDocument
    ) -> None:
        """Give up the plain bytes of a repeat whose document is sealed or gone (L-60)."""
        parts = [each.digest for each in read.envelope.attachments if each.digest]
        now = self.world.clock.now()
        job = NewJob(
            agency=agency,
            pipeline=WIPE,
            key=f"wipe:{row.id}",
            subject=row.id,
            run_at=now,
            args={"wipe": [row.raw_digest, *parts]},
        )
        jobs.enqueue(conn, self.world.ids, now, job)

    # a status message

    def _status(
        self, conn: Connection, agency: AgencyId, row: DeliveryRow, envelope: StatusEnvelope
    ) -> None:
        """Keep it; the document it speaks of is matched when there is a way out to match."""
        new = NewStatus(
            id=self.world.ids.new(),
            direction=Direction.INCOMING,
            key=f"{row.axis}:{row.axis_doc_id}",
            code=envelope.status_code or "",
            noted_at=self.world.clock.now(),
            description=envelope.description,
            stated_at=envelope.stated_at,
            from_organ=envelope.sender.organ_id if envelope.sender else None,
            about=envelope.response_for,
            delivery_id=row.id,
        )
        statuses.create_once(conn, agency, new)
        deliveries.outcome(conn, agency, row.id, "status", None)

    # nothing that can be read

    def _unreadable(
        self, conn: Connection, agency: AgencyId, row: DeliveryRow, error: EnvelopeError
    ) -> None:
        """Park it where a person sees it; the raw bytes stay, and can be read again later."""
        now, ref = self.world.clock.now(), DocumentRef(self.world.ids.new())
        where = f" ({error.element})" if error.element else ""
        objection = Objection(
            code=error.code,
            clause=error.rule,
            vi=f"{error.vi}{where}",
            en=f"{error.en}{where}",
            refuses=True,
        )
        new = Unreadable(
            ref=ref, arrived_at=arrival_of(row), objections=(objection,), decided_at=now
        )
        documents.create_unreadable(conn, agency, new)
        deliveries.outcome(conn, agency, row.id, "parked", ref)
        for code in ("received", "acknowledged", "unreadable"):
            self._event(conn, agency, ref, code, row)
        alarm = AskClerk(document=ref, topic="parked", codes=(error.code,))
        Outbox(self.world.ids, now).put(conn, agency, (alarm,), Urgency.NORMAL)

    def _event(
        self, conn: Connection, agency: AgencyId, ref: DocumentRef, code: str, row: DeliveryRow
    ) -> None:
        refs = {
            "delivery": row.id,
            "axis": row.axis,
            "axis_doc_id": row.axis_doc_id,
            "raw_digest": row.raw_digest or "",
        }
        when = {"received": row.arrived_at, "acknowledged": row.acknowledged_at}
        at = when.get(code) or self.world.clock.now()
        new = NewEvent(document=ref, at=at, actor="gateway", code=code, refs=refs)
        events.append(conn, agency, new)


def arrival_of(row: DeliveryRow) -> datetime:
    """Return when the raw bytes were durable.

    Raises:
        StateError: They are not kept yet; no other instant stands in for the arrival (L-70).

    """
    if row.arrived_at is None:
        raise StateError(
            "delivery-not-kept",
            vi=f"Lượt nhận {row.id} chưa được lưu chắc chắn nên chưa có thời điểm đến.",
            en=f"delivery {row.id} is not kept yet and has no arrival time",
        )
    return row.arrived_at


def compared_in(
    conn: Connection,
    agency: AgencyId,
    envelope: DocumentEnvelope,
    row: DeliveryRow,
    digest: Digest,
) -> Compared:
    """Return what comparing needs, with the sender's other codes as the directory states them."""
    sender = envelope.sender.organ_id if envelope.sender else None
    codes: frozenset[OrganId] = frozenset()
    if sender is not None:
        codes = codes_of_same_organ(sender, directory.entries_for(conn, agency, (sender,)))
    return compared(envelope, (row.axis, row.axis_doc_id), digest, codes)


def addressed_to(agency: Agency, envelope: DocumentEnvelope) -> Addressed:
    """Return whom the envelope is for, seen from the agency."""
    systems = frozenset(SystemId(axis.system_id) for axis in agency.settings.axis)
    return addressed(envelope, agency.own_codes, systems)


def said_about(conn: Connection, agency: AgencyId, ref: DocumentRef) -> tuple[incoming.Said, ...]:
    """Return what we told the sender of a document, each thing once."""
    ours = [s for s in statuses.history(conn, agency, ref) if s.direction is Direction.OUTGOING]
    said = {(row.code, row.description or ""): row for row in ours}
    return tuple(_said(row) for row in said.values())


def _said(row: StatusRow) -> incoming.Said:
    return incoming.Said(StatusCode(row.code), row.description or "")
