"""``edoc-gateway trust``: trust anchors and revocation lists of an agency, in a folder.

An anchor is shown with its fingerprint and confirmed before it is kept: what is in the folder is
trusted. Lists may be carried in on a medium for sites without a network.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.service.clock import SystemClock
from gateway.signing.shown import local_text
from gateway.signing.trust import (
    Anchor,
    ListAge,
    TrustFolder,
    anchors_in,
    crl_ages,
)

app = typer.Typer(no_args_is_help=True, help="Chứng thư gốc và danh sách thu hồi (trust).")

Folder = Annotated[
    Path,
    typer.Option(
        "--folder",
        envvar="EDOC_TRUST",
        file_okay=False,
        help="Thư mục tin cậy của cơ quan. / The agency's trust folder.",
    ),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Không hỏi lại (cho tập lệnh). / Do not ask, for scripts.")
]
DEFAULT_FOLDER = Path("trust")


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="Chứng thư gốc, PEM hoặc DER. / Root certificate.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    yes: Yes = False,
) -> None:
    """Thêm chứng thư gốc tin cậy sau khi xác nhận dấu vân tay. / Add a trust anchor."""
    found = anchors_in([file])
    for anchor in found:
        _show(anchor)
    if not yes:
        typer.confirm("Tin cậy các chứng thư trên? / Trust these?", abort=True)
    for anchor in found:
        TrustFolder(folder).add(anchor)
    typer.echo(f"Đã thêm {len(found)} chứng thư gốc. / {len(found)} added.")


@app.command("list")
def list_(
    *,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Liệt kê chứng thư gốc và danh sách thu hồi. / List anchors and revocation lists."""
    trust = TrustFolder(folder)
    anchors = trust.list()
    lists = crl_ages([trust.crls], SystemClock().now()) if trust.crls.is_dir() else ()
    if as_json:
        shown = {
            "anchors": [_anchor(each) for each in anchors],
            "crls": [_list(each) for each in lists],
        }
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    if not anchors:
        typer.echo("Chưa có chứng thư gốc nào. / No trust anchor yet.")
    for anchor in anchors:
        _show(anchor)
    for each in lists:
        state = "QUÁ HẠN / run out" if each.is_stale else "còn hạn / fresh"
        due = _day(each.next_update_at)
        typer.echo(f"CRL {each.issuer}: {_day(each.produced_at)} - {due} ({state})")


@app.command()
def remove(
    mark: Annotated[str, typer.Argument(metavar="FINGERPRINT", help="Dấu vân tay SHA-256.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
    yes: Yes = False,
) -> None:
    """Bỏ một chứng thư gốc theo dấu vân tay (có thể chỉ phần đầu). / Remove an anchor."""
    trust = TrustFolder(folder)
    anchor = trust.find(mark)
    _show(anchor)
    if not yes:
        typer.confirm("Không tin cậy chứng thư này nữa? / Trust it no longer?", abort=True)
    trust.remove(anchor.fingerprint)
    typer.echo("Đã bỏ. / Removed.")


@app.command("import-crl")
def import_crl(
    files: Annotated[list[Path], typer.Argument(help="Danh sách thu hồi. / Revocation lists.")],
    *,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Nhập danh sách thu hồi, kể cả từ thiết bị mang đến. / Import revocation lists."""
    trust = TrustFolder(folder)
    for file in files:
        trust.import_crl(file)
    typer.echo(f"Đã nhập {len(files)} danh sách thu hồi. / {len(files)} imported.")


def _show(anchor: Anchor) -> None:
    typer.echo(anchor.subject)
    typer.echo(f"  hiệu lực / valid: {_day(anchor.valid_from)} - {_day(anchor.valid_to)}")
    typer.echo(f"  SHA-256: {anchor.fingerprint}")


def _anchor(anchor: Anchor) -> dict[str, object]:
    return {
        "fingerprint": anchor.fingerprint,
        "subject": anchor.subject,
        "valid_from": local_text(anchor.valid_from),
        "valid_to": local_text(anchor.valid_to),
    }


def _list(age: ListAge) -> dict[str, object]:
    return {
        "issuer": age.issuer,
        "produced_at": local_text(age.produced_at),
        "next_update_at": local_text(age.next_update_at),
        "stale": age.is_stale,
    }


def _day(instant: datetime | None) -> str:
    return f"{instant:%d/%m/%Y}" if instant else "?"
