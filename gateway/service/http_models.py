"""What the pull API takes and gives, as pydantic models: strict, frozen, nothing extra."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from gateway.adapters.qlvb_webhook_wire import local_text
from gateway.model.incoming import IncomingState
from gateway.service.desk import ArrivalPage, ArrivalView, EventView

PERSON_LIMIT = 120  # characters; the width of an event's actor
REASON_LIMIT = 1000  # characters; what QLVBs allow for a refusal (axes.md 3.3)
LIST_LIMIT = 200  # items at once
NUMBER_LIMIT = 2**31 - 1

UNSEEN = frozenset({IncomingState.QUARANTINED, IncomingState.RELEASED, IncomingState.DESTROYED})
"""States whose content is not shown by the API (L-60)."""


def _plain(text: str) -> str:
    """Refuse what would be lost or harmful on the way: control characters, nothing but spaces."""
    bad = any(
        (unicodedata.category(each) in {"Cc", "Cs", "Cn"} and each not in "\n\t")
        or each in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"  # text that shows reordered
        for each in text
    )
    if bad or not text.strip():
        raise ValueError
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text or text != text.strip():
        raise ValueError
    return text


Person = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PERSON_LIMIT),
    AfterValidator(_plain),
    AfterValidator(_one_line),
]
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=REASON_LIMIT), AfterValidator(_plain)
]


class Strict(BaseModel):
    """Common manner of every body: no conversion, no unknown member, no change."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AcceptBody(Strict):
    """Body of ``accept``; ``number`` only where the QLVB numbers."""

    person: Person
    number: Annotated[int, Field(ge=1, le=NUMBER_LIMIT)] | None = None


class RefuseBody(Strict):
    """Body of ``refuse``."""

    person: Person
    reason: Reason


class ListQuery(BaseModel):
    """Query of the list; text by nature, so numbers are converted here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: tuple[IncomingState, ...] = ()
    after: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=LIST_LIMIT)] = 50


class AttachmentOut(Strict):
    """One attachment; ``href`` is None when there are no bytes to fetch."""

    ordinal: int
    name: str | None
    media_type: str | None
    size_bytes: int | None
    sha256: str | None
    fault: str | None
    href: str | None


class ContentOut(Strict):
    """What the document says; absent on the wire is null."""

    document_id: str | None
    sender_id: str | None
    sender_name: str | None
    code_number: str | None
    code_notation: str | None
    promulgation_date: date | None
    type_name: str | None
    subject: str | None
    due_date: date | None
    attachments: tuple[AttachmentOut, ...]


class ObjectionOut(Strict):
    """One thing that speaks against taking the document, with its clause."""

    code: str
    clause: str
    detail: str
    detail_en: str
    refuses: bool


class ArrivalOut(Strict):
    """An incoming document; instants are ISO 8601 with +07:00."""

    id: str
    state: str
    urgency: str
    arrived_at: str | None
    qlvb_taken_at: str | None
    effective_receipt_at: str | None
    registered_at: str | None
    closed_at: str | None
    arrival_number: int | None
    register_year: int | None
    verdict: str | None
    proposal: str | None
    objections: tuple[ObjectionOut, ...]
    content: ContentOut | None

    @classmethod
    def of(cls, view: ArrivalView) -> Self:
        """Return the view as it is told."""
        return cls(
            id=view.ref,
            state=view.state.value,
            urgency=view.urgency.name.lower(),
            arrived_at=_text(view.arrived_at),
            qlvb_taken_at=_text(view.qlvb_taken_at),
            effective_receipt_at=_text(view.effective_receipt_at),
            registered_at=_text(view.registered_at),
            closed_at=_text(view.closed_at),
            arrival_number=view.arrival_number,
            register_year=view.register_year,
            verdict=view.verdict,
            proposal=view.proposal,
            objections=tuple(
                ObjectionOut(
                    code=each.code,
                    clause=each.clause,
                    detail=each.vi,
                    detail_en=each.en,
                    refuses=each.refuses,
                )
                for each in view.objections
            ),
            content=_content(view),
        )


class ArrivalListOut(Strict):
    """A piece of the list; ``next`` goes into ``after``, null when nothing follows now."""

    items: tuple[ArrivalOut, ...]
    next: str | None

    @classmethod
    def of(cls, page: ArrivalPage) -> Self:
        """Return the page as it is told."""
        items = tuple(ArrivalOut.of(each) for each in page.items)
        return cls(items=items, next=items[-1].id if page.more and items else None)


class EventOut(Strict):
    """One line of the history without its references, which are JSON already."""

    sequence: int
    at: str
    actor: str
    code: str

    @classmethod
    def of(cls, event: EventView) -> Self:
        """Return the event as it is told."""
        return cls(
            sequence=event.sequence, at=local_text(event.at), actor=event.actor, code=event.code
        )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else local_text(instant)


def _content(view: ArrivalView) -> ContentOut | None:
    # A document with a secrecy mark shows nothing here, whatever the desk handed over (L-60).
    hidden = view.state in UNSEEN
    if view.content is None or hidden:
        return None
    content = view.content
    return ContentOut(
        document_id=content.document_id,
        sender_id=content.sender_id,
        sender_name=content.sender_name,
        code_number=content.code_number,
        code_notation=content.code_notation,
        promulgation_date=content.promulgation_date,
        type_name=content.type_name,
        subject=content.subject,
        due_date=content.due_date,
        attachments=tuple(
            AttachmentOut(
                ordinal=each.ordinal,
                name=each.name,
                media_type=each.media_type,
                size_bytes=each.size_bytes,
                sha256=each.digest,
                fault=each.fault,
                href=None
                if each.digest is None
                else f"/v1/arrivals/{view.ref}/attachments/{each.ordinal}",
            )
            for each in content.attachments
        ),
    )
