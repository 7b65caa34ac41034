"""Examining: every PDF of a document is judged in a worker process, the evidence kept (L-115)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.model.document import Attachment, DocumentRef
from gateway.model.organ import AgencyId
from gateway.service.opening import arrival_of
from gateway.service.verdicts import kept_text
from gateway.service.world import World
from gateway.storage import deliveries, documents
from gateway.storage.documents import StoredExamination
from gateway.storage.jobs import Job

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Examining:
    """Examines the attachments of opened documents."""

    world: World

    async def examine(self, job: Job) -> None:
        """Examine every PDF as received; a repeat finds what is stored and adds the rest."""
        row = await self.world.store.read(
            lambda conn: deliveries.required(conn, job.agency, job.subject)
        )
        if row.document is None:
            return
        ref, at = row.document, arrival_of(row)
        parts, done = await self.world.store.read(lambda conn: _left(conn, job.agency, ref))
        for ordinal, part in enumerate(parts):
            if part.media_type == PDF and part.digest is not None and ordinal not in done:
                await self._one(job.agency, ref, (ordinal, part), at)

    async def _one(
        self, agency: AgencyId, ref: DocumentRef, part: tuple[int, Attachment], at: datetime
    ) -> None:
        ordinal, attachment = part
        if attachment.digest is None:
            return
        path = await asyncio.to_thread(self.world.payloads.checked, attachment.digest)
        found = await self.world.examiner.examine(agency, path, at)
        stored = StoredExamination(
            ordinal=ordinal,
            examined_at=self.world.clock.now(),
            verdict_text=kept_text(found.verdict),
            evidence_text=found.evidence,
            marks=found.marks,
            doubtful_marks=found.doubtful_marks,
        )
        await self.world.store.tx(
            lambda conn: documents.save_examination(conn, agency, ref, stored)
        )


def _left(
    conn: Connection, agency: AgencyId, ref: DocumentRef
) -> tuple[tuple[Attachment, ...], frozenset[int]]:
    """Return the attachments, and which of them an earlier try has examined."""
    content = documents.content(conn, agency, ref)
    examined = documents.examinations_of(conn, agency, ref)
    return content.attachments if content else (), frozenset(each.ordinal for each in examined)
