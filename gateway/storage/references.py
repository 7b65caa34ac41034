"""Who still needs stored bytes; payloads are shared by everything with the same digest."""

from __future__ import annotations

from sqlalchemy import Connection, and_, exists, or_, select

from gateway.model.document import Digest
from gateway.model.incoming import IncomingState
from gateway.storage.schema import attachments, deliveries, documents, statuses

CONTENT_GONE = tuple(
    state.value
    for state in (IncomingState.QUARANTINED, IncomingState.RELEASED, IncomingState.DESTROYED)
)
"""States whose deliveries keep the digest of the raw bytes as proof only: the bytes are gone."""


def referenced(conn: Connection, digest: Digest) -> bool:
    """Tell whether anything in the store still needs the bytes of ``digest``.

    The one question that is asked across agencies, because payloads are stored once for all
    of them: it says yes or no and shows no row of another agency.
    """
    gone = exists().where(
        documents.c.agency_id == deliveries.c.agency_id,
        documents.c.ref == deliveries.c.document_ref,
        documents.c.state.in_(CONTENT_GONE),
    )
    needed = or_(
        exists().where(and_(deliveries.c.raw_digest == digest, ~gone)),
        exists().where(attachments.c.digest == digest),
        exists().where(statuses.c.envelope_digest == digest),
    )
    return bool(conn.execute(select(needed)).scalar_one())
