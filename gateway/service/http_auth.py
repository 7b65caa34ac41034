"""The door of the HTTP side: who asks, and whether the key opens this door (T73)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.ports import Clock, Vault
from gateway.service.apikeys import (
    Holder,
    KeyRefusedError,
    KeyRing,
    Scope,
    ScopeMissingError,
    key_id_of,
    opened,
)

_AUTHORIZATION_LIMIT = 200  # characters; a key and its scheme take 80


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Finds the holder of the API key that a request carries."""

    keys: KeyRing
    vault: Vault
    clock: Clock

    async def holder(self, authorization: str) -> Holder:
        """Return who asks.

        Args:
            authorization: The header's value, "" when it is missing.

        Raises:
            KeyRefusedError: No key, or one that opens nothing.

        """
        scheme, _, text = authorization[:_AUTHORIZATION_LIMIT].partition(" ")
        text = text.strip() if scheme.lower() == "bearer" else ""
        try:
            stored = await self.keys.find(key_id_of(text))
        except KeyRefusedError:
            stored = None
        return opened(text, stored, self.vault.mac, self.clock.now())

    async def admit(self, authorization: str, scope: Scope) -> Holder:
        """Return who asks, when the key may do what ``scope`` names.

        Raises:
            KeyRefusedError: As :meth:`holder`.
            ScopeMissingError: ``scope-missing``.

        """
        holder = await self.holder(authorization)
        if scope not in holder.scopes:
            raise ScopeMissingError(
                "scope-missing",
                vi=f"Khóa API không có quyền {scope.value}; hãy xin quản trị viên cấp quyền.",
                en=f"the API key lacks the scope {scope.value}; ask the operator for it",
            )
        return holder
