"""The clerk's desk over the store: what the API and the commands ask (``desk.py``)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.model.document import Attachment, Digest, DocumentRef
from gateway.model.incoming import IncomingState
from gateway.model.organ import AgencyId
from gateway.model.register import Register
from gateway.service.acts import Acts
from gateway.service.apikeys import Scope, StoredKey
from gateway.service.desk import (
    Acceptance,
    ArrivalPage,
    ArrivalQuery,
    ArrivalView,
    AttachmentView,
    ContentView,
    EventView,
    FileAt,
    FileVerdictView,
    Refusal,
    UnknownArrivalError,
)
from gateway.service.verdicts import kept_verdict
from gateway.service.world import World
from gateway.signing.shown import shown
from gateway.storage import apikeys, deliveries, documents, events, finding, registers
from gateway.storage.rows import ContentRow, IncomingRow

LISTABLE = tuple(state for state in IncomingState if state is not IncomingState.QUARANTINED)
UNSEEN = frozenset({IncomingState.QUARANTINED, IncomingState.RELEASED, IncomingState.DESTROYED})
"""States whose content nobody sees here, even in the moment before it is taken away."""


@dataclass(frozen=True, slots=True)
class StoreDesk:
    """Implements :class:`gateway.service.desk.Desk`."""

    world: World

    async def list_arrivals(self, agency: AgencyId, query: ArrivalQuery) -> ArrivalPage:
        """List in order of ``ref``; quarantined documents are in no list."""
        states = tuple(query.states & set(LISTABLE)) if query.states else LISTABLE

        def ask(conn: Connection) -> ArrivalPage:
            lines = finding.listing(conn, agency, states, query.after, query.limit + 1)
            shown = lines[: query.limit]
            items = tuple(_view(conn, agency, line.document) for line in shown)
            return ArrivalPage(items=items, more=len(lines) > query.limit)

        return await self.world.store.read(ask)

    async def arrival(self, agency: AgencyId, ref: DocumentRef) -> ArrivalView | None:
        """Return the document, None when the agency has none of that ID."""
        return await self.world.store.read(lambda conn: _find(conn, agency, ref))

    async def envelope_json(self, agency: AgencyId, ref: DocumentRef) -> str | None:
        """Return the JSON text of the envelope."""
        seen = await self.world.store.read(lambda conn: _content(conn, agency, ref))
        return seen.envelope_text if seen else None

    async def raw_path(self, agency: AgencyId, ref: DocumentRef) -> FileAt | None:
        """Return the envelope's bytes as first received."""
        digest = await self.world.store.read(lambda conn: _raw(conn, agency, ref))
        if digest is None:
            return None
        path = await asyncio.to_thread(self.world.payloads.checked, digest)
        return FileAt(path=path, digest=digest, name=f"{ref}.edxml", media_type="application/xml")

    async def attachment_path(
        self, agency: AgencyId, ref: DocumentRef, ordinal: int
    ) -> FileAt | None:
        """Return an attachment's bytes."""
        seen = await self.world.store.read(lambda conn: _content(conn, agency, ref))
        if seen is None or not 0 <= ordinal < len(seen.attachments):
            return None
        part = seen.attachments[ordinal]
        if part.digest is None:
            return None
        path = await asyncio.to_thread(self.world.payloads.checked, part.digest)
        return FileAt(
            path=path, digest=part.digest, name=part.attachment_name, media_type=part.media_type
        )

    async def verdicts(
        self, agency: AgencyId, ref: DocumentRef
    ) -> tuple[FileVerdictView, ...] | None:
        """Return the verdicts in order of ``ordinal``."""
        return await self.world.store.read(lambda conn: _verdicts(conn, agency, ref))

    async def timeline(self, agency: AgencyId, ref: DocumentRef) -> tuple[EventView, ...] | None:
        """Return the history in order of ``sequence``."""
        return await self.world.store.read(lambda conn: _timeline(conn, agency, ref))

    async def accept(
        self, agency: AgencyId, ref: DocumentRef, acceptance: Acceptance
    ) -> ArrivalView:
        """Accept: number, register line, event and status 03 in one transaction."""
        own, acts = self.world.agency(agency), Acts(self.world)

        def act(conn: Connection) -> ArrivalView:
            acts.accept(conn, own, ref, acceptance.person, acceptance.number)
            return _required(conn, agency, ref)

        return await self.world.store.tx(act)

    async def refuse(self, agency: AgencyId, ref: DocumentRef, refusal: Refusal) -> ArrivalView:
        """Refuse with a reason: event and status 02 in one transaction."""
        own, acts = self.world.agency(agency), Acts(self.world)

        def act(conn: Connection) -> ArrivalView:
            acts.refuse(conn, own, ref, refusal.person, refusal.reason)
            return _required(conn, agency, ref)

        return await self.world.store.tx(act)


