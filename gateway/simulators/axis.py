"""The simulated axis: the same wire as the real one, on a port of its own, state on disk.

It serves demonstrations, tests, and vendors who want to try a client: it checks every signature,
keeps what it takes before it says so, and does wrong what the fault dial says. Read
:mod:`gateway.simulators.axis_vxp` for its answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import socket
import struct
from collections.abc import Iterable

from aiohttp import web

from gateway.adapters import axis_vxp_wire as wire
from gateway.errors import SettingsError
from gateway.ports import Clock
from gateway.simulators.axis_answers import Answer, refusal
from gateway.simulators.axis_faults import Fault, FaultDial, parse_fault
from gateway.simulators.axis_shapes import misshapen
from gateway.simulators.axis_store import AxisStore
from gateway.simulators.axis_vxp import OPERATIONS, AxisSetup, Call, Upload, VxpDesk

__all__ = ["AxisSetup", "SimulatedAxis"]

_HEADER_LIMIT = 1 << 17  # 500 recipients need about 20 KB in two headers
_PIECE = 1 << 18
_SMALL = 1 << 16  # of an admin call
_LINE_END = b"\r\n"
_ADMIN = "/_admin/faults"
_SHUTDOWN_SECONDS = 1.0


class SimulatedAxis:
    """A VXP axis on 127.0.0.1 or wherever it is started.

    Attributes:
        faults: The fault dial.
        calls: Operation of every call so far, in order, refused ones included.

    """

    def __init__(self, setup: AxisSetup, clock: Clock, faults: Iterable[Fault] = ()) -> None:
        self.faults = FaultDial(faults, setup.seed)
        self.calls: list[str] = []
        self._setup = setup
        self._clock = clock
        self._store: AxisStore | None = None
        self._desk: VxpDesk | None = None
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._host, self._port = "127.0.0.1", 0
        self._stopping = asyncio.Event()

    @property
    def address(self) -> str:
        """Return the endpoint for clients, ``http://host:port``; stays over a restart."""
        return f"http://{self._host}:{self._port}"

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the state and listen; port 0 takes a free one, the same one after :meth:`stop`."""
        self._stopping.clear()
        self._store = AxisStore(self._setup.state, self._setup.seed)
        self._desk = VxpDesk(self._setup, self._store, self._clock)
        application = web.Application()
        application.router.add_route("*", _ADMIN, self._administer)
        application.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            max_line_size=_HEADER_LIMIT,
            max_field_size=_HEADER_LIMIT,
            keepalive_timeout=1.0,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await self._runner.setup()
        self._host, self._port = host, port or self._port
        await self.come_back()

    async def stop(self) -> None:
        """Stop listening and close the state; safe twice, and before :meth:`start`."""
        self._stopping.set()
        runner, self._runner, self._site = self._runner, None, None
        if runner is not None:
            await runner.cleanup()
        if self._store is not None:
            self._store.close()
            self._store = None

    async def go_down(self) -> None:
        """Stop listening: whoever connects is refused. The state stays open."""
        site, self._site = self._site, None
        if site is not None:
            await site.stop()

    async def come_back(self) -> None:
        """Listen again on the same port."""
        if self._site is None and self._runner is not None:
            self._site = web.TCPSite(self._runner, self._host, self._port)
            await self._site.start()
            if not self._port:
                self._port = int(self._runner.addresses[0][1])

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one call: all of the body is read first, whatever comes of it (protocol 1.5)."""
        operation = request.path.rstrip("/").rpartition("/")[2]
        self.calls.append(operation)
        fault = self.faults.take(operation)
        if fault is not None and fault.kind == "down":
            return _broken(request, hard=True)
        upload = await self._uploaded(request)
        try:
            answer = None
            if fault is None or fault.acts or fault.kind == "wrong-mac":
                answer = self._answer(request, operation, upload, fault)
        finally:
            upload.path.unlink(missing_ok=True)
        if fault is not None and fault.kind == "slow":
            await self._wait(fault.seconds)
            fault = None
        return await _respond(request, answer, fault)

    def _answer(
        self, request: web.Request, operation: str, upload: Upload, fault: Fault | None
    ) -> Answer:
        desk = self._desk
        if desk is None or operation not in OPERATIONS:
            return refusal(operation, "OPERATION", "Khong co chuc nang nay")
        signed = request.headers.get(wire.PREFIX + "sign-header", "")
        given = request.headers.get(wire.PREFIX + "hash-header", "")
        caller = desk.authenticated(signed.encode("utf-8", "surrogateescape"), given)
        if caller is None or (fault is not None and fault.kind == "wrong-mac"):
            return refusal(operation, "AUTH", "Chu ky khong hop le")
        system, parameters = caller
        return desk.answer(
            Call(
                operation=operation,
                system=system,
                parameters=parameters,
                upload=upload,
                repeats=fault is not None and fault.kind == "repeat",
            )
        )

    async def _uploaded(self, request: web.Request) -> Upload:
        """Spool the body, hashing it with and without the line end that may follow."""
        store = self._opened_store()
        path = store.upload()
        digest, held, size, total = hashlib.sha256(), b"", 0, 0
        with path.open("wb") as file:
            async for piece in request.content.iter_chunked(_PIECE):
                total += len(piece)
                if total > self._setup.max_bytes:
                    continue
                size += len(piece)
                file.write(piece)
                text = held + piece
                digest.update(text[:-2])
                held = text[-2:]
        without_end = digest.digest() if held == _LINE_END else None
        digest.update(held)
        return Upload(
            path=path,
            size=size,
            digest=digest.digest(),
            digest_without_end=without_end,
            too_large=total > self._setup.max_bytes,
        )

    async def _administer(self, request: web.Request) -> web.StreamResponse:
        """Turn the fault dial: POST ``{"clear": bool, "add": ["OPERATION:KIND:COUNT", ...]}``."""
        token = self._setup.admin_token
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token is None or not hmac.compare_digest(given.encode(), token.encode()):
            return web.json_response({"error": "token"}, status=401)
        if request.method == "POST":
            try:
                self._turn(json.loads(await request.content.read(_SMALL)))
            except (ValueError, TypeError, AttributeError):
                return web.json_response({"error": "JSON"}, status=400)
            except SettingsError as error:
                return web.json_response({"error": error.en}, status=400)
        waiting, happened = self.faults.waiting(), self.faults.happened
        return web.json_response({"waiting": waiting, "happened": happened})

    def _turn(self, wanted: dict[str, object]) -> None:
        specs = wanted.get("add", [])
        if not isinstance(specs, list):
            raise TypeError("add is a list")
        faults = [parse_fault(str(spec)) for spec in specs]
        if wanted.get("clear") is True:
            self.faults.clear()
        for fault in faults:
            self.faults.add(fault)

    async def _wait(self, seconds: float) -> None:
        """Wait real seconds, as the wire does, but never longer than the axis runs."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _opened_store(self) -> AxisStore:
        if self._store is None:
            raise web.HTTPServiceUnavailable
        return self._store


async def _respond(
    request: web.Request, answer: Answer | None, fault: Fault | None
) -> web.StreamResponse:
    """Answer, properly or as the fault says."""
    if fault is not None and fault.shape in ("drop", "reset"):
        return _broken(request, hard=fault.shape == "reset")
    if fault is not None and fault.kind not in ("repeat", "wrong-mac"):
        shape = misshapen(answer, fault)
        if shape.whole:
            return _closing(
                web.Response(body=shape.body, status=shape.status, headers=shape.headers)
            )
        response = web.StreamResponse(headers={"Content-Length": str(len(shape.body) * 2)})
        await response.prepare(request)
        await response.write(shape.body)
        return _broken(request, hard=False)
    if answer is None:
        raise web.HTTPInternalServerError
    is_json = answer.members is not None
    response = web.StreamResponse(
        headers={
            "Content-Type": wire.JSON_TYPE if is_json else wire.BYTES_TYPE,
            "Content-Length": str(answer.size),
        }
    )
    _closing(response)
    await response.prepare(request)
    for piece in answer.pieces():
        await response.write(piece)
    await response.write_eof()
    return response


def _closing(response: web.StreamResponse) -> web.StreamResponse:
    # Common clients of this axis never close their connections (protocol 1.5).
    response.force_close()
    return response


def _broken(request: web.Request, *, hard: bool) -> web.StreamResponse:
    """End the connection without an answer: politely, or by a reset."""
    transport = request.transport
    if transport is not None:
        if hard:
            open_socket = transport.get_extra_info("socket")
            linger = struct.pack("ii", 1, 0)
            open_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
        else:
            transport.close()
    return _closing(web.Response())
