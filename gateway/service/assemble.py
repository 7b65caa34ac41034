"""Builds the running thing from the settings; the only place that knows every class."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp import web

from gateway.adapters.axis_vxp import VxpAxis
from gateway.adapters.axis_vxp_http import VxpSettings
from gateway.adapters.qlvb_webhook import (
    Egress,
    Endpoint,
    QlvbWebhook,
    Timeouts,
    WebhookPoster,
    host_and_port,
)
from gateway.errors import SettingsError
from gateway.model.organ import AgencyId, SystemId
from gateway.ports import Alarms, AxisClient, Clock, Qlvb, Randomness, Store, Vault
from gateway.rules.admission import AdmissionPolicy
from gateway.service.alarms import (
    AllAlarms,
    Channel,
    LogChannel,
    MailChannel,
    MailServer,
    Tls,
    WebhookChannel,
)
from gateway.service.calendars import calendar_from_file, calendar_text
from gateway.service.catalogue import Catalogue
from gateway.service.clerk import StoreDesk, StoreKeyRing
from gateway.service.clock import SystemClock, SystemRandomness, Uuid7Ids
from gateway.service.dispatch import Dispatch
from gateway.service.gate import Gate
from gateway.service.http import make_app
from gateway.service.http_auth import Doorkeeper
from gateway.service.intake import Intake
from gateway.service.isolation import Isolation
from gateway.service.keyring import Keyring, axis_secret
from gateway.service.pipelines import Pipeline
from gateway.service.sealing import Sealing
from gateway.service.secrets import open_vault
from gateway.service.settings import AgencySettings, AxisSettings, Settings
from gateway.service.worker import Runner, RunnerSettings, new_owner
from gateway.service.world import Agency, World
from gateway.signing.pool import ExaminerPool, PoolLimits
from gateway.signing.trust import TrustSettings
from gateway.storage.payloads import FilePayloads
from gateway.storage.quarantine import Quarantine
from gateway.storage.store import open_store


def _silent(_boundary: str) -> None:
    """Observe nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a demonstration or a test puts in the place of the real world."""

    clock: Clock = field(default_factory=SystemClock)
    randomness: Randomness = field(default_factory=SystemRandomness)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    observe: Callable[[str], None] = _silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The running gateway."""

    world: World
    runner: Runner
    intake: Intake
    settings: Settings
    desk: StoreDesk
    examiner: ExaminerPool
    keyring: Keyring
    isolation: Isolation
    app: web.Application

    async def start(self) -> None:
        """Write the recurring jobs; everything else waits in the job table already."""
        await self.world.store.tx(self.intake.write_polls)
        await self.world.store.tx(Catalogue(self.world).write_jobs)
        await self.world.store.tx(Sealing(self.world).write_jobs)

    async def serve(self, stop: asyncio.Event) -> None:
        """Listen and work until ``stop`` is set."""
        await self.start()
        http = web.AppRunner(self.app, access_log=None, handle_signals=False)
        await http.setup()
        try:
            site = web.TCPSite(http, self.settings.http.host, self.settings.http.port)
            await site.start()
            await self.runner.run(stop)
        finally:
            await http.cleanup()


async def open_keyring(settings: Settings, stack: AsyncExitStack, around: Surroundings) -> Keyring:
    """Open only what storing a secret needs: no axis can be met before its secret is stored."""
    store = open_store(settings.store.url, around.clock)
    stack.push_async_callback(store.close)
    vault = open_vault(around.environment, settings.store.master_key)
    return Keyring(store, vault, around.clock, around.randomness)


async def assemble(settings: Settings, stack: AsyncExitStack, around: Surroundings) -> Service:
    """Build the service; everything it opened is closed by ``stack``.

    Raises:
        GatewayError: A setting, a calendar, a trust anchor, a credential or the store is wrong
            or missing.

    """
    clock = around.clock
    store = open_store(settings.store.url, clock)
    stack.push_async_callback(store.close)
    vault = open_vault(around.environment, settings.store.master_key)
    agencies = {
        AgencyId(each.id): await _agency(each, stack, around, store, vault)
        for each in settings.agency
    }
    examiner = _examiner(settings)
    stack.push_async_callback(examiner.close)
    world = World(
        store=store,
        payloads=FilePayloads(settings.store.payloads),
        quarantine=Quarantine(settings.store.quarantine, vault),
        examiner=examiner,
        alarms=_alarms(settings, stack, around),
        vault=vault,
        clock=clock,
        ids=Uuid7Ids(clock, around.randomness),
        agencies=agencies,
    )
    return _service(settings, world, around, examiner)


def _service(
    settings: Settings, world: World, around: Surroundings, examiner: ExaminerPool
) -> Service:
    intake, gate = Intake(world), Gate(world.store, world.clock)
    runner = Runner(
        store=world.store,
        clock=world.clock,
        randomness=around.randomness,
        pipelines=pipelines_of(world, intake, gate),
        owner=new_owner(socket.gethostname(), os.getpid(), around.randomness),
        settings=RunnerSettings(
            concurrency=settings.worker.concurrency, lease_seconds=settings.worker.lease_seconds
        ),
        observe=around.observe,
    )
    doorkeeper = Doorkeeper(StoreKeyRing(world), world.vault, world.clock)

    async def is_well() -> bool:
        await world.store.tx(lambda _: None)
        return True

    desk = StoreDesk(world)
    return Service(
        world=world,
        runner=runner,
        intake=intake,
        settings=settings,
        desk=desk,
        isolation=Isolation(world),
        examiner=examiner,
        keyring=Keyring(world.store, world.vault, world.clock, around.randomness),
        app=make_app(desk, doorkeeper, is_well),
    )


