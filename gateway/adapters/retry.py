"""Which failure of the network is worth another try, and when.

What the HTTP library raises is translated once, here, into the symptoms of
:mod:`gateway.adapters.axis_faults`. Within one call only short troubles are tried again, and only
by callers that may repeat the call; everything longer is the job table's (docs/decisions/0031).
The waits are real seconds, as the network's own time limits are, whatever clock the program runs
on. Nothing else imports tenacity.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import tenacity
from aiohttp.http_exceptions import HttpProcessingError

from gateway.adapters.axis_faults import FAULTS
from gateway.errors import AxisError, Retry
from gateway.ports import Randomness

T = TypeVar("T")

# First match wins: a class stands before those it derives from.
_SYMPTOMS: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "axis-name-unknown"),
    (aiohttp.ClientConnectorCertificateError, "axis-certificate"),
    (aiohttp.ServerFingerprintMismatch, "axis-certificate"),
    (aiohttp.ClientSSLError, "axis-tls"),
    (aiohttp.ClientConnectorError, "axis-connect-failed"),
    (aiohttp.ConnectionTimeoutError, "axis-connect-timeout"),
    (aiohttp.SocketTimeoutError, "axis-read-timeout"),
    (aiohttp.ServerDisconnectedError, "axis-disconnected"),
    (aiohttp.InvalidURL, "axis-address-wrong"),
    (aiohttp.ClientPayloadError, "axis-answer-cut"),
    (aiohttp.ClientConnectionResetError, "axis-reset"),
    (aiohttp.ClientResponseError, "axis-answer-not-http"),
    (HttpProcessingError, "axis-answer-not-http"),
    (TimeoutError, "axis-timeout"),
    (aiohttp.ClientConnectionError, "axis-connection-failed"),
    (ConnectionError, "axis-reset"),
)
# Before a connection stood, and after: the same number means another thing.
_CONNECTING = {
    errno.ECONNREFUSED: "axis-connection-refused",
    errno.ENETUNREACH: "axis-network-unreachable",
    errno.EHOSTUNREACH: "axis-network-unreachable",
    errno.ETIMEDOUT: "axis-connect-timeout",
}
_CONNECTED = {
    errno.ECONNRESET: "axis-reset",
    errno.EPIPE: "axis-reset",
    errno.ECONNABORTED: "axis-reset",
    errno.ETIMEDOUT: "axis-read-timeout",
}


def symptom(error: BaseException) -> str:
    """Return the code of :data:`FAULTS` for what the HTTP library raised."""
    found = next(
        (code for kind, code in _SYMPTOMS if isinstance(error, kind)), "axis-connection-failed"
    )
    number = getattr(error, "errno", None)
    if found == "axis-connect-failed":
        return _CONNECTING.get(number or 0, found)
    if found == "axis-connection-failed":
        return _CONNECTED.get(number or 0, found)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRetry:
    """How a call is tried again within itself.

    Attributes:
        tries: In all, the first included; 1 means never again.
        first_wait_seconds: Before the second try; doubled each time, and a part of it by chance.

    """

    tries: int = 3
    first_wait_seconds: float = 0.2


def is_short(error: BaseException) -> bool:
    """Tell whether the same call may well succeed moments later."""
    if not isinstance(error, AxisError) or error.retry is not Retry.TEMPORARY:
        return False
    fault = FAULTS.get(error.code)
    return fault is not None and fault.short


def wait_seconds(policy: ShortRetry, tries_so_far: int, chance: float) -> float:
    """Return how long to wait after so many tries (1 and up); ``chance`` in [0, 1).

    Half of the wait is by chance, so that many callers do not come back together.
    """
    doubled: float = policy.first_wait_seconds * 2.0 ** (tries_so_far - 1)
    return doubled * (0.5 + chance / 2)


async def retried(
    call: Callable[[], Awaitable[T]], policy: ShortRetry, randomness: Randomness
) -> T:
    """Return what ``call`` returns, trying short temporary failures again.

    ``call`` must be one that may be repeated. The last failure is raised as it is.
    """

    def wait(state: tenacity.RetryCallState) -> float:
        return wait_seconds(policy, state.attempt_number, randomness.fraction())

    again = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(policy.tries),
        wait=wait,
        retry=tenacity.retry_if_exception(is_short),
        sleep=asyncio.sleep,
        reraise=True,
    )
    return await again(call)
