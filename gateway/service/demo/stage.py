"""The scene: an axis, two agencies on one gateway, a QLVB, keys and trust, made on the spot."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.axis_vxp import VxpAxis
from gateway.adapters.axis_vxp_http import VxpSettings
from gateway.envelope.writer import write_envelope
from gateway.model.document import Attachment, AxisDocId
from gateway.model.envelope import DocumentEnvelope
from gateway.model.organ import AgencyId, AxisAddress, OrganId, SystemId
from gateway.ports import OutgoingEnvelope
from gateway.service.assemble import Service, Surroundings, assemble, open_keyring
from gateway.service.clock import SeededRandomness, SimulatedClock
from gateway.service.demo.settings_text import CALENDAR, settings_text
from gateway.service.demo.texts import COMMITTEE, DEPARTMENT, FRIDAY_EVENING, Letter
from gateway.service.desk import ArrivalQuery, ArrivalView
from gateway.service.secrets import create_key_file
from gateway.service.settings import Settings, read_settings
from gateway.simulators.axis import AxisSetup, SimulatedAxis
from gateway.simulators.issuer import make_document, seal_organ, sign_person
from gateway.simulators.pki import Credential, InventedPki
from gateway.simulators.qlvb import QlvbSetup, SimulatedQlvb
from gateway.storage.statuses import StatusRow, unmatched
from gateway.storage.store import migrate

OFFICE, PROVINCE = AgencyId("so-tai-chinh"), AgencyId("ubnd-tinh")
AXIS = "tinh"
SYSTEMS = {OFFICE: SystemId("H99.02.S01"), PROVINCE: SystemId("H99.S01")}
POLL_SECONDS = 60.0
SEED = 20260306


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """Who signs for the committee."""

    pki: InventedPki
    person: Credential
    organ: Credential


class Stage:
    """Everything a story needs, and what happened so far."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.clock = SimulatedClock(FRIDAY_EVENING)
        self.randomness = SeededRandomness(SEED)
        self.seen: dict[str, ArrivalView] = {}  # by the name the story gives it
        self._sent: dict[str, OutgoingEnvelope] = {}
        self._stack = stack
        self._secrets = {
            agency: base64.b64encode(self.randomness.token(24)).decode() for agency in SYSTEMS
        }
        self.signers = self._signers()
        self.axis: SimulatedAxis
        self.qlvb: SimulatedQlvb
        self.service: Service
        self.sender: VxpAxis

    def _signers(self) -> Signers:
        pki = InventedPki(FRIDAY_EVENING)
        pki.write(self.folder / "trust", FRIDAY_EVENING)
        name = COMMITTEE.organ_name or ""
        return Signers(
            pki=pki, person=pki.person("Trần Văn Mẫu", "Chủ tịch", name), organ=pki.organ(name)
        )

    async def open(self) -> None:
        """Start every part; the stack closes them in reverse."""
        await self._open_axis()
        key = "whsec_" + base64.b64encode(self.randomness.token(32)).decode()
        self.qlvb = SimulatedQlvb(QlvbSetup(state=self.folder / "qlvb", secrets=(key,)), self.clock)
        await self.qlvb.start()
        self._stack.push_async_callback(self.qlvb.stop)
        settings = self._settings()
        migrate(settings.store.url)
        create_key_file(settings.store.master_key, self.randomness)
        around = Surroundings(
            clock=self.clock,
            randomness=self.randomness,
            environment={"EDOC_QLVB_SECRET_SO_TAI_CHINH": key},
        )
        await self._store_secrets(settings, around)
        self.service = await assemble(settings, self._stack, around)
        await self.service.start()
        self.sender = self._client(PROVINCE)
        self._stack.push_async_callback(self.sender.close)
        pump = asyncio.ensure_future(self._pump())
        self._stack.callback(pump.cancel)

    async def _open_axis(self) -> None:
        setup = AxisSetup(
            state=self.folder / "axis",
            systems={SYSTEMS[each]: self._secrets[each] for each in SYSTEMS},
            organs={
                OrganId("H99.02"): SYSTEMS[OFFICE],
                OrganId("H99"): SYSTEMS[PROVINCE],
            },
            names={
                OrganId("H99.02"): DEPARTMENT.organ_name or "",
                OrganId("H99"): COMMITTEE.organ_name or "",
            },
        )
        self.axis = SimulatedAxis(setup, self.clock)
        await self.axis.start()
        self._stack.push_async_callback(self.axis.stop)

    def _settings(self) -> Settings:
        path = self.folder / "edoc-gateway.toml"
        text = settings_text(self.axis.address, self.qlvb.url)
        path.write_text(text, encoding="utf-8")
        (self.folder / "calendar.toml").write_text(CALENDAR, encoding="utf-8")
        return read_settings(path)

    async def _store_secrets(self, settings: Settings, around: Surroundings) -> None:
        async with AsyncExitStack() as stack:
            keyring = await open_keyring(settings, stack, around)
            for agency, system_id in SYSTEMS.items():
                await keyring.keep_axis_secret(agency, AXIS, system_id, self._secrets[agency])

    def _client(self, agency: AgencyId) -> VxpAxis:
        settings = VxpSettings(axis=AXIS, endpoint=self.axis.address, system_id=SYSTEMS[agency])
        return VxpAxis(settings, self._secrets[agency], self.clock, self.randomness)

    async def _pump(self) -> None:
        """Let simulated time pass for whoever sleeps in it (short retries of a call)."""
        while True:
            await asyncio.sleep(0.02)
            due = self.clock.next_wake
            if due is not None:
                await self.clock.advance_to(max(due, self.clock.now()))

    # what a story does

    async def signed(self, letter: Letter) -> bytes:
        """Return the letter as PDF, signed by the person and sealed by the organ."""
        return await asyncio.to_thread(self._signed, letter)

    def _signed(self, letter: Letter) -> bytes:
        at, who = self.clock.now(), self.signers
        return seal_organ(sign_person(make_document(letter.text()), who.person, at), who.organ, at)

    def enveloped(self, letter: Letter, pdf: bytes, name: str) -> OutgoingEnvelope:
        """Write the envelope of a letter to disk, ready to be sent."""
        sink = self.service.world.payloads.sink()
        sink.write(pdf)
        stored = sink.close()
        part = Attachment(
            content_id="vanban-1",
            attachment_name=f"{letter.number}-{letter.notation}.pdf",
            description=letter.subject,
            content_type="application/pdf",
            media_type="application/pdf",
            size_bytes=stored.size_bytes,
            digest=stored.digest,
        )
        envelope: DocumentEnvelope = dataclasses.replace(letter.envelope(), attachments=(part,))
        path = self.folder / f"{name}.edxml"
        with path.open("wb") as out:
            write_envelope(envelope, out, self.service.world.payloads.open)
        ready = OutgoingEnvelope(
            key=f"demo:{name}",
            message_type="edoc",
            path=path,
            sender=OrganId("H99"),
            recipients=(AxisAddress("H99.02"),),
            marker=f"{letter.number}/{letter.notation}",
        )
        self._sent[name] = ready
        return ready

    def sent_again(self, name: str) -> OutgoingEnvelope:
        """Return what was sent under this name, byte for byte."""
        return self._sent[name]

    async def send(self, envelope: OutgoingEnvelope) -> AxisDocId:
        """Send as the committee's system does."""
        return await self.sender.send(envelope)

    async def settle(self, rounds: int = 3) -> None:
        """Let the gateway do everything that is due, over some polls of the axis."""
        for _ in range(rounds):
            await self.clock.advance(POLL_SECONDS + 1)
            await self.service.runner.run_until_idle()

    async def arrivals(self, **conditions: object) -> tuple[ArrivalView, ...]:
        """Return the office's incoming documents whose content has these values."""
        page = await self.service.desk.list_arrivals(OFFICE, ArrivalQuery(limit=500))
        return tuple(each for each in page.items if _has(each, conditions))

    async def answers(self, number: str) -> list[StatusRow]:
        """Return the statuses that reached the committee about its document of this number."""
        rows = await self.service.world.store.read(lambda conn: unmatched(conn, PROVINCE))
        return [
            row for row in rows if row.about and str(row.about.code or "").startswith(f"{number}/")
        ]


def _has(view: ArrivalView, conditions: dict[str, object]) -> bool:
    content = view.content
    return content is not None and all(
        getattr(content, name) == value for name, value in conditions.items()
    )
