"""A manipulated copy arrives, is held, and is given back with a reason."""

from __future__ import annotations

import asyncio

from gateway.model.incoming import IncomingState
from gateway.service.demo.stage import OFFICE, Stage
from gateway.service.demo.texts import CLERK, FORGED, FORGERY
from gateway.service.demo.told import Step, Story, expect
from gateway.service.desk import Refusal
from gateway.simulators.issuer import tampered_copy

REASON = "Nội dung văn bản bị thay đổi sau khi ký số; đề nghị gửi lại bản gốc."


async def tampered_refused(stage: Stage) -> str:
    """Receive a manipulated copy, hold it, refuse it with a reason (02)."""
    signed = await stage.signed(FORGED)
    forged = await asyncio.to_thread(tampered_copy, signed, FORGERY.text())
    await stage.send(stage.enveloped(FORGED, forged, "gia-mao"))
    await stage.settle()
    found = await stage.arrivals(code_number="16")
    expect(len(found) == 1, f"{len(found)} văn bản mang số 16")
    view = stage.seen["forgery"] = found[0]
    expect(view.state is IncomingState.HELD, f"trạng thái {view.state.value}")
    expect(view.proposal == "refuse", "không đề xuất từ chối")
    expect(view.arrival_number is None, "văn bản bị giữ lại đã dùng một số")
    act = Refusal(person=CLERK, reason=REASON, key="demo", holder="demo")
    stage.seen["forgery"] = await stage.service.desk.refuse(OFFICE, view.ref, act)
    await stage.settle()
    refused = [row for row in await stage.answers("16") if row.code == "02"]
    expect([row.description for row in refused] == [REASON], "bên gửi không đọc được lý do")
    return f"Bản bị sửa sau khi ký bị giữ lại, văn thư từ chối (02); bên gửi đọc: «{REASON}»"


STORY = Story(20, "Văn bản bị sửa sau khi ký", (Step("tampered-refused", tampered_refused),))
