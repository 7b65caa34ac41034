"""What a QLVB can do wrong with an event, for tests and demonstrations."""

from __future__ import annotations

import asyncio
from enum import Enum

from aiohttp import web


class Misbehaviour(Enum):
    """What a receiver can do wrong; each takes one delivery."""

    ERROR_500 = "error-500"  # before storing
    REFUSE_410 = "refuse-410"
    SILENCE = "silence"  # no answer until the other side gives up; nothing stored
    NEGATIVE_ID = "negative-id"  # 200 with -1; nothing stored (T78)
    LOGIN_PAGE = "login-page"  # 200 with HTML; nothing stored
    REDIRECT = "redirect"
    DROP_BEFORE = "drop-before"  # connection cut before storing
    DROP_AFTER = "drop-after"  # stored, connection cut before the answer


async def misbehaved(request: web.Request, kind: Misbehaviour) -> web.StreamResponse:
    """Return the wrong answer, or never return."""
    if kind is Misbehaviour.SILENCE:
        await asyncio.Event().wait()  # until the connection is taken down
    if kind in {Misbehaviour.SILENCE, Misbehaviour.DROP_BEFORE}:
        return dropped(request)
    answers = {
        Misbehaviour.ERROR_500: web.Response(status=500, text="<h1>500</h1>"),
        Misbehaviour.REFUSE_410: web.Response(status=410),
        Misbehaviour.NEGATIVE_ID: web.json_response({"id": -1}),
        Misbehaviour.LOGIN_PAGE: web.Response(text="<html></html>", content_type="text/html"),
        Misbehaviour.REDIRECT: web.Response(status=302, headers={"Location": "/received"}),
    }
    return answers[kind]


def dropped(request: web.Request) -> web.Response:
    """Cut the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
