"""The directory of organs: what a code means on a day, and where each axis finds it (L-98).

A code is data: it means what a catalogue says on that day, and nothing is derived from its
digits. A new name closes the old line and opens one from a given day on, so that a document of
last year still shows the name of last year. A successor is kept as stated and never followed
silently. What a catalogue leaves out stays: lists of axes are cut off, and retired codes are
still written by senders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, or_, select

from gateway.model.organ import AgencyId, AxisAddress, DirectoryEntry, OrganId, SystemId
from gateway.storage.schema import organ_addresses, organs
from gateway.storage.values import folded, insert_into

START_UNKNOWN = date.min
"""Stored in place of a first day nobody stated; read back as None."""

CODES_AT_ONCE = 400  # well under the 999 parameters of an old SQLite

CODE_LIMIT = 64  # widths of the columns
ADDRESS_LIMIT = 200

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where entries come from.

    Attributes:
        name: Axis name, ``settings``, or the account of who entered them.
        day: From which day a change counts when the catalogue names none; Viet Nam.

    """

    name: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did.

    Attributes:
        opened: Codes that got a new line: new codes, and codes with a new name.
        changed: Codes whose present line was amended (end, successor, corrected name).
        unfit: How many entries no table can hold: a code or an address empty, too long, or
            not printable.

    """

    opened: tuple[OrganId, ...]
    changed: tuple[OrganId, ...]
    unfit: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of ``organs``, days as stored."""

    organ_id: OrganId
    valid_from: date
    valid_to: date | None
    organ_name: str
    successor: OrganId | None
    source: str

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def upsert(
    conn: Connection, agency: AgencyId, entries: Iterable[DirectoryEntry], source: Source
) -> Imported:
    """Bring entries into the directory; repeating an import changes nothing."""
    taken = list(entries)
    fit = [entry for entry in taken if _is_fit(entry)]
    books = _books(conn, agency, {entry.organ_id for entry in fit})
    before = {organ_id: tuple(lines) for organ_id, lines in books.items()}
    for entry in fit:
        lines = books.setdefault(entry.organ_id, [])
        lines[:] = _with_entry(lines, entry, source)
    opened, changed = [], []
    for organ_id, lines in books.items():
        old = before.get(organ_id, ())
        starts = {line.valid_from for line in old}
        if any(line.valid_from not in starts for line in lines):
            opened.append(organ_id)
        elif tuple(lines) != old:
            changed.append(organ_id)
    _rewrite(conn, agency, before, [line for code in opened + changed for line in books[code]])
    _write_addresses(conn, agency, fit)
    return Imported(opened=tuple(opened), changed=tuple(changed), unfit=len(taken) - len(fit))


def _is_fit(entry: DirectoryEntry) -> bool:
    texts = [(entry.organ_id, CODE_LIMIT), (entry.organ_name, 1000)]
    texts += [(address, ADDRESS_LIMIT) for _, address, _ in entry.addresses]
    texts += [(system, ADDRESS_LIMIT) for _, _, system in entry.addresses if system is not None]
    if entry.successor is not None:
        texts.append((entry.successor, CODE_LIMIT))
    backwards = entry.valid_to and entry.valid_from and entry.valid_to < entry.valid_from
    return not backwards and all(
        0 < len(text) <= limit and text.isprintable() for text, limit in texts
    )


def _with_entry(lines: Sequence[_Line], entry: DirectoryEntry, source: Source) -> list[_Line]:
    """Return the lines of one code, by day and without overlap, after an entry."""
    day = entry.valid_from
    present = next((line for line in lines if line.valid_from == day), None)
    if day is None:  # the lists of axes do not say since when
        seen = source.day if entry.valid_to is None else min(source.day, entry.valid_to)
        day = seen if lines else START_UNKNOWN
        present = next((line for line in lines if line.covers(seen)), None)
        if present is None and _is_over(lines, entry, seen):
            return list(lines)
        if present and present.organ_name != entry.organ_name and present.valid_from < day:
            renamed = _opened(entry, day, source)
            if entry.valid_to is None:
                renamed = replace(renamed, valid_to=present.valid_to)
            return _in_order([*lines, renamed])
    if present is None:
        return _in_order([*lines, _opened(entry, day, source)])
    amended = _amended(present, entry, source)
    return _in_order([amended if line is present else line for line in lines])


def _is_over(lines: Sequence[_Line], entry: DirectoryEntry, seen: date) -> bool:
    """Tell whether the code ended under this very name: an axis's list may be out of date."""
    ended = [line for line in lines if line.valid_to is not None and line.valid_to < seen]
    return bool(ended) and ended[-1].organ_name == entry.organ_name


def _opened(entry: DirectoryEntry, day: date, source: Source) -> _Line:
    return _Line(
        entry.organ_id, day, entry.valid_to, entry.organ_name, entry.successor, source.name
    )


def _amended(line: _Line, entry: DirectoryEntry, source: Source) -> _Line:
    """Return the line with what the entry states; what it leaves open stays."""
    amended = replace(
        line,
        organ_name=entry.organ_name,
        valid_to=line.valid_to if entry.valid_to is None else entry.valid_to,
        successor=entry.successor or line.successor,
    )
    return line if amended == line else replace(amended, source=source.name)


def _in_order(lines: Iterable[_Line]) -> list[_Line]:
    """Return lines by day, each ended before the next one begins."""
    ordered = sorted(lines, key=lambda line: line.valid_from)
    for place, following in enumerate(ordered[1:]):
        last_day = following.valid_from - _DAY
        line = ordered[place]
        if line.valid_to is None or line.valid_to > last_day:
            ordered[place] = replace(line, valid_to=last_day)
    return ordered


