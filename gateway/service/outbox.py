"""Effects become rows and jobs, in the transaction of the decision that asked for them.

A crash between "decided" and "done" therefore loses nothing: the next start finds the jobs.
Each job carries the effect's key, and a key exists once, so that deciding again adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.effects import AskClerk, Effect, Isolate, RelayToQlvb, SendStatus
from gateway.model.document import Direction, DocumentRef, Urgency
from gateway.model.envelope import ResponseFor
from gateway.model.organ import AgencyId
from gateway.ports import Ids
from gateway.storage import deliveries, documents, jobs, statuses
from gateway.storage.jobs import NewJob
from gateway.storage.statuses import NewStatus

STATUS, RELAY, ALARM, ISOLATE, WIPE = "status", "relay", "alarm", "isolate", "wipe"
"""Names of the pipelines that perform effects; ``dispatch.py`` holds their steps."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where effects are put.

    Attributes:
        ids: Makes the ids of rows and jobs.
        at: The instant of the decision, the same for everything it asks for.

    """

    ids: Ids
    at: datetime

    def put(
        self, conn: Connection, agency: AgencyId, effects: Iterable[Effect], urgency: Urgency
    ) -> None:
        """Store every effect as a job (a status message also as its row)."""
        for effect in effects:
            match effect:
                case SendStatus():
                    self._status(conn, agency, effect, urgency)
                case RelayToQlvb():
                    self._job(conn, agency, effect, RELAY, urgency)
                case AskClerk():
                    self._job(conn, agency, effect, ALARM, urgency)
                case Isolate():
                    self._job(conn, agency, effect, ISOLATE, urgency)

    def _job(
        self,
        conn: Connection,
        agency: AgencyId,
        effect: RelayToQlvb | AskClerk | Isolate,
        pipeline: str,
        urgency: Urgency,
    ) -> None:
        args: dict[str, object] = {}
        run_at = self.at
        if isinstance(effect, AskClerk):
            args = {"topic": effect.topic, "codes": list(effect.codes)}
            run_at = effect.not_before or self.at
        job = NewJob(
            agency=agency,
            pipeline=pipeline,
            key=effect.key,
            subject=effect.document,
            args=args,
            urgency=urgency,
            run_at=run_at,
        )
        jobs.enqueue(conn, self.ids, self.at, job)

    def _status(
        self, conn: Connection, agency: AgencyId, effect: SendStatus, urgency: Urgency
    ) -> None:
        for axis in answered_axes(conn, agency, effect):
            key = f"{effect.key}:{axis}"
            row, is_new = statuses.create_once(
                conn,
                agency,
                NewStatus(
                    id=self.ids.new(),
                    direction=Direction.OUTGOING,
                    key=key,
                    code=effect.code.value,
                    noted_at=self.at,
                    stated_at=self.at,
                    description=effect.reason or None,
                    about=about(conn, agency, effect.document),
                    document=effect.document,
                ),
            )
            if not is_new:
                continue
            job = NewJob(
                agency=agency,
                pipeline=STATUS,
                key=key,
                subject=row.id,
                args={"axis": axis},
                urgency=urgency,
                run_at=self.at,
            )
            jobs.enqueue(conn, self.ids, self.at, job)


def answered_axes(conn: Connection, agency: AgencyId, effect: SendStatus) -> tuple[str, ...]:
    """Return the axes on which the sender hears it: the ways the document came."""
    if effect.axis is not None:
        return (effect.axis,)
    came_by = deliveries.of_document(conn, agency, effect.document)
    return tuple(dict.fromkeys(row.axis for row in came_by))


def about(conn: Connection, agency: AgencyId, document: DocumentRef) -> ResponseFor | None:
    """Return what a status message says it is about: always the sender's own words (L-106).

    A quarantined document has no content any more; what its first message said still stands.
    """
    content = documents.content(conn, agency, document)
    if content is not None:
        return ResponseFor(
            organ_id=content.sender_id,
            code=content.code,
            document_id=content.document_id,
            promulgation_date=content.promulgation_date,
        )
    said = statuses.history(conn, agency, document)
    return next((row.about for row in said if row.direction is Direction.OUTGOING), None)
