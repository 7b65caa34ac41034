"""``edoc-gateway receipt-time``: from when receipt of an arrival counts, and why (L-66, L-70)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import GatewayError, SettingsError
from gateway.rules.receipt_time import ReceiptRule, ReceiptTime, effective_receipt
from gateway.service.calendars import calendar_from_file
from gateway.service.cli import common

WRONG_USE = 2  # contract, exit codes


def no_calendar() -> Path | None:
    """Return None: no settings say which calendar to use."""
    return None


def register(app: typer.Typer, default_calendar: Callable[[], Path | None] = no_calendar) -> None:
    """Mount the command on ``app``.

    Args:
        app: The program's commands.
        default_calendar: The calendar of the settings, or None; asked only without
            ``--calendar``. It may raise SettingsError.

    """

    @app.command("receipt-time")
    def receipt_time(
        instant: Annotated[
            str,
            typer.Argument(
                help="Thời điểm đến, ISO 8601 có múi giờ, ví dụ 2026-03-02T17:30:00+07:00. / "
                "Arrival, ISO 8601 with its offset."
            ),
        ],
        calendar: Annotated[
            Path | None,
            typer.Option(help="Tệp lịch làm việc (TOML). / Working calendar (TOML)."),
        ] = None,
        rule: Annotated[
            ReceiptRule, typer.Option(help="Quy tắc tính thời điểm tiếp nhận. / Receipt rule.")
        ] = ReceiptRule.NEXT_OFFICE_PERIOD,
        as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,  # noqa: FBT002 - a flag of the command line
        wanted: Annotated[str | None, typer.Option("--lang", help="vi, en")] = None,
    ) -> None:
        """Thời điểm tiếp nhận của một văn bản đến và lý do. / Effective receipt time and why."""
        lang = wanted or common.lang()
        try:
            found = _found(instant, calendar or default_calendar(), rule)
        except GatewayError as error:
            typer.echo(error.text(lang), err=True)
            raise typer.Exit(WRONG_USE) from error
        typer.echo(_json(found, lang) if as_json else _text(found, lang))


def _found(text: str, calendar: Path | None, rule: ReceiptRule) -> ReceiptTime:
    arrived_at = _instant(text)
    if calendar is None:
        raise SettingsError(
            "calendar-missing",
            vi="Chưa có lịch làm việc: thêm --calendar TỆP, hoặc chạy `edoc-gateway init` trước.",
            en="There is no working calendar: add --calendar FILE, or run `edoc-gateway init`.",
        )
    return effective_receipt(arrived_at, calendar_from_file(calendar), rule)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise SettingsError(
            "instant-unreadable",
            vi=f"Không đọc được thời điểm {text!r}; viết theo dạng 2026-03-02T17:30:00+07:00.",
            en=f"The instant {text!r} is not readable; write it like 2026-03-02T17:30:00+07:00.",
        ) from error


def _json(found: ReceiptTime, lang: str) -> str:
    return json.dumps(
        {
            "arrived_at": found.arrived_at.isoformat(),
            "effective_receipt_at": found.effective_receipt_at.isoformat(),
            "rule": found.rule.value,
            "calendar": found.calendar_version,
            "reason": found.reason(lang),
        },
        ensure_ascii=False,
    )


def _text(found: ReceiptTime, lang: str) -> str:
    arrived, counts = found.arrived_at.isoformat(" "), found.effective_receipt_at.isoformat(" ")
    if lang == "en":
        return (
            f"Arrived:     {arrived}\nCounts from: {counts}\nWhy:         {found.reason_en}\n"
            f"Rule {found.rule.value}, calendar {found.calendar_version}"
        )
    return (
        f"Đến lúc:  {arrived}\nTính từ:  {counts}\nLý do:    {found.reason_vi}\n"
        f"Quy tắc {found.rule.value}, lịch {found.calendar_version}"
    )
