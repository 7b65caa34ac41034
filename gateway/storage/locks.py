"""Locks that make one writer wait for another on PostgreSQL; SQLite has one writer anyway."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from gateway.model.document import Digest
from gateway.model.organ import AgencyId


def hold_content(conn: Connection, agency: AgencyId, content_digest: Digest) -> None:
    """Let only one transaction at a time decide whether this content is new to the agency.

    Two deliveries of the same document opened at the same moment by two processes would else
    both find nothing and become two documents (L-41).
    """
    if conn.dialect.name == "postgresql":
        key = func.hashtextextended(f"{agency}:{content_digest}", 0)
        conn.execute(select(func.pg_advisory_xact_lock(key)))
