"""What a drill adds up: everything sent must be there once, numbered without a gap."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.errors import StorageError
from gateway.model.document import Digest
from gateway.model.incoming import IncomingState
from gateway.model.register import Register
from gateway.service.assemble import Service, Surroundings, assemble
from gateway.service.clock import SystemClock
from gateway.service.sealing import Sealing
from gateway.storage import jobs, registers
from gateway.storage.schema import contents, deliveries, documents, statuses
from tests.live.scene import OFFICE, Scene

SECRET = IncomingState.QUARANTINED.value


@dataclass(frozen=True)
class Account:
    """What was found; everything but ``documents`` and ``repeated_statuses`` must be zero.

    ``repeated_statuses`` counts status messages that reached the axis twice: after a lost
    answer nobody can know, and the receiver drops them by their content (docs/durability.md).
    """

    documents: int
    lost: int
    doubled: int
    gaps: int
    stuck: int
    broken: int
    repeated_statuses: int

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.doubled or self.gaps or self.stuck or self.broken)


async def account(scene: Scene) -> Account:
    """Look into the store, the payloads, the QLVB and the axis after everything is quiet."""
    async with AsyncExitStack() as stack:
        around = Surroundings(environment={"EDOC_QLVB_SECRET_SO_TAI_CHINH": scene.secret})
        service = await assemble(scene.settings, stack, around)
        found = await service.world.store.read(lambda conn: _of_store(conn, scene))
        faults = await service.world.store.read(
            lambda conn: Sealing(service.world).faults(conn, OFFICE)
        )
        damaged = sum(not _is_whole(service, digest) for digest in found.digests)
    handed = Counter(str(each.event["subject"]) for each in scene.qlvb.received)
    return Account(
        documents=len(scene.sent),
        lost=len(set(scene.sent) - found.accepted) + abs(scene.secrets - found.sealed),
        doubled=found.doubled + sum(n - 1 for n in handed.values()),
        gaps=found.gaps,
        stuck=found.stuck,
        broken=len(faults) + damaged,
        repeated_statuses=await _repeated(scene),
    )


def _is_whole(service: Service, digest: str) -> bool:
    try:
        service.world.payloads.checked(Digest(digest))
    except StorageError:
        return False
    return True


@dataclass(frozen=True)
class _Found:
    accepted: set[str]
    sealed: int  # quarantined, with no content left
    doubled: int
    gaps: int
    stuck: int
    digests: list[str]


def _of_store(conn: Connection, scene: Scene) -> _Found:
    rows = conn.execute(
        select(contents.c.code_number, documents.c.state).join(
            documents, documents.c.ref == contents.c.document_ref
        )
    ).all()
    numbers = Counter(row.code_number for row in rows)
    accepted = {r.code_number for r in rows if r.state == IncomingState.ACCEPTED.value}
    quarantined = conn.execute(select(documents.c.ref).where(documents.c.state == SECRET)).all()
    unsaid = conn.execute(select(statuses.c.id).where(statuses.c.sent_at.is_(None))).all()
    unfinished = conn.execute(
        select(deliveries.c.id).where(deliveries.c.acknowledged_at.is_(None))
    ).all()
    open_jobs = jobs.counts(conn)
    recurring = {"poll", "seal", "directory"}
    late = [p for (p, state), n in open_jobs.items() if state == jobs.DEAD and n]
    year = SystemClock().now().year
    gaps = registers.gaps(conn, OFFICE, Register.INCOMING, year)
    kept = (
        select(deliveries.c.raw_digest)
        .join(documents, documents.c.ref == deliveries.c.document_ref)
        .where(documents.c.state != SECRET)
    )
    raw = conn.execute(kept).scalars().all()
    waiting = [p for (p, s), n in open_jobs.items() if p not in recurring | {"alarm"} and n]
    return _Found(
        accepted=accepted,
        sealed=len(quarantined) if not {r.code_number for r in rows if r.state == SECRET} else -1,
        doubled=sum(n - 1 for n in numbers.values()),
        gaps=len(gaps),
        stuck=len(unsaid) + len(unfinished) + len(late) + len(waiting),
        digests=[each for each in raw if each],
    )


async def _repeated(scene: Scene) -> int:
    """Count status messages on the axis beyond two a document: 01 and 03, or 01 and the notice."""
    waiting = await scene.sender.pending()
    told = len([each for each in waiting if each.message_type == "status"])
    return told - 2 * (len(scene.sent) + scene.secrets)
