"""What every axis client promises (ports.AxisClient), over a real wire on 127.0.0.1."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.axis_world import (
    FINANCE,
    PROVINCE,
    axis_world,
    document,
    fetched,
)


def test_document_travels_byte_for_byte(tmp_path: Path) -> None:
    async def story() -> None:
        async with axis_world(tmp_path) as world:
            sender, receiver = world.client(PROVINCE), world.client(FINANCE)
            content = document("H99.02")
            sent_id = await sender.send(world.envelope(content, "H99.02"))
            (row,) = await receiver.pending()
            assert (row.message_type, row.sender, row.recipient) == ("edoc", "H99.01", "H99.02")
            assert row.axis_doc_id != sent_id
            assert await fetched(receiver, row.axis_doc_id) == content
            await receiver.acknowledge(row.axis_doc_id)
            await receiver.acknowledge(row.axis_doc_id)  # T41, T48: the second is no error
            assert await receiver.pending() == ()

    asyncio.run(story())
