"""Speed and memory of edXML, as ratios in one run: ``python -m benchmarks.envelope``.

    read     whole reading / (read file + base64 + SHA-256)        bar 2.5
    write    whole writing / (read payload + base64 + write file)  bar 2.5
    status   reading a small status / bare lxml parse              bar 25
    memory   peak growth of 40 MB over 1 MB, reading and writing   bar 8 MiB

Medians of several rounds; every sum leaves fsync out; the sink only counts and hashes. Exits 1
when a bar is broken.
"""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pybase64
from lxml import etree

from gateway.envelope.reader import read_envelope
from gateway.envelope.writer import write_envelope
from gateway.model.document import Attachment, Digest
from gateway.ports import Stored
from tests.support import memory
from tests.support.envelopes import document, status

MB = 1_000_000
CHUNK = 1 << 16
ROUNDS = 7
BARS = {"read": 2.5, "write": 2.5, "status": 25.0, "read_memory_mib": 8.0, "write_memory_mib": 8.0}


class CountingSink:
    """Counts and hashes, keeps nothing."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.hash.update(data)
        self.size += len(data)

    def close(self) -> Stored:
        return Stored(Digest(self.hash.hexdigest()), self.size)

    def abandon(self) -> None:
        """Nothing to forget."""


def make_payload(folder: Path, size: int) -> Path:
    """Write a file that looks like a PDF and does not compress."""
    path = folder / f"payload-{size}.pdf"
    seed = hashlib.shake_256(b"edoc").digest(MB)
    with path.open("wb") as out:
        out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        for _ in range(size // MB):
            out.write(seed)
    return path


def write_one(payload: Path, out: BinaryIO) -> None:
    attachment = Attachment(
        attachment_name="van-ban.pdf", digest=Digest("0" * 64), size_bytes=payload.stat().st_size
    )
    write_envelope(document(attachments=(attachment,)), out, lambda _digest: payload.open("rb"))


def write_file(payload: Path, target: Path) -> None:
    with target.open("wb") as out:
        write_one(payload, out)


def read_one(envelope: Path) -> None:
    with envelope.open("rb") as source:
        read_envelope(source, CountingSink)


def bare_read(envelope: Path, start: int, end: int) -> None:
    """Read the file, decode the base64 between two offsets, hash the result."""
    digest = hashlib.sha256()
    with envelope.open("rb") as source:
        source.read(start)
        left = end - start
        while left:
            piece = source.read(min(CHUNK, left))
            left -= len(piece)
            digest.update(pybase64.b64decode(piece, validate=True))
        source.read()


def bare_write(payload: Path, target: Path) -> None:
    with payload.open("rb") as source, target.open("wb") as out:
        while piece := source.read(57 * 1024):
            out.write(pybase64.b64encode(piece))


def ratio(whole: Callable[[], None], bare: Callable[[], None], times: int = 1) -> float:
    """Return the median of whole by bare, measured in turns."""
    found = []
    for _ in range(ROUNDS):
        spans = []
        for act in (whole, bare):
            started = time.perf_counter()
            for _ in range(times):
                act()
            spans.append(time.perf_counter() - started)
        found.append(spans[0] / spans[1])
    return statistics.median(found)


def peak_kib(act: Callable[..., None], *arguments: Path) -> int:
    """Return the peak memory of a fresh process that does it."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(sending, act, arguments))
    child.start()
    peak = receiving.recv()
    child.join()
    return int(peak)


def _child(sending: object, act: Callable[..., None], arguments: tuple[Path, ...]) -> None:
    act(*arguments)
    sending.send(memory.peak_kib())  # type: ignore[attr-defined]


def measure(folder: Path) -> dict[str, float]:
    small, large = make_payload(folder, MB), make_payload(folder, 40 * MB)
    files = {}
    for name, payload in (("small", small), ("large", large)):
        files[name] = folder / f"{name}.edxml"
        write_file(payload, files[name])
    content = files["large"].read_bytes()
    start = content.index(b"JVBERi0")
    end = content.index(b"<", start)
    del content
    target = folder / "out.edxml"
    message = io.BytesIO()
    write_envelope(status(), message, lambda _digest: io.BytesIO())
    raw = message.getvalue()
    return {
        "read": ratio(
            lambda: read_one(files["large"]), lambda: bare_read(files["large"], start, end)
        ),
        "write": ratio(lambda: write_file(large, target), lambda: bare_write(large, target)),
        "status": ratio(
            lambda: _discard(read_envelope(io.BytesIO(raw), CountingSink)),
            lambda: _discard(etree.fromstring(raw)),
            times=200,
        ),
        "read_memory_mib": (peak_kib(read_one, files["large"]) - peak_kib(read_one, files["small"]))
        / 1024,
        "write_memory_mib": (
            peak_kib(write_file, large, target) - peak_kib(write_file, small, target)
        )
        / 1024,
    }


def _discard(_value: object) -> None:
    """Throw the value away."""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    broken = [name for name, bar in BARS.items() if found[name] > bar]
    rounded = {name: round(value, 2) for name, value in found.items()}
    print(json.dumps({"ratios": rounded, "bars": BARS, "broken": broken}, indent=2))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
