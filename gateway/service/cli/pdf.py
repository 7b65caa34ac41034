"""``edoc-gateway pdf verify``: judge the signatures of one PDF, without any settings.

Nothing is fetched from a network, with or without ``--offline``: revocation comes from the lists
given. Without anchors or lists the verdict is indeterminate, but integrity is always judged.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.errors import NaiveTimeError, SettingsError
from gateway.model.organ import AgencyId
from gateway.model.signature import (
    FileVerdict,
    SignaturePolicy,
    SignatureVerdict,
    SignerRole,
    Verdict,
)
from gateway.service.cli import common
from gateway.service.clock import SystemClock
from gateway.signing.pool import ExaminerPool, PoolLimits
from gateway.signing.shown import VIET_NAM, sentences, shown
from gateway.signing.trust import TrustSettings, load_anchors, load_crls

EXIT_CODES = {
    Verdict.VALID: 0,
    Verdict.INVALID: 1,
    Verdict.INDETERMINATE: 3,
    Verdict.UNSIGNED: 4,
}
NOBODY = AgencyId("pdf-verify")  # no agency of the settings; trust comes from the options

WORDS = {
    Verdict.VALID: ("HỢP LỆ", "VALID", "green"),
    Verdict.INVALID: ("KHÔNG HỢP LỆ", "INVALID", "red"),
    Verdict.INDETERMINATE: ("CHƯA ĐỦ THÔNG TIN ĐỂ KẾT LUẬN", "INDETERMINATE", "yellow"),
    Verdict.UNSIGNED: ("KHÔNG CÓ CHỮ KÝ SỐ", "UNSIGNED", "yellow"),
}
ROLES = {
    SignerRole.PERSON: ("chữ ký cá nhân", "person"),
    SignerRole.ORGAN: ("chữ ký cơ quan", "organ"),
    SignerRole.OTHER: ("chưa rõ vai trò", "role unknown"),
}

app = typer.Typer(no_args_is_help=True, help="Chữ ký số trên PDF (PDF signatures).")


@app.callback()
def _pdf() -> None:
    """Chữ ký số trên PDF (PDF signatures)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the command line asks."""

    file: Path
    trust: TrustSettings
    at: datetime


@app.command()
def verify(  # noqa: PLR0913 - one parameter an option, as typer wants it
    file: Annotated[Path, typer.Argument(help="Tệp PDF. / The PDF.")],
    *,
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="Chứng thư gốc: tệp hoặc thư mục PEM, DER. / Trust anchors."),
    ] = None,
    crl: Annotated[
        list[Path] | None,
        typer.Option(help="Danh sách thu hồi: tệp hoặc thư mục. / Revocation lists."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT",
            help="Thời điểm nhận, ISO 8601 có múi giờ; mặc định là bây giờ. / Instant of receipt.",
        ),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Không dùng mạng (luôn như vậy). / Always the case."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Không che số định danh. / Do not mask numbers.")
    ] = False,
    lang: Annotated[Literal["vi", "en"] | None, typer.Option(help="vi, en")] = None,
) -> None:
    """Kiểm tra chữ ký số của một tệp PDF. / Judge the signatures of a PDF."""
    del offline  # nothing here ever reaches out
    settings = TrustSettings(
        anchors=tuple(trust or ()),
        crls=tuple(crl or ()),
        policy=SignaturePolicy(mask_numbers=not full),
    )
    wish = _Wish(file=_file(file), trust=settings, at=_instant(at))
    load_anchors(settings.anchors)  # says which file is wrong, before anything is started
    load_crls(settings.crls)
    verdict = asyncio.run(_judged(wish))
    told = lang or common.lang()
    if as_json:
        typer.echo(json.dumps(shown(verdict, told), ensure_ascii=False, indent=2))
    else:
        _tell(verdict, told)
    raise typer.Exit(EXIT_CODES[verdict.verdict])


def _file(path: Path) -> Path:
    if not path.is_file():
        raise SettingsError(
            "file-missing",
            vi=f"Không có tệp «{path.name}»; hãy kiểm tra đường dẫn.",
            en=f"There is no file {path.name!r}; check the path.",
        )
    return path


def _instant(text: str | None) -> datetime:
    """Return the instant; a time without an offset is refused, never guessed."""
    if text is None:
        return SystemClock().now()
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as fault:
        raise SettingsError(
            "instant-unreadable",
            vi="Không đọc được thời điểm --at; viết theo dạng 2026-08-28T18:00:00+07:00.",
            en="The instant --at cannot be read; write it like 2026-08-28T18:00:00+07:00.",
        ) from fault
    if instant.utcoffset() is None:
        raise NaiveTimeError(
            "naive-time",
            vi="Thời điểm --at thiếu múi giờ; viết theo dạng 2026-08-28T18:00:00+07:00.",
            en="The instant --at has no offset; write it like 2026-08-28T18:00:00+07:00.",
        )
    return instant


async def _judged(wish: _Wish) -> FileVerdict:
    async with ExaminerPool({NOBODY: wish.trust}, PoolLimits(workers=1)) as pool:
        found = await pool.examine(NOBODY, wish.file, wish.at)
    return found.verdict


def _tell(verdict: FileVerdict, lang: str) -> None:
    """Print the verdict for a person; colours only reach a terminal."""
    is_english = lang == "en"
    vi, en, colour = WORDS[verdict.verdict]
    head = "Conclusion" if is_english else "Kết luận"
    typer.secho(f"{head}: {en if is_english else vi}", fg=colour, bold=True)
    for sentence in sentences(verdict.reasons, lang):
        typer.echo(f"  - {sentence}")
    for number, each in enumerate(verdict.signatures, start=1):
        _tell_signature(number, each, lang)


def _tell_signature(number: int, verdict: SignatureVerdict, lang: str) -> None:
    is_english = lang == "en"
    vi, en, colour = WORDS[verdict.verdict]
    role = ROLES[verdict.role][1 if is_english else 0]
    unknown = "unknown signer" if is_english else "không rõ người ký"
    organ = f", {verdict.organ}" if verdict.organ and verdict.organ != verdict.signer else ""
    head = "Signature" if is_english else "Chữ ký"
    typer.secho(
        f"{head} {number}: {verdict.signer or unknown}{organ} ({role}): "
        f"{(en if is_english else vi).lower()}",
        fg=colour,
    )
    if verdict.signed_at is not None:
        local = verdict.signed_at.astimezone(VIET_NAM)
        said = "signed at" if is_english else "ký lúc"
        typer.echo(f"  {said} {local:%d/%m/%Y %H:%M:%S} (+07:00)")
    for sentence in sentences(verdict.reasons, lang):
        typer.echo(f"  - {sentence}")
