"""The history of every document: numbered without gaps, each event bound to the one before.

An event is written once, in the transaction of what it tells, and never changed (L-43). Its
hash covers the hash before it, so nobody changes the middle of a history unseen; the ends are
sealed by ``seals.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, insert, select, type_coerce

from gateway.errors import DataError, StateError
from gateway.model.document import DocumentRef
from gateway.model.organ import AgencyId
from gateway.storage.event_codes import RefValue, checked, known_code
from gateway.storage.schema import SQLITE_INSTANT, documents, events
from gateway.storage.values import canonical, loaded

NOTHING_BEFORE = "0" * 64
"""What the first event of a document names as the hash before it."""

ACTOR_LIMIT = 120  # width of the column


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """Something that happened to a document.

    Attributes:
        actor: ``gateway``, or the account of the person; never a name in full.
        code: Of ``EVENT_CODES``.
        refs: Ids, digests, codes and numbers under the keys of ``REF_KINDS``.

    """

    document: DocumentRef
    at: datetime
    actor: str
    code: str
    refs: Mapping[str, RefValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A stored event; ``sequence`` counts from 1 within the document."""

    document: DocumentRef
    sequence: int
    at: datetime
    actor: str
    code: str
    refs: Mapping[str, RefValue]
    previous: str
    hash: str


def append(conn: Connection, agency: AgencyId, new: NewEvent) -> Event:
    """Add an event to the history of its document.

    Raises:
        StateError: There is no such document.
        DataError: Code, reference or actor is not what an event may say.

    """
    code, refs = known_code(new.code), checked(new.refs)
    actor = _actor(new.actor)
    _lock(conn, agency, new.document)
    sequence, previous = _head(conn, agency, new.document)
    values = {
        "agency_id": agency,
        "document_ref": new.document,
        "sequence": sequence + 1,
        "actor": actor,
        "code": code,
        "refs": canonical(refs),
        "previous": previous,
    }
    fingerprint = event_hash(values | {"at": instant_text(new.at)})
    conn.execute(insert(events).values(values | {"at": new.at, "hash": fingerprint}))
    return Event(
        document=new.document,
        sequence=sequence + 1,
        at=new.at,
        actor=actor,
        code=code,
        refs=refs,
        previous=previous,
        hash=fingerprint,
    )


def _actor(actor: str) -> str:
    if 0 < len(actor) <= ACTOR_LIMIT and actor.isprintable():
        return actor
    raise DataError(
        "actor-unfit",
        vi=f"Tên tài khoản người thực hiện phải có từ 1 đến {ACTOR_LIMIT} ký tự in được",
        en=f"the account of who acts must have 1 to {ACTOR_LIMIT} printable characters",
    )


def _lock(conn: Connection, agency: AgencyId, document: DocumentRef) -> None:
    """Make writers of one history wait for each other; SQLite has one writer anyway."""
    row = conn.execute(
        select(documents.c.ref)
        .where(documents.c.agency_id == agency, documents.c.ref == document)
        .with_for_update(key_share=True)  # as weak as it may be: foreign keys do not wait for it
    ).one_or_none()
    if row is None:
        raise StateError(
            "document-unknown",
            vi=f"Không có văn bản nào mang mã {document}",
            en=f"there is no document {document}",
        )


def _head(conn: Connection, agency: AgencyId, document: DocumentRef) -> tuple[int, str]:
    row = conn.execute(
        select(events.c.sequence, events.c.hash)
        .where(events.c.agency_id == agency, events.c.document_ref == document)
        .order_by(events.c.sequence.desc())
        .limit(1)
    ).one_or_none()
    return (0, NOTHING_BEFORE) if row is None else (row.sequence, row.hash)


def instant_text(at: datetime) -> str:
    """Return the one spelling of an instant that hashes are made over (UTC, microseconds)."""
    return at.astimezone(UTC).strftime(SQLITE_INSTANT)


def event_hash(members: Mapping[str, object]) -> str:
    """Return the SHA-256, in hex, over everything an event says and the hash before it.

    ``members`` holds the columns of the row, ``at`` in the spelling of :func:`instant_text`.
    """
    said = ("agency_id", "document_ref", "sequence", "at", "actor", "code", "refs", "previous")
    text = canonical({name: members[name] for name in said})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def timeline(conn: Connection, agency: AgencyId, document: DocumentRef) -> tuple[Event, ...]:
    """Return the history of a document, from the first event on."""
    statement = (
        select(events)
        .where(events.c.agency_id == agency, events.c.document_ref == document)
        .order_by(events.c.sequence)
    )
    return tuple(
        Event(
            document=row.document_ref,
            sequence=row.sequence,
            at=row.at,
            actor=row.actor,
            code=row.code,
            refs=loaded(row.refs),
            previous=row.previous,
            hash=row.hash,
        )
        for row in conn.execute(statement)
    )


