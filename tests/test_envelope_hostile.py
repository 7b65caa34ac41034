"""Hostile input: refused or flagged within a second and 64 MiB of growth (S2, S3, S4)."""

from __future__ import annotations

import base64
import io
import json
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator

import pytest

from gateway.envelope.limits import Limits
from gateway.errors import EnvelopeError
from gateway.model.envelope import DocumentEnvelope
from tests.support.envelopes import (
    HEAD,
    PDF,
    File,
    MemoryStore,
    codes,
    read,
    read_document,
    xml_of,
    zip_of,
)

SECONDS = 1.0
GROWTH_KIB = 64 * 1024


def doctype(inner: str) -> bytes:
    return f'<?xml version="1.0"?>\n<!DOCTYPE edXML [{inner}]>\n<edXML>&x;</edXML>'.encode()


def in_zip(content: bytes, name: str = "0.bin") -> bytes:
    return xml_of(files=[File(content=zip_of((name, content)))])


def many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}", b"")
    return xml_of(files=[File(content=out.getvalue(), name="a.zip")])


def dense_pieces() -> bytes:
    """Many entries, each under the floor, together over it."""
    entries = [(str(number), bytes(4_000_000)) for number in range(5)]
    return xml_of(files=[File(content=zip_of(*entries), name="a.zip")])


