"""Deciding: the facts are read, ``incoming.receive`` decides, and all of it is one transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway import incoming
from gateway.envelope.json_form import envelope_from_json
from gateway.model.document import Attachment, Digest, DocumentRef
from gateway.model.envelope import DocumentEnvelope
from gateway.model.incoming import IncomingState
from gateway.rules.admission import ExaminedFile
from gateway.rules.duplicates import Finding, compare, lookup_keys
from gateway.service.acts import BY_POLICY, Acts
from gateway.service.opening import addressed_to, arrival_of, compared_in
from gateway.service.outbox import Outbox
from gateway.service.receipts import kept_receipt
from gateway.service.verdicts import kept_verdict
from gateway.service.world import Agency, World
from gateway.storage import deliveries, documents, events, finding
from gateway.storage.documents import Decided, StoredExamination
from gateway.storage.event_codes import RefValue
from gateway.storage.events import NewEvent
from gateway.storage.jobs import Job
from gateway.storage.rows import ContentRow, DeliveryRow, IncomingRow, Receipt

EVENT_OF = {
    IncomingState.WAITING: "admitted",
    IncomingState.HELD: "held",
    IncomingState.PARKED: "parked",
    IncomingState.QUARANTINED: "quarantined",
}


@dataclass(frozen=True, slots=True)
class Deciding:
    """Decides over opened and examined documents."""

    world: World

    def decide(self, conn: Connection, job: Job) -> None:
        """Decide what becomes of the document, once; a repeat finds it decided."""
        delivery = deliveries.required(conn, job.agency, job.subject)
        if delivery.document is None:
            return
        row = documents.get(conn, job.agency, delivery.document)
        content = documents.content(conn, job.agency, delivery.document)
        if row is None or content is None or row.state is not IncomingState.OPENED:
            return
        agency = self.world.agency(job.agency)
        envelope = envelope_from_json(json.loads(content.envelope_text))
        if not isinstance(envelope, DocumentEnvelope):
            return
        arrival = incoming.Arrival(
            document=row.ref,
            envelope=envelope,
            arrived_at=row.arrived_at or arrival_of(delivery),
            addressed=addressed_to(agency, envelope),
            files=files_of(conn, agency, row.ref, content),
        )
        facts = incoming.Facts(
            calendar=agency.calendar,
            receipt_rule=agency.receipt_rule,
            counts_from_qlvb=agency.counts_from_qlvb,
            policy=agency.policy,
            duplicate=self._duplicate(conn, agency, envelope, delivery, row),
        )
        self._write(conn, agency, arrival, incoming.receive(arrival, facts))

    def _duplicate(
        self,
        conn: Connection,
        agency: Agency,
        envelope: DocumentEnvelope,
        delivery: DeliveryRow,
        row: IncomingRow,
    ) -> Finding:
        """Compare with everything we hold but the document itself (L-41)."""
        digest = row.content_digest or Digest("")
        arrived = compared_in(conn, agency.id, envelope, delivery, digest)
        keys = lookup_keys(arrived)
        known = finding.known_by_identity(conn, agency.id, keys.document_id, keys.content_digest)
        known += finding.known_by_number(conn, agency.id, keys.number_key, keys.notation_key)
        return compare(arrived, [each for each in known if each.ref != row.ref])

    def _write(
        self, conn: Connection, agency: Agency, arrival: incoming.Arrival, what: incoming.Decided
    ) -> None:
        now, ref = self.world.clock.now(), arrival.document
        receipt = kept_receipt(conn, agency, what.receipt, now) if what.receipt else None
        decided = Decided(
            state=what.state,
            decided_at=now,
            receipt=receipt,
            objections=what.notes,
            proposal="refuse" if what.proposes_refusal else None,
            verdict=what.verdict.verdict if what.verdict is not None else None,
        )
        documents.decide(conn, agency.id, ref, decided)
        self._say(conn, agency, ref, what, receipt)
        urgency = arrival.envelope.urgency
        Outbox(self.world.ids, now).put(conn, agency.id, what.effects, urgency)
        self._by_policy(conn, agency, ref, what)

    def _by_policy(
        self, conn: Connection, agency: Agency, ref: DocumentRef, what: incoming.Decided
    ) -> None:
        """Perform what the agency's stated policy does without a person."""
        acts = Acts(self.world)
        if what.refusal:
            acts.refuse(conn, agency, ref, BY_POLICY, what.refusal)
        elif acts.accepts_by_policy(agency, what.state) and what.receipt is not None:
            acts.accept(conn, agency, ref, BY_POLICY, None)

    def _say(
        self,
        conn: Connection,
        agency: Agency,
        ref: DocumentRef,
        what: incoming.Decided,
        receipt: Receipt | None,
    ) -> None:
        """Write the three findings into the document's history."""
        codes: dict[str, RefValue] = {"codes": [each.code for each in what.notes]}
        if what.verdict is not None:
            codes["verdict"] = what.verdict.verdict.value
            codes["integrity"] = what.verdict.integrity.value
        said: list[tuple[str, dict[str, RefValue]]] = [("examined", codes)]
        if receipt is not None:
            at = receipt.effective_receipt_at.isoformat()
            version = receipt.calendar_version
            refs: dict[str, RefValue] = {"effective_receipt_at": at, "calendar_version": version}
            said.append(("receipt-set", refs | {"rule": receipt.rule}))
        said.append((EVENT_OF[what.state], {}))
        now = self.world.clock.now()
        for code, about in said:
            new = NewEvent(document=ref, at=now, actor="gateway", code=code, refs=about)
            events.append(conn, agency.id, new)


def files_of(
    conn: Connection, agency: Agency, ref: DocumentRef, content: ContentRow
) -> tuple[ExaminedFile, ...]:
    """Return every attachment with what its examination brought, in the envelope's order."""
    brought = {each.ordinal: each for each in documents.examinations_of(conn, agency.id, ref)}
    return tuple(
        _file(attachment, brought.get(ordinal))
        for ordinal, attachment in enumerate(content.attachments)
    )


def _file(attachment: Attachment, brought: StoredExamination | None) -> ExaminedFile:
    if brought is None:
        return ExaminedFile(attachment=attachment)
    return ExaminedFile(
        attachment=attachment,
        verdict=kept_verdict(brought.verdict_text),
        marks=brought.marks,
        doubtful_marks=brought.doubtful_marks,
    )
