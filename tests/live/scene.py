"""A real office on 127.0.0.1: axis and QLVB beside the test, the gateway a process of its own.

The gateway process is started from ``office.py`` and may be told to kill itself with SIGKILL at
a boundary between two steps, so that what the next start does can be watched.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout
from sqlalchemy import Connection, select

from gateway.adapters.axis_vxp import VxpAxis
from gateway.adapters.axis_vxp_http import VxpSettings
from gateway.envelope.writer import write_envelope
from gateway.model.document import Attachment, Code, DocumentId
from gateway.model.envelope import OtherInfo
from gateway.model.organ import AgencyId, AxisAddress, OrganId, SystemId
from gateway.ports import OutgoingEnvelope, Stored
from gateway.service.assemble import Surroundings, open_keyring
from gateway.service.clock import SystemClock, SystemRandomness
from gateway.service.demo.settings_text import CALENDAR
from gateway.service.demo.texts import COMMITTEE, DIRECTIVE, SECRET
from gateway.service.secrets import create_key_file
from gateway.service.settings import read_settings
from gateway.simulators.axis import AxisSetup, SimulatedAxis
from gateway.simulators.issuer import make_document, seal_organ, sign_person
from gateway.simulators.pki import InventedPki
from gateway.simulators.qlvb import QlvbSetup, SimulatedQlvb
from gateway.storage.payloads import FilePayloads
from gateway.storage.schema import jobs, statuses
from gateway.storage.store import migrate, open_store

OFFICE = AgencyId("so-tai-chinh")
RECEIVER, SENDER = SystemId("H99.02.S01"), SystemId("H99.S01")
SECRETS = {RECEIVER: "bi-mat-nhan", SENDER: "bi-mat-gui"}
RECURRING = ("poll", "seal", "directory")
CALL_SECONDS = 5.0

SETTINGS = """\
[store]
url = "{store}"

[http]
port = {port}

[worker]
lease_seconds = 2.0
examiners = 1

[[agency]]
id = "so-tai-chinh"
organ_id = "H99.02"
organ_name = "Sở Tài chính tỉnh Mẫu"
numbering = "gateway"
receipt_counts_from = "gateway"
calendar = "calendar.toml"
trust_anchors = ["trust/anchors"]
revocation_lists = ["trust/crls"]
seal_diameter_mm = 36

[agency.qlvb]
webhook_url = "{qlvb}"
networks = ["127.0.0.0/8"]

[[agency.axis]]
name = "tinh"
kind = "vxp"
endpoint = "{axis}"
system_id = "H99.02.S01"
poll_seconds = 0.3
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Gateway:
    """One gateway process."""

    process: asyncio.subprocess.Process

    async def ready(self, seconds: float = 60) -> bool:
        """Wait until it says that it works; False when it died before."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            return (await self.process.stdout.readline()).startswith(b"ready")

    async def died(self, seconds: float) -> bool:
        """Tell whether it killed itself in time; dying of anything else is no drill."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.process.wait()
        assert self.process.returncode in (None, -signal.SIGKILL), self.process.returncode
        return self.process.returncode is not None

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