FAULTS: Mapping[str, tuple[str, str]] = {
    "sequence-gap": ("thiếu sự kiện ngay trước sự kiện này", "an event before it is missing"),
    "link-broken": (
        "không khớp giá trị băm của sự kiện đứng trước",
        "it does not name the hash of the event before it",
    ),
    "altered": (
        "nội dung không khớp giá trị băm của chính nó",
        "what it says does not match its own hash",
    ),
    "no-events": ("văn bản không có sự kiện nào", "the document has no event at all"),
    "sealed-missing": (
        "sự kiện đã niêm phong không còn nữa",
        "an event that was sealed is not there any more",
    ),
    "sealed-altered": (
        "sự kiện không còn như lúc niêm phong",
        "the event is not what was sealed",
    ),
    "seal-gap": ("thiếu niêm phong ngay trước niêm phong này", "a seal before it is missing"),
    "seal-link-broken": (
        "không nối với niêm phong đứng trước",
        "it does not name the seal before it",
    ),
    "seal-altered": ("mã xác thực niêm phong không đúng", "the code of the seal is wrong"),
}
"""What can be wrong with a history or a seal: Vietnamese, English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """One thing wrong with the histories.

    Attributes:
        code: Of :data:`FAULTS`.
        document: None where a seal itself is wrong.
        number: Sequence of the event, or number of the seal; None for the whole document.

    """

    code: str
    document: DocumentRef | None
    number: int | None

    def text(self, lang: str) -> str:
        """Return one sentence in ``lang`` (``vi`` or ``en``)."""
        vi, en = FAULTS[self.code]
        if lang == "en":
            what = f"document {self.document}" if self.document else "seal"
            return f"{what} {self.number or ''}".rstrip() + f": {en}"
        what = f"Văn bản {self.document}, sự kiện" if self.document else "Niêm phong"
        return f"{what} {self.number or ''}".rstrip() + f": {vi}"


def _raw(conn: Connection, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Select events with ``at`` as it stands: an altered instant must not stop the reading."""
    plain = conn.dialect.name != "postgresql"
    at = type_coerce(events.c.at, Text).label("at") if plain else events.c.at
    others = (column for column in events.c if column.name != "at")
    return select(*others, at).where(*conditions).order_by(events.c.document_ref, events.c.sequence)


def _faults(rows: Iterable[Row[Any]]) -> list[ChainFault]:
    """Check the events of one document, in order."""
    found: list[ChainFault] = []
    expected, previous = 1, NOTHING_BEFORE
    for row in rows:
        members = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        if isinstance(members["at"], datetime):
            members["at"] = instant_text(members["at"])
        wrong = {
            "sequence-gap": row.sequence != expected,
            "link-broken": row.previous != previous,
            "altered": row.hash != event_hash(members),
        }
        found += (
            ChainFault(code=code, document=row.document_ref, number=row.sequence)
            for code, is_wrong in wrong.items()
            if is_wrong
        )
        expected, previous = row.sequence + 1, row.hash
    return found


def verify_chain(conn: Connection, agency: AgencyId, document: DocumentRef) -> list[ChainFault]:
    """Return everything wrong with the history of one document; empty when it holds."""
    rows = conn.execute(
        _raw(conn, events.c.agency_id == agency, events.c.document_ref == document)
    ).all()
    if not rows:
        return [ChainFault(code="no-events", document=document, number=None)]
    return _faults(rows)


def verify_all(conn: Connection, agency: AgencyId) -> list[ChainFault]:
    """Return everything wrong with the histories of an agency, reading them as a stream."""
    rows = conn.execute(
        _raw(conn, events.c.agency_id == agency), execution_options={"yield_per": 1000}
    )
    found: list[ChainFault] = []
    for _, chain in groupby(rows, key=lambda row: row.document_ref):
        found += _faults(chain)
    silent = (
        select(documents.c.ref)
        .where(documents.c.agency_id == agency)
        .where(
            ~select(events.c.sequence)
            .where(events.c.agency_id == agency, events.c.document_ref == documents.c.ref)
            .exists()
        )
        .order_by(documents.c.ref)
    )
    found += (
        ChainFault(code="no-events", document=ref, number=None)
        for ref in conn.execute(silent).scalars()
    )
    return found
