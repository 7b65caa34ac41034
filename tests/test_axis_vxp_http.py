"""Single calls against servers that no framework would write: raw bytes both ways."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.adapters import axis_vxp_wire as wire
from gateway.adapters.axis_vxp import VxpAxis, VxpSettings
from gateway.adapters.axis_vxp_http import Limits, VxpConnection, in_thread
from gateway.adapters.retry import ShortRetry
from gateway.errors import AxisError, Retry, StorageError
from gateway.model.organ import AxisAddress, OrganId, SystemId
from gateway.ports import AxisClient, OutgoingEnvelope
from gateway.service.clock import SeededRandomness
from tests.support.axis_world import SteppingClock

EMPTY_LIST = b'{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":[]}'
TAKEN = b'{"status":"OK","ErrorCode":"0","ErrorDesc":"","DocId":"65e2"}'
LIMITS = Limits(seconds=10, answer_bytes=1000, too_large="axis-answer-too-large")


def http(body: bytes, *headers: str, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = ["HTTP/1.1 200 OK", f"Content-Length: {size}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@dataclass(slots=True)
class RawServer:
    """Answers every connection with the same bytes and keeps what it was sent."""

    answer: bytes
    address: str = ""
    heard: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            )
            self.heard.append(head + await reader.readexactly(size))
            writer.write(self.answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def raw_server(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    raw = RawServer(answer)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0, ssl=tls)
    raw.address = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield raw


def settings(address: str, **more: object) -> VxpSettings:
    given = {"axis": "truc-mau", "endpoint": address, "system_id": SystemId("H99.01"), **more}
    return VxpSettings(short_retry=ShortRetry(tries=1), **given)  # type: ignore[arg-type]


def client_of(address: str, **more: object) -> VxpAxis:
    return VxpAxis(settings(address, **more), "bi-mat", SteppingClock(), SeededRandomness(1))


async def listed(client: AxisClient) -> AxisError | list[object]:
    try:
        return list(await client.pending())
    except AxisError as error:
        return error
    finally:
        await client.close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http(EMPTY_LIST), None),
        (http(b"\xef\xbb\xbf" + EMPTY_LIST), None),
        (http(gzip.compress(EMPTY_LIST), "Content-Encoding: gzip"), None),
        (CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(EMPTY_LIST), EMPTY_LIST), None),
        (http(EMPTY_LIST, "Content-Type: text/html; charset=iso-8859-1"), None),  # not believed
        (b"HTTP/1.1 200 OK\r\n\r\n" + EMPTY_LIST, None),  # until the connection closes
        (http(EMPTY_LIST, "Set-Cookie: a=b"), None),
        (http(EMPTY_LIST, length=len(EMPTY_LIST) + 9), "axis-answer-cut"),
        (CHUNKED + b"%x\r\n%s" % (len(EMPTY_LIST), EMPTY_LIST), "axis-answer-cut"),
        (CHUNKED + b"xyz\r\n", "axis-answer-not-http"),
        (http(b"rubbish, not gzip", "Content-Encoding: gzip"), "axis-answer-cut"),
        (http(gzip.compress(bytes(5000)), "Content-Encoding: gzip"), "axis-list-too-large"),
        (http(bytes(5000)), "axis-list-too-large"),
        (b"rubbish\r\n\r\n", "axis-answer-not-http"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "axis-answer-not-http"),
        (b"HTTP/1.1 200 OK\r\n" + b"a" * 100_000 + b"\r\n\r\n", "axis-answer-not-http"),
        (b"", "axis-disconnected"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "axis-http-other"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "axis-redirect"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "axis-answer-empty"),
    ],
)
def test_answers_as_bytes(answer: bytes, code: str | None) -> None:
    async def story() -> None:
        async with raw_server(answer) as raw:
            found = await listed(client_of(raw.address, max_list_bytes=1000))
            assert (found.code if isinstance(found, AxisError) else None) == code
            assert len(raw.heard) == (2 if code is None else 1)
            if isinstance(found, AxisError):
                assert found.retry is Retry.TEMPORARY

    asyncio.run(story())


def test_send_as_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.edxml"
    path.write_bytes(b"<a/>")
    envelope = OutgoingEnvelope(
        key="k",
        message_type="edoc",
        path=path,
        sender=OrganId("H99.01.05"),
        recipients=(AxisAddress("H99.02"),),
    )

    async def story() -> None:
        async with raw_server(http(TAKEN)) as raw:
            client = client_of(raw.address + "/")
            assert await client.send(envelope) == "65e2"
            await client.close()
        (heard,) = raw.heard
        head, _, body = heard.partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        assert lines[0] == "POST /sendEdoc HTTP/1.1"
        assert body == b"<a/>\r\n"
        assert headers["Content-Length"] == "6"
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["XroadVnpt-from"] == "H99.01", "the system, not the organ"
        assert headers["XroadVnpt-hash-file"] == wire.unpadded(hashlib.sha256(b"<a/>").digest())
        assert not {"Transfer-Encoding", "Accept-Encoding", "Expect", "Cookie"} & set(headers)
        text = headers["XroadVnpt-sign-header"]
        assert headers["XroadVnpt-hash-header"] == wire.mac("bi-mat", text)
        names = [f"XroadVnpt-{name}" for name in headers["XroadVnpt-sign-header-key"].split(";")]
        assert list(json.loads(text)) == names
        assert all(headers[name] == value for name, value in json.loads(text).items())

    asyncio.run(story())


def test_an_axis_that_ignores_the_type_asked_for_lists_nothing_twice() -> None:
    rows = [{"docId": "1", "messageType": "status"}, {"docId": "2"}]
    answer = json.dumps(json.loads(EMPTY_LIST) | {"data": rows}).encode()

    async def story() -> None:
        async with raw_server(http(answer)) as raw:
            client = client_of(raw.address)
            found = [(row.axis_doc_id, row.message_type) for row in await client.pending()]
            assert found == [("1", "status"), ("2", "edoc")]
            await client.close()

    asyncio.run(story())


def test_rows_that_are_none_are_counted() -> None:
    answer = json.dumps(json.loads(EMPTY_LIST) | {"data": [7, None, {"docId": "1"}]}).encode()

    async def story() -> None:
        async with raw_server(http(answer)) as raw:
            client = client_of(raw.address)
            assert len(await client.pending()) == 1
            assert client.unusable_rows == {"edoc": 2, "status": 2}
            await client.close()

    asyncio.run(story())


def test_each_call_carries_its_own_time() -> None:
    async def story() -> None:
        async with raw_server(http(EMPTY_LIST)) as raw:
            await listed(client_of(raw.address))
        times = [
            line
            for heard in raw.heard
            for line in heard.split(b"\r\n")
            if line.startswith(b"XroadVnpt-timestamp")
        ]
        assert len(set(times)) == 2

    asyncio.run(story())


@pytest.mark.parametrize(
    ("address", "more", "code"),
    [
        ("http://127.0.0.1:99999", {}, "axis-address-wrong"),
        ("ftp://127.0.0.1", {}, "axis-address-wrong"),
        ("không phải địa chỉ", {}, "axis-address-wrong"),
        ("http://", {}, "axis-address-wrong"),
        ("http://127.0.0.1:1", {"ca_file": Path("không có.pem")}, "axis-tls"),
        ("http://127.0.0.1:1", {}, "axis-connection-refused"),
    ],
)
def test_wrong_settings_are_said_and_never_permanent(
    address: str, more: dict[str, object], code: str
) -> None:
    found = asyncio.run(listed(client_of(address, **more)))
    assert isinstance(found, AxisError)
    assert (found.code, found.retry) == (code, Retry.TEMPORARY)


def test_tls_is_checked_against_the_anchors_given(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = self_signed(tmp_path)
    context.load_cert_chain(certificate)

    async def story() -> None:
        async with raw_server(http(EMPTY_LIST), context) as raw:
            found = await listed(client_of(raw.address))
            assert isinstance(found, AxisError)
            assert (found.code, found.retry) == ("axis-certificate", Retry.TEMPORARY)
            assert await listed(client_of(raw.address, ca_file=certificate)) == []
        async with raw_server(b"") as plain:
            address = plain.address.replace("http:", "https:")
            found = await listed(client_of(address, connect_seconds=0.2))
            assert isinstance(found, AxisError)
            assert found.code in ("axis-tls", "axis-connect-timeout", "axis-connect-failed")

    asyncio.run(story())


def self_signed(folder: Path) -> Path:
    """Write key and certificate of 127.0.0.1 into one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Trục Mẫu")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "axis.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_an_envelope_that_became_shorter_is_our_fault_not_the_axiss() -> None:
    async def story() -> None:
        async with raw_server(http(TAKEN)) as raw:
            connection = VxpConnection(settings(raw.address), "bi-mat", SteppingClock())
            request = wire.sending("edoc", SystemId("H99.01"), (), bytes(32))
            with pytest.raises(StorageError) as caught:
                await connection.sent(request, LIMITS, BytesIO(b"short"), 5000)
            await connection.close()
            assert caught.value.code == "spool-failed"
            assert raw.heard == []

    asyncio.run(story())


def test_a_small_answer_is_bounded() -> None:
    async def story() -> None:
        async with raw_server(http(bytes(1001))) as raw:
            connection = VxpConnection(settings(raw.address), "bi-mat", SteppingClock())
            with pytest.raises(AxisError) as caught:
                await connection.text(wire.listing("edoc"), LIMITS)
            await connection.close()
            assert caught.value.code == "axis-answer-too-large"

    asyncio.run(story())


def test_a_cancelled_call_waits_for_its_thread() -> None:
    started, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        may_end.wait(10)
        ended.set()
        raise OSError("looked at by nobody")

    async def story() -> None:
        task = asyncio.create_task(in_thread(slow))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(story())