def lying_sizes() -> bytes:
    """A local header that promises little and unpacks to a lot."""
    packed = zlib.compress(bytes(20_000_000), 9)[2:-4]
    head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(packed), 10, 1, 0)
    return xml_of(files=[File(content=b"PK\x03\x04" + head + b"a" + packed)])


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "external entity": (
        lambda: doctype('<!ENTITY x SYSTEM "file:///etc/passwd">'),
        "doctype-forbidden",
    ),
    "external dtd": (
        lambda: b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        "doctype-forbidden",
    ),
    "parameter entity": (lambda: doctype('<!ENTITY % x "y"> %x;'), "doctype-forbidden"),
    "long doctype": (lambda: doctype("<!ENTITY x 'y'>" * 100_000), "doctype-forbidden"),
    "unclosed doctype": (lambda: b"<!DOCTYPE a [" + b" " * 2_000_000, "doctype-forbidden"),
    "doctype in UTF-16": (
        lambda: b"\xff\xfe" + "<?xml version='1.0'?><!DOCTYPE a []><a/>".encode("utf-16-le"),
        "doctype-forbidden",
    ),
    "doctype after a comment": (lambda: b"<!-- x --><!DOCTYPE a []><a/>", "doctype-forbidden"),
    "100,000 levels": (lambda: b"<a>" * 100_000, "limit-depth"),
    "100,000 levels in the header": (lambda: xml_of("<a>" * 100_000), "limit-depth"),
    "100,000 attributes": (
        lambda: b"<edXML" + b"".join(b' a%d=""' % n for n in range(100_000)) + b"/>",
        "limit-token",
    ),
    "40 attributes": (
        lambda: b"<edXML" + b"".join(b' a%d=""' % n for n in range(40)) + b"/>",
        "limit-attributes",
    ),
    "11 MB attribute": (lambda: b'<edXML a="' + b"x" * 11_000_000 + b'"/>', "limit-token"),
    "11 MB name": (lambda: b"<" + b"x" * 11_000_000 + b"/>", "limit-token"),
    "11 MB comment": (lambda: b"<edXML><!--" + b"x" * 11_000_000 + b"--></edXML>", "limit-token"),
    "a million comments": (lambda: b"<edXML>" + b"<!---->" * 1_250_000, "limit-header"),
    "11 MB text": (lambda: xml_of(f"<Subject>{'x' * 11_000_000}</Subject>"), "limit-text"),
    "200,000 elements": (lambda: xml_of("<To/>" * 200_000), "limit-elements"),
    "2,000,000 lines": (lambda: xml_of("\n" * 2_000_000), "limit-text"),
    "lines of one bracket": (lambda: xml_of("<a>\n</a>\n" * 45_000), "limit-elements"),
    "1,000 attachments": (
        lambda: xml_of(files=[File(content=b"x")] * 1_000),
        "limit-attachments",
    ),
    "truncated": (lambda: xml_of(files=[File(content=bytes(5_000_000))])[:-2000], "xml-truncated"),
    "half a letter": (lambda: xml_of()[: xml_of().index("Trích".encode()) + 3], "xml-truncated"),
    "zip bomb by ratio": (lambda: in_zip(bytes(20_000_000)), "zip-bomb"),
    "zip bomb in pieces": (dense_pieces, "zip-bomb"),
    "zip bomb in a zip": (lambda: in_zip(zip_of(("1", bytes(20_000_000))), "1.zip"), "zip-bomb"),
    "zip bomb with lying sizes": (lying_sizes, "zip-bomb"),
    "zip of many entries": (many_entries, "zip-entries"),
    "traversal": (lambda: in_zip(PDF, "../../etc/x"), "zip-escapes"),
    "traversal, backslash": (lambda: in_zip(PDF, "..\\x"), "zip-escapes"),
    "absolute path": (lambda: in_zip(PDF, "/etc/x"), "zip-escapes"),
    "drive letter": (lambda: in_zip(PDF, "C:x"), "zip-escapes"),
    "ruined PDF": (
        lambda: xml_of(files=[File(content=(PDF * 9).decode("utf-8", "replace").encode())]),
        "pdf-text-damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_in_time(name: str) -> None:
    make, code = HOSTILE[name]
    content = make()
    store = MemoryStore()
    started = time.process_time()  # the machine may have other things to do
    said = what_is_said(content, store)
    assert time.process_time() - started < SECONDS
    assert said == [code]
    assert not store.blobs
    assert all(sink.state == "abandoned" for sink in store.sinks)


def what_is_said(content: bytes, store: MemoryStore) -> list[str | None]:
    try:
        envelope = read(content, store)
    except EnvelopeError as error:
        return [error.code]
    assert isinstance(envelope, DocumentEnvelope)
    return [item.fault for item in envelope.attachments]


PROBE = """
import io, json
from tests.test_envelope_hostile import HOSTILE
from tests.support.envelopes import read, xml_of
from tests.support.memory import peak_kib, reset_peak
from gateway.envelope.reader import read_envelope
from gateway.errors import EnvelopeError
from gateway.service.cli.envelope_files import CountingSink
read(xml_of())
grown = {}
for name, (make, _code) in HOSTILE.items():
    content = make()
    source = io.BytesIO(content)
    del content
    reset_peak()
    before = peak_kib()
    try:
        read_envelope(source, CountingSink)
    except EnvelopeError:
        pass
    grown[name] = peak_kib() - before
print(json.dumps(grown))
"""


def test_hostile_input_costs_little_memory() -> None:
    """In a process of its own; the peak while making the input does not count as growth."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=120
    )
    grown = json.loads(done.stdout)
    assert any(grown.values())  # the measure measures
    assert {name: size for name, size in grown.items() if size > GROWTH_KIB} == {}


def test_texts_over_ten_million_characters_are_read() -> None:
    """T18: a PDF over 7.5 MB inline; an ordinary parser stops there."""
    content = PDF + bytes(range(256)) * 40_000
    store = MemoryStore()
    envelope = read_document(xml_of(files=[File(content=content)]), store)
    assert store.blobs[envelope.attachments[0].digest or ""] == content
    line = base64.encodebytes(content).decode()
    wrapped = read_document(xml_of(files=[File(text=line)]), store)
    assert wrapped.attachments[0].digest == envelope.attachments[0].digest


@pytest.mark.parametrize(
    ("limits", "content", "code"),
    [
        (Limits(total_bytes=70_000), xml_of(files=[File(content=bytes(90_000))]), "limit-bytes"),
        (Limits(depth=3), xml_of(), "limit-depth"),
        (Limits(elements=5), xml_of(), "limit-elements"),
        (Limits(text_chars=5), xml_of(files=[File()]), "limit-text"),
        (Limits(attachments=1), xml_of(files=[File()] * 2), "limit-attachments"),
    ],
)
def test_every_bound_is_kept(limits: Limits, content: bytes, code: str) -> None:
    with pytest.raises(EnvelopeError) as caught:
        read(content, MemoryStore(), limits)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("limits", "content"),
    [
        (Limits(depth=6), xml_of()),
        (Limits(attachments=2), xml_of(files=[File()] * 2)),
        (Limits(elements=13), xml_of()),
    ],
)
def test_bounds_include_themselves(limits: Limits, content: bytes) -> None:
    assert read(content, MemoryStore(), limits)


def test_remarks_are_bounded_and_faults_are_not() -> None:
    started = time.process_time()
    content = xml_of(HEAD + "<x/>\n" * 29_000, files=[File(text="****")])
    envelope = read_document(content)
    assert time.process_time() - started < SECONDS
    assert len(envelope.unknown) == 1000
    assert "notes-too-many" in codes(envelope)
    assert "base64-invalid" in codes(envelope)
    assert len(envelope.warnings) <= 1002


def test_unknown_elements_are_kept_up_to_a_bound() -> None:
    content = xml_of(HEAD + "<A>x</A><B>" + "y" * 300_000 + "</B>")
    envelope = read_document(content)
    assert [path for path, _ in envelope.unknown] == ["MessageHeader/A"]
    assert "unknown-too-large" in codes(envelope)


def zips() -> Iterator[tuple[str, bytes, str | None, str | None]]:
    """Yield (name of the file, bytes, fault, remark)."""
    plain = zip_of(("a.pdf", PDF))
    yield "a.pdf", plain + b"duoi thua", None, None
    yield "a.zip", plain, None, None
    yield "a.pdf", plain[:-30], "zip-broken", None
    yield "a.pdf", plain.replace(PDF[-6:], b"x"), None, None
    yield "a.bin", zip_of(("a", PDF), ("b", PDF)), None, "zip-several"
    yield "a.bin", zip_of(("a", PDF), compression=zipfile.ZIP_LZMA), None, "zip-not-examined"
    yield "a.pdf", zip_of(("a.pdf", b"")), "attachment-empty", None
    yield "a.pdf", zip_of(("a.pdf", PDF), compression=zipfile.ZIP_STORED), None, None


@pytest.mark.parametrize("row", list(zips()), ids=range(8))
def test_archives(row: tuple[str, bytes, str | None, str | None]) -> None:
    name, content, fault, remark = row
    envelope = read_document(xml_of(files=[File(content=content, name=name)]))
    assert envelope.attachments[0].fault == fault
    assert remark is None or remark in codes(envelope)


def test_directory_that_points_into_content_is_an_attack() -> None:
    """S4: an overlapping bomb lists records that begin inside another one."""
    plain = zip_of(("a.pdf", PDF), ("b.pdf", PDF))
    second = plain.rindex(b"PK\x01\x02")
    skewed = plain[: second + 42] + struct.pack("<I", 7) + plain[second + 46 :]
    envelope = read_document(xml_of(files=[File(content=skewed, name="a.zip")]))
    assert envelope.attachments[0].fault == "zip-overlap"


def test_damaged_archive_content_is_noticed() -> None:
    stored = zip_of(("a.pdf", PDF), compression=zipfile.ZIP_STORED)
    damaged = stored.replace(b"%%EOF", b"%%EOG")
    envelope = read_document(xml_of(files=[File(content=damaged)]))
    assert envelope.attachments[0].fault == "zip-broken"


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 64])
def test_archives_do_not_depend_on_how_their_bytes_arrive(step: int) -> None:
    """A zip with descriptors (as Java writes it), its base64 broken at every place."""

    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self.out = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.out += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    sink = Unseekable()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.pdf", PDF * 50)
    text = base64.b64encode(bytes(sink.out)).decode()
    lines = "\n".join(text[at : at + step] for at in range(0, len(text), step))
    store = MemoryStore()
    envelope = read_document(xml_of(files=[File(text=lines)]), store)
    assert store.blobs[envelope.attachments[0].digest or ""] == PDF * 50
