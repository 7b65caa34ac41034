"""``edoc-gateway demo``: everything on one machine, told step by step."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.service.cli import common
from gateway.service.cli.documents import shown
from gateway.service.clock import SystemClock
from gateway.service.demo.play import Played, Stay, play
from gateway.service.demo.told import Told
from gateway.service.logs import start_logging

app = typer.Typer()


@app.command()
def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Diễn một lần rồi kết thúc. / Play once and end.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Cổng của API. / Port of the API.")
    ] = 0,
    state: Annotated[
        Path | None, typer.Option(help="Thư mục trống để giữ lại kết quả. / Where to keep it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Trình diễn trên một máy, đồng hồ mô phỏng. / The demonstration, on a simulated clock."""
    folder = state or Path(tempfile.mkdtemp(prefix="edoc-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    start_logging(SystemClock(), level="error")

    def say(told: Told) -> None:
        mark = "✓" if told.ok else "✗"
        typer.echo(f"{mark} {told.name:<19} {told.detail}", err=as_json)

    played = asyncio.run(_play(folder, say, None if once else port))
    is_well = all(step.ok for step in played.told)
    if as_json:
        common.print_json(
            {
                "ok": is_well,
                "steps": [asdict(each) for each in played.told],
                "documents": [shown(each) for each in played.documents],
                "tasks": [],  # tasks of directives are not followed yet
            }
        )
    else:
        held = sum(step.ok for step in played.told)
        typer.echo(f"\n{held}/{len(played.told)} bước đúng. Báo cáo có ảnh trang: {played.report}")
    raise typer.Exit(0 if is_well else 1)


async def _play(folder: Path, say: Callable[[Told], None], port: int | None) -> Played:
    """Play, and keep running on ``port`` unless it is None."""
    if port is None:
        return await play(folder, say)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def ready(address: str, played: Played) -> None:
        typer.echo(f"Báo cáo: {played.report}\nAPI: {address} (Ctrl+C để dừng)", err=True)

    return await play(folder, say, Stay(port, stop, ready))
