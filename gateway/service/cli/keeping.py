"""``register``, ``quarantine``, ``jobs``: numbers for paper, what is isolated, what stopped."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.model.document import DocumentRef
from gateway.model.register import NumberedBy, Register
from gateway.rules.numbering import paper_numbers, register_year
from gateway.service.cli import common
from gateway.service.cli.documents import Agency, As, AsJson, Ref
from gateway.storage import jobs as table
from gateway.storage import registers
from gateway.storage.registers import ForPaper

if TYPE_CHECKING:
    from gateway.service.assemble import Service

Note = Annotated[str, typer.Option(help="Lý do, dùng cho văn bản giấy nào. / Why.")]


def register(app: typer.Typer) -> None:
    """Mount the groups."""
    book = typer.Typer(no_args_is_help=True, help="Sổ văn bản đến. / The register.")
    book.command("reserve")(reserve)
    book.command("paper")(paper)
    app.add_typer(book, name="register")
    isolated = typer.Typer(no_args_is_help=True, help="Khu cách ly. / Quarantine.")
    isolated.command("list")(quarantined)
    isolated.command("release")(release)
    isolated.command("destroy")(destroy)
    app.add_typer(isolated, name="quarantine")
    work = typer.Typer(no_args_is_help=True, help="Việc đã dừng. / Stopped work.")
    work.command("dead")(dead)
    work.command("put-back")(put_back)
    app.add_typer(work, name="jobs")


def _for_paper(service: Service, agency: str | None, note: str, person: str) -> ForPaper:
    own = service.world.agency(common.agency_of(service.settings, agency))
    paper_numbers(own.settings.numbering, 1, note)  # says why not where the QLVB numbers
    now: datetime = service.world.clock.now()
    return ForPaper(
        register=Register.INCOMING,
        year=register_year(now),
        note=note,
        registered_at=now,
        actor=person,
    )


def reserve(
    count: Annotated[int, typer.Argument(min=1, help="Bao nhiêu số. / How many.")],
    note: Note,
    person: As,
    agency: Agency = None,
) -> None:
    """Giữ số cho văn bản giấy. / Reserve numbers for paper documents."""

    async def act(service: Service) -> tuple[int, ...]:
        own = common.agency_of(service.settings, agency)
        wish = _for_paper(service, agency, note, person)
        paper_numbers(NumberedBy.GATEWAY, count, note)
        return await service.world.store.tx(lambda conn: registers.reserve(conn, own, wish, count))

    typer.echo(" ".join(str(each) for each in common.with_service(act)))


def paper(
    note: Note,
    person: As,
    number: Annotated[int | None, typer.Option(help="Số đã giữ. / A reserved number.")] = None,
    agency: Agency = None,
) -> None:
    """Ghi văn bản giấy vào sổ, với số đã giữ hoặc số kế tiếp. / Record a paper document."""

    async def act(service: Service) -> int:
        own = common.agency_of(service.settings, agency)
        wish = _for_paper(service, agency, note, person)
        return await service.world.store.tx(
            lambda conn: registers.record_paper(conn, own, wish, number)
        )

    typer.echo(str(common.with_service(act)))


def quarantined(
    agency: Agency = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Văn bản đang cách ly, không có nội dung. / Quarantined documents, without content."""

    async def ask(service: Service) -> list[dict[str, object]]:
        own = common.agency_of(service.settings, agency)
        rows = await service.isolation.listed(own)
        return [{"id": row.ref, "arrived_at": common.local(row.arrived_at)} for row in rows]

    rows = common.with_service(ask)
    if as_json:
        common.print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['id']}  {row['arrived_at']}")


def release(
    ref: Ref,
    person: As,
    to: Annotated[Path, typer.Option(help="Tệp mới, chỉ người này đọc được. / A new file.")],
    agency: Agency = None,
) -> None:
    """Đưa ra khỏi khu cách ly để xử lý ngoài hệ thống. / Hand out for handling outside."""

    async def act(service: Service) -> None:
        own = common.agency_of(service.settings, agency)
        await service.isolation.release(own, DocumentRef(ref), person, to)

    common.with_service(act)
    typer.echo(common.said(f"Đã ghi {to}.", f"{to} is written."))


def destroy(ref: Ref, person: As, agency: Agency = None) -> None:
    """Hủy nội dung đang cách ly; lịch sử vẫn còn. / Destroy the content; the history stays."""

    async def act(service: Service) -> None:
        own = common.agency_of(service.settings, agency)
        await service.isolation.destroy(own, DocumentRef(ref), person)

    common.with_service(act)
    typer.echo(common.said("Đã hủy nội dung.", "The content is destroyed."))


def dead(
    agency: Agency = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Việc đã dừng hẳn, cần người xem. / Work that stopped for good."""

    async def ask(service: Service) -> list[dict[str, object]]:
        own = common.agency_of(service.settings, agency)
        found = await service.world.store.read(lambda conn: table.dead(conn, own))
        return [
            {"id": job.id, "pipeline": job.pipeline, "key": job.key, "error": job.last_error_code}
            for job in found
        ]

    rows = common.with_service(ask)
    if as_json:
        common.print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['id']}  {row['pipeline']}  {row['error']}  {row['key']}")


def put_back(
    job: Annotated[str, typer.Argument(help="ID của việc. / The job's ID.")],
    agency: Agency = None,
) -> None:
    """Cho chạy lại một việc đã dừng. / Let stopped work try again."""

    async def act(service: Service) -> None:
        own = common.agency_of(service.settings, agency)
        now = service.world.clock.now()
        await service.world.store.tx(lambda conn: table.put_back(conn, own, job, now))

    common.with_service(act)
    typer.echo(common.said("Sẽ chạy lại ngay.", "It will try again at once."))
