"""``edoc-gateway qlvb serve``: the simulated QLVB alone, to try a gateway against."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gateway.errors import SettingsError
from gateway.service.clock import SystemClock
from gateway.simulators.qlvb import GatewayAccess, QlvbSetup, SimulatedQlvb

WRONG_USE = 2
OUTSIDE_FAILED = 5
_HOST = "127.0.0.1"

app = typer.Typer(no_args_is_help=True, help="QLVB mô phỏng (simulated QLVB).")


@app.callback()
def _qlvb() -> None:
    """QLVB mô phỏng (simulated QLVB)."""


@app.command()
def serve(  # noqa: PLR0913 - one parameter an option, as typer wants it
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Cổng; 0: cổng trống bất kỳ.")],
    state: Annotated[Path, typer.Option(help="Thư mục lưu trạng thái.", file_okay=False)],
    secret_env: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="Biến môi trường giữ khóa webhook; tối đa hai."),
    ],
    gateway: Annotated[str | None, typer.Option(metavar="URL", help="Địa chỉ cổng.")] = None,
    api_key_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Biến môi trường giữ khóa API.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Tự tiếp nhận mọi văn bản đến.")] = False,
    first_number: Annotated[
        int | None, typer.Option(min=1, help="QLVB cấp số đến, bắt đầu từ số này.")
    ] = None,
    person: Annotated[str, typer.Option(help="Tài khoản thực hiện.")] = "vanthu-mophong",
    host: Annotated[str, typer.Option(help="Địa chỉ lắng nghe.")] = _HOST,
) -> None:
    """Chạy QLVB mô phỏng; in một dòng địa chỉ khi sẵn sàng, dừng bằng SIGTERM hoặc Ctrl+C."""
    if (gateway is None) != (api_key_env is None):
        _wrong_use(
            "--gateway và --api-key-env đi cùng nhau", "--gateway and --api-key-env go together"
        )
    if accept and gateway is None:
        _wrong_use("--accept cần --gateway", "--accept needs --gateway")
    access = None
    if gateway is not None and api_key_env is not None:
        access = GatewayAccess(url=gateway.rstrip("/"), api_key=_from_environment(api_key_env))
    try:
        qlvb = SimulatedQlvb(
            QlvbSetup(
                state=state,
                secrets=tuple(_from_environment(name) for name in secret_env),
                gateway=access,
                accepts=accept,
                first_number=first_number,
                person=person,
            ),
            SystemClock(),
        )
        asyncio.run(_run(qlvb, host, port))
    except SettingsError as error:
        _wrong_use(error.vi, error.en)
    except OSError as error:
        typer.echo(f"Không mở được QLVB mô phỏng (cannot start the QLVB): {error}", err=True)
        raise typer.Exit(OUTSIDE_FAILED) from error


async def _run(qlvb: SimulatedQlvb, host: str, port: int) -> None:
    """Serve until a signal says to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await qlvb.start(host, port)
        typer.echo(f"qlvb ready: {qlvb.url}")
        await stop.wait()
    finally:
        await qlvb.stop()


def _from_environment(name: str) -> str:
    """Return the secret; on a command line it would stand in every list of processes."""
    secret = os.environ.get(name, "")
    if not secret:
        _wrong_use(f"Biến môi trường {name} chưa đặt", f"environment variable {name} is not set")
    return secret


def _wrong_use(vi: str, en: str) -> NoReturn:
    typer.echo(f"{vi} ({en}).", err=True)
    raise typer.Exit(WRONG_USE)


if __name__ == "__main__":
    app()
