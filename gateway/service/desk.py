"""What the pull API asks of the rest of the service, as one Protocol and its values.

``http.py`` knows only this module: it parses requests, asks the desk, and writes answers. The
desk is implemented over the store; tests implement it in memory. Every method names the agency
first, and an agency never learns whether another one has a document: what is not its own is not
there (None, or :class:`UnknownArrivalError`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from gateway.errors import StateError
from gateway.model.document import Digest, DocumentId, DocumentRef, Urgency
from gateway.model.incoming import IncomingState, Objection
from gateway.model.organ import AgencyId, OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalQuery:
    """Which arrivals to list.

    Attributes:
        states: Empty means every state.
        after: List what comes after this one in order of ``ref``; None starts at the beginning.
        limit: At most so many, from 1 on.

    """

    states: frozenset[IncomingState] = frozenset()
    after: DocumentRef | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """One attachment as it is told; ``ordinal`` counts from 0 in the envelope's order."""

    ordinal: int
    name: str | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    digest: Digest | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentView:
    """What the document says; absent on the wire is None."""

    document_id: DocumentId | None = None
    sender_id: OrganId | None = None
    sender_name: str | None = None
    code_number: str | None = None
    code_notation: str | None = None
    promulgation_date: date | None = None
    type_name: str | None = None
    subject: str | None = None
    due_date: date | None = None
    attachments: tuple[AttachmentView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalView:
    """An incoming document (văn bản đến) as it is told.

    Attributes:
        content: None when nobody may see it here (quarantined, destroyed) or when it could not
            be opened.
        arrival_number, register_year: None until a clerk accepted it.
        proposal: ``refuse`` where the gateway proposes refusal, else None.

    """

    ref: DocumentRef
    state: IncomingState
    urgency: Urgency
    arrived_at: datetime | None = None
    qlvb_taken_at: datetime | None = None
    effective_receipt_at: datetime | None = None
    registered_at: datetime | None = None
    closed_at: datetime | None = None
    arrival_number: int | None = None
    register_year: int | None = None
    verdict: str | None = None
    proposal: str | None = None
    objections: tuple[Objection, ...] = ()
    content: ContentView | None = None


@dataclass(frozen=True, slots=True)
class ArrivalPage:
    """A piece of the list; ``more`` tells whether something follows the last item now."""

    items: tuple[ArrivalView, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAt:
    """Stored bytes to hand out, checked against their digest; ``name`` is data, never a path."""

    path: Path
    digest: Digest
    name: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVerdictView:
    """The verdict on one attachment: ``report`` is the JSON text of contract.md, pdf verify."""

    ordinal: int
    examined_at: datetime
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One line of a document's history: codes, ids and digests only (``refs`` is JSON text)."""

    sequence: int
    at: datetime
    actor: str
    code: str
    refs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A clerk takes the document (tiếp nhận); then the number and status 03.

    Attributes:
        person: Who accepts, an account of the QLVB (L-160).
        number: The QLVB's arrival number where the QLVB numbers; None where the gateway does.
        key: Idempotency key of the caller; for the record. What makes a repeat harmless is the
            act itself.
        holder: Whose API key carried the act.

    """

    person: str
    number: int | None = None
    key: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A clerk gives the document back (trả lại); ``reason`` goes out verbatim (L-33, L-52)."""

    person: str
    reason: str
    key: str
    holder: str


class UnknownArrivalError(StateError):
    """The agency has no such document; said in the same words whether or not another has."""

    def __init__(self) -> None:
        super().__init__(
            "arrival-unknown",
            vi="Không có văn bản đến này.",
            en="there is no such incoming document",
        )


class Desk(Protocol):
    """The clerk's desk of every agency. Any method may raise :class:`gateway.errors.WorldError`."""

    async def list_arrivals(self, agency: AgencyId, query: ArrivalQuery) -> ArrivalPage:
        """List in order of ``ref``, the oldest first; content as in :meth:`arrival`."""
        ...

    async def arrival(self, agency: AgencyId, ref: DocumentRef) -> ArrivalView | None:
        """Return the document, None when the agency has none of that ID."""
        ...

    async def envelope_json(self, agency: AgencyId, ref: DocumentRef) -> str | None:
        """Return the JSON text of contract.md, ``envelope show``; None as ``content``."""
        ...

    async def raw_path(self, agency: AgencyId, ref: DocumentRef) -> FileAt | None:
        """Return the envelope's bytes as first received; None as ``content``.

        The kept bytes of a document that could not be opened are there.
        """
        ...

    async def attachment_path(
        self, agency: AgencyId, ref: DocumentRef, ordinal: int
    ) -> FileAt | None:
        """Return an attachment's bytes; None when not there, faulty, or not to be seen."""
        ...

    async def verdicts(
        self, agency: AgencyId, ref: DocumentRef
    ) -> tuple[FileVerdictView, ...] | None:
        """Return the verdicts in order of ``ordinal``; None when the document is not there."""
        ...

    async def timeline(self, agency: AgencyId, ref: DocumentRef) -> tuple[EventView, ...] | None:
        """Return the history in order of ``sequence``; None when the document is not there."""
        ...

    async def accept(
        self, agency: AgencyId, ref: DocumentRef, acceptance: Acceptance
    ) -> ArrivalView:
        """Accept; the same act again changes nothing and returns the same number.

        Raises:
            UnknownArrivalError: Not this agency's.
            StateError: The document was decided otherwise, or cannot be accepted now.
            PeerError: The number is missing, not wanted here, or taken.

        """
        ...

    async def refuse(self, agency: AgencyId, ref: DocumentRef, refusal: Refusal) -> ArrivalView:
        """Refuse; the same act again changes nothing.

        Raises:
            UnknownArrivalError: Not this agency's.
            StateError: The document was decided otherwise, or cannot be refused now.
            PeerError: The reason cannot be sent.

        """
        ...
