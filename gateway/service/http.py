"""The pull API under ``/v1``: what a QLVB asks for, and what it decides (docs/qlvb.md).

Every operation stands in ``http_arrivals.ROUTES`` with the scope it needs; nothing but ``/health``
is answered without a key, and nothing tells a caller whether another agency has a document (T73).
Errors are RFC 9457 problems; of a fault of ours a caller learns the code and no more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.errors import GatewayError
from gateway.service import problems
from gateway.service.desk import Desk
from gateway.service.http_arrivals import ROUTES, Call, Route, json_answer
from gateway.service.http_auth import Doorkeeper
from gateway.service.http_input import BODY_LIMIT, BODY_LIMIT_BYTES, BODY_SECONDS

Health = Callable[[], Awaitable[bool]]
"""Whether the service does its work; says nothing else, because anybody may ask."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Server": "edoc-gateway",
}

_log = structlog.get_logger()


def make_app(
    desk: Desk, doorkeeper: Doorkeeper, health: Health, *, body_seconds: float = BODY_SECONDS
) -> web.Application:
    """Return the aiohttp application; run it with ``access_log=None``: it logs for itself.

    ``body_seconds`` bounds how long a request's body may take to arrive.
    """
    app = web.Application(middlewares=[_problems_for(doorkeeper)], client_max_size=BODY_LIMIT_BYTES)
    app[BODY_LIMIT] = body_seconds
    app.router.add_get("/health", _health_of(health))
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _guarded(route, desk, doorkeeper))
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, _guarded(route, desk, doorkeeper))
    app.on_response_prepare.append(_add_headers)
    return app


def _guarded(route: Route, desk: Desk, doorkeeper: Doorkeeper) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        authorization = request.headers.get("Authorization", "")
        holder = await doorkeeper.admit(authorization, route.scope)
        answer = await route.act(Call(request, desk, holder))
        _log.info(
            "http-answered",
            method=request.method,
            route=route.path,
            http_status=answer.status,
            agency=holder.agency,
            key_id=holder.key_id,
        )
        return answer

    return handle


def _health_of(health: Health) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        try:
            is_well = await health()
        except GatewayError as error:
            _log.error("health-failed", error=error)
            is_well = False
        if is_well:
            return json_answer('{"status": "ok"}')
        return json_answer('{"status": "not-ok"}', HTTPStatus.SERVICE_UNAVAILABLE)

    return handle


def _problems_for(doorkeeper: Doorkeeper) -> Middleware:
    async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            # A stranger does not learn which paths exist.
            await doorkeeper.holder(request.headers.get("Authorization", ""))
            return _http_problem(error)

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await known(request, handler)
        except GatewayError as error:
            if problems.status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
                _log.error("http-failed", method=request.method, error=error)
            return _problem(error)
        except Exception as error:  # noqa: BLE001 - the outermost loop: a caller sees no traceback
            _log.error("http-crashed", method=request.method, error=error)
            return _our_fault("internal-fault")

    return tell


def _problem(error: GatewayError) -> web.Response:
    status, body = problems.problem_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _our_fault(error.code)
    headers = problems.headers_of(error)
    return web.Response(
        status=status, body=body, content_type=problems.CONTENT_TYPE, headers=headers
    )


def _our_fault(code: str) -> web.Response:
    """Say that it is us: what is wrong with settings or code stands in the log only."""
    body = problems.problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code,
        vi="Cổng gặp lỗi nội bộ; người quản trị xem nhật ký, bên gọi có thể thử lại sau.",
        en="the gateway failed; its operator finds the cause in the log, try again later",
    )
    return web.Response(status=500, body=body, content_type=problems.CONTENT_TYPE)


def _http_problem(error: web.HTTPException) -> web.Response:
    body = problems.refused_request(HTTPStatus(error.status))
    kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
    return web.Response(
        status=error.status, body=body, content_type=problems.CONTENT_TYPE, headers=kept
    )


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers[name] = value
