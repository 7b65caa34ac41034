"""Hands events to a QLVB by signed webhook, and to nowhere else.

A URL from the settings is still a way out of the machine. So a host is called only when it stands
in the agency's allow-list, its addresses are checked at the moment of connecting (a name may
point elsewhere a second later), redirects are never followed, every wait has a limit, and no more
of an answer is read than an answer may have (S5, docs/decisions/0036).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
    StreamReader,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import AbstractResolver
from yarl import URL

from gateway.adapters import qlvb_webhook_answer as answers
from gateway.adapters import qlvb_webhook_wire as wire
from gateway.adapters.qlvb_webhook_egress import (
    AddressRefusedError,
    CheckedResolver,
    Egress,
    host_and_port,
    literal,
)
from gateway.errors import QlvbError, Retry, SettingsError
from gateway.ports import Clock

__all__ = ["Egress", "Endpoint", "QlvbWebhook", "Timeouts", "WebhookPoster", "host_and_port"]

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
TOTAL_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long one delivery may take, in seconds; the total bounds everything."""

    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    total_seconds: float = TOTAL_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One receiver of events, from the settings.

    Attributes:
        url: http or https; must stand in ``egress``. TLS is asked for by the settings' check,
            not here: an agency's QLVB may stand beside the gateway.
        secrets: One or two, newest first; never shown.

    Raises:
        SettingsError: ``webhook-url-wrong``, ``webhook-host-not-allowed``,
            ``webhook-address-not-allowed`` or an unfit secret.

    """

    url: str
    secrets: tuple[str, ...] = field(repr=False)
    egress: Egress
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        """Check everything that can be checked without asking the network."""
        for secret in self.secrets:
            wire.secret_bytes(secret)
        host, port = host_and_port(self.url)
        if f"{host}:{port}" not in self.egress.hosts:
            raise SettingsError(
                "webhook-host-not-allowed",
                vi=f"Máy {host}:{port} không có trong danh sách được phép của cơ quan.",
                en=f"{host}:{port} does not stand in the agency's list of allowed hosts",
            )
        address = literal(host)
        if address is not None and not self.egress.permits(address):
            raise SettingsError(
                "webhook-address-not-allowed",
                vi=f"Địa chỉ {address} thuộc mạng không được phép gọi; hãy khai báo mạng đó.",
                en=f"address {address} lies in a network that may not be called; list it",
            )


class WebhookPoster:
    """Posts signed bodies to one endpoint. Use as long as the service runs, then close."""

    def __init__(
        self, endpoint: Endpoint, clock: Clock, resolver: AbstractResolver | None = None
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._names = resolver
        self._session: ClientSession | None = None

    async def post(self, key: str, body: bytes) -> bytes:
        """Deliver ``body`` under the id ``key``; return the 2xx answer's body, bounded.

        A lost answer is TEMPORARY, not UNKNOWN: the receiver knows the id and drops a repeat.

        Raises:
            QlvbError: With ``retry`` set.

        """
        endpoint = self._endpoint
        headers = wire.signed_headers(key, body, endpoint.secrets, self._clock.now())
        headers["Content-Type"] = wire.CONTENT_TYPE
        headers["Accept"] = "application/json"
        headers["Accept-Encoding"] = "identity"
        url = URL(endpoint.url, encoded=True)
        try:
            async with self._open().post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                fault = answers.answer_fault(answer.status)
                if fault is not None:
                    raise fault
                return await _bounded(answer.content)
        except ClientConnectorError as error:
            raise _unreachable(error) from error
        except (TimeoutError, ClientError, OSError) as error:
            raise QlvbError(
                "qlvb-answer-lost",
                vi="Không nhận được trả lời của QLVB; gửi lại an toàn vì mã sự kiện không đổi.",
                en=f"no answer from the QLVB ({type(error).__name__}); the same id goes again",
                retry=Retry.TEMPORARY,
            ) from error

    async def close(self) -> None:
        """Let go of connections; safe twice."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> ClientSession:
        if self._session is None:
            limits = self._endpoint.timeouts
            names = CheckedResolver(self._names or ThreadedResolver(), self._endpoint.egress)
            self._session = ClientSession(
                # Each delivery connects anew: the address is checked each time.
                connector=TCPConnector(resolver=names, use_dns_cache=False, force_close=True),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=ClientTimeout(
                    total=limits.total_seconds,
                    connect=limits.connect_seconds,
                    sock_connect=limits.connect_seconds,
                    sock_read=limits.read_seconds,
                ),
                headers={"User-Agent": "edoc-gateway"},
            )
        return self._session


class QlvbWebhook:
    """The QLVB of one agency, met by webhook. Implements :class:`gateway.ports.Qlvb`.

    Args:
        source: CloudEvents source, ``/agencies/<agency id>``.

    """

    def __init__(self, poster: WebhookPoster, source: str) -> None:
        self._poster = poster
        self._source = source

    async def relay(self, key: str, event: Mapping[str, object]) -> datetime | None:
        """Deliver an event; return when the QLVB says it took it over (UTC), if it says so.

        Raises:
            QlvbError: With ``retry`` set; every failure is safe to repeat with the same key.
            DataError: The event itself is not fit to be sent.

        """
        answer = await self._poster.post(key, wire.cloud_event(key, event, self._source))
        return answers.taken_over(answer)

    async def close(self) -> None:
        """Let go of connections."""
        await self._poster.close()


async def _bounded(content: StreamReader) -> bytes:
    """Read to the end, or refuse what is longer than an answer has any reason to be."""
    body = b""
    async for piece in content.iter_any():
        body += piece
        if len(body) > answers.ANSWER_LIMIT_BYTES:
            raise QlvbError(
                "qlvb-answer-too-long",
                vi=f"Trả lời của QLVB dài quá {answers.ANSWER_LIMIT_BYTES} byte: coi là chưa nhận.",
                en=f"the QLVB's answer exceeds {answers.ANSWER_LIMIT_BYTES} bytes: not received",
                retry=Retry.TEMPORARY,
            )
    return body


def _unreachable(error: ClientConnectorError) -> QlvbError:
    if isinstance(error, ClientConnectorDNSError) and isinstance(
        error.os_error, AddressRefusedError
    ):
        return QlvbError(
            "qlvb-address-not-allowed",
            vi="Tên máy QLVB trỏ tới địa chỉ không được phép gọi; cần người quản trị xem.",
            en="the QLVB's host name leads to an address that may not be called",
            retry=Retry.PERMANENT,
        )
    if isinstance(error, ClientSSLError):
        return QlvbError(
            "qlvb-certificate",
            vi="Chứng thư TLS của QLVB không được tin cậy hoặc hết hạn; cần người quản trị xem.",
            en="the QLVB's TLS certificate is not trusted or expired; its operator must look",
            retry=Retry.TEMPORARY,
        )
    return QlvbError(
        "qlvb-unreachable",
        vi="Không kết nối được tới QLVB; cổng sẽ gửi lại.",
        en=f"cannot connect to the QLVB ({type(error).__name__}); it is sent again",
        retry=Retry.TEMPORARY,
    )
