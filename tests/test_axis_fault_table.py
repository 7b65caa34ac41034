"""The table of symptoms, row by row (R8): what another try may do, and in whose words."""

from __future__ import annotations

import asyncio
import errno
import re
import ssl
import unicodedata
from collections.abc import Mapping
from types import SimpleNamespace

import aiohttp
import pytest

from gateway.adapters.axis_faults import DOUBTED, FAULTS, axis_error, http_fault
from gateway.adapters.retry import ShortRetry, is_short, retried, symptom, wait_seconds
from gateway.errors import AxisError, Retry, StorageError
from gateway.service.clock import SeededRandomness

# code: (asking, sending, short, alarm); t temporary, p permanent, u unknown
EXPECTED: Mapping[str, str] = {
    "axis-connection-refused": "tts-",
    "axis-name-unknown": "tt-a",
    "axis-network-unreachable": "tts-",
    "axis-connect-timeout": "tt--",
    "axis-certificate": "tt-a",
    "axis-tls": "tt-a",
    "axis-connect-failed": "tts-",
    "axis-address-wrong": "tt-a",
    "axis-header-not-ascii": "pp--",
    "axis-header-too-long": "pp--",
    "axis-envelope-too-large": "pp--",
    "axis-message-type": "pp--",
    "axis-client-closed": "tt--",
    "axis-reset": "tus-",
    "axis-disconnected": "tus-",
    "axis-read-timeout": "tu--",
    "axis-timeout": "tu--",
    "axis-answer-cut": "tus-",
    "axis-answer-not-http": "tu--",
    "axis-connection-failed": "tus-",
    "axis-redirect": "tu-a",
    "axis-http-400": "pp--",
    "axis-denied": "tt-a",
    "axis-not-found": "tt-a",
    "axis-http-timeout": "tus-",
    "axis-http-413": "pp--",
    "axis-busy": "tts-",
    "axis-http-431": "pp--",
    "axis-http-500": "tu--",
    "axis-unavailable": "tus-",
    "axis-http-other": "tu--",
    "axis-answer-empty": "tus-",
    "axis-answer-html": "tu--",
    "axis-answer-not-utf8": "tu--",
    "axis-answer-not-json": "tu--",
    "axis-answer-truncated": "tus-",
    "axis-answer-trailing": "tu--",
    "axis-answer-ambiguous": "tu--",
    "axis-answer-too-deep": "tu--",
    "axis-answer-not-object": "tu--",
    "axis-member-missing": "tu--",
    "axis-member-null": "tu--",
    "axis-member-type": "tu--",
    "axis-answer-contradicts": "tu--",
    "axis-data-missing": "tu--",
    "axis-data-null": "tu--",
    "axis-data-type": "tu--",
    "axis-document-empty": "tu--",
    "axis-document-damaged": "tu--",
    "axis-document-too-large": "pu--",
    "axis-list-too-large": "tu-a",
    "axis-answer-too-large": "tu--",
    "axis-id-missing": "tu--",
    "axis-refused": "pp--",
    "axis-refuses-us": "tt-a",
}
LETTERS = {Retry.TEMPORARY: "t", Retry.PERMANENT: "p", Retry.UNKNOWN: "u"}


def test_the_table_is_whole() -> None:
    assert set(EXPECTED) == set(FAULTS)
    assert set(FAULTS) >= DOUBTED


@pytest.mark.parametrize("code", FAULTS)
def test_row(code: str) -> None:
    fault = FAULTS[code]
    found = LETTERS[fault.asking] + LETTERS[fault.sending]
    found += ("s" if fault.short else "-") + ("a" if fault.alarm else "-")
    assert found == EXPECTED[code]


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("sending", [True, False])
def test_words(code: str, *, sending: bool) -> None:
    error = axis_error(code, sending=sending)
    marks = unicodedata.normalize("NFD", error.vi)
    assert unicodedata.is_normalized("NFC", error.vi)
    assert any(unicodedata.combining(each) for each in marks), "Vietnamese has its marks"
    assert re.fullmatch(r"[\x20-\x7e]+", error.en)
    for text in (error.vi, error.en):
        assert text[0].isupper()
        assert text.endswith(".")
        assert text.count(". ") >= 1, "what was seen, and what happens next"
    assert error.retry is (FAULTS[code].sending if sending else FAULTS[code].asking)


def test_only_what_concerns_one_envelope_is_permanent() -> None:
    """Nothing an outage causes gives a document up; refusals are doubted first."""
    permanent = {code for code, row in EXPECTED.items() if row[1] == "p"}
    local = {
        "axis-header-not-ascii",
        "axis-header-too-long",
        "axis-envelope-too-large",
        "axis-message-type",
    }
    sizes = {"axis-http-413", "axis-http-431"}
    assert permanent == local | sizes | DOUBTED


def test_what_the_axis_says_stands_between() -> None:
    error = axis_error("axis-refused", sending=True, detail="12 Sai ma")
    assert "Trục báo: 12 Sai ma." in error.vi
    assert "The axis says: 12 Sai ma." in error.en


def test_every_http_status_has_its_symptom() -> None:
    assert all(http_fault(status) in FAULTS for status in range(100, 600))


KEY = SimpleNamespace(host="h", port=1, is_ssl=False, ssl=True)


