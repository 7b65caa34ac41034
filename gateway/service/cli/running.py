"""``run``, ``migrate`` and ``audit``: the service itself, its store, its histories."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.model.organ import AgencyId
from gateway.service.cli import common
from gateway.service.clock import SystemClock
from gateway.service.logs import start_logging

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gateway.service.assemble import Service
    from gateway.service.sealing import Sealing
    from gateway.storage.events import ChainFault


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command("run")(run)
    app.command("migrate")(migrate)
    audit = typer.Typer(no_args_is_help=True, help="Nhật ký kiểm toán. / Audit trail.")
    audit.callback()(_audit)
    audit.command("verify")(audit_verify)
    app.add_typer(audit, name="audit")


def _audit() -> None:
    """Nhật ký kiểm toán. / Audit trail."""


def run() -> None:
    """Chạy dịch vụ cho đến khi nhận SIGTERM. / Run the service until SIGTERM."""
    start_logging(SystemClock())

    async def serve(service: Service) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await service.serve(stop)

    common.with_service(serve)


def migrate() -> None:
    """Tạo hoặc nâng cấp cơ sở dữ liệu. / Create or upgrade the store."""
    from gateway.storage.store import migrate as upgrade  # noqa: PLC0415 - only when used

    changed = upgrade(common.settings().store.url)
    typer.echo(
        common.said("Đã nâng cấp cơ sở dữ liệu.", "The store was upgraded.")
        if changed
        else common.said("Cơ sở dữ liệu đã đúng phiên bản.", "The store is current.")
    )


def _faults(sealing: Sealing, agency: AgencyId, conn: Connection) -> list[ChainFault]:
    return sealing.faults(conn, agency)


def audit_verify(
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Kiểm tra chuỗi sự kiện và dấu niêm. / Check event chains and seals; exit 0 or 1."""

    async def check(service: Service) -> dict[AgencyId, list[str]]:
        from gateway.service.sealing import Sealing  # noqa: PLC0415 - only when used

        sealing, store = Sealing(service.world), service.world.store
        found = {}
        for agency in service.world.agencies:
            faults = await store.read(partial(_faults, sealing, agency))
            found[agency] = [
                f"{f.code} {f.document or ''} {f.number or ''}".strip() for f in faults
            ]
        return found

    found = common.with_service(check)
    is_sound = not any(found.values())
    if as_json:
        common.print_json({"ok": is_sound, "faults": found})
    else:
        for agency, faults in found.items():
            for fault in faults:
                typer.echo(f"{agency}: {fault}")
        if is_sound:
            typer.echo(common.said("Chuỗi sự kiện nguyên vẹn.", "Every chain holds."))
    raise typer.Exit(0 if is_sound else 1)
