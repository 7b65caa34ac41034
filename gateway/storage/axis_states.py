"""When an axis was last asked with success, and what went wrong since (T76)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.model.organ import AgencyId
from gateway.storage.schema import axis_states
from gateway.storage.values import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisState:
    """How one axis stands; None where it never happened."""

    axis: str
    last_good_poll_at: datetime | None
    last_error_at: datetime | None
    last_error_code: str | None


def note(conn: Connection, agency: AgencyId, axis: str, at: datetime, error: str | None) -> None:
    """Note the outcome of a poll: ``error`` None is success, else a code of docs/errors.md."""
    if error is None:
        values: dict[str, object] = {"last_good_poll_at": at}
    else:
        values = {"last_error_at": at, "last_error_code": error[:64]}
    key = {"agency_id": agency, "axis": axis}
    conn.execute(
        insert_into(conn, axis_states)
        .values(key | values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )


def states(conn: Connection, agency: AgencyId) -> tuple[AxisState, ...]:
    """Return how every axis of the agency stands."""
    statement = select(axis_states).where(axis_states.c.agency_id == agency)
    return tuple(
        AxisState(
            axis=row.axis,
            last_good_poll_at=row.last_good_poll_at,
            last_error_at=row.last_error_at,
            last_error_code=row.last_error_code,
        )
        for row in conn.execute(statement.order_by(axis_states.c.axis))
    )
