"""``edoc-gateway envelope check|show|extract|build``: edXML by hand (contract).

Nothing here needs settings. Attachments are streamed; a progress bar shows on a terminal only.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from gateway.envelope.check import check_envelope
from gateway.envelope.json_form import envelope_from_json, envelope_to_json, kind_of
from gateway.envelope.notes import Place, fault, note
from gateway.envelope.profile import profile
from gateway.envelope.reader import read_envelope
from gateway.envelope.writer import NotWritableError, write_envelope
from gateway.errors import SettingsError
from gateway.model.envelope import DocumentEnvelope, Envelope, EnvelopeNote
from gateway.rules.receipt_time import viet_nam_time
from gateway.service.cli import common
from gateway.service.cli.envelope_files import (
    CountingSink,
    ExtractFolder,
    Given,
    matched,
    without_repeated_recipients,
)
from gateway.service.cli.envelope_text import shown
from gateway.service.clock import SystemClock

_STANDARD = "-"  # standard input or output
_LONG_BYTES = 8_000_000  # from here on a progress bar is worth its line
_MESSAGE_BYTES = 32_000_000  # of MESSAGE.json: many times the largest header

app = typer.Typer(no_args_is_help=True, help="Gói tin edXML. / edXML envelopes.")

AsJson = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
AFile = Annotated[Path, typer.Argument(metavar="FILE", help="Tệp edXML, - là đầu vào chuẩn.")]


@app.callback()
def _envelope() -> None:
    """Gói tin edXML. / edXML envelopes."""


@app.command()
def check(file: AFile, *, as_json: AsJson = False) -> None:
    """Gói tin có nhận được không: mọi lỗi, kèm phần tử và quy định. / Is it acceptable."""
    with _opened(file) as source:
        outcome = check_envelope(source, CountingSink, today=_today())
    if as_json:
        common.print_json(
            {
                "ok": outcome.ok,
                "kind": outcome.kind,
                "faults": [_fault_json(item) for item in outcome.faults],
                "warnings": [_warning_json(item) for item in outcome.warnings],
            }
        )
    else:
        _print_notes("LỖI", "FAULT", outcome.faults)
        _print_notes("Lưu ý", "Note", outcome.warnings)
        typer.echo(
            common.said("Gói tin nhận được.", "The envelope is acceptable.")
            if outcome.ok
            else common.said("Gói tin không nhận được.", "The envelope is not acceptable.")
        )
    raise typer.Exit(0 if outcome.ok else 1)


@app.command()
def show(
    file: AFile,
    *,
    as_json: AsJson = False,
    full: Annotated[bool, typer.Option(help="Không che số điện thoại. / Mask nothing.")] = False,
) -> None:
    """Gói tin như đã đọc. / The envelope as read."""
    with _opened(file) as source:
        envelope = read_envelope(source, CountingSink, today=_today())
    made = envelope_to_json(envelope)
    if as_json:
        made["warnings"] = [_warning_json(item) for item in envelope.warnings]
        common.print_json(made)
        return
    for line in shown(made, lang=common.lang(), full=full):
        typer.echo(line)
    _print_notes("Lưu ý", "Note", envelope.warnings)


@app.command()
def extract(
    file: AFile,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Thư mục. / Folder.")],
    as_json: AsJson = False,
) -> None:
    """Lấy các tệp đính kèm ra, dưới tên an toàn. / Attachments out, under safe names."""
    with _opened(file) as source, ExtractFolder(to) as folder:
        envelope = read_envelope(source, folder.sink, today=_today())
        attachments = envelope.attachments if isinstance(envelope, DocumentEnvelope) else ()
        kept = folder.keep(attachments)
    rows = [
        {"AttachmentName": item.attachment_name, "file": name, "fault": item.fault}
        for item, name in zip(attachments, kept, strict=True)
    ]
    if as_json:
        common.print_json(rows)
    else:
        for item, name in zip(attachments, kept, strict=True):
            typer.echo(name if name is not None else _without_file(item.fault or ""))
    if attachments:
        unscanned = "Chưa quét mã độc các tệp đã lấy ra.", "The files were not scanned for malware."
        typer.echo(common.said(*unscanned), err=True)
    raise typer.Exit(1 if None in kept else 0)


@app.command()
def build(
    message: Annotated[Path, typer.Argument(metavar="MESSAGE.json", help="- là đầu vào chuẩn.")],
    *,
    output: Annotated[Path, typer.Option("-o", metavar="OUT", help="- là đầu ra chuẩn.")],
    attach: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Tệp kèm.")] = None,
    profile_name: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="Hồ sơ trục. / Axis profile.")
    ] = "qcvn102",
) -> None:
    """Lập gói tin từ JSON của ``show --json`` và các tệp. / Build from JSON and files."""
    wanted = profile(profile_name)
    envelope = _message(message)
    files = [_given(path) for path in attach or ()]
    if isinstance(envelope, DocumentEnvelope):
        envelope, repeated = without_repeated_recipients(envelope)
        for at in repeated:
            _say(note("recipient-repeated", Place(at)))
        envelope = matched(envelope, files)
    elif files:
        raise fault(
            "message-json",
            detail=common.said("trạng thái không có tệp kèm", "a status carries no files"),
        )
    for path, _text in envelope.unread:
        _say(note("date-dropped", Place(path)))
    by_digest = {item.digest: item.path for item in files}
    try:
        with _written(output) as out:
            write_envelope(envelope, out, lambda digest: by_digest[digest].open("rb"), wanted)
    except NotWritableError as error:
        _print_notes("LỖI", "FAULT", error.faults, err=True)
        raise typer.Exit(1) from None


def _today() -> date:
    return viet_nam_time(SystemClock().now()).date()


def _fault_json(item: EnvelopeNote) -> dict[str, Any]:
    made = _warning_json(item) | {"rule": item.rule, "line": item.line}
    return {name: made[name] for name in ("code", "element", "rule", "text", "line")}


def _warning_json(item: EnvelopeNote) -> dict[str, Any]:
    return {"code": item.code, "element": item.element, "text": common.said(item.vi, item.en)}


def _print_notes(vi: str, en: str, notes: tuple[EnvelopeNote, ...], *, err: bool = False) -> None:
    for item in notes:
        where = item.element or common.said("cả gói tin", "the whole")
        line = (
            "" if item.line is None else common.said(f", dòng {item.line}", f", line {item.line}")
        )
        text = common.said(item.vi, item.en)
        typer.echo(
            f"{common.said(vi, en)}: {where}{line}: {text} [{item.code}; {item.rule}]", err=err
        )


def _say(item: EnvelopeNote) -> None:
    _print_notes("Lưu ý", "Note", (item,), err=True)


def _without_file(code: str) -> str:
    said = note(code) if code else None
    return common.said("(không có tệp) ", "(no file) ") + (
        common.said(said.vi, said.en) if said is not None else ""
    )


# --- files ---------------------------------------------------------------------------------


def _unusable(path: Path, error: OSError) -> SettingsError:
    why = error.strerror or type(error).__name__
    return SettingsError(
        "file-unusable",
        vi=f"Không mở được tệp {path}: {why}.",
        en=f"the file {path} cannot be opened: {why}",
    )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, or standard input for ``-``; with a progress bar when it is long."""
    if str(path) == _STANDARD:
        yield sys.stdin.buffer
        return
    try:
        source = path.open("rb")
        size = os.fstat(source.fileno()).st_size
    except OSError as error:
        raise _unusable(path, error) from error
    with source, _progressed(source, size, path.name) as watched:
        yield watched


