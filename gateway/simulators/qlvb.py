"""The simulated QLVB: a receiver of webhooks that also answers through the pull API.

It is what a vendor would write on the first day, made visible: check the signature on the bytes
as they came, drop what has come before, keep, then answer; later accept or refuse by the API. It
does wrong what a test tells it to.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from gateway.adapters import qlvb_webhook_wire as wire
from gateway.errors import PeerError, Retry, StorageError, WorldError
from gateway.ports import Clock
from gateway.simulators.qlvb_faults import Misbehaviour, dropped, misbehaved
from gateway.simulators.qlvb_store import QlvbStore, Received

__all__ = ["GatewayAccess", "Misbehaviour", "QlvbSetup", "Received", "SimulatedQlvb"]

EVENTS = "/events"
WAITING = wire.TYPE_PREFIX + "arrival.waiting"

_BODY_LIMIT_BYTES = 1 << 20
_CALL_SECONDS = 20.0
_SHUTDOWN_SECONDS = 0.1
_RETRY_SECONDS = 30.0  # between two tries to decide what the gateway did not let us decide


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAccess:
    """How the QLVB reaches the gateway's API."""

    url: str
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QlvbSetup:
    """How one simulated QLVB is.

    Attributes:
        secrets: Webhook secrets valid now, one or two.
        gateway: None when it only receives.
        accepts: Accept every waiting arrival at once.
        first_number: The QLVB gives the arrival numbers, from this one on; None leaves it to the
            gateway.
        person: Account that acts.

    """

    state: Path
    secrets: tuple[str, ...] = field(repr=False)
    gateway: GatewayAccess | None = None
    accepts: bool = False
    first_number: int | None = None
    person: str = "vanthu-mophong"


