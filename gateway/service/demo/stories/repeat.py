"""The same document comes again: it is absorbed, and answered again."""

from __future__ import annotations

from dataclasses import replace

from gateway.service.demo.stage import Stage
from gateway.service.demo.told import Step, Story, expect


async def duplicate_absorbed(stage: Stage) -> str:
    """Send the same envelope again."""
    before = [row.code for row in await stage.answers("15")]
    envelope = stage.sent_again("chi-dao")
    await stage.send(replace(envelope, key="demo:chi-dao-lai"))
    await stage.settle()
    found = await stage.arrivals(code_number="15")
    expect(len(found) == 1, f"{len(found)} văn bản mang số 15")
    expect(found[0].arrival_number == 1, "số đến đã đổi")
    after = [row.code for row in await stage.answers("15")]
    expect(len(after) > len(before), "bên gửi không được trả lời lại")
    return "Gửi lại cùng văn bản: vẫn một văn bản, một số đến; bên gửi được trả lời lại 01, 03."


STORY = Story(30, "Gửi trùng", (Step("duplicate-absorbed", duplicate_absorbed),))
