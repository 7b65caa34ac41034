"""Acts on quarantined documents: handed out on paper's way, or destroyed (L-60).

Each is a recorded act of one person, without a word of the document in the record.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from gateway.errors import Retry, StorageError
from gateway.incoming import named
from gateway.model.document import DocumentRef
from gateway.model.incoming import IncomingState
from gateway.model.organ import AgencyId
from gateway.rules.lifecycle import IncomingAct, move
from gateway.service.desk import UnknownArrivalError
from gateway.service.world import World
from gateway.storage import documents, events, finding
from gateway.storage.documents import Move
from gateway.storage.events import NewEvent
from gateway.storage.rows import IncomingRow

EVENT_OF = {IncomingAct.RELEASE: "released", IncomingAct.DESTROY: "destroyed"}


@dataclass(frozen=True, slots=True)
class Isolation:
    """What a responsible person may do with quarantined documents."""

    world: World

    async def listed(self, agency: AgencyId, limit: int = 1000) -> tuple[IncomingRow, ...]:
        """Return the quarantined documents, oldest first, without their content."""
        return await self.world.store.read(
            lambda conn: finding.quarantine(conn, agency, None, limit)
        )

    async def release(self, agency: AgencyId, ref: DocumentRef, person: str, to: Path) -> None:
        """Write the envelope to a new file of mode 0600 for handling outside, and record it.

        The file is whole and on the disk before the act is recorded; a repeat needs another
        file name, for nothing is overwritten.

        Raises:
            UnknownArrivalError: The agency has no such document.
            StateError: It is not quarantined, or nobody is named.
            StorageError: It is not sealed yet, or the file cannot be written.

        """
        named(person)
        await self.world.store.read(lambda conn: _after(conn, agency, ref, IncomingAct.RELEASE))
        await asyncio.to_thread(self._write, ref, to)
        await self._record(agency, ref, person, IncomingAct.RELEASE)

    def _write(self, ref: DocumentRef, to: Path) -> None:
        try:
            to.touch(mode=0o600, exist_ok=False)
            with to.open("wb") as out:
                for piece in self.world.quarantine.get(ref):
                    out.write(piece)
        except OSError as error:
            raise StorageError(
                "release-file-unwritable",
                vi=f"Không ghi được tệp {to}: {error.strerror}; hãy chọn tên tệp mới.",
                en=f"cannot write {to}: {error.strerror}; choose a new file name",
                retry=Retry.PERMANENT,
            ) from error

    async def destroy(self, agency: AgencyId, ref: DocumentRef, person: str) -> None:
        """Record the destruction, then delete the sealed bytes; a repeat deletes again.

        Raises:
            UnknownArrivalError: The agency has no such document.
            StateError: It cannot be destroyed where it stands, or nobody is named.

        """
        named(person)
        await self._record(agency, ref, person, IncomingAct.DESTROY)
        await asyncio.to_thread(self.world.quarantine.delete, ref)

    async def _record(
        self, agency: AgencyId, ref: DocumentRef, person: str, act: IncomingAct
    ) -> None:
        now = self.world.clock.now()

        def write(conn: Connection) -> None:
            row, after = _after(conn, agency, ref, act)
            step = Move(expected=row.state, new=after, closed_at=now)
            documents.set_state(conn, agency, ref, step)
            new = NewEvent(document=ref, at=now, actor=person, code=EVENT_OF[act])
            events.append(conn, agency, new)

        await self.world.store.tx(write)


def _after(
    conn: Connection, agency: AgencyId, ref: DocumentRef, act: IncomingAct
) -> tuple[IncomingRow, IncomingState]:
    row = documents.get(conn, agency, ref)
    if row is None:
        raise UnknownArrivalError
    return row, move(row.state, act)
