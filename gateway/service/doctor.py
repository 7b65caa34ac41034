"""``edoc-gateway doctor``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gateway.errors import GatewayError
from gateway.ports import Clock
from gateway.rules.receipt_time import calendar_warnings
from gateway.service.assemble import Service, Surroundings, assemble
from gateway.service.settings import Settings
from gateway.service.world import Agency
from gateway.signing.trust import anchors_in, crl_ages
from gateway.storage import axis_states, deliveries, jobs

LOW_DISK_BYTES = 1024**3  # less than this holds hardly an hour of large documents
OLD_JOB = timedelta(minutes=15)
CLOCK_SLACK = timedelta(minutes=1)
SILENT_POLL = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; ``vi`` and ``en`` say what was found and what to do."""

    name: str
    is_well: bool
    vi: str
    en: str


async def examine_installation(settings: Settings, clock: Clock) -> tuple[Finding, ...]:
    """Return what was found, everything that could be looked at."""
    findings = [_disk(settings)]
    async with AsyncExitStack() as stack:
        try:
            service = await assemble(settings, stack, Surroundings(clock=clock))
        except GatewayError as error:
            return (*findings, _fault("configuration", error))
        findings.append(
            Finding(
                name="configuration", is_well=True, vi="Cấu hình đúng.", en="settings are right"
            )
        )
        findings += [each async for each in _of_service(service)]
    return tuple(findings)


async def _of_service(service: Service) -> AsyncIterator[Finding]:
    yield await _store(service)
    yield await _queue(service)
    yield await _clock(service)
    for agency in service.world.agencies.values():
        for name, client in agency.axes.items():
            yield await _tried(f"axis {agency.id}/{name}", client.probe)
        yield await _polls(service, agency)
        for each in _calendar(service, agency):
            yield each
        yield _anchors(agency)
        for each in _lists(service, agency):
            yield each


def _fault(name: str, error: GatewayError) -> Finding:
    return Finding(name=name, is_well=False, vi=error.vi, en=error.en)


async def _tried(name: str, act: Callable[[], Awaitable[object]]) -> Finding:
    try:
        await act()
    except GatewayError as error:
        return _fault(name, error)
    return Finding(name=name, is_well=True, vi="Trả lời tốt.", en="answers")


def _disk(settings: Settings) -> Finding:
    folder = _existing(settings.store.payloads)
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    is_well = writable and free >= LOW_DISK_BYTES
    gib = free / 1024**3
    return Finding(
        name="disk",
        is_well=is_well,
        vi=f"Còn trống {gib:.1f} GiB." if writable else f"Không ghi được vào {folder}.",
        en=f"{gib:.1f} GiB free" if writable else f"{folder} is not writable",
    )


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


async def _store(service: Service) -> Finding:
    return await _tried("store", lambda: service.world.store.tx(lambda _: None))


async def _clock(service: Service) -> Finding:
    """Say whether the clock stands before something that was written already."""
    latest = await service.world.store.read(deliveries.latest_arrival)
    is_behind = latest is not None and latest > service.world.clock.now() + CLOCK_SLACK
    return Finding(
        name="clock",
        is_well=not is_behind,
        vi=f"Đồng hồ chậm hơn văn bản đã nhận lúc {latest}; hãy chỉnh giờ."
        if is_behind
        else "Đồng hồ không lùi.",
        en=f"the clock is behind a document received at {latest}; put it right"
        if is_behind
        else "the clock did not go back",
    )


async def _queue(service: Service) -> Finding:
    now = service.world.clock.now()
    counts, oldest = await service.world.store.read(
        lambda conn: (jobs.counts(conn), jobs.oldest_ready(conn, now))
    )
    dead = sum(number for (_, state), number in counts.items() if state == jobs.DEAD)
    late = oldest is not None and now - oldest > OLD_JOB
    return Finding(
        name="queue",
        is_well=dead == 0 and not late,
        vi=f"{dead} việc đã dừng; việc cũ nhất chờ từ {oldest or '-'}.",
        en=f"{dead} dead jobs; the oldest waits since {oldest or '-'}",
    )


async def _polls(service: Service, agency: Agency) -> Finding:
    """Say which polls have been dead for minutes, before anybody misses a document (T76)."""
    states = await service.world.store.read(lambda c: axis_states.states(c, agency.id))
    now, said = service.world.clock.now(), []
    for state in states:
        if state.axis not in agency.axes:
            continue
        good = state.last_good_poll_at
        if good is None or now - good > SILENT_POLL:
            said.append(f"{state.axis}: {state.last_error_code or '?'} ({good or '-'})")
    return Finding(
        name=f"polls {agency.id}",
        is_well=not said,
        vi="; ".join(said) or "Các trục được hỏi đều đặn (hoặc chưa bắt đầu).",
        en="; ".join(said) or "every axis is asked regularly, or not yet",
    )


def _calendar(service: Service, agency: Agency) -> list[Finding]:
    warnings = calendar_warnings(agency.calendar, service.world.clock.now())
    return [
        Finding(name=f"calendar {agency.id}", is_well=False, vi=each.vi, en=each.en)
        for each in warnings
    ]


def _anchors(agency: Agency) -> Finding:
    name = f"trust anchors {agency.id}"
    try:
        count = len(anchors_in(agency.settings.trust_anchors))
    except GatewayError as error:
        return _fault(name, error)
    return Finding(
        name=name, is_well=True, vi=f"{count} chứng thư gốc tin cậy.", en=f"{count} trust anchors"
    )


def _lists(service: Service, agency: Agency) -> list[Finding]:
    now = service.world.clock.now()
    try:
        ages = crl_ages(agency.settings.revocation_lists, now)
    except GatewayError as error:
        return [_fault(f"revocation lists {agency.id}", error)]
    if not ages:
        return [
            Finding(
                name=f"revocation lists {agency.id}",
                is_well=False,
                vi="Chưa có danh sách thu hồi (CRL): mọi chữ ký sẽ «không đủ thông tin».",
                en="there is no revocation list: every signature stays indeterminate",
            )
        ]
    return [
        Finding(
            name=f"revocation list {age.path.name}",
            is_well=not age.is_stale,
            vi=f"Cập nhật tiếp theo: {age.next_update_at or '-'}.",
            en=f"next update: {age.next_update_at or '-'}",
        )
        for age in ages
    ]