def _books(
    conn: Connection, agency: AgencyId, codes: Iterable[OrganId]
) -> dict[OrganId, list[_Line]]:
    books: dict[OrganId, list[_Line]] = {}
    for some in _in_pieces(sorted(codes)):
        statement = (
            select(organs)
            .where(organs.c.agency_id == agency, organs.c.organ_id.in_(some))
            .order_by(organs.c.organ_id, organs.c.valid_from)
        )
        for row in conn.execute(statement):
            books.setdefault(row.organ_id, []).append(_line_of(row))
    return books


def _in_pieces(codes: Sequence[OrganId]) -> Iterator[Sequence[OrganId]]:
    for start in range(0, len(codes), CODES_AT_ONCE):
        yield codes[start : start + CODES_AT_ONCE]


def _line_of(row: Row[Any]) -> _Line:
    return _Line(
        row.organ_id, row.valid_from, row.valid_to, row.organ_name, row.successor, row.source
    )


def _rewrite(
    conn: Connection,
    agency: AgencyId,
    before: dict[OrganId, tuple[_Line, ...]],
    lines: Sequence[_Line],
) -> None:
    """Replace the lines of the codes concerned; most imports concern few codes."""
    touched = [code for code in dict.fromkeys(line.organ_id for line in lines) if code in before]
    if touched:
        conn.execute(
            delete(organs).where(
                organs.c.agency_id == bindparam("agency"), organs.c.organ_id == bindparam("code")
            ),
            [{"agency": agency, "code": code} for code in touched],
        )
    if lines:
        conn.execute(
            insert(organs),
            [
                {
                    "agency_id": agency,
                    "organ_id": line.organ_id,
                    "valid_from": line.valid_from,
                    "valid_to": line.valid_to,
                    "organ_name": line.organ_name,
                    "name_key": folded(line.organ_name),
                    "successor": line.successor,
                    "source": line.source,
                }
                for line in lines
            ],
        )


def _write_addresses(conn: Connection, agency: AgencyId, entries: Iterable[DirectoryEntry]) -> None:
    rows = {
        (entry.organ_id, axis): {
            "agency_id": agency,
            "organ_id": entry.organ_id,
            "axis": axis,
            "address": address,
            "system_id": system_id,
        }
        for entry in entries
        for axis, address, system_id in entry.addresses
    }
    if rows:
        statement = insert_into(conn, organ_addresses)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=["agency_id", "organ_id", "axis"],
                set_={
                    "address": statement.excluded.address,
                    "system_id": statement.excluded.system_id,
                },
            ),
            list(rows.values()),
        )


def _addresses(
    conn: Connection, agency: AgencyId, codes: Iterable[OrganId]
) -> dict[OrganId, list[tuple[str, AxisAddress, SystemId | None]]]:
    found: dict[OrganId, list[tuple[str, AxisAddress, SystemId | None]]] = {}
    for some in _in_pieces(sorted(codes)):
        statement = (
            select(organ_addresses)
            .where(organ_addresses.c.agency_id == agency, organ_addresses.c.organ_id.in_(some))
            .order_by(organ_addresses.c.organ_id, organ_addresses.c.axis)
        )
        for row in conn.execute(statement):
            found.setdefault(row.organ_id, []).append((row.axis, row.address, row.system_id))
    return found


def _entries(
    conn: Connection, agency: AgencyId, lines: Sequence[_Line]
) -> tuple[DirectoryEntry, ...]:
    addresses = _addresses(conn, agency, {line.organ_id for line in lines})
    return tuple(
        DirectoryEntry(
            organ_id=line.organ_id,
            organ_name=line.organ_name,
            valid_from=None if line.valid_from == START_UNKNOWN else line.valid_from,
            valid_to=line.valid_to,
            successor=line.successor,
            addresses=tuple(addresses.get(line.organ_id, ())),
        )
        for line in lines
    )


def meaning(
    conn: Connection, agency: AgencyId, organ_id: OrganId, day: date
) -> DirectoryEntry | None:
    """Return what the code means on ``day``, as written; None when it means nothing then."""
    lines = _books(conn, agency, [organ_id]).get(organ_id, [])
    covering = [line for line in lines if line.covers(day)]
    return next(iter(_entries(conn, agency, covering)), None)


def entries_for(
    conn: Connection, agency: AgencyId, codes: Iterable[OrganId]
) -> tuple[DirectoryEntry, ...]:
    """Return every line of the codes, present and past, by code and day."""
    books = _books(conn, agency, set(codes))
    return _entries(conn, agency, [line for code in sorted(books) for line in books[code]])


def search(conn: Connection, agency: AgencyId, text: str, limit: int) -> tuple[DirectoryEntry, ...]:
    """Return lines whose name holds every word of ``text``, or whose code begins with it.

    Marks and case of names are ignored (``so tai chinh`` finds *Sở Tài chính*); past lines
    are found as well, after the present ones.
    """
    words = folded(text).split()
    if not words:
        return ()
    named = and_(*(organs.c.name_key.contains(word, autoescape=True) for word in words))
    code = text.strip().lower()
    coded = func.lower(organs.c.organ_id).startswith(code, autoescape=True)
    statement = (
        select(organs)
        .where(organs.c.agency_id == agency, or_(named, coded))
        .order_by(
            organs.c.valid_to.is_not(None),
            organs.c.name_key,
            organs.c.organ_id,
            organs.c.valid_from,
        )
        .limit(limit)
    )
    return _entries(conn, agency, [_line_of(row) for row in conn.execute(statement)])
