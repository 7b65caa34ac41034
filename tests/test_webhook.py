"""Events leave for the agency's QLVB and for nowhere else (S5); every fault has its class."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.adapters import qlvb_webhook_wire as wire
from gateway.adapters.qlvb_webhook import (
    Egress,
    Endpoint,
    QlvbWebhook,
    Timeouts,
    WebhookPoster,
    host_and_port,
)
from gateway.errors import QlvbError, Retry, SettingsError
from gateway.service.clock import SimulatedClock
from tests.support.web import serving
from tests.test_webhook_wire import EVENT, KEY, NEW, NOW, OLD

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
QUICK = Timeouts(connect_seconds=2, read_seconds=0.2, total_seconds=2)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FixedNames(AbstractResolver):
    """A resolver that gives what a test says, and counts how often it was asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the base class's
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in self.addresses
        ]

    async def close(self) -> None:
        self.asked = -1


def endpoint(url: str, *, host: str | None = None, timeouts: Timeouts = QUICK) -> Endpoint:
    name, port = host_and_port(url)
    egress = Egress(frozenset({host or f"{name}:{port}"}), LOOPBACK)
    return Endpoint(url=url, secrets=(NEW, OLD), egress=egress, timeouts=timeouts)


def relayed(answer: Answer, *, times: int = 1) -> list[datetime | None]:
    """Relay an event to a server that answers so, some times over; return what was said."""

    async def story() -> list[datetime | None]:
        app = web.Application()
        app.router.add_post("/events", answer)
        app.router.add_get("/elsewhere", answer)
        async with serving(app) as base:
            poster = WebhookPoster(endpoint(f"{base}/events"), SimulatedClock(NOW))
            qlvb = QlvbWebhook(poster, "/agencies/h99-01")
            try:
                return [await qlvb.relay(KEY, EVENT) for _ in range(times)]
            finally:
                await qlvb.close()
                await qlvb.close()

    return asyncio.run(story())


def fault_of(answer: Answer) -> QlvbError:
    with pytest.raises(QlvbError) as told:
        relayed(answer)
    return told.value


def test_an_event_arrives_signed_and_the_answer_is_read() -> None:
    seen: list[tuple[wire.Verified, bytes, str]] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        seen.append((wire.verified(request.headers, body, (NEW,), NOW), body, request.content_type))
        return web.json_response({"taken_at": "2026-08-31T07:31:00+07:00", "id": 5})

    assert relayed(answer, times=2) == [NOW + timedelta(minutes=1)] * 2
    assert seen[0] == seen[1]  # the same id and the same bytes on every try
    assert seen[0][0].id == KEY
    assert seen[0][2] == "application/cloudevents+json"


def test_an_answer_without_content_is_a_yes_without_an_instant() -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    assert relayed(answer) == [None]


def test_t78_a_negative_id_in_a_200_answer_is_a_failure() -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"id": -1})

    assert fault_of(answer).code == "qlvb-id-not-positive"


@pytest.mark.parametrize(
    ("status", "retry"),
    [
        (400, Retry.PERMANENT),
        (410, Retry.TEMPORARY),
        (429, Retry.TEMPORARY),
        (500, Retry.TEMPORARY),
    ],
)
def test_a_status_decides_whether_to_try_again(status: int, retry: Retry) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text="<b>loi</b>")

    assert fault_of(answer).retry is retry


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    visits: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        visits.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    assert fault_of(answer).code == "qlvb-redirected"
    assert visits == ["/events"]


