"""Secrets of an installation: axis secrets sealed for one purpose, API keys as hashes only."""

from __future__ import annotations

from gateway.errors import SettingsError
from gateway.model.organ import AgencyId, SystemId
from gateway.ports import Clock, Randomness, Store, Vault
from gateway.service.apikeys import KeyWish, Scope, StoredKey, new_key
from gateway.storage import apikeys, credentials
from gateway.storage.apikeys import ApiKey
from gateway.storage.credentials import Credential

AXIS_PURPOSE = "axis-secret"


def _purpose(agency: AgencyId, axis: str) -> str:
    """Return what an axis secret is sealed for: it opens nowhere else (T72)."""
    return f"{AXIS_PURPOSE}:{agency}:{axis}"


async def axis_secret(store: Store, vault: Vault, agency: AgencyId, axis: str) -> str:
    """Return the secret of an agency on an axis.

    Raises:
        SettingsError: None is stored.
        DataError: It was sealed under another master key, or for another place.

    """
    row = await store.read(lambda conn: credentials.get(conn, agency, axis))
    if row is None:
        raise SettingsError(
            "credential-missing",
            vi=f"Chưa lưu khóa kết nối của đơn vị {agency} trên trục {axis}; "
            f"hãy chạy `edoc-gateway credential {axis}`.",
            en=f"no secret is stored for agency {agency} on axis {axis}; "
            f"run `edoc-gateway credential {axis}`",
        )
    return vault.decrypt(_purpose(agency, axis), row.sealed).decode("utf-8")


class Keyring:
    """Puts secrets into the store."""

    def __init__(self, store: Store, vault: Vault, clock: Clock, randomness: Randomness) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._randomness = randomness

    async def keep_axis_secret(
        self, agency: AgencyId, axis: str, system_id: SystemId, secret: str
    ) -> None:
        """Seal and store the secret of an agency on an axis, in place of the one before."""
        credential = Credential(
            axis=axis,
            system_id=system_id,
            sealed=self._vault.encrypt(_purpose(agency, axis), secret.encode("utf-8")),
            stored_at=self._clock.now(),
        )
        await self._store.tx(lambda conn: credentials.put(conn, agency, credential))

    async def issue_key(self, agency: AgencyId, holder: str, scopes: tuple[str, ...]) -> str:
        """Issue an API key and return its text, which nobody can show again.

        Raises:
            SettingsError: A scope that does not exist, or none.
            StateError: The holder has two valid keys already.

        """
        wish = KeyWish(
            agency=agency, holder=holder, scopes=_scopes(scopes), created_at=self._clock.now()
        )
        fresh = new_key(wish, self._randomness, self._vault.mac)
        await self._store.tx(lambda conn: apikeys.add(conn, agency, _kept(fresh.stored)))
        return fresh.text


def _scopes(wanted: tuple[str, ...]) -> frozenset[Scope]:
    known = {scope.value: scope for scope in Scope}
    wrong = [each for each in wanted if each not in known]
    if wrong or not wanted:
        raise SettingsError(
            "scope-unknown",
            vi=f"Phạm vi khóa API không có: {', '.join(wrong) or '(trống)'}; "
            f"chỉ có: {', '.join(known)}.",
            en=f"no such API key scope: {', '.join(wrong) or '(none)'}; there are: "
            f"{', '.join(known)}",
        )
    return frozenset(known[each] for each in wanted)


def _kept(stored: StoredKey) -> ApiKey:
    return ApiKey(
        agency=stored.agency,
        key_id=stored.key_id,
        key_hash=stored.key_hash,
        holder=stored.holder,
        scopes=frozenset(scope.value for scope in stored.scopes),
        created_at=stored.created_at,
        expires_at=stored.expires_at,
    )
