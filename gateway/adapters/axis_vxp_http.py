"""One HTTP call to a VXP axis, with a limit on everything.

Connecting, silence, time in all and size of the answer are bounded; redirects are not followed;
proxies of the environment and cookies are not used. Each call has a connection of its own: a
kept one that the axis closes in the same moment would make a healthy sendEdoc look like a lost
one (docs/decisions/0033).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

import aiohttp
from yarl import URL

from gateway.adapters import axis_vxp_wire as wire
from gateway.adapters.axis_faults import axis_error
from gateway.adapters.retry import ShortRetry, symptom
from gateway.errors import AxisError, Retry, StorageError
from gateway.model.organ import SystemId
from gateway.ports import Clock

T = TypeVar("T")

MIB = 1 << 20
_PIECE = 1 << 18
_LINE_END = b"\r\n"  # follows the envelope in every sendEdoc body
_CONNECTIONS = 4  # at once, for one system on one axis


@dataclass(frozen=True, slots=True, kw_only=True)
class VxpSettings:
    """One connected system on one axis.

    Attributes:
        axis: Our name of the axis, as in the settings and in the directory.
        endpoint: Address in front of the operation, http or https.
        system_id: Who connects.
        connect_seconds: Until a connection stands, waiting for a free one included.
        read_seconds: Longest silence of the axis.
        call_seconds: Whole call, where only a few members travel.
        transfer_seconds: Whole call, where an envelope or a long list travels.
        max_envelope_bytes: Largest envelope sent or fetched.
        max_list_bytes: Largest list read; a directory of 111 000 rows has tens of megabytes.
        short_retry: Another try within a call.
        message_types: Which lists ``pending`` asks for.
        directory: Operation that answers ``directory``.
        ca_file: Trust anchors for TLS in PEM; None for those of the machine.
        spool: Folder for answers being read; None for the machine's temporary folder.

    """

    axis: str
    endpoint: str
    system_id: SystemId
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    call_seconds: float = 90.0
    transfer_seconds: float = 900.0
    max_envelope_bytes: int = 300 * MIB
    max_list_bytes: int = 64 * MIB
    short_retry: ShortRetry = field(default_factory=ShortRetry)
    message_types: tuple[str, ...] = wire.MESSAGE_TYPES
    directory: str = wire.AGENCIES
    ca_file: Path | None = None
    spool: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one call may take.

    Attributes:
        seconds: The whole call.
        answer_bytes: Largest answer, decompressed.
        too_large: Code when the answer is larger.

    """

    seconds: float
    answer_bytes: int
    too_large: str


