"""A signed directive arrives on a Friday evening and is taken in."""

from __future__ import annotations

from datetime import timedelta

from gateway.model.incoming import IncomingState
from gateway.rules.receipt_time import viet_nam_time
from gateway.service.demo.stage import OFFICE, Stage
from gateway.service.demo.texts import CLERK, DIRECTIVE
from gateway.service.demo.told import Step, Story, expect
from gateway.service.desk import Acceptance, ArrivalView

FIRST_OF_2026 = (1, 2026)
MONDAY_MORNING = "2026-03-09T07:30:00+07:00"


async def axis_started(stage: Stage) -> str:
    """Ask the axis something harmless."""
    await stage.sender.probe()
    return f"Trục mô phỏng trả lời ở {stage.axis.address}; mọi khóa, chứng thư là giả định."


async def directive_sent(stage: Stage) -> str:
    """Send the signed directive as the committee's system does."""
    envelope = stage.enveloped(DIRECTIVE, await stage.signed(DIRECTIVE), "chi-dao")
    axis_doc_id = await stage.send(envelope)
    return f"UBND tỉnh Mẫu gửi công văn 15/UBND-TH lúc 18:00 thứ Sáu, mã gói {axis_doc_id}."


async def _directive(stage: Stage) -> ArrivalView:
    found = await stage.arrivals(code_number="15")
    expect(len(found) == 1, f"{len(found)} văn bản mang số 15")
    stage.seen["directive"] = found[0]
    return found[0]


async def received(stage: Stage) -> str:
    """Let the gateway fetch and keep it."""
    await stage.settle()
    view = await _directive(stage)
    expect(view.arrived_at is not None, "không có thời điểm đến")
    assert view.arrived_at is not None  # noqa: S101 - for the type checker, after expect
    return (
        f"Sở Tài chính đã nhận, lưu chắc chắn lúc {viet_nam_time(view.arrived_at):%H:%M:%S %d/%m}."
    )


async def verified(stage: Stage) -> str:
    """Look at the verdict on its signatures."""
    view = await _directive(stage)
    expect(view.verdict == "valid", f"kết luận chữ ký: {view.verdict}")
    return "Hai chữ ký hợp lệ: người ký và cơ quan; đủ hai chữ ký theo Điều 5 NĐ 30/2020."


async def receipt_time(stage: Stage) -> str:
    """Look at the effective receipt: the next office period (L-66)."""
    view = await _directive(stage)
    at = view.effective_receipt_at
    expect(at is not None and viet_nam_time(at).isoformat() == MONDAY_MORNING, f"tính từ {at}")
    return "Đến 18:00 thứ Sáu, thời điểm tiếp nhận tính từ 07:30 thứ Hai 09/03/2026 (L-66)."


async def acknowledged(stage: Stage) -> str:
    """Look at what the sender was told at once: 01."""
    await stage.settle()
    codes = {row.code for row in await stage.answers("15")}
    expect("01" in codes, f"trạng thái bên gửi nhận được: {sorted(codes)}")
    return "UBND tỉnh đã nhận trạng thái 01 (đã đến)."


async def relayed(stage: Stage) -> str:
    """Look at what the QLVB was handed."""
    view = await _directive(stage)
    expect(view.state is IncomingState.WAITING, f"trạng thái {view.state.value}")
    ids = [each.event.get("subject") for each in stage.qlvb.received]
    expect(view.ref in ids, "QLVB chưa nhận được sự kiện")
    return "QLVB nhận sự kiện có ký, văn bản ở trạng thái chờ văn thư tiếp nhận."


async def accepted(stage: Stage) -> str:
    """Accept on Monday morning, twice: a clerk may press twice."""
    monday = stage.clock.now() + timedelta(days=2, hours=13, minutes=45)
    await stage.clock.advance_to(monday)
    view = await _directive(stage)
    act = Acceptance(person=CLERK, key="demo", holder="demo")
    stage.seen["directive"] = await stage.service.desk.accept(OFFICE, view.ref, act)
    again = await stage.service.desk.accept(OFFICE, view.ref, act)
    expect(again.arrival_number == stage.seen["directive"].arrival_number, "bấm hai lần ra hai số")
    when = f"{viet_nam_time(monday):%H:%M thứ Hai %d/%m}"
    return f"Văn thư {CLERK} tiếp nhận lúc {when}; bấm hai lần vẫn một số."


async def registered(stage: Stage) -> str:
    """Look at the register, and at what the sender was told: 03."""
    await stage.settle()
    view = await _directive(stage)
    number, year = view.arrival_number, view.register_year
    expect((number, year) == FIRST_OF_2026, f"số {number}/{year}")
    codes = {row.code for row in await stage.answers("15")}
    expect("03" in codes, f"trạng thái bên gửi nhận được: {sorted(codes)}")
    return "Vào sổ văn bản đến số 1 năm 2026; UBND tỉnh nhận trạng thái 03 (đã tiếp nhận)."


STORY = Story(
    10,
    "Văn bản chỉ đạo đến ngoài giờ",
    (
        Step("axis-started", axis_started),
        Step("directive-sent", directive_sent),
        Step("received", received),
        Step("verified", verified),
        Step("receipt-time", receipt_time),
        Step("acknowledged", acknowledged),
        Step("relayed", relayed),
        Step("accepted", accepted),
        Step("registered", registered),
    ),
)
