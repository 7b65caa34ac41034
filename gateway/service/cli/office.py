"""``init``, ``doctor``, ``credential`` and ``api-key``: setting an agency up and watching it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.errors import SettingsError
from gateway.model.organ import SystemId
from gateway.service.calendars import calendar_from_toml
from gateway.service.cli import common
from gateway.service.clock import SystemClock, SystemRandomness
from gateway.service.init_file import Answers, calendar_file, settings_file

if TYPE_CHECKING:
    from gateway.service.keyring import Keyring

SECRET_VARIABLE = "EDOC_AXIS_SECRET"  # noqa: S105 - the name of a variable


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command("init")(init)
    app.command("doctor")(doctor)
    app.command("credential")(credential)
    app.command("api-key")(api_key)


def init(  # noqa: PLR0913 - one parameter a question
    *,
    agency: Annotated[str, typer.Option(prompt="Tên ngắn của đơn vị (a-z, 0-9, -)")],
    organ_id: Annotated[str, typer.Option(prompt="Mã định danh cơ quan")],
    organ_name: Annotated[str, typer.Option(prompt="Tên cơ quan")],
    hours: Annotated[str, typer.Option(prompt="Giờ làm việc, ví dụ 07:30-11:30,13:00-17:00")],
    numbering: Annotated[str, typer.Option(prompt="Số đến do ai cấp (qlvb hoặc gateway)")],
    receipt_counts_from: Annotated[
        str, typer.Option(prompt="Thời điểm tiếp nhận tính từ (gateway hoặc qlvb)")
    ],
    trust: Annotated[str, typer.Option(prompt="Thư mục chứng thư gốc tin cậy")],
    seal_mm: Annotated[float, typer.Option(prompt="Đường kính con dấu (mm)")],
    axis: Annotated[str, typer.Option(prompt="Tên trục")],
    endpoint: Annotated[str, typer.Option(prompt="Địa chỉ trục (https://...)")],
    system_id: Annotated[str, typer.Option(prompt="Mã hệ thống trên trục")],
) -> None:
    """Thiết lập: hỏi những gì không có giá trị mặc định an toàn. / Set up an agency."""
    path = common.settings_path()
    if path.exists():
        raise SettingsError(
            "settings-exist",
            vi=f"Đã có {path}; hãy sửa tệp này hoặc chọn --config khác.",
            en=f"{path} exists already; edit it or choose another --config",
        )
    answers = Answers(
        agency=agency,
        organ_id=organ_id,
        organ_name=organ_name,
        hours=tuple(part.strip() for part in hours.split(",")),
        numbering=numbering,
        receipt_counts_from=receipt_counts_from,
        trust=trust,
        seal_mm=seal_mm,
        axis=axis,
        endpoint=endpoint,
        system_id=system_id,
    )
    _write(path, answers)
    typer.echo(
        common.said(
            f"Đã ghi {path}. Tiếp theo: `edoc-gateway migrate`, `edoc-gateway credential {axis}`.",
            f"{path} is written. Next: `edoc-gateway migrate`, `edoc-gateway credential {axis}`.",
        )
    )


def _write(path: Path, answers: Answers) -> None:
    """Write settings, calendar and master key; nothing of it stays when one part is wrong."""
    from gateway.service.secrets import create_key_file  # noqa: PLC0415 - only when used

    folder = path.resolve().parent
    calendar = folder / "calendar.toml"
    text, days = settings_file(answers), calendar_file(answers)
    calendar_from_toml(days)  # hours nobody can read are said before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if not calendar.exists():
        calendar.write_text(days, encoding="utf-8")
    try:
        configured = common.settings()  # every answer is checked by reading it back
    except SettingsError:
        path.unlink()
        raise
    for each in (*configured.agency[0].trust_anchors, *configured.agency[0].revocation_lists):
        each.mkdir(parents=True, exist_ok=True)  # empty until `trust add` and `trust import-crl`
    configured.store.master_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not configured.store.master_key.exists():
        create_key_file(configured.store.master_key, SystemRandomness())


def credential(
    axis: Annotated[str, typer.Argument(help="Tên trục trong cấu hình. / Axis.")],
    agency: Annotated[str | None, typer.Option(help="Đơn vị. / Agency.")] = None,
) -> None:
    """Lưu khóa kết nối trục, đã mã hóa; đọc từ EDOC_AXIS_SECRET hoặc hỏi. / Store a secret."""
    configured = common.settings()
    own = common.agency_of(configured, agency)
    known = {each.id: each for each in configured.agency}[own]
    systems = {each.name: each.system_id for each in known.axis}
    if axis not in systems:
        raise SettingsError(
            "axis-not-configured",
            vi=f"Đơn vị {own} không có trục {axis} trong cấu hình.",
            en=f"agency {own} has no axis {axis} in the settings",
        )
    secret = os.environ.get(SECRET_VARIABLE) or typer.prompt(
        common.said("Khóa bí mật", "Secret"), hide_input=True
    )

    async def keep(keyring: Keyring) -> None:
        await keyring.keep_axis_secret(own, axis, SystemId(systems[axis]), secret)

    common.with_keyring(keep)
    typer.echo(common.said("Đã lưu, có mã hóa.", "Stored, encrypted."))


def api_key(
    holder: Annotated[str, typer.Argument(help="Hệ thống giữ khóa. / Who holds the key.")],
    scope: Annotated[list[str], typer.Option(help="arrivals:read, arrivals:decide")],
    agency: Annotated[str | None, typer.Option(help="Đơn vị. / Agency.")] = None,
) -> None:
    """Cấp khóa API; chỉ hiện một lần. / Issue an API key; it is shown once."""
    own = common.agency_of(common.settings(), agency)

    async def issue(keyring: Keyring) -> str:
        return await keyring.issue_key(own, holder, tuple(scope))

    typer.echo(common.with_keyring(issue))


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Kiểm tra cấu hình, trục, khóa, đồng hồ, đĩa, lịch, danh sách thu hồi. / Check everything."""
    import asyncio  # noqa: PLC0415 - only when used

    from gateway.service.doctor import examine_installation  # noqa: PLC0415 - only when used

    findings = asyncio.run(examine_installation(common.settings(), SystemClock()))
    is_well = all(each.is_well for each in findings)
    if as_json:
        common.print_json(
            {
                "ok": is_well,
                "checks": [
                    {"name": each.name, "ok": each.is_well, "text": common.said(each.vi, each.en)}
                    for each in findings
                ],
            }
        )
    else:
        for each in findings:
            mark = "✓" if each.is_well else "✗"
            typer.echo(f"{mark} {each.name}: {common.said(each.vi, each.en)}")
    raise typer.Exit(0 if is_well else 1)