class VxpConnection:
    """Makes single calls; knows the secret and shows it to nobody."""

    def __init__(self, settings: VxpSettings, secret: str, clock: Clock) -> None:
        self._settings = settings
        self._secret = secret
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def text(self, request: wire.Request, limits: Limits) -> tuple[int, bytes]:
        """Make a small call; return HTTP status and body."""
        answer = bytearray()

        async def keep(piece: bytes) -> None:
            answer.extend(piece)

        status = await self._call(request, request.body or None, limits, keep)
        return status, bytes(answer)

    async def spooled(self, request: wire.Request, limits: Limits, spool: BinaryIO) -> int:
        """Make a call whose answer goes to ``spool``, emptied first; return the HTTP status.

        Raises:
            StorageError: ``spool-failed``: the disk did not take the answer.

        """
        with disk():
            spool.seek(0)
            spool.truncate()

        async def keep(piece: bytes) -> None:
            with disk():
                await in_thread(partial(spool.write, piece))

        return await self._call(request, request.body or None, limits, keep)

    async def sent(
        self, request: wire.Request, limits: Limits, source: BinaryIO, size: int
    ) -> tuple[int, bytes]:
        """Send ``size`` bytes of ``source`` and the line end after them, with a known length."""
        answer = bytearray()
        body = _Body(source, size)

        async def keep(piece: bytes) -> None:
            answer.extend(piece)

        try:
            status = await self._call(request, body, limits, keep)
        except AxisError:
            # An envelope that ended early cannot have been taken: its length was announced.
            if body.fault is not None:
                raise body.fault from None
            raise
        return status, bytes(answer)

    @contextlib.contextmanager
    def spool(self) -> Iterator[BinaryIO]:
        """Lend a nameless file for one answer."""
        with disk():
            file = tempfile.TemporaryFile(dir=self._settings.spool)  # noqa: SIM115 - just below
        with file:
            yield file

    async def close(self) -> None:
        """Let go of connections; safe twice."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _call(
        self,
        request: wire.Request,
        body: _Body | bytes | None,
        limits: Limits,
        keep: Callable[[bytes], Awaitable[None]],
    ) -> int:
        """Make one call and give every piece of the answer to ``keep``."""
        posted = self._posted(request, body, limits)
        try:
            async with posted as response:
                taken = 0
                async for piece in response.content.iter_chunked(MIB):
                    taken += len(piece)
                    if taken > limits.answer_bytes:
                        raise axis_error(limits.too_large, sending=request.sending)
                    await keep(piece)
                return response.status
        except (aiohttp.ClientError, aiohttp.http.HttpProcessingError, OSError) as error:
            raise axis_error(symptom(error), sending=request.sending) from error

    def _posted(
        self, request: wire.Request, body: _Body | bytes | None, limits: Limits
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Sign a call at this moment and return it ready to be made."""
        settings = self._settings
        headers = wire.headers(request, settings.system_id, self._secret, self._clock.now())
        if isinstance(body, _Body):
            headers["Content-Length"] = str(body.length)
        else:
            headers["Accept-Encoding"] = "gzip, deflate"
        session = self._opened(sending=request.sending)
        return session.post(
            self._url(request),
            data=body,
            headers=headers,
            timeout=self._timeout(limits),
            allow_redirects=False,
        )

    def _url(self, request: wire.Request) -> URL:
        # Encoded already: an operation is a constant, and nothing of a docId is in the path.
        text = f"{self._settings.endpoint.rstrip('/')}/{request.operation}"
        try:
            url = URL(text, encoded=True)
            is_usable = url.scheme in ("http", "https") and bool(url.host) and bool(url.port)
        except ValueError:
            is_usable = False
        if not is_usable:
            raise axis_error("axis-address-wrong", sending=request.sending)
        return url

    def _timeout(self, limits: Limits) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=limits.seconds,
            connect=self._settings.connect_seconds,
            sock_connect=self._settings.connect_seconds,
            sock_read=self._settings.read_seconds,
        )

    def _opened(self, *, sending: bool) -> aiohttp.ClientSession:
        """Return the session, made at the first call because it needs the running loop."""
        if self._closed:
            raise axis_error("axis-client-closed", sending=sending)
        if self._session is None:
            trust = _trust(self._settings.ca_file, sending=sending)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, force_close=True, ssl=trust),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept-Encoding",),
                trust_env=False,
            )
        return self._session


def _trust(anchors: Path | None, *, sending: bool) -> ssl.SSLContext | bool:
    """Return what TLS trusts: the anchors given, or with True those of the machine."""
    if anchors is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(anchors))
    except (OSError, ssl.SSLError) as error:
        raise axis_error("axis-tls", sending=sending) from error


async def in_thread(call: Callable[[], T]) -> T:
    """Run a blocking call in a thread and never leave it alone, not even when cancelled.

    Files and sinks belong to the caller, who closes them as soon as this returns or raises.
    """
    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # looked at; the cancellation is what counts
        raise


class _Body:
    """An envelope on its way from the disk, and the line end behind it.

    Attributes:
        length: Bytes in all.
        fault: Why the disk ended it early; None while it did not.

    """

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = source
        self._size = size
        self.length = size + len(_LINE_END)
        self.fault: StorageError | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._size
        while left > 0:
            piece = await in_thread(partial(self._piece, min(left, _PIECE)))
            left -= len(piece)
            yield piece
        yield _LINE_END

    def _piece(self, size: int) -> bytes:
        try:
            with disk():
                piece = self._source.read(size)
                if not piece:
                    raise OSError("the envelope is shorter than it was")
        except StorageError as error:
            self.fault = error
            raise
        return piece


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open an envelope for reading.

    Raises:
        StorageError: ``spool-failed``.

    """
    with disk():
        file = path.open("rb")
    with file:
        yield file


@contextlib.contextmanager
def disk() -> Iterator[None]:
    """Turn what the disk raises into StorageError, so that it is not taken for the network's."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            "spool-failed",
            vi="Không ghi hoặc đọc được tệp tạm khi trao đổi với trục; hãy kiểm tra ổ đĩa.",
            en="a temporary file of an axis call cannot be written or read; check the disk",
            retry=Retry.TEMPORARY,
        ) from error
