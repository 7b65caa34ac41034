"""API keys: a hash of each, its scopes, and until when; the key itself is nowhere.

Two keys of one holder are valid at a time, so that a key can be changed without a break.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from gateway.errors import StateError
from gateway.model.organ import AgencyId
from gateway.storage.schema import api_keys
from gateway.storage.values import canonical, loaded

VALID_AT_A_TIME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A stored key.

    Attributes:
        key_id: The public part of the key, by which it is found.
        key_hash: Hash of the whole key; compare in constant time.
        expires_at: First instant at which it is no good any more; None: no end.
        revoked_at: None while it is good.
        last_used_at: None before the first use.

    """

    agency: AgencyId
    key_id: str
    key_hash: str = field(repr=False)
    holder: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Tell whether the key is neither revoked nor expired at ``at``."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def _key_of(row: Row[Any]) -> ApiKey:
    return ApiKey(
        agency=row.agency_id,
        key_id=row.key_id,
        key_hash=row.key_hash,
        holder=row.holder,
        scopes=frozenset(loaded(row.scopes)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


def add(conn: Connection, agency: AgencyId, key: ApiKey) -> None:
    """Store a new key.

    Raises:
        StateError: The holder has two valid keys already.

    """
    valid = select(func.count()).where(
        api_keys.c.agency_id == agency,
        api_keys.c.holder == key.holder,
        api_keys.c.revoked_at.is_(None),
        or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > key.created_at),
    )
    if conn.execute(valid).scalar_one() >= VALID_AT_A_TIME:
        raise StateError(
            "too-many-keys",
            vi=f"{key.holder} đã có {VALID_AT_A_TIME} khóa API còn hiệu lực; hãy thu hồi một khóa",
            en=f"{key.holder} has {VALID_AT_A_TIME} valid API keys already; revoke one first",
        )
    conn.execute(
        insert(api_keys).values(
            agency_id=agency,
            key_id=key.key_id,
            key_hash=key.key_hash,
            holder=key.holder,
            scopes=canonical(sorted(key.scopes)),
            created_at=key.created_at,
            expires_at=key.expires_at,
        )
    )


def find(conn: Connection, key_id: str) -> tuple[ApiKey, ...]:
    """Return the keys with this public part, of whichever agency.

    The one question without an agency: the key says whose it is, once its hash is compared.
    """
    rows = conn.execute(select(api_keys).where(api_keys.c.key_id == key_id))
    return tuple(map(_key_of, rows))


def listing(conn: Connection, agency: AgencyId) -> tuple[ApiKey, ...]:
    """Return all keys of an agency, the oldest first."""
    statement = select(api_keys).where(api_keys.c.agency_id == agency)
    rows = conn.execute(statement.order_by(api_keys.c.created_at, api_keys.c.key_id))
    return tuple(map(_key_of, rows))


def _one(agency: AgencyId, key_id: str) -> ColumnElement[bool]:
    return and_(api_keys.c.agency_id == agency, api_keys.c.key_id == key_id)


def revoke(conn: Connection, agency: AgencyId, key_id: str, at: datetime) -> bool:
    """End a key at once; return False when there is none or it was ended before."""
    done = conn.execute(
        update(api_keys)
        .where(_one(agency, key_id), api_keys.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return done.rowcount == 1


def used(conn: Connection, agency: AgencyId, key_id: str, at: datetime) -> None:
    """Note when a key was last used; the caller decides how often that is worth a commit."""
    conn.execute(update(api_keys).where(_one(agency, key_id)).values(last_used_at=at))
