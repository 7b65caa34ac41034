"""A document with a secrecy mark is stopped before it goes anywhere (L-60)."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.service.demo.stage import OFFICE, Stage
from gateway.service.demo.texts import SECRET
from gateway.service.demo.told import Step, Story, expect
from gateway.storage import finding


async def secret_stopped(stage: Stage) -> str:
    """Receive a document with a secrecy mark, and look that it went nowhere."""
    relayed = len(stage.qlvb.received)
    await stage.send(stage.enveloped(SECRET, await stage.signed(SECRET), "mat"))
    await stage.settle()
    expect(not await stage.arrivals(code_number="17"), "văn bản mật hiện trong danh sách")

    def ask(conn: Connection) -> int:
        return len(finding.quarantine(conn, OFFICE, None, 10))

    expect(await stage.service.world.store.read(ask) == 1, "khu cách ly không có văn bản")
    expect(len(stage.qlvb.received) == relayed, "QLVB đã nhận văn bản mật")
    said = [row for row in await stage.answers("17") if row.description]
    expect(bool(said), "bên gửi không được báo")
    return "Văn bản có dấu MẬT bị cách ly, mã hóa, không sang QLVB; bên gửi được báo."


STORY = Story(40, "Dấu chỉ độ mật", (Step("secret-stopped", secret_stopped),))