def test_silence_ends_at_the_time_limit_and_may_be_repeated() -> None:
    async def answer(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    fault = fault_of(answer)
    assert (fault.code, fault.retry) == ("qlvb-answer-lost", Retry.TEMPORARY)


def test_an_answer_in_drops_ends_at_the_total_limit() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        try:
            while True:
                await stream.write(b" ")
                await asyncio.sleep(0.05)
        except ConnectionError:
            return stream

    async def story() -> QlvbError:
        app = web.Application()
        app.router.add_post("/events", answer)
        async with serving(app) as base:
            limits = Timeouts(connect_seconds=1, read_seconds=1, total_seconds=0.3)
            target = endpoint(f"{base}/events", timeouts=limits)
            poster = WebhookPoster(target, SimulatedClock(NOW))
            try:
                await poster.post(KEY, b"{}")
            except QlvbError as error:
                return error
            finally:
                await poster.close()
        raise AssertionError

    assert asyncio.run(story()).code == "qlvb-answer-lost"


def test_a_dropped_connection_may_be_repeated() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    fault = fault_of(answer)
    assert (fault.code, fault.retry) == ("qlvb-answer-lost", Retry.TEMPORARY)


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        try:
            while True:
                await stream.write(b"x" * 8192)
        except ConnectionError:
            return stream

    assert fault_of(answer).code == "qlvb-answer-too-long"


def test_a_compressed_answer_is_not_unpacked() -> None:
    async def answer(_request: web.Request) -> web.Response:
        response = web.json_response({"id": 1})
        response.enable_compression(web.ContentCoding.gzip)
        return response

    assert fault_of(answer).code == "qlvb-answer-nonsense"


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and never listened on: refuses connections
        port = taken.getsockname()[1]

        async def story() -> None:
            target = endpoint(f"http://127.0.0.1:{port}/events")
            poster = WebhookPoster(target, SimulatedClock(NOW))
            try:
                await poster.post(KEY, b"{}")
            finally:
                await poster.close()

        with pytest.raises(QlvbError) as told:
            asyncio.run(story())
    assert (told.value.code, told.value.retry) == ("qlvb-unreachable", Retry.TEMPORARY)


def test_a_secret_shows_in_no_text() -> None:
    shown = repr(endpoint("http://127.0.0.1:8080/events"))
    assert NEW not in shown
    assert OLD not in shown


# --- S5: nothing but what is listed is ever called -------------------------------------------

TARGETS = [
    ipaddress.IPv4Address(each)
    for each in (
        "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.5.4", "192.168.1.1",
        "0.0.0.0",  # noqa: S104 - an address that is refused, nothing binds to it
        "169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    )
]  # fmt: skip
SIX = [
    "::", "::1", "::7f00:1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "2001:0:7f00:1::", "100::1", "fec0::1",
]  # fmt: skip


def spellings(address: ipaddress.IPv4Address) -> list[str]:
    """Return ways to write an address that one library or another understands."""
    a, b, c, d = address.packed
    number = int(address)
    plain = str(address)
    mapped = address.packed.hex(":", 2)
    return [
        plain,
        f"{number}",
        f"0x{number:08x}",
        f"0{number:o}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a}.{b}.{c * 256 + d}",
        f"{a}.{number & 0xFFFFFF}",
        f"0x{a:x}.{b}.0{c:o}.{d}",
        f"{a:03}.{b:03}.{c:03}.{d:03}",
        f"{plain}.",
        f"{plain}%00",
        f"%3{a % 10}{plain[1:]}",
        plain.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        plain.replace(".", "。"),
        f"[::ffff:{plain}]",
        f"[::ffff:{mapped}]",
        f"[::{plain}]",
        f"[64:ff9b::{mapped}]",
        f"[2002:{mapped}::]",
        f"[::ffff:{mapped}%25eth0]",
        f"{plain}.nip.example",
        f"user@{plain}",
        f"qlvb.mau.example@{plain}",
        f"{plain}#@qlvb.mau.example",
        f"{plain}\\@qlvb.mau.example",
        f" {plain}",
        f"{plain}\t",
    ]


SPELLINGS = [text for target in TARGETS for text in spellings(target)] + [
    *(f"[{each}]" for each in SIX),
    "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "LocalHost",
    "qlvb.mau.example.", "QLVB.mau.example", "qlvb.mau.example\n", "qlvb.mau.example:80@10.0.0.1",
    "qlvb。mau.example", "①②⑦.⓪.⓪.①", "[::1", "::1", "[::1]]", "", "..", "-a.example",
    "a_b.example",
]  # fmt: skip
ALLOWED = Egress(frozenset({"qlvb.mau.example:80", "qlvb.mau.example:443"}))


def test_s5_the_list_of_spellings_is_long_enough() -> None:
    assert len(set(SPELLINGS)) >= 200


@pytest.mark.parametrize("host", sorted(set(SPELLINGS)))
def test_s5_no_spelling_is_taken_for_the_listed_host(host: str) -> None:
    with pytest.raises(SettingsError):
        Endpoint(url=f"http://{host}/events", secrets=(NEW,), egress=ALLOWED)


# Plain names are judged when they are resolved, not by how they are spelled.
NAMES = {"localhost", "localhost.localdomain", "ip6-localhost"}
NAMES |= {each for each in SPELLINGS if each.endswith(".nip.example")}


@pytest.mark.parametrize("host", sorted(set(SPELLINGS) - NAMES))
def test_s5_a_listed_spelling_of_a_special_address_is_not_called_either(host: str) -> None:
    """Even a careless list opens no private network; networks are listed apart."""
    careless = Egress(frozenset({f"{host}:80"}))
    with pytest.raises(SettingsError):
        Endpoint(url=f"http://{host}/events", secrets=(NEW,), egress=careless)


@pytest.mark.parametrize(
    "url",
    ["ftp://qlvb.mau.example/", "file:///etc/passwd", "gopher://qlvb.mau.example/", "//x/", "x",
     "http:///events", "http://qlvb.mau.example:0/", "http://qlvb.mau.example:65536/",
     "http://qlvb.mau.example:/", "HTTP://qlvb.mau.example/", "http://qlvb.mau.example/a b",
     "http://qlvb.mau.example/\r\nX: y", "http://qlvb.mau.example/ă", "http://qlvb.mau.example?x",
     "http://qlvb.mau.example/a#b", "http://qlvb.mau.example/a\\b", "unix:///run/x.sock",
     "http://[0:0:0:0:0:0:0:1]/", "http://[::0001]/", "http://[2001:db8:0::1]/"],
)  # fmt: skip
def test_s5_a_url_has_one_plain_form(url: str) -> None:
    with pytest.raises(SettingsError, match="webhook-url-wrong"):
        host_and_port(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://qlvb.mau.example/events", ("qlvb.mau.example", 80)),
        ("https://qlvb.mau.example", ("qlvb.mau.example", 443)),
        ("https://qlvb.mau.example:8443/a?b=c", ("qlvb.mau.example", 8443)),
        ("http://127.0.0.1:8080/x", ("127.0.0.1", 8080)),
        ("http://[::1]:8080/x", ("[::1]", 8080)),
        ("http://qlvb-1/x", ("qlvb-1", 80)),
    ],
)
def test_a_plain_url_is_read(url: str, expected: tuple[str, int]) -> None:
    assert host_and_port(url) == expected


def test_s5_the_port_belongs_to_the_permission() -> None:
    with pytest.raises(SettingsError, match="webhook-host-not-allowed"):
        Endpoint(url="http://qlvb.mau.example:8080/", secrets=(NEW,), egress=ALLOWED)


@pytest.mark.parametrize(
    "address", [*map(str, TARGETS), *SIX, "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"]
)
def test_s5_a_special_address_needs_its_network_listed(address: str) -> None:
    assert not ALLOWED.permits(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.9.9",),
        ("127.0.0.1", "127.0.9.9"),  # one good address does not excuse a bad one
        ("::1",),
        ("::ffff:127.0.9.9",),
    ],
)
def test_s5_a_listed_name_that_leads_to_a_special_address_is_not_called(addresses) -> None:
    """A name may be turned round after it was listed: judged at the moment of connecting."""

    async def story() -> None:
        egress = Egress(ALLOWED.hosts, (ipaddress.ip_network("127.0.0.0/24"),))
        target = Endpoint(
            url="http://qlvb.mau.example/events", secrets=(NEW,), egress=egress, timeouts=QUICK
        )
        poster = WebhookPoster(target, SimulatedClock(NOW), FixedNames(*addresses))
        try:
            await poster.post(KEY, b"{}")
        finally:
            await poster.close()

    with pytest.raises(QlvbError) as told:
        asyncio.run(story())
    assert (told.value.code, told.value.retry) == ("qlvb-address-not-allowed", Retry.PERMANENT)