@dataclass
class Scene:
    """Everything around the gateway, and what was sent into it."""

    folder: Path
    store_url: str
    stack: AsyncExitStack
    port: int = field(default_factory=free_port)
    sent: list[str] = field(default_factory=list)
    secrets: int = 0  # documents with a secrecy mark, numbered from 9001
    accepted: dict[str, int] = field(default_factory=dict)

    async def open(self) -> None:
        self.clock = SystemClock()
        self.secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        await self._partners()
        self._write()
        self.settings = read_settings(self.folder / "edoc-gateway.toml")
        await asyncio.to_thread(migrate, self.settings.store.url)
        self.settings.store.master_key.parent.mkdir(exist_ok=True)
        create_key_file(self.settings.store.master_key, SystemRandomness())
        async with AsyncExitStack() as stack:
            around = Surroundings(environment={})
            keyring = await open_keyring(self.settings, stack, around)
            await keyring.keep_axis_secret(OFFICE, "tinh", RECEIVER, SECRETS[RECEIVER])
            scopes = ("arrivals:read", "arrivals:decide")
            self.api_key = await keyring.issue_key(OFFICE, "qlvb", scopes)
        self.store = open_store(self.settings.store.url, self.clock)
        self.stack.push_async_callback(self.store.close)
        self.session = ClientSession(timeout=ClientTimeout(total=CALL_SECONDS))
        self.stack.push_async_callback(self.session.close)

    async def _partners(self) -> None:
        setup = AxisSetup(
            state=self.folder / "axis",
            systems=dict(SECRETS),
            organs={OrganId("H99.02"): RECEIVER, OrganId("H99"): SENDER},
        )
        self.axis = SimulatedAxis(setup, self.clock)
        await self.axis.start()
        self.stack.push_async_callback(self.axis.stop)
        self.qlvb = SimulatedQlvb(
            QlvbSetup(state=self.folder / "qlvb", secrets=(self.secret,)), self.clock
        )
        await self.qlvb.start()
        self.stack.push_async_callback(self.qlvb.stop)
        settings = VxpSettings(axis="tinh", endpoint=self.axis.address, system_id=SENDER)
        self.sender = VxpAxis(settings, SECRETS[SENDER], self.clock, SystemRandomness())
        self.stack.push_async_callback(self.sender.close)

    def _write(self) -> None:
        at = self.clock.now()
        pki = InventedPki(at)
        pki.write(self.folder / "trust", at)
        name = COMMITTEE.organ_name or ""
        person, organ = pki.person("Trần Văn Mẫu", "Chủ tịch", name), pki.organ(name)
        self.payloads = FilePayloads(self.folder / "outgoing")
        kept = []
        for letter in (DIRECTIVE, SECRET):
            pdf = seal_organ(sign_person(make_document(letter.text()), person, at), organ, at)
            sink = self.payloads.sink()
            sink.write(pdf)
            kept.append(sink.close())
        self.pdf, self.secret_pdf = kept
        (self.folder / "calendar.toml").write_text(CALENDAR, encoding="utf-8")
        text = SETTINGS.format(
            store=self.store_url, port=self.port, qlvb=self.qlvb.url, axis=self.axis.address
        )
        (self.folder / "edoc-gateway.toml").write_text(text, encoding="utf-8")

    async def start(self, kill_at: str = "", nth: int = 1, *, port: int | None = None) -> Gateway:
        """Start a gateway process; with ``kill_at`` it dies at the nth such boundary."""
        environment = {
            **os.environ,
            "EDOC_QLVB_SECRET_SO_TAI_CHINH": self.secret,
            "EDOC_DRILL_KILL_AT": kill_at,
            "EDOC_DRILL_NTH": str(nth),
            "EDOC_DRILL_PORT": str(self.port if port is None else port),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.live.office",
            str(self.folder / "edoc-gateway.toml"),
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        gateway = Gateway(process)
        self.stack.push_async_callback(gateway.kill)
        return gateway

    async def send(self, count: int) -> None:
        """Send so many different documents; all carry the same signed PDF."""
        for _ in range(count):
            number = str(len(self.sent) + 1)
            await self.sender.send(self._envelope(number))
            self.sent.append(number)

    async def send_secret(self) -> None:
        """Send a document whose page bears a secrecy mark."""
        self.secrets += 1
        await self.sender.send(self._envelope(f"9{self.secrets:03}", self.secret_pdf))

    def _envelope(self, number: str, pdf: Stored | None = None) -> OutgoingEnvelope:
        pdf = pdf or self.pdf
        part = Attachment(
            content_id="vanban-1",
            attachment_name=f"{number}-UBND-TH.pdf",
            content_type="application/pdf",
            media_type="application/pdf",
            size_bytes=pdf.size_bytes,
            digest=pdf.digest,
        )
        envelope = dataclasses.replace(
            DIRECTIVE.envelope(),
            document_id=DocumentId(f"H99,2026,{number}"),
            code=Code(number, "UBND-TH"),
            other_info=OtherInfo(priority="1"),  # urgent: the way of the alarm is walked too
            attachments=(part,),
        )
        path = self.folder / f"{number}.edxml"
        with path.open("wb") as out:
            write_envelope(envelope, out, self.payloads.open)
        return OutgoingEnvelope(
            key=f"drill:{number}",
            message_type="edoc",
            path=path,
            sender=OrganId("H99"),
            recipients=(AxisAddress("H99.02"),),
            marker=f"{number}/UBND-TH",
        )

    async def settled(self, seconds: float) -> None:
        """Wait until everything is accepted and every status of it has left, and nothing waits."""
        try:
            async with asyncio.timeout(seconds):
                while await self.unsettled():  # noqa: ASYNC110 - other processes set no event of ours
                    await asyncio.sleep(0.3)
        except TimeoutError as error:
            raise AssertionError(await self.unsettled()) from error

    async def unsettled(self) -> str:
        """Say what is not settled yet, "" when nothing is."""
        if len(self.accepted) < len(self.sent):
            handed = len(self.qlvb.received)
            waiting = await self.store.read(_open_work)
            return f"accepted {len(self.accepted)} of {len(self.sent)}, handed {handed}: {waiting}"
        return await self.store.read(_open_work)

    async def answered(self, seconds: float) -> None:
        """Wait until everything was handed to the QLVB and answered with 01."""
        async with asyncio.timeout(seconds):
            while not await self._is_answered():  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)

    async def _is_answered(self) -> bool:
        if len(self.qlvb.received) < len(self.sent):
            return False
        rows = [each for each in await self.sender.pending() if each.message_type == "status"]
        return len(rows) >= len(self.sent)

    async def clerk(self, stop: asyncio.Event) -> None:
        """Accept whatever the QLVB was handed, again and again until the gateway says so."""
        while not stop.is_set():
            for event in self.qlvb.received:
                ref = str(event.event["subject"])
                if ref not in self.accepted:
                    await self._accept(ref)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await stop.wait()

    async def _accept(self, ref: str) -> None:
        url = f"http://127.0.0.1:{self.port}/v1/arrivals/{ref}/accept"
        headers = {"Authorization": f"Bearer {self.api_key}", "Idempotency-Key": f"nhan-{ref}"}
        with suppress(ClientError, TimeoutError, OSError):
            async with self.session.post(
                url, json={"person": "vanthu.mau"}, headers=headers
            ) as answer:
                if answer.status == 200:
                    self.accepted[ref] = (await answer.json())["arrival_number"]


def _open_work(conn: Connection) -> str:
    """Name unsent statuses and every job that is not done; alarms wait for their hour."""
    unsent = conn.execute(select(statuses.c.key).where(statuses.c.sent_at.is_(None))).scalars()
    open_jobs = conn.execute(
        select(jobs.c.pipeline, jobs.c.step, jobs.c.state, jobs.c.last_error_code).where(
            jobs.c.state != "done", jobs.c.pipeline.not_in([*RECURRING, "alarm"])
        )
    )
    return "; ".join([*unsent, *(" ".join(map(str, row)) for row in open_jobs)])