@contextmanager
def _progressed(source: BinaryIO, size: int, label: str) -> Iterator[BinaryIO]:
    if size < _LONG_BYTES or not sys.stderr.isatty():
        yield source
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress.wrap_file(source, size, description=label)


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """Write to a file that appears whole or not at all, or to standard output for ``-``."""
    if str(path) == _STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as out:
            yield out
        partial.replace(path)
    except OSError as error:
        raise _unusable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _message(path: Path) -> Envelope:
    with _opened(path) as source:
        raw = source.read(_MESSAGE_BYTES + 1)
    if len(raw) > _MESSAGE_BYTES:
        raise fault("message-json", detail=common.said("tệp quá lớn", "the file is too large"))
    try:
        made = json.loads(raw)
    except (ValueError, RecursionError):
        raise fault("message-json", detail=common.said("không phải JSON", "not JSON")) from None
    envelope = envelope_from_json(made)
    wanted = made.get("kind", kind_of(envelope))
    if wanted != kind_of(envelope):
        detail = common.said(
            f"kind là {wanted} nhưng nội dung là {kind_of(envelope)}",
            f"kind is {wanted} but the content is {kind_of(envelope)}",
        )
        raise fault("message-json", Place("kind"), detail=detail)
    return envelope


def _given(path: Path) -> Given:
    digest = hashlib.sha256()
    size = 0
    with _opened(path) as source:
        head = b""
        while piece := source.read(1 << 20):
            head = head or piece[:2048]
            digest.update(piece)
            size += len(piece)
    return Given(path=path, digest=digest.hexdigest(), size_bytes=size, head=head)
