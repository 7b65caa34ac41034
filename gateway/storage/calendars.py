"""Working calendars as they were used, each version once, to prove a receipt time (L-70, L-137)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from gateway.errors import DataError
from gateway.model.organ import AgencyId
from gateway.storage.schema import calendars
from gateway.storage.values import insert_into


def keep(
    conn: Connection, agency: AgencyId, version: str, source: str, first_used_at: datetime
) -> None:
    """Store a version of the agency's calendar; the first time stays.

    Raises:
        DataError: The version is stored with another text: a version never changes.

    """
    conn.execute(
        insert_into(conn, calendars)
        .values(agency_id=agency, version=version, source=source, first_used_at=first_used_at)
        .on_conflict_do_nothing(index_elements=["agency_id", "version"])
    )
    if get(conn, agency, version) != source:
        raise DataError(
            "calendar-version-changed",
            vi=f"Lịch làm việc phiên bản {version} đã lưu với nội dung khác",
            en=f"working calendar version {version} is stored with another text",
        )


def get(conn: Connection, agency: AgencyId, version: str) -> str | None:
    """Return the calendar of that version as it was used, or None."""
    statement = select(calendars.c.source).where(
        calendars.c.agency_id == agency, calendars.c.version == version
    )
    return conn.execute(statement).scalar_one_or_none()