class SimulatedQlvb:
    """A QLVB on 127.0.0.1 or wherever it is started.

    Attributes:
        refused: Code of every webhook that was not believed, in order.
        repeats: How many deliveries were dropped because they had come before.

    """

    def __init__(self, setup: QlvbSetup, clock: Clock) -> None:
        for secret in setup.secrets:
            wire.secret_bytes(secret)
        self.refused: list[str] = []
        self.repeats = 0
        self._setup = setup
        self._clock = clock
        self._store = QlvbStore(setup.state)
        self._wrong: deque[Misbehaviour] = deque()
        self._runner: web.AppRunner | None = None
        self._host, self._port = "127.0.0.1", 0
        self._came = asyncio.Event()
        self._changed = asyncio.Event()
        self._later: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Return ``http://host:port``; stays over a restart."""
        return f"http://{self._host}:{self._port}"

    @property
    def url(self) -> str:
        """Return where webhooks go."""
        return self.address + EVENTS

    @property
    def received(self) -> tuple[Received, ...]:
        """Return every event, once each, in order."""
        return self._store.rows

    def misbehave(self, kind: Misbehaviour, times: int = 1) -> None:
        """Do that with the next deliveries, after what was asked for before."""
        self._wrong.extend([kind] * times)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one, the same one after :meth:`stop`. OSError if taken."""
        app = web.Application(client_max_size=_BODY_LIMIT_BYTES)
        app.router.add_post(EVENTS, self._take)
        app.router.add_get("/received", self._show)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port or self._port).start()
        self._host, self._port = host, self._runner.addresses[0][1]
        if self._setup.accepts:
            self._came.set()  # what an earlier life left undecided
            self._later.add(asyncio.create_task(self._decide_always()))

    async def stop(self) -> None:
        """Stop listening; what was kept stays. Safe twice."""
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)
        self._later.clear()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def waiting(self) -> list[str]:
        """Ask the API which documents wait; for a QLVB that lost its events."""
        found: list[str] = []
        after = ""
        while True:
            page = await self._call("GET", f"/v1/arrivals?state=waiting&limit=100{after}")
            found += [str(each["id"]) for each in page["items"]]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    async def accept(self, document: str, number: int | None = None) -> Mapping[str, Any]:
        """Accept at the gateway; return the document as it is then.

        Raises:
            WorldError: ``gateway-refused`` (the code of the problem in the sentence) or
                ``gateway-unreachable``.

        """
        body: dict[str, object] = {"person": self._setup.person}
        if number is not None:
            body["number"] = number
        return await self._decide(document, "accept", body)

    async def refuse(self, document: str, reason: str) -> Mapping[str, Any]:
        """Refuse at the gateway with a reason; as :meth:`accept`."""
        return await self._decide(
            document, "refuse", {"person": self._setup.person, "reason": reason}
        )

    async def until(self, is_so: Callable[[Sequence[Received]], bool]) -> None:
        """Wait until ``is_so`` holds for what was received; asked again after every change."""
        while not is_so(self.received):
            await self._changed.wait()

    async def decide_pending(self) -> bool:
        """Accept every waiting arrival not decided yet; tell whether none has to be tried again."""
        is_done = True
        for row in self.received:
            if row.decision is not None or row.event.get("type") != WAITING or not row.document:
                continue
            first = self._setup.first_number
            number = None if first is None else first + row.number - 1
            try:
                await self.accept(row.document, number)
            except WorldError as error:
                is_done &= error.retry is Retry.PERMANENT and self._noted(row, error.code)
        return is_done

    async def _decide_always(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            self._later = {task for task in self._later if not task.done()}
            if not await self.decide_pending():
                self._later.add(asyncio.create_task(self._come_back()))

    async def _come_back(self) -> None:
        await self._clock.sleep(_RETRY_SECONDS)
        self._came.set()

    def _noted(self, row: Received, decision: str) -> bool:
        try:
            self._keep(dataclasses.replace(row, decision=decision))
        except StorageError:
            return False
        return True

    def _keep(self, row: Received) -> None:
        self._store.keep(row)
        self._changed.set()
        self._changed = asyncio.Event()

    async def _decide(
        self, document: str, act: str, body: Mapping[str, object]
    ) -> Mapping[str, Any]:
        after = await self._call(
            "POST", f"/v1/arrivals/{document}/{act}", body, f"{act}:{document}"
        )
        for row in self.received:
            if row.document == document and row.decision is None:
                self._keep(dataclasses.replace(row, decision=str(after["state"])))
        return after

    async def _call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, key: str = ""
    ) -> dict[str, Any]:
        access = self._setup.gateway
        if access is None:
            raise _gateway_fault("gateway-unknown", "no address and key given", Retry.PERMANENT)
        headers = {"Authorization": f"Bearer {access.api_key}"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=_CALL_SECONDS)) as session,
                session.request(method, access.url + path, json=body, headers=headers) as answer,
            ):
                told = await answer.json(content_type=None)
        except (TimeoutError, ClientError, OSError, ValueError) as error:
            raise _gateway_fault(
                "gateway-unreachable", type(error).__name__, Retry.TEMPORARY
            ) from error
        if answer.status != 200 or not isinstance(told, dict):  # noqa: PLR2004 - OK
            code = str(told.get("code")) if isinstance(told, dict) else "?"
            lasting = answer.status in {404, 409, 422}
            raise _gateway_fault(
                "gateway-refused", code, Retry.PERMANENT if lasting else Retry.TEMPORARY
            )
        return told

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            proof = wire.verified(request.headers, body, self._setup.secrets, self._clock.now())
            event = _event(body, proof.id)
        except PeerError as error:
            self.refused.append(error.code)
            return web.json_response({"code": error.code}, status=401)
        wrong = self._wrong.popleft() if self._wrong else None
        if wrong is not None and wrong is not Misbehaviour.DROP_AFTER:
            return await misbehaved(request, wrong)
        try:
            row = self._kept(proof.id, event)
        except StorageError as error:
            return web.json_response({"code": error.code}, status=503)
        self._came.set()
        if wrong is not None:
            return dropped(request)
        return web.json_response({"id": row.number, "taken_at": row.taken_at})

    def _kept(self, key: str, event: Mapping[str, Any]) -> Received:
        known = self._store.find(key)
        if known is not None:
            self.repeats += 1
            return known
        row = Received(
            id=key,
            number=len(self.received) + 1,
            taken_at=wire.local_text(self._clock.now()),
            event=event,
        )
        self._keep(row)
        return row

    async def _show(self, _request: web.Request) -> web.Response:
        shown = [
            {"number": row.number, "taken_at": row.taken_at, "decision": row.decision}
            | {"event": row.event}
            for row in self.received
        ]
        return web.json_response({"received": shown, "repeats": self.repeats})


def _event(body: bytes, key: str) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict) or event.get("id") != key:
        raise PeerError(
            "event-unreadable",
            vi="Nội dung sự kiện không phải CloudEvents hoặc id không khớp.",
            en="the body is no CloudEvent, or its id is another than the header's",
            element="id",
        )
    return event


def _gateway_fault(code: str, cause: str, retry: Retry) -> WorldError:
    return WorldError(
        code,
        vi=f"Cổng không nhận yêu cầu của QLVB mô phỏng ({cause}).",
        en=f"the gateway did not take the simulated QLVB's request ({cause})",
        retry=retry,
    )
