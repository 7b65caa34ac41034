"""Requests of the pull API become values here, or a problem that lists every fault."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from gateway.service import problems
from gateway.service.http_models import ListQuery

BODY_LIMIT_BYTES = 64 * 1024  # a refusal with the longest reason takes 5 KiB
BODY_SECONDS = 10.0  # for the whole body to arrive; a clerk's words take milliseconds
BODY_LIMIT = web.AppKey("body_limit", float)
"""Where an application keeps the seconds a body may take."""

_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")
_Body = TypeVar("_Body", bound=BaseModel)


def list_query(request: web.Request) -> ListQuery:
    """Return the query of the list; RequestError with every fault."""
    given: dict[str, object] = {}
    for name in dict.fromkeys(request.query):
        values = request.query.getall(name)
        if name == "state":
            given[name] = [part for value in values for part in value.split(",") if part]
        elif len(values) == 1:
            given[name] = values[0]
        else:
            raise problems.single(
                HTTPStatus.BAD_REQUEST,
                "parameter-repeated",
                element=f"query.{name}"[:100],
                vi="Tham số được ghi nhiều lần; chỉ ghi một lần.",
                en="a parameter is given more than once; give it once",
            )
    try:
        return ListQuery.model_validate(given)
    except ValidationError as error:
        faults = problems.faults_of(error, "query.")
        raise problems.RequestError(HTTPStatus.BAD_REQUEST, faults) from error


def idempotency_key(request: web.Request) -> str:
    """Return the caller's idempotency key; RequestError when it is missing or unfit."""
    key = request.headers.get("Idempotency-Key", "")
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise problems.single(
            HTTPStatus.BAD_REQUEST,
            "idempotency-key-missing",
            element="header.Idempotency-Key",
            vi="Cần tiêu đề Idempotency-Key: 1 đến 255 ký tự ASCII, giữ nguyên khi gửi lại.",
            en="header Idempotency-Key needed: 1 to 255 ASCII characters, the same on a repeat",
        )
    return key


async def body_of(request: web.Request, model: type[_Body]) -> _Body:
    """Return the body as ``model``; RequestError with every fault, bounded in size and time."""
    if request.content_type != "application/json":
        raise problems.single(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "body-not-json",
            element="header.Content-Type",
            vi="Nội dung phải là application/json.",
            en="the body must be application/json",
        )
    try:
        async with asyncio.timeout(request.app[BODY_LIMIT]):
            raw = await request.read()
    except TimeoutError as error:
        raise problems.single(
            HTTPStatus.REQUEST_TIMEOUT,
            "body-too-slow",
            element="body",
            vi=f"Nội dung không đến đủ trong {request.app[BODY_LIMIT]:g} giây.",
            en=f"the body did not arrive within {request.app[BODY_LIMIT]:g} seconds",
        ) from error
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        faults = problems.faults_of(error)
        status = (
            HTTPStatus.BAD_REQUEST
            if faults[0].code == "body-not-json"
            else HTTPStatus.UNPROCESSABLE_ENTITY
        )
        raise problems.RequestError(status, faults) from error
