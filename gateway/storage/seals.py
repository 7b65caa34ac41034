"""Seals over the ends of the histories: whoever cuts an end off, or writes a history anew, is seen.

A seal names the last event of every document that changed since the seal before it, and carries
a keyed code the database cannot make by itself. What nobody can see from inside is the removal
of the newest seals; :func:`last_seal` is there to be written down elsewhere.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Text, func, select, type_coerce

from gateway.model.document import DocumentRef
from gateway.model.organ import AgencyId
from gateway.storage.events import NOTHING_BEFORE, ChainFault, instant_text
from gateway.storage.schema import events, seals
from gateway.storage.values import canonical, insert_into, loaded

LOOK_BACK = timedelta(days=1)
"""Events may become visible a little after their instant, and clocks of two processes differ."""

REFS_AT_ONCE = 400  # well under the 999 parameters of an old SQLite

Mac = Callable[[bytes], bytes]
"""Keyed digest of 32 bytes; the key is bound by the caller."""

Head = tuple[DocumentRef, int, str]
"""(document, sequence, hash) of the last event."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The newest seal, to be kept outside the database."""

    number: int
    sealed_at: datetime
    mac: str


def last_seal(conn: Connection, agency: AgencyId) -> Seal | None:
    """Return the newest seal, or None before the first."""
    row = conn.execute(
        select(seals.c.number, seals.c.sealed_at, seals.c.mac)
        .where(seals.c.agency_id == agency)
        .order_by(seals.c.number.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Seal(row.number, row.sealed_at, row.mac)


def seal_heads(conn: Connection, agency: AgencyId, at: datetime, mac: Mac) -> int:
    """Seal the histories that changed since the last seal; return how many there were.

    No seal is written for none. When another process seals at the same moment, its seal
    stands, 0 is returned and the next run takes what it left.
    """
    last = last_seal(conn, agency)
    since = None if last is None else last.sealed_at - LOOK_BACK
    sealed = _sealed_since(conn, agency, since)
    heads = [head for head in _heads_since(conn, agency, since) if head not in sealed]
    if not heads:
        return 0
    number, previous = (1, NOTHING_BEFORE) if last is None else (last.number + 1, last.mac)
    text = canonical(heads)
    code = _code(mac, agency, (number, instant_text(at), text, previous))
    written = conn.execute(
        insert_into(conn, seals)
        .values(
            agency_id=agency, number=number, sealed_at=at, heads=text, previous=previous, mac=code
        )
        .on_conflict_do_nothing()
        .returning(seals.c.number)
    ).one_or_none()
    return 0 if written is None else len(heads)


def _heads_since(conn: Connection, agency: AgencyId, since: datetime | None) -> list[Head]:
    newest = select(events.c.document_ref, func.max(events.c.sequence).label("sequence")).where(
        events.c.agency_id == agency
    )
    if since is not None:
        moved = select(events.c.document_ref).where(
            events.c.agency_id == agency, events.c.at >= since
        )
        newest = newest.where(events.c.document_ref.in_(moved))
    heads = newest.group_by(events.c.document_ref).subquery()
    statement = (
        select(events.c.document_ref, events.c.sequence, events.c.hash)
        .join(
            heads,
            (events.c.document_ref == heads.c.document_ref)
            & (events.c.sequence == heads.c.sequence),
        )
        .where(events.c.agency_id == agency)
        .order_by(events.c.document_ref)
    )
    return [(row.document_ref, row.sequence, row.hash) for row in conn.execute(statement)]


def _sealed_since(conn: Connection, agency: AgencyId, since: datetime | None) -> set[Head]:
    if since is None:
        return set()
    recent = select(seals.c.heads).where(seals.c.agency_id == agency, seals.c.sealed_at >= since)
    return {tuple(head) for text in conn.execute(recent).scalars() for head in loaded(text)}


def _code(mac: Mac, agency: AgencyId, said: tuple[int, str, str, str]) -> str:
    return mac(canonical([agency, *said]).encode("utf-8", "surrogatepass")).hex()


def verify_seals(conn: Connection, agency: AgencyId, mac: Mac) -> list[ChainFault]:
    """Return every seal that does not hold and every sealed event that is not there as sealed."""
    plain = conn.dialect.name != "postgresql"
    sealed_at = type_coerce(seals.c.sealed_at, Text) if plain else seals.c.sealed_at
    statement = (
        select(seals.c.number, seals.c.heads, seals.c.previous, seals.c.mac, sealed_at.label("at"))
        .where(seals.c.agency_id == agency)
        .order_by(seals.c.number)
    )
    found: list[ChainFault] = []
    expected, previous = 1, NOTHING_BEFORE
    for row in conn.execute(statement).all():
        at = instant_text(row.at) if isinstance(row.at, datetime) else row.at
        code = _code(mac, agency, (row.number, at, row.heads, row.previous))
        holds = hmac.compare_digest(code.encode(), row.mac.encode())
        wrong = {
            "seal-gap": row.number != expected,
            "seal-link-broken": row.previous != previous,
            "seal-altered": not holds,
        }
        found += (
            ChainFault(code=name, document=None, number=row.number)
            for name, is_wrong in wrong.items()
            if is_wrong
        )
        if holds:  # what a forged seal says about events is worth nothing
            found += _differences(conn, agency, loaded(row.heads))
        expected, previous = row.number + 1, row.mac
    return found


def _differences(
    conn: Connection, agency: AgencyId, heads: Sequence[Sequence[Any]]
) -> Iterable[ChainFault]:
    for start in range(0, len(heads), REFS_AT_ONCE):
        some = heads[start : start + REFS_AT_ONCE]
        rows = conn.execute(
            select(events.c.document_ref, events.c.sequence, events.c.hash).where(
                events.c.agency_id == agency,
                events.c.document_ref.in_([ref for ref, _, _ in some]),
            )
        ).all()
        present = {(row.document_ref, row.sequence): row.hash for row in rows}
        for ref, sequence, expected in some:
            there = present.get((ref, sequence))
            if there != expected:
                code = "sealed-missing" if there is None else "sealed-altered"
                yield ChainFault(code=code, document=ref, number=sequence)
