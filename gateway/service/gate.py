"""The breaker at work: one row per axis and receiver, the rule in ``rules/breaker.py`` (T31)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.errors import AxisError, Retry
from gateway.model.organ import AgencyId
from gateway.ports import Clock, Store
from gateway.rules.breaker import Admit, BreakerState, Wait, admit, after_failure, after_success
from gateway.storage import breakers
from gateway.storage.breakers import BreakerKey, BreakerRow


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets calls through to an axis, or says until when to wait."""

    store: Store
    clock: Clock

    async def admit(self, agency: AgencyId, axis: str, receiver: str) -> Admit | Wait:
        """Ask whether a call may go out now; a half-open breaker lets one probe through."""
        now = self.clock.now()

        def ask(conn: Connection) -> Admit | Wait:
            state = _load(conn, _key(agency, axis, receiver))
            answer = admit(state, now)
            if isinstance(answer, Admit) and answer.state != state:
                _save(conn, _key(agency, axis, receiver), answer.state)
            return answer

        return await self.store.tx(ask)

    @asynccontextmanager
    async def watched(self, agency: AgencyId, axis: str, receiver: str) -> AsyncIterator[None]:
        """Watch one call: what it shows of the axis's health is remembered.

        A refusal of this one message (PERMANENT) says that the axis is well.
        """
        try:
            yield
        except AxisError as error:
            if error.retry is Retry.PERMANENT:
                await self._note(agency, axis, receiver, failed=False)
            else:
                await self._note(agency, axis, receiver, failed=True)
            raise
        else:
            await self._note(agency, axis, receiver, failed=False)

    async def _note(self, agency: AgencyId, axis: str, receiver: str, *, failed: bool) -> None:
        now = self.clock.now()

        def note(conn: Connection) -> None:
            state = _load(conn, _key(agency, axis, receiver))
            after = after_failure(state, now) if failed else after_success(state)
            if after != state:
                _save(conn, _key(agency, axis, receiver), after)

        await self.store.tx(note)


def _key(agency: AgencyId, axis: str, receiver: str) -> BreakerKey:
    return BreakerKey(agency=agency, axis=axis, receiver=receiver)


def _load(conn: Connection, key: BreakerKey) -> BreakerState:
    row = breakers.load(conn, key)
    return BreakerState(
        failures=row.failures, open_until=row.open_until, probe_until=row.probing_since
    )


def _save(conn: Connection, key: BreakerKey, state: BreakerState) -> None:
    row = BreakerRow(
        failures=state.failures, open_until=state.open_until, probing_since=state.probe_until
    )
    breakers.save(conn, key, row)
