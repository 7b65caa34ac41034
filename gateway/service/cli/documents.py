"""``documents list|show|timeline|accept|refuse``: the clerk's acts, for scripts and emergencies."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.model.document import DocumentRef
from gateway.model.incoming import IncomingState
from gateway.service.cli import common
from gateway.service.desk import (
    Acceptance,
    ArrivalQuery,
    ArrivalView,
    Refusal,
    UnknownArrivalError,
)

if TYPE_CHECKING:
    from gateway.service.assemble import Service

Agency = Annotated[str | None, typer.Option(help="Đơn vị, nếu có nhiều. / Agency.")]
AsJson = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
As = Annotated[str, typer.Option("--as", help="Người thực hiện. / Who acts.")]
Ref = Annotated[str, typer.Argument(help="ID của văn bản. / The document's ID.")]

BY_COMMAND = "command-line"
"""Key and holder of acts that come from the command line."""


def register(app: typer.Typer) -> None:
    """Mount the group."""
    group = typer.Typer(no_args_is_help=True, help="Văn bản đến. / Incoming documents.")
    group.command("list")(list_documents)
    group.command("show")(show)
    group.command("timeline")(timeline)
    group.command("accept")(accept)
    group.command("refuse")(refuse)
    app.add_typer(group, name="documents")


def list_documents(
    state: Annotated[list[IncomingState] | None, typer.Option(help="Trạng thái.")] = None,
    agency: Agency = None,
    after: Annotated[str | None, typer.Option(help="Sau ID này. / After this ID.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Danh sách văn bản đến, cũ trước. / Incoming documents, oldest first."""
    query = ArrivalQuery(
        states=frozenset(state or ()), after=DocumentRef(after) if after else None, limit=limit
    )

    async def ask(service: Service) -> tuple[ArrivalView, ...]:
        own = common.agency_of(service.settings, agency)
        return (await service.desk.list_arrivals(own, query)).items

    items = common.with_service(ask)
    if as_json:
        common.print_json([shown(each) for each in items])
        return
    for each in items:
        typer.echo(line(each))


def show(
    ref: Ref,
    agency: Agency = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Một văn bản đến. / One incoming document."""

    async def ask(service: Service) -> ArrivalView | None:
        own = common.agency_of(service.settings, agency)
        return await service.desk.arrival(own, DocumentRef(ref))

    found = common.with_service(ask)
    if found is None:
        raise UnknownArrivalError
    _print(found, as_json=as_json)


def timeline(
    ref: Ref,
    agency: Agency = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Dòng thời gian của một văn bản. / A document's history."""
    from gateway.storage.event_codes import EVENT_CODES  # noqa: PLC0415 - only when used

    async def ask(service: Service) -> list[dict[str, object]] | None:
        own = common.agency_of(service.settings, agency)
        found = await service.desk.timeline(own, DocumentRef(ref))
        if found is None:
            return None
        return [asdict(each) | {"refs": json.loads(each.refs)} for each in found]

    events = common.with_service(ask)
    if events is None:
        raise UnknownArrivalError
    if as_json:
        common.print_json([_plain(each) for each in events])
        return
    for each in events:
        words = EVENT_CODES[str(each["code"])]
        typer.echo(f"{_plain(each['at'])}  {common.said(words.vi, words.en)}  [{each['actor']}]")


def accept(
    ref: Ref,
    person: As,
    number: Annotated[int | None, typer.Option(help="Số đến do QLVB cấp.")] = None,
    agency: Agency = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Tiếp nhận: vào sổ, cấp số, trả lời 03. / Accept: number, register, answer 03."""
    act = Acceptance(person=person, number=number, key=BY_COMMAND, holder=BY_COMMAND)

    async def work(service: Service) -> ArrivalView:
        own = common.agency_of(service.settings, agency)
        return await service.desk.accept(own, DocumentRef(ref), act)

    _print(common.with_service(work), as_json=as_json)


def refuse(
    ref: Ref,
    person: As,
    reason: Annotated[str, typer.Option(help="Lý do gửi cho nơi gửi. / The reason.")],
    agency: Agency = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Từ chối, trả lại nơi gửi kèm lý do (02). / Refuse with a reason (02)."""
    act = Refusal(person=person, reason=reason, key=BY_COMMAND, holder=BY_COMMAND)

    async def work(service: Service) -> ArrivalView:
        own = common.agency_of(service.settings, agency)
        return await service.desk.refuse(own, DocumentRef(ref), act)

    _print(common.with_service(work), as_json=as_json)


def line(view: ArrivalView) -> str:
    """Return one line of the list."""
    content = view.content
    code = "/".join(p for p in (content.code_number, content.code_notation) if p) if content else ""
    number = str(view.arrival_number) if view.arrival_number else "-"
    sender = (content.sender_name if content else None) or ""
    return f"{view.ref}  {view.state.value:<11} {number:>5}  {code}  {sender}"


def shown(view: ArrivalView) -> dict[str, object]:
    """Return the view as JSON values, instants with +07:00."""
    plain = _plain(asdict(view))
    return plain if isinstance(plain, dict) else {}


def _print(view: ArrivalView, *, as_json: bool) -> None:
    if as_json:
        common.print_json(shown(view))
        return
    typer.echo(line(view))
    for each in view.objections:
        typer.echo(f"  - {common.said(each.vi, each.en)} ({each.clause})")


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return common.local(value)
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