def test_a_listed_network_opens_the_address_and_each_delivery_asks_again() -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    async def story() -> int:
        app = web.Application()
        app.router.add_post("/events", answer)
        names = FixedNames("127.0.0.1")
        async with serving(app) as base:
            port = base.rpartition(":")[2]
            url = f"http://qlvb.mau.example:{port}/events"
            poster = WebhookPoster(endpoint(url), SimulatedClock(NOW), names)
            for _ in range(2):
                await poster.post(KEY, b"{}")
            asked = names.asked
            await poster.close()
        return asked

    assert asyncio.run(story()) == 2


@pytest.mark.parametrize(
    ("address", "is_permitted"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.20.0.5", True),  # listed below
        ("::ffff:10.20.0.5", True),  # the same in disguise
        ("10.21.0.5", False),
        ("fd00:1::5", True),
        ("fd00:2::5", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),  # a public address as a network without IPv4 writes it
    ],
)
def test_which_addresses_a_list_of_networks_opens(address: str, is_permitted: bool) -> None:  # noqa: FBT001 - a column of the table
    networks = (ipaddress.ip_network("10.20.0.0/16"), ipaddress.ip_network("fd00:1::/32"))
    egress = Egress(frozenset(), networks)
    assert egress.permits(ipaddress.ip_address(address)) is is_permitted
