"""The operations of the pull API on incoming documents (văn bản đến), one function each."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel

from gateway.adapters.qlvb_webhook_wire import local_text
from gateway.model.document import DocumentRef
from gateway.service.apikeys import Holder, Scope
from gateway.service.desk import Acceptance, ArrivalQuery, Desk, Refusal, UnknownArrivalError
from gateway.service.http_files import file_answer
from gateway.service.http_input import body_of, idempotency_key, list_query
from gateway.service.http_models import (
    AcceptBody,
    ArrivalListOut,
    ArrivalOut,
    EventOut,
    RefuseBody,
)

_REF = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ORDINAL = re.compile(r"[0-9]{1,4}")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request."""

    request: web.Request
    desk: Desk
    holder: Holder

    @property
    def ref(self) -> DocumentRef:
        """Return the document asked for; what cannot be an ID is a document not there."""
        text = self.request.match_info["id"]
        if not _REF.fullmatch(text):
            raise UnknownArrivalError
        return DocumentRef(text)


Act = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: where it is, what it needs, what it does."""

    method: str
    path: str
    scope: Scope
    act: Act


async def list_arrivals(call: Call) -> web.StreamResponse:
    """``GET /v1/arrivals?state=&after=&limit=``."""
    query = list_query(call.request)
    page = await call.desk.list_arrivals(
        call.holder.agency,
        ArrivalQuery(
            states=frozenset(query.state),
            after=None if query.after is None else DocumentRef(query.after),
            limit=query.limit,
        ),
    )
    return _model(ArrivalListOut.of(page))


async def get_arrival(call: Call) -> web.StreamResponse:
    """``GET /v1/arrivals/{id}``."""
    return _model(ArrivalOut.of(_there(await call.desk.arrival(call.holder.agency, call.ref))))


async def get_envelope(call: Call) -> web.StreamResponse:
    """``GET /v1/arrivals/{id}/envelope``: the JSON of ``envelope show``."""
    return json_answer(_there(await call.desk.envelope_json(call.holder.agency, call.ref)))


async def get_raw(call: Call) -> web.StreamResponse:
    """``GET /v1/arrivals/{id}/envelope/raw``: the bytes as received."""
    file = _there(await call.desk.raw_path(call.holder.agency, call.ref))
    return file_answer(file, f"{call.ref}.edxml")


async def get_attachment(call: Call) -> web.StreamResponse:
    """``GET /v1/arrivals/{id}/attachments/{n}``: the unwrapped file, counted from 0."""
    text = call.request.match_info["n"]
    if not _ORDINAL.fullmatch(text):
        raise UnknownArrivalError
    file = await call.desk.attachment_path(call.holder.agency, call.ref, int(text))
    return file_answer(_there(file), f"tep-{int(text)}")


async def get_verdict(call: Call) -> web.StreamResponse:
    """``GET /v1/arrivals/{id}/verdict``: the report of every attachment that was examined."""
    verdicts = _there(await call.desk.verdicts(call.holder.agency, call.ref))
    files = [
        {
            "ordinal": each.ordinal,
            "examined_at": local_text(each.examined_at),
            "report": json.loads(each.report),
        }
        for each in verdicts
    ]
    return json_answer(json.dumps({"files": files}, ensure_ascii=False))


async def get_timeline(call: Call) -> web.StreamResponse:
    """``GET /v1/arrivals/{id}/timeline``: codes, ids and digests in order."""
    events = _there(await call.desk.timeline(call.holder.agency, call.ref))
    told = [
        EventOut.of(each).model_dump(mode="json") | {"refs": json.loads(each.refs)}
        for each in events
    ]
    return json_answer(json.dumps({"events": told}, ensure_ascii=False))


async def accept(call: Call) -> web.StreamResponse:
    """``POST /v1/arrivals/{id}/accept``."""
    key = idempotency_key(call.request)
    ref = call.ref
    body = await body_of(call.request, AcceptBody)
    acceptance = Acceptance(
        person=body.person, number=body.number, key=key, holder=call.holder.holder
    )
    return _model(ArrivalOut.of(await call.desk.accept(call.holder.agency, ref, acceptance)))


async def refuse(call: Call) -> web.StreamResponse:
    """``POST /v1/arrivals/{id}/refuse``."""
    key = idempotency_key(call.request)
    ref = call.ref
    body = await body_of(call.request, RefuseBody)
    refusal = Refusal(person=body.person, reason=body.reason, key=key, holder=call.holder.holder)
    return _model(ArrivalOut.of(await call.desk.refuse(call.holder.agency, ref, refusal)))


_READ, _DECIDE = Scope.ARRIVALS_READ, Scope.ARRIVALS_DECIDE
_ONE = "/v1/arrivals/{id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/arrivals", _READ, list_arrivals),
    Route("GET", _ONE, _READ, get_arrival),
    Route("GET", f"{_ONE}/envelope", _READ, get_envelope),
    Route("GET", f"{_ONE}/envelope/raw", _READ, get_raw),
    Route("GET", f"{_ONE}/attachments/{{n}}", _READ, get_attachment),
    Route("GET", f"{_ONE}/verdict", _READ, get_verdict),
    Route("GET", f"{_ONE}/timeline", _READ, get_timeline),
    Route("POST", f"{_ONE}/accept", _DECIDE, accept),
    Route("POST", f"{_ONE}/refuse", _DECIDE, refuse),
)


def json_answer(text: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Return JSON text as an answer."""
    return web.Response(text=text, status=status, content_type="application/json")


def _there(found: _Found | None) -> _Found:
    if found is None:
        raise UnknownArrivalError
    return found


def _model(model: BaseModel) -> web.Response:
    return json_answer(model.model_dump_json())