@dataclass(frozen=True, slots=True)
class StoreKeyRing:
    """API keys as the store has them."""

    world: World

    async def find(self, key_id: str) -> StoredKey | None:
        """Return what is kept of the key; only a configured agency's key counts."""
        found = await self.world.store.read(lambda conn: apikeys.find(conn, key_id))
        for key in found:
            if key.agency in self.world.agencies:
                return StoredKey(
                    agency=key.agency,
                    key_id=key.key_id,
                    key_hash=key.key_hash,
                    holder=key.holder,
                    scopes=frozenset(Scope(each) for each in key.scopes),
                    created_at=key.created_at,
                    expires_at=key.expires_at,
                    revoked_at=key.revoked_at,
                )
        return None


def _find(conn: Connection, agency: AgencyId, ref: DocumentRef) -> ArrivalView | None:
    row = documents.get(conn, agency, ref)
    return _view(conn, agency, row) if row else None


def _required(conn: Connection, agency: AgencyId, ref: DocumentRef) -> ArrivalView:
    view = _find(conn, agency, ref)
    if view is None:
        raise UnknownArrivalError
    return view


def _content(conn: Connection, agency: AgencyId, ref: DocumentRef) -> ContentRow | None:
    row = documents.get(conn, agency, ref)
    if row is None or row.state in UNSEEN:
        return None
    return documents.content(conn, agency, ref)


def _raw(conn: Connection, agency: AgencyId, ref: DocumentRef) -> Digest | None:
    row = documents.get(conn, agency, ref)
    if row is None or row.state in UNSEEN:
        return None
    came_by = deliveries.of_document(conn, agency, ref)
    return next((each.raw_digest for each in came_by if each.raw_digest), None)


def _verdicts(
    conn: Connection, agency: AgencyId, ref: DocumentRef
) -> tuple[FileVerdictView, ...] | None:
    row = documents.get(conn, agency, ref)
    if row is None:
        return None
    if row.state in UNSEEN:
        return ()
    return tuple(
        FileVerdictView(
            ordinal=each.ordinal, examined_at=each.examined_at, report=_report(each.verdict_text)
        )
        for each in documents.examinations_of(conn, agency, ref)
    )


def _report(kept: str) -> str:
    """Return the form of contract.md, personal numbers masked."""
    return json.dumps(shown(kept_verdict(kept)), ensure_ascii=False)


def _timeline(conn: Connection, agency: AgencyId, ref: DocumentRef) -> tuple[EventView, ...] | None:
    if documents.get(conn, agency, ref) is None:
        return None
    return tuple(
        EventView(
            sequence=each.sequence,
            at=each.at,
            actor=each.actor,
            code=each.code,
            refs=json.dumps(dict(each.refs), ensure_ascii=False),
        )
        for each in events.timeline(conn, agency, ref)
    )


def _view(conn: Connection, agency: AgencyId, row: IncomingRow) -> ArrivalView:
    entry = registers.entry_of(conn, agency, Register.INCOMING, row.ref)
    content = None if row.state in UNSEEN else documents.content(conn, agency, row.ref)
    return ArrivalView(
        ref=row.ref,
        state=row.state,
        urgency=row.urgency,
        arrived_at=row.arrived_at,
        qlvb_taken_at=row.qlvb_taken_at,
        effective_receipt_at=row.receipt.effective_receipt_at if row.receipt else None,
        registered_at=entry.registered_at if entry else None,
        closed_at=row.closed_at,
        arrival_number=entry.number if entry else None,
        register_year=entry.year if entry else None,
        verdict=row.verdict.value if row.verdict is not None else None,
        proposal=row.proposal,
        objections=row.objections,
        content=_shown(content) if content else None,
    )


def _shown(content: ContentRow) -> ContentView:
    code = content.code
    return ContentView(
        document_id=content.document_id,
        sender_id=content.sender_id,
        sender_name=content.sender_name,
        code_number=code.code_number if code else None,
        code_notation=code.code_notation if code else None,
        promulgation_date=content.promulgation_date,
        type_name=content.type_name,
        subject=content.subject,
        due_date=content.due_date,
        attachments=tuple(_part(n, each) for n, each in enumerate(content.attachments)),
    )


def _part(ordinal: int, attachment: Attachment) -> AttachmentView:
    return AttachmentView(
        ordinal=ordinal,
        name=attachment.attachment_name,
        media_type=attachment.media_type,
        size_bytes=attachment.size_bytes,
        digest=attachment.digest,
        fault=attachment.fault,
    )
