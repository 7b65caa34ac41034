"""Secrets of an agency on an axis: sealed bytes in, sealed bytes out (T72).

Sealing and opening is the vault's; nothing here sees a plain secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select

from gateway.model.organ import AgencyId, SystemId
from gateway.storage.schema import credentials
from gateway.storage.values import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who connects to an axis, and the secret that goes with it, sealed."""

    axis: str
    system_id: SystemId
    sealed: bytes = field(repr=False)
    stored_at: datetime


def put(conn: Connection, agency: AgencyId, credential: Credential) -> None:
    """Store the credential of an axis, in place of the one before."""
    values = {
        "system_id": credential.system_id,
        "sealed": credential.sealed,
        "stored_at": credential.stored_at,
    }
    key = {"agency_id": agency, "axis": credential.axis}
    conn.execute(
        insert_into(conn, credentials)
        .values(key | values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )


def get(conn: Connection, agency: AgencyId, axis: str) -> Credential | None:
    """Return the credential, or None when none is stored."""
    row = conn.execute(
        select(credentials).where(credentials.c.agency_id == agency, credentials.c.axis == axis)
    ).one_or_none()
    if row is None:
        return None
    return Credential(
        axis=row.axis, system_id=row.system_id, sealed=row.sealed, stored_at=row.stored_at
    )


def axes(conn: Connection, agency: AgencyId) -> tuple[str, ...]:
    """Return the axes the agency has a credential for."""
    statement = select(credentials.c.axis).where(credentials.c.agency_id == agency)
    return tuple(conn.execute(statement.order_by(credentials.c.axis)).scalars())


def remove(conn: Connection, agency: AgencyId, axis: str) -> None:
    """Forget the credential of an axis; safe twice."""
    conn.execute(
        delete(credentials).where(credentials.c.agency_id == agency, credentials.c.axis == axis)
    )
