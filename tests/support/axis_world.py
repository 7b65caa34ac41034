"""A simulated axis with two connected systems, and clients of it, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.adapters.axis_vxp import VxpAxis, VxpSettings
from gateway.adapters.retry import ShortRetry
from gateway.model.document import AxisDocId, Digest
from gateway.model.organ import AxisAddress, OrganId, SystemId
from gateway.ports import OutgoingEnvelope, Stored
from gateway.service.clock import SeededRandomness
from gateway.simulators.axis import AxisSetup, SimulatedAxis
from gateway.simulators.axis_faults import parse_fault

PROVINCE, FINANCE = SystemId("H99.01"), SystemId("H99.02")
SECRETS = {PROVINCE: "khóa-tỉnh-Mẫu", FINANCE: "bi-mat-so-tai-chinh"}
COMMUNE = OrganId("H99.02.07")  # reached through the system of H99.02
NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"


class SteppingClock:
    """Moves on by a second each time it is asked, so that no two calls carry one time."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 3, 2, 0, 45, 1, 123_000, tzinfo=UTC)

    def now(self) -> datetime:
        self.instant += timedelta(seconds=1)
        return self.instant

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here waits on the clock: {seconds}")


class MemorySink:
    """A payload sink that keeps what it is given."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.longest = 0

    def write(self, data: bytes) -> None:
        self.data += data
        self.longest = max(self.longest, len(data))

    def close(self) -> Stored:
        return Stored(Digest(sha256(self.data).hexdigest()), len(self.data))

    def abandon(self) -> None:
        self.data.clear()


def document(*to: str, number: str = "12", notation: str = "UBND-VP", filler: str = "") -> bytes:
    recipients = "".join(f"<e:To><e:OrganId>{each}</e:OrganId></e:To>" for each in to)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<e:edXML xmlns:e="{NAMESPACE}">'
        f"<e:edXMLEnvelope><e:edXMLHeader><e:MessageHeader>"
        f"<e:From><e:OrganId>H99.01</e:OrganId></e:From>{recipients}"
        f"<e:Code><e:CodeNumber>{number}</e:CodeNumber>"
        f"<e:CodeNotation>{notation}</e:CodeNotation></e:Code>"
        f"<e:Subject>V/v báo cáo thử nghiệm</e:Subject>"
        f"</e:MessageHeader></e:edXMLHeader></e:edXMLEnvelope><!--{filler}--></e:edXML>\n"
    ).encode()


def status(addressee: str, code: str = "01") -> bytes:
    return (
        f'<edXML xmlns="{NAMESPACE}"><edXMLEnvelope><edXMLHeader><MessageHeader>'
        f"<From><OrganId>H99.02</OrganId></From><ResponseFor><OrganId>{addressee}</OrganId>"
        f"<Code>12/UBND-VP</Code></ResponseFor><StatusCode>{code}</StatusCode>"
        f"</MessageHeader></edXMLHeader></edXMLEnvelope></edXML>"
    ).encode()


@dataclass(slots=True)
class AxisWorld:
    """One axis and what talks to it; ``folder`` takes the envelopes."""

    axis: SimulatedAxis
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    clients: list[VxpAxis] = field(default_factory=list)

    def client(self, system: SystemId = PROVINCE, secret: str | None = None, **more) -> VxpAxis:
        settings = VxpSettings(
            axis="truc-mau",
            endpoint=self.axis.address,
            system_id=system,
            connect_seconds=5,
            read_seconds=10,
            call_seconds=20,
            short_retry=ShortRetry(tries=1, first_wait_seconds=0.0),
            spool=self.folder,
        )
        settings = replace(settings, **{**self.options, **more})
        given = SECRETS[system] if secret is None else secret
        client = VxpAxis(settings, given, SteppingClock(), SeededRandomness(7))
        self.clients.append(client)
        return client

    def envelope(
        self, content: bytes, *to: str, kind: str = "edoc", marker: str = ""
    ) -> OutgoingEnvelope:
        path = self.folder / f"{sha256(content).hexdigest()}.edxml"
        path.write_bytes(content)
        return OutgoingEnvelope(
            key=f"key-{path.stem}",
            message_type=kind,
            path=path,
            sender=OrganId("H99.01"),
            recipients=tuple(AxisAddress(each) for each in to),
            marker=marker,
        )


@asynccontextmanager
async def axis_world(
    folder: Path, faults: Iterable[str] = (), setup: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[AxisWorld]:
    axis = SimulatedAxis(
        axis_setup(folder, **(setup or {})), SteppingClock(), map(parse_fault, faults)
    )
    await axis.start()
    world = AxisWorld(axis, folder, options)
    try:
        yield world
    finally:
        for client in world.clients:
            await client.close()
        await axis.stop()


def axis_setup(folder: Path, **more: Any) -> AxisSetup:
    given: dict[str, Any] = {"systems": SECRETS, "organs": {COMMUNE: FINANCE}, **more}
    return AxisSetup(state=folder / "axis", **given)


async def fetched(client: VxpAxis, axis_doc_id: AxisDocId) -> bytes:
    sink = MemorySink()
    await client.fetch(axis_doc_id, sink)
    return bytes(sink.data)


Story = Callable[[AxisWorld], Coroutine[Any, Any, None]]
