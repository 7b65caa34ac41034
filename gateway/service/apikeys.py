"""API keys: how they look, what is kept of them, and whether one opens a door. Pure.

``edk_<id>_<secret>``: the id finds the row, the secret proves the holder. Only a keyed digest of
the whole is kept, so neither the database nor its backup opens anything; the key itself is shown
once, when it is made. An agency may have any number of valid keys, so that one can be changed
without an outage.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from gateway.errors import PeerError
from gateway.model.organ import AgencyId
from gateway.ports import Randomness

PURPOSE = "api-key"  # of the vault's digest

_ID_BYTES = 10  # 16 characters of base32
_SECRET_BYTES = 32  # 256 bits, 52 characters
_FORM = re.compile(r"edk_([a-z2-7]{16})_([a-z2-7]{52})")
_NOBODY = "0" * 64

Mac = Callable[[str, bytes], bytes]
"""The vault's ``mac``: purpose and bytes to a keyed digest."""


class Scope(Enum):
    """What a key may do."""

    ARRIVALS_READ = "arrivals:read"
    ARRIVALS_DECIDE = "arrivals:decide"  # accept and refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """What is kept of a key.

    Attributes:
        key_hash: 64 hex digits, keyed digest of the whole key.
        holder: Which system holds it, for the record of every act.
        expires_at: First instant at which it is not valid any more; None for no end.
        revoked_at: From then on it is not valid; None while it is.

    """

    agency: AgencyId
    key_id: str
    key_hash: str = field(repr=False)
    holder: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A fresh key: the row to keep, and the text to show once."""

    stored: StoredKey
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who stands at the door, once the key was found good."""

    agency: AgencyId
    key_id: str
    holder: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWish:
    """What a new key is to be."""

    agency: AgencyId
    holder: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None


class KeyRing(Protocol):
    """Where the kept keys are."""

    async def find(self, key_id: str) -> StoredKey | None:
        """Return the row, revoked and expired ones included; None when there is none."""
        ...


class KeyRefusedError(PeerError):
    """The key opens nothing. One sentence for every cause that a stranger could probe."""


class ScopeMissingError(PeerError):
    """A good key that may not do this."""


def new_key(wish: KeyWish, randomness: Randomness, mac: Mac) -> NewKey:
    """Make a key; its text is nowhere else and cannot be had again."""
    key_id = _base32(randomness.token(_ID_BYTES))
    text = f"edk_{key_id}_{_base32(randomness.token(_SECRET_BYTES))}"
    stored = StoredKey(
        agency=wish.agency,
        key_id=key_id,
        key_hash=_hash(text, mac),
        holder=wish.holder,
        scopes=wish.scopes,
        created_at=wish.created_at,
        expires_at=wish.expires_at,
    )
    return NewKey(stored=stored, text=text)


def key_id_of(text: str) -> str:
    """Return the id inside a key's text.

    Raises:
        KeyRefusedError: ``api-key-refused`` when the text is no key of ours.

    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise _refused()
    return match[1]


def opened(text: str, stored: StoredKey | None, mac: Mac, now: datetime) -> Holder:
    """Return the holder when ``text`` is the kept key and valid at ``now``.

    An unknown id costs the same work as a known one, and both get the same answer. That a key
    has expired or was revoked is told only to who holds it.

    Raises:
        KeyRefusedError: ``api-key-refused``, ``api-key-expired`` or ``api-key-revoked``.

    """
    expected = stored.key_hash if stored is not None else _NOBODY
    is_right = hmac.compare_digest(_hash(text, mac), expected)
    if stored is None or not is_right:
        raise _refused()
    if stored.revoked_at is not None and now >= stored.revoked_at:
        raise KeyRefusedError(
            "api-key-revoked",
            vi="Khóa API đã bị thu hồi; hãy xin quản trị viên khóa mới.",
            en="the API key was revoked; ask the operator for a new one",
        )
    if stored.expires_at is not None and now >= stored.expires_at:
        raise KeyRefusedError(
            "api-key-expired",
            vi="Khóa API đã hết hạn; hãy xin quản trị viên khóa mới.",
            en="the API key has expired; ask the operator for a new one",
        )
    return Holder(
        agency=stored.agency, key_id=stored.key_id, holder=stored.holder, scopes=stored.scopes
    )


def _hash(text: str, mac: Mac) -> str:
    return mac(PURPOSE, text.encode(errors="surrogatepass")).hex()


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _refused() -> KeyRefusedError:
    return KeyRefusedError(
        "api-key-refused",
        vi="Thiếu khóa API hoặc khóa không đúng; hãy gửi Authorization: Bearer edk_...",
        en="no API key, or not a good one; send Authorization: Bearer edk_...",
    )
