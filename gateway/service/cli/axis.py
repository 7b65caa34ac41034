"""``edoc-gateway axis serve``: the simulated axis alone, for vendors and for trying things out."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from gateway.errors import SettingsError
from gateway.model.organ import OrganId, SystemId
from gateway.service.clock import SystemClock
from gateway.simulators.axis import AxisSetup, SimulatedAxis
from gateway.simulators.axis_faults import Fault, parse_fault

T = TypeVar("T")

WRONG_USE = 2
OUTSIDE_FAILED = 5
_HOST = "127.0.0.1"
_TOKEN_BYTES = 16

app = typer.Typer(no_args_is_help=True, help="Trục mô phỏng (simulated axis).")


@app.callback()
def _axis() -> None:
    """Trục mô phỏng (simulated axis)."""


@app.command()
def serve(  # noqa: PLR0913 - one parameter an option, as typer wants it
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Cổng; 0: cổng trống bất kỳ.")],
    state: Annotated[Path, typer.Option(help="Thư mục lưu trạng thái.", file_okay=False)],
    system: Annotated[
        list[str], typer.Option(metavar="ID=SECRET", help="Hệ thống kết nối và khóa bí mật.")
    ],
    organ: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=ID", help="Mã cơ quan và hệ thống nhận thay."),
    ] = None,
    protocol: Annotated[
        list[str] | None, typer.Option(help="Giao thức: vxp (soap, lgsp: chưa có).")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="OP:KIND[:COUNT[:SECONDS]]", help="Lỗi giả lập."),
    ] = None,
    host: Annotated[str, typer.Option(help="Địa chỉ lắng nghe.")] = _HOST,
    seed: Annotated[int, typer.Option(help="Hạt giống cho lỗi ngẫu nhiên và mã gói tin.")] = 0,
) -> None:
    """Chạy trục mô phỏng; in một dòng địa chỉ khi sẵn sàng, dừng bằng SIGTERM hoặc Ctrl+C."""
    _require_protocols(protocol or ["vxp"])
    systems = {SystemId(name): secret for name, secret in _pairs("--system", system)}
    organs = {OrganId(code): SystemId(name) for code, name in _pairs("--organ", organ or [])}
    for code, name in organs.items():
        if name not in systems:
            _wrong_use(
                f"--organ {code}: không có hệ thống {name}",
                f"--organ {code}: there is no system {name}",
            )
    setup = AxisSetup(
        state=state,
        systems=systems,
        organs=organs,
        seed=seed,
        admin_token=secrets.token_urlsafe(_TOKEN_BYTES),
    )
    axis = _settled(lambda: SimulatedAxis(setup, SystemClock(), _faults(fault or [])))
    try:
        asyncio.run(_run(axis, host, port, setup.admin_token or ""))
    except OSError as error:
        typer.echo(f"Không mở được trục mô phỏng (cannot start the axis): {error}", err=True)
        raise typer.Exit(OUTSIDE_FAILED) from error


async def _run(axis: SimulatedAxis, host: str, port: int, token: str) -> None:
    """Serve until a signal says to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await axis.start(host, port)
        typer.echo(f"admin token: {token}", err=True)
        typer.echo(f"axis ready: {axis.address}")  # the contract's one line; echo flushes
        await stop.wait()
    finally:
        await axis.stop()


def _require_protocols(protocols: Sequence[str]) -> None:
    for name in protocols:
        if name in ("soap", "lgsp"):
            _wrong_use(
                f"Giao thức {name} chưa làm; hiện chỉ có vxp",
                f"the protocol {name} is not done yet; only vxp is",
            )
        if name != "vxp":
            _wrong_use(
                f"Không có giao thức {name}; hiện chỉ có vxp (soap và lgsp chưa làm)",
                f"there is no protocol {name}; only vxp (soap and lgsp are not done yet)",
            )


def _pairs(option: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return ``NAME=VALUE`` texts in two; a name is given once, and neither part is empty."""
    found: dict[str, str] = {}
    for text in texts:
        name, _, value = text.partition("=")
        # The value may be a secret: it is not repeated to the terminal.
        if not name or not value:
            _wrong_use(f"{option} {name}: cần NAME=VALUE", f"{option} {name}: NAME=VALUE is needed")
        if name in found:
            _wrong_use(f"{option} {name}: lặp lại", f"{option} {name}: given twice")
        found[name] = value
    return list(found.items())


def _faults(specs: Sequence[str]) -> list[Fault]:
    return [parse_fault(spec) for spec in specs]


def _settled(make: Callable[[], T]) -> T:
    try:
        return make()
    except SettingsError as error:
        _wrong_use(error.vi, error.en)


def _wrong_use(vi: str, en: str) -> NoReturn:
    typer.echo(f"{vi} ({en}).", err=True)
    raise typer.Exit(WRONG_USE)


if __name__ == "__main__":
    app()
