"""The counters that numbers are drawn from.

One upsert of the counter row draws a number and locks the row until the commit: writers of one
series wait for each other, so the order of numbers is the order of commits, and a rollback
gives the number back. That is why drawing belongs to the end of a transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.model.organ import AgencyId
from gateway.storage.schema import counters
from gateway.storage.values import insert_into


def draw(conn: Connection, agency: AgencyId, series: str, year: int, count: int) -> int:
    """Draw ``count`` numbers; return the last of them."""
    statement = insert_into(conn, counters).values(
        agency_id=agency, series=series, year=year, last=count
    )
    drawn = statement.on_conflict_do_update(
        index_elements=["agency_id", "series", "year"], set_={"last": counters.c.last + count}
    ).returning(counters.c.last)
    return int(conn.execute(drawn).scalar_one())


def lift(conn: Connection, agency: AgencyId, series: str, year: int, number: int) -> None:
    """Raise the counter to ``number`` where it stands lower."""
    statement = insert_into(conn, counters).values(
        agency_id=agency, series=series, year=year, last=number
    )
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["agency_id", "series", "year"],
            set_={"last": number},
            where=counters.c.last < number,
        )
    )
