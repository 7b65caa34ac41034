"""The axis goes down and comes back; nothing is lost and nothing is doubled."""

from __future__ import annotations

from gateway.model.incoming import IncomingState
from gateway.service.demo.stage import Stage
from gateway.service.demo.texts import LATER
from gateway.service.demo.told import Step, Story, expect

EIGHT_HOURS = 8 * 3600


async def outage_survived(stage: Stage) -> str:
    """Stop the axis for eight simulated hours, and start it again."""
    await stage.send(stage.enveloped(LATER, await stage.signed(LATER), "giao-ban"))
    await stage.axis.stop()
    await stage.settle()
    await stage.clock.advance(EIGHT_HOURS)
    await stage.settle()
    expect(not await stage.arrivals(code_number="18"), "văn bản đến khi trục đang ngừng")
    await stage.axis.start()
    for _ in range(20):
        await stage.settle()
        if any(row.code == "01" for row in await stage.answers("18")):
            break
    found = await stage.arrivals(code_number="18")
    expect(len(found) == 1, f"{len(found)} văn bản mang số 18")
    stage.seen["later"] = found[0]
    expect(found[0].state is IncomingState.WAITING, f"trạng thái {found[0].state.value}")
    said = [row.code for row in await stage.answers("18")]
    expect(said == ["01"], f"trạng thái bên gửi nhận được: {said}")
    return "Trục ngừng 8 giờ rồi hoạt động lại: văn bản đến đủ, một lần, trạng thái 01 một lần."


STORY = Story(50, "Trục ngừng hoạt động", (Step("outage-survived", outage_survived),))
