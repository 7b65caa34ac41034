"""The report of the demonstration: one HTML page with page pictures and timelines."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from gateway.model.document import DocumentRef
from gateway.rules.receipt_time import viet_nam_time
from gateway.service.demo.stage import OFFICE, Stage
from gateway.service.demo.told import Told
from gateway.service.desk import ArrivalView, EventView
from gateway.service.verdicts import kept_verdict
from gateway.storage import documents
from gateway.storage.event_codes import EVENT_CODES

STATES = {
    "waiting": "chờ tiếp nhận",
    "held": "tạm giữ",
    "accepted": "đã tiếp nhận",
    "refused": "đã từ chối",
}
VERDICTS = {
    "valid": "Chữ ký hợp lệ",
    "invalid": "Chữ ký không hợp lệ",
    "indeterminate": "Không đủ thông tin về chữ ký",
    "unsigned": "Không có chữ ký số (chỉ để tham khảo)",
}
DPI = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One document as the report shows it."""

    title: str
    state: str
    number: str
    verdict: str
    tone: str
    reasons: tuple[str, ...]
    times: tuple[tuple[str, str], ...]
    picture: str
    events: tuple[tuple[str, str, str], ...]


async def write_report(stage: Stage, told: Sequence[Told], path: Path) -> Path:
    """Write the page and return where it is; it needs nothing from outside."""
    shown = [await _shown(stage, view) for view in stage.seen.values()]
    template = Environment(
        loader=PackageLoader("gateway.service.demo"), autoescape=True, undefined=StrictUndefined
    ).get_template("report.html")
    now = viet_nam_time(stage.clock.now())
    page = template.render(told=told, documents=shown, now=f"{now:%H:%M %d/%m/%Y}")
    await asyncio.to_thread(path.write_text, page, encoding="utf-8")
    return path


async def _shown(stage: Stage, seen: ArrivalView) -> Shown:
    view = await stage.service.desk.arrival(OFFICE, seen.ref) or seen
    content = view.content
    name = f"{content.code_number}/{content.code_notation}" if content else view.ref
    subject = (content.subject if content else None) or ""
    return Shown(
        title=f"{name}: {subject}",
        state=STATES.get(view.state.value, view.state.value),
        number=str(view.arrival_number or "chưa có"),
        verdict=VERDICTS.get(view.verdict or "", "chưa kiểm tra"),
        tone=view.verdict or "unsigned",
        reasons=await _reasons(stage, view.ref),
        times=_times(view),
        picture=await _picture(stage, view),
        events=await _events(stage, view.ref),
    )


def _times(view: ArrivalView) -> tuple[tuple[str, str], ...]:
    named = (
        ("Đến lúc", view.arrived_at),
        ("QLVB nhận lúc", view.qlvb_taken_at),
        ("Thời điểm tiếp nhận (tính hạn)", view.effective_receipt_at),
        ("Vào sổ lúc", view.registered_at),
    )
    return tuple(
        (name, f"{viet_nam_time(at):%H:%M:%S %d/%m/%Y}") for name, at in named if at is not None
    )


async def _reasons(stage: Stage, ref: DocumentRef) -> tuple[str, ...]:
    found = await stage.service.world.store.read(
        lambda conn: documents.examinations_of(conn, OFFICE, ref)
    )
    return tuple(reason.vi for each in found for reason in kept_verdict(each.verdict_text).reasons)


async def _picture(stage: Stage, view: ArrivalView) -> str:
    """Return the first page as a data address, drawn in a worker process; "" without one."""
    file = await stage.service.desk.attachment_path(OFFICE, view.ref, 0)
    if file is None:
        return ""
    pictures = await stage.service.examiner.pictures(file.path, 1, DPI)
    return base64.b64encode(pictures[0]).decode() if pictures else ""


async def _events(stage: Stage, ref: DocumentRef) -> tuple[tuple[str, str, str], ...]:
    events = await stage.service.desk.timeline(OFFICE, ref) or ()
    return tuple(
        (f"{viet_nam_time(each.at):%d/%m %H:%M:%S}", _words(each), each.actor) for each in events
    )


def _words(event: EventView) -> str:
    """Return what happened, with the code of the status where one was said."""
    status = json.loads(event.refs).get("status")
    return EVENT_CODES[event.code].vi + (f" ({status})" if status else "")
