"""The life of an incoming document (văn bản đến), as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from gateway.model.document import AxisDocId, Code, Digest, DocumentId, DocumentRef
from gateway.model.organ import OrganId


class IncomingState(Enum):
    """Where an incoming document stands; moves only along ``rules/lifecycle.py``."""

    OPENED = "opened"  # read, not judged yet
    WAITING = "waiting"  # admitted, relayed or to be relayed; waits for the clerk
    HELD = "held"  # a person must look; refusal may be proposed
    PARKED = "parked"  # unreadable, wrong addressee, or a kind we do not act on
    QUARANTINED = "quarantined"  # bears a secrecy mark (L-60)
    ACCEPTED = "accepted"  # registered; has its number; final here
    REFUSED = "refused"  # returned to the sender with a reason; final here
    RELEASED = "released"  # taken out of quarantine by a recorded act, handled on paper
    DESTROYED = "destroyed"  # content is gone, events stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One thing that speaks against taking a document, with its clause.

    Attributes:
        code: Closed list in ``docs/errors.md``.
        clause: ``L-nn`` and the article.
        vi, en: One sentence each, for the clerk; may be quoted to the sender.
        refuses: True where the objection alone justifies proposing status 02.

    """

    code: str
    clause: str
    vi: str
    en: str
    refuses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDocument:
    """A document we hold already, as far as comparing needs it.

    Attributes:
        content_digest: SHA-256 over the envelope's meaning and its attachments' digests:
            two deliveries with the same one carry the same document, whatever the axis
            did to the bytes around it (protocol 2.5).
        deliveries: (axis name, axis_doc_id) of every delivery it came by.

    """

    ref: DocumentRef
    state: IncomingState
    document_id: DocumentId | None
    sender_id: OrganId | None
    sender_name: str | None
    code: Code | None
    promulgation_date: date | None
    content_digest: Digest
    deliveries: tuple[tuple[str, AxisDocId], ...] = ()