def os_error(kind: type[aiohttp.ClientOSError], number: int) -> BaseException:
    if issubclass(kind, aiohttp.ClientConnectorError):
        return kind(KEY, OSError(number, "x"))  # type: ignore[arg-type]
    return kind(number, "x")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (os_error(aiohttp.ClientConnectorDNSError, -2), "axis-name-unknown"),
        (os_error(aiohttp.ClientConnectorError, errno.ECONNREFUSED), "axis-connection-refused"),
        (os_error(aiohttp.ClientConnectorError, errno.ENETUNREACH), "axis-network-unreachable"),
        (os_error(aiohttp.ClientConnectorError, errno.EHOSTUNREACH), "axis-network-unreachable"),
        (os_error(aiohttp.ClientConnectorError, errno.ETIMEDOUT), "axis-connect-timeout"),
        (os_error(aiohttp.ClientConnectorError, errno.EMFILE), "axis-connect-failed"),
        (os_error(aiohttp.ClientConnectorError, errno.ECONNRESET), "axis-connect-failed"),
        (os_error(aiohttp.ClientConnectorSSLError, 1), "axis-tls"),
        (
            aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("x")),  # type: ignore[arg-type]
            "axis-certificate",
        ),
        (aiohttp.ServerFingerprintMismatch(b"a", b"b", "h", 1), "axis-certificate"),
        (aiohttp.ConnectionTimeoutError(), "axis-connect-timeout"),
        (aiohttp.SocketTimeoutError(), "axis-read-timeout"),
        (aiohttp.ServerDisconnectedError(), "axis-disconnected"),
        (aiohttp.InvalidURL("x"), "axis-address-wrong"),
        (aiohttp.ClientPayloadError(), "axis-answer-cut"),
        (
            aiohttp.ClientResponseError(None, ()),  # type: ignore[arg-type]
            "axis-answer-not-http",
        ),
        (aiohttp.http_exceptions.BadStatusLine("x"), "axis-answer-not-http"),
        (TimeoutError(), "axis-timeout"),
        (aiohttp.ServerTimeoutError(), "axis-timeout"),
        (os_error(aiohttp.ClientOSError, errno.ECONNRESET), "axis-reset"),
        (os_error(aiohttp.ClientOSError, errno.EPIPE), "axis-reset"),
        (os_error(aiohttp.ClientOSError, errno.ECONNABORTED), "axis-reset"),
        (os_error(aiohttp.ClientOSError, errno.ETIMEDOUT), "axis-read-timeout"),
        (os_error(aiohttp.ClientOSError, errno.EIO), "axis-connection-failed"),
        (aiohttp.ClientConnectionResetError(), "axis-reset"),
        (aiohttp.ClientConnectionError("x"), "axis-connection-failed"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "axis-reset"),
        (BrokenPipeError(), "axis-reset"),
        (aiohttp.ClientError(), "axis-connection-failed"),
        (OSError(errno.EIO, "x"), "axis-connection-failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value,
)
def test_what_the_library_raises_is_translated_once(error: BaseException, code: str) -> None:
    assert symptom(error) == code


class Failing:
    """Fails as told, then succeeds."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


AT_ONCE = ShortRetry(tries=3, first_wait_seconds=0.0)


def run(call: Failing, policy: ShortRetry = AT_ONCE) -> str:
    return asyncio.run(retried(call, policy, SeededRandomness(1)))


def test_a_short_trouble_is_tried_again_within_the_call() -> None:
    reset = axis_error("axis-reset", sending=False)
    call = Failing(reset, reset)
    assert (run(call), call.calls) == ("done", 3)


def test_the_last_failure_is_raised_as_it_is() -> None:
    reset = axis_error("axis-reset", sending=False)
    call = Failing(reset, reset, axis_error("axis-unavailable", sending=False))
    with pytest.raises(AxisError) as caught:
        run(call)
    assert (caught.value.code, call.calls) == ("axis-unavailable", 3)


@pytest.mark.parametrize(
    "error",
    [
        axis_error("axis-reset", sending=True),  # unknown: never blindly again
        axis_error("axis-read-timeout", sending=False),  # has cost enough time already
        axis_error("axis-answer-html", sending=False),
        axis_error("axis-refused", sending=False),
        AxisError("elsewhere", vi="", en="", retry=Retry.TEMPORARY),
        StorageError("disk", vi="", en="", retry=Retry.TEMPORARY),
        OSError(),
    ],
    ids=str,
)
def test_nothing_else_is_tried_again(error: BaseException) -> None:
    call = Failing(error)
    with pytest.raises(type(error)):
        run(call)
    assert call.calls == 1
    assert not is_short(error)


def test_one_try_means_one() -> None:
    call = Failing(axis_error("axis-reset", sending=False))
    with pytest.raises(AxisError):
        run(call, ShortRetry(tries=1))
    assert call.calls == 1


@pytest.mark.parametrize(
    ("tries_so_far", "chance", "seconds"),
    [(1, 0.0, 0.1), (1, 1.0, 0.2), (2, 0.0, 0.2), (2, 0.5, 0.3), (3, 1.0, 0.8)],
)
def test_waits_double_with_chance_in_them(tries_so_far: int, chance: float, seconds: float) -> None:
    policy = ShortRetry(first_wait_seconds=0.2)
    assert wait_seconds(policy, tries_so_far, chance) == pytest.approx(seconds)