def pipelines_of(world: World, intake: Intake, gate: Gate) -> tuple[Pipeline, ...]:
    """Return every pipeline of the service."""
    return (
        *intake.pipelines(),
        *Dispatch(world, gate).pipelines(),
        *Catalogue(world).pipelines(),
        *Sealing(world).pipelines(),
    )


async def _agency(
    settings: AgencySettings,
    stack: AsyncExitStack,
    around: Surroundings,
    store: Store,
    vault: Vault,
) -> Agency:
    agency = AgencyId(settings.id)
    axes: dict[str, AxisClient] = {}
    for axis in settings.axis:
        secret = await axis_secret(store, vault, agency, axis.name)
        client = _axis(axis, secret, around)
        stack.push_async_callback(client.close)
        axes[axis.name] = client
    calendar = calendar_from_file(settings.calendar)
    return Agency(
        id=agency,
        settings=settings,
        calendar=calendar,
        calendar_text=calendar_text(calendar),
        policy=AdmissionPolicy(
            allowed_formats=frozenset(settings.allowed_formats),
            max_file_bytes=settings.max_file_bytes,
            refusal_codes=frozenset(settings.refuse_codes),
        ),
        axes=axes,
        qlvb=_qlvb(settings, stack, around),
    )


def _axis(axis: AxisSettings, secret: str, around: Surroundings) -> AxisClient:
    settings = VxpSettings(
        axis=axis.name, endpoint=axis.endpoint, system_id=SystemId(axis.system_id)
    )
    return VxpAxis(settings, secret, around.clock, around.randomness)


def _qlvb(settings: AgencySettings, stack: AsyncExitStack, around: Surroundings) -> Qlvb | None:
    if settings.qlvb is None:
        return None
    name = f"EDOC_QLVB_SECRET_{settings.id.upper().replace('-', '_')}"
    poster = WebhookPoster(
        Endpoint(
            url=settings.qlvb.webhook_url,
            secrets=_secrets(around.environment, name),
            egress=_egress(settings.qlvb.webhook_url, settings.qlvb.networks),
            timeouts=Timeouts(total_seconds=settings.qlvb.timeout_seconds),
        ),
        around.clock,
    )
    qlvb = QlvbWebhook(poster, f"/agencies/{settings.id}")
    stack.push_async_callback(qlvb.close)
    return qlvb


def _secrets(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return one or two secrets, newest first, separated by a space."""
    found = tuple(environment.get(name, "").split())
    if not found:
        raise SettingsError(
            "webhook-secret-missing",
            vi=f"Thiếu biến môi trường {name}: khóa ký webhook của QLVB (whsec_...).",
            en=f"environment variable {name} is missing: the webhook secret (whsec_...)",
        )
    return found


def _egress(url: str, listed: tuple[str, ...]) -> Egress:
    """Allow exactly the configured host, and the networks listed beside it."""
    host, port = host_and_port(url)
    try:
        networks = tuple(ip_network(each) for each in listed)
    except ValueError as error:
        raise SettingsError(
            "network-wrong",
            vi=f"networks: {error}; viết dạng 10.20.0.0/16.",
            en=f"networks: {error}; write it like 10.20.0.0/16",
        ) from error
    return Egress(hosts=frozenset({f"{host}:{port}"}), networks=networks)


def _examiner(settings: Settings) -> ExaminerPool:
    trust = {
        AgencyId(each.id): TrustSettings(anchors=each.trust_anchors, crls=each.revocation_lists)
        for each in settings.agency
    }
    worker = settings.worker
    limits = PoolLimits(workers=worker.examiners, wall_seconds=worker.examine_seconds)
    return ExaminerPool(trust, limits)


def _alarms(settings: Settings, stack: AsyncExitStack, around: Surroundings) -> Alarms:
    """Return every configured channel; the log is always one of them."""
    wanted = settings.alarms
    channels: list[Channel] = [LogChannel()]
    if wanted.smtp_host is not None:
        server = MailServer(
            host=wanted.smtp_host,
            port=wanted.smtp_port,
            tls=Tls(wanted.smtp_tls),
            username=wanted.smtp_username,
            password=around.environment.get("EDOC_SMTP_PASSWORD"),
        )
        channels.append(MailChannel(server, wanted.mail_from, wanted.mail_to))
    if wanted.webhook_url is not None:
        endpoint = Endpoint(
            url=wanted.webhook_url,
            secrets=_secrets(around.environment, "EDOC_ALARM_WEBHOOK_SECRET"),
            egress=_egress(wanted.webhook_url, wanted.webhook_networks),
        )
        channels.append(WebhookChannel(WebhookPoster(endpoint, around.clock)))
    for channel in channels:
        stack.push_async_callback(channel.close)
    return AllAlarms(channels)
