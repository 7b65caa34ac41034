"""The breaker's memory: one row for each (agency, axis, receiver); "" is the axis itself.

What the numbers mean and when they change is the rule's business (``rules/breaker.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.model.organ import AgencyId
from gateway.storage.schema import breakers


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerKey:
    """Whose breaker: of one agency, on one axis, towards one receiver ("": the axis itself)."""

    agency: AgencyId
    axis: str
    receiver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRow:
    """What is remembered; the default is a breaker that never saw a failure."""

    failures: int = 0
    open_until: datetime | None = None
    probing_since: datetime | None = None


def load(connection: Connection, key: BreakerKey) -> BreakerRow:
    """Return what is remembered. On PostgreSQL the row stays locked for this transaction."""
    row = connection.execute(
        select(breakers.c.failures, breakers.c.open_until, breakers.c.probing_since)
        .where(
            breakers.c.agency_id == key.agency,
            breakers.c.axis == key.axis,
            breakers.c.receiver == key.receiver,
        )
        .with_for_update()
    ).first()
    if row is None:
        return BreakerRow()
    return BreakerRow(
        failures=row.failures, open_until=row.open_until, probing_since=row.probing_since
    )


def save(connection: Connection, key: BreakerKey, row: BreakerRow) -> None:
    """Remember ``row``."""
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    news = {
        "failures": row.failures,
        "open_until": row.open_until,
        "probing_since": row.probing_since,
    }
    whose = {"agency_id": key.agency, "axis": key.axis, "receiver": key.receiver}
    connection.execute(
        build(breakers)
        .values(**whose, **news)
        .on_conflict_do_update(index_elements=list(whose), set_=news)
    )


def all_of(connection: Connection, agency: AgencyId) -> dict[BreakerKey, BreakerRow]:
    """Return every breaker of the agency, for its pages."""
    rows = connection.execute(select(breakers).where(breakers.c.agency_id == agency))
    return {
        BreakerKey(agency=agency, axis=row.axis, receiver=row.receiver): BreakerRow(
            failures=row.failures, open_until=row.open_until, probing_since=row.probing_since
        )
        for row in rows
    }
