"""Payloads and quarantine: durable before they are named, checked when they are read (I3, R5)."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import DataError, Retry, StorageError
from gateway.model.document import Digest, DocumentRef
from gateway.ports import PayloadSink, Stored
from gateway.service.secrets import MasterVault
from gateway.storage.faults import of_os_error
from gateway.storage.payloads import FilePayloads, Swept
from gateway.storage.quarantine import LENGTH, MAGIC, PIECE_BYTES, Quarantine

REF = DocumentRef("0198f000-0000-7000-8000-000000000001")
OTHER = DocumentRef("0198f000-0000-7000-8000-000000000002")
NOBODY = 10_000.0  # seconds: older than anything in a test


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "payloads"


@pytest.fixture
def payloads(root: Path) -> FilePayloads:
    return FilePayloads(root)


def kept(payloads: FilePayloads, *pieces: bytes) -> Stored:
    sink = payloads.sink()
    for piece in pieces:
        sink.write(piece)
    return sink.close()


def files(root: Path) -> list[Path]:
    return sorted(p for p in root.rglob("*") if p.is_file() and p.name != "door.lock")


def make_old(path: Path) -> None:
    os.utime(path, (1, 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(pieces=st.lists(st.binary(max_size=300), max_size=5))
def test_bytes_come_back_under_their_digest(root: Path, pieces: list[bytes]) -> None:
    payloads = FilePayloads(root)
    whole = b"".join(pieces)
    stored = kept(payloads, *pieces)
    assert stored == Stored(Digest(hashlib.sha256(whole).hexdigest()), len(whole))
    with payloads.open(stored.digest) as source:
        assert source.read() == whole
    assert payloads.checked(stored.digest).read_bytes() == whole


def test_the_place_and_the_rights(payloads: FilePayloads, root: Path) -> None:
    digest = kept(payloads, b"x").digest
    path = root / digest[:2] / digest[2:4] / digest
    assert files(root) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
    folders = [p for p in root.rglob("*") if p.is_dir()]
    assert {folder.stat().st_mode & 0o777 for folder in [root, *folders]} == {0o700}


def test_the_same_bytes_are_kept_once(payloads: FilePayloads, root: Path) -> None:
    first = kept(payloads, b"same")
    path = payloads.checked(first.digest)
    number = path.stat().st_ino
    make_old(path)
    assert kept(payloads, b"sa", b"me") == first
    assert files(root) == [path]
    assert path.stat().st_ino == number, "not rewritten"
    assert path.stat().st_mtime > 1, "but known to be relied upon anew"


def test_a_file_cut_short_is_replaced(payloads: FilePayloads) -> None:
    stored = kept(payloads, b"whole text")
    payloads.checked(stored.digest).write_bytes(b"whole")
    kept(payloads, b"whole text")
    assert payloads.checked(stored.digest).read_bytes() == b"whole text"


def test_changed_bytes_are_found_out(payloads: FilePayloads) -> None:
    stored = kept(payloads, b"a" * 3_000_000)
    path = payloads.checked(stored.digest)
    with path.open("r+b") as file:
        file.seek(2_999_999)
        file.write(b"b")
    with pytest.raises(StorageError, match="payload-damaged") as damaged:
        payloads.checked(stored.digest)
    assert damaged.value.retry is Retry.PERMANENT


@pytest.mark.parametrize(
    "digest",
    ["0" * 64, "", "A" * 64, "0" * 63, "../../etc/passwd", "0" * 61 + "/..", "é" * 64],
    ids=["absent", "empty", "upper case", "short", "path", "climbing", "other letters"],
)
def test_what_is_not_there_is_missing(payloads: FilePayloads, digest: str) -> None:
    for act in (payloads.open, payloads.checked):
        with pytest.raises(StorageError, match="payload-missing"):
            act(Digest(digest))


def test_deleting_is_final_and_safe_twice(payloads: FilePayloads, root: Path) -> None:
    digest = kept(payloads, b"x").digest
    payloads.delete(digest)
    payloads.delete(digest)
    payloads.delete(Digest("f" * 64))
    assert files(root) == []
    assert kept(payloads, b"x").digest == digest, "and it can come again"


def test_an_abandoned_sink_leaves_nothing(payloads: FilePayloads, root: Path) -> None:
    sink: PayloadSink = payloads.sink()
    sink.write(b"half")
    sink.abandon()
    sink.abandon()
    assert files(root) == []


def test_abandoning_after_close_changes_nothing(payloads: FilePayloads) -> None:
    sink = payloads.sink()
    sink.write(b"x")
    stored = sink.close()
    sink.abandon()
    assert sink.close() == stored
    assert payloads.checked(stored.digest).read_bytes() == b"x"


def test_a_number_used_by_a_dead_process_is_passed_over(root: Path) -> None:
    FilePayloads(root)
    for number in range(3):
        (root / "part" / f"{os.getpid()}-{number}").write_bytes(b"left")
    payloads = FilePayloads(root)
    assert payloads.checked(kept(payloads, b"x").digest).read_bytes() == b"x"
    assert (root / "part" / f"{os.getpid()}-0").read_bytes() == b"left"


def test_the_sweep_takes_the_old_and_the_unused_only(payloads: FilePayloads, root: Path) -> None:
    used, unused, young = (kept(payloads, text).digest for text in (b"used", b"un", b"young"))
    for digest in (used, unused):
        make_old(payloads.checked(digest))
    old_part, young_part = root / "part" / "1-1", root / "part" / "1-2"
    old_part.write_bytes(b"left")
    make_old(old_part)
    young_part.write_bytes(b"being written")
    assert payloads.sweep(NOBODY, lambda digest: digest == used) == Swept(leftovers=1, unused=1)
    assert {path.name for path in files(root)} == {used, young, "1-2"}
    assert payloads.sweep(NOBODY, lambda _: True) == Swept(leftovers=0, unused=0)


def test_what_is_relied_upon_during_a_sweep_stays(payloads: FilePayloads) -> None:
    """Between "nobody uses it" and removing it the same bytes arrive again."""
    digest = kept(payloads, b"again").digest
    make_old(payloads.checked(digest))

    def arrives_meanwhile(_digest: Digest) -> bool:
        kept(payloads, b"again")
        return False

    assert payloads.sweep(NOBODY, arrives_meanwhile) == Swept(leftovers=0, unused=0)
    assert payloads.checked(digest).read_bytes() == b"again"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EFBIG, "disk-full"),
        (errno.EIO, "disk-fault"),
        (errno.EACCES, "disk-fault"),
        (errno.EROFS, "disk-fault"),
    ],
)
def test_what_the_disk_says(number: int, code: str) -> None:
    error = of_os_error(OSError(number, "x"))
    assert (error.code, error.retry) == (code, Retry.TEMPORARY)


def test_a_root_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="disk-fault"):
        FilePayloads(tmp_path / "file" / "root")


def test_a_root_that_went_away_is_a_fault(payloads: FilePayloads, root: Path) -> None:
    digest = kept(payloads, b"x").digest
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(StorageError, match="disk-fault"):
        payloads.sink()
    with pytest.raises(StorageError, match="payload-missing"):
        payloads.open(digest)


LIMITED = """
    import resource, sys
    from pathlib import Path
    from gateway.errors import StorageError
    from gateway.storage.payloads import FilePayloads

    payloads = FilePayloads(Path(sys.argv[1]))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    codes = []
    for sizes in ([600_000], [90_000, 90_000], [200_000, 1]):
        sink = payloads.sink()
        try:
            for size in sizes:
                sink.write(b"x" * size)
            sink.close()
        except StorageError as error:
            codes.append(error.code)
            sink.abandon()
    assert codes == ["disk-full"] * 3, codes
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    sink = payloads.sink()
    sink.write(b"x" * 600_000)
    print(sink.close().digest)
"""


def test_a_full_disk_keeps_nothing_and_recovers(root: Path) -> None:
    """R5: the kernel refuses in the middle; afterwards the same call works."""
    program = [sys.executable, "-c", textwrap.dedent(LIMITED), str(root)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in files(root)] == [done.stdout.strip()]


# -- quarantine -----------------------------------------------------------------------------


@pytest.fixture
def vault() -> MasterVault:
    return MasterVault(bytes(range(32)))


@pytest.fixture
def quarantine(tmp_path: Path, vault: MasterVault) -> Quarantine:
    return Quarantine(tmp_path / "quarantine", vault)


def sealed_file(quarantine: Quarantine, ref: DocumentRef = REF) -> Path:
    return quarantine._root / f"{ref}.sealed"


def frames(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()[len(MAGIC) :]
    while data:
        end = LENGTH.size + LENGTH.unpack(data[: LENGTH.size])[0]
        yield data[:end]
        data = data[end:]


class Dribbling(io.RawIOBase):
    """A source that gives less than it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 70_001))


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES + 17])
def test_the_quarantine_gives_back_what_it_took(quarantine: Quarantine, size: int) -> None:
    plain = os.urandom(size)
    for source in (io.BytesIO(plain), Dribbling(plain)):
        quarantine.put(REF, source)  # type: ignore[arg-type]
        assert b"".join(quarantine.get(REF)) == plain
    assert quarantine.has(REF)


def test_nothing_can_be_read_from_the_disk(quarantine: Quarantine, tmp_path: Path) -> None:
    quarantine.put(REF, io.BytesIO("Văn bản mật giả định".encode() * 1000))
    whole = b"".join(path.read_bytes() for path in files(tmp_path))
    assert "mật giả định".encode() not in whole
    assert sealed_file(quarantine).stat().st_mode & 0o777 == 0o600
    assert sealed_file(quarantine).parent.stat().st_mode & 0o777 == 0o700


def test_the_quarantine_is_marked_for_backup_programs(quarantine: Quarantine) -> None:
    """Contract, quarantine: outside backup; the mark is the one tar, restic and borg know."""
    tag = (quarantine._root / "CACHEDIR.TAG").read_text(encoding="utf-8")
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def changed(how: str, pieces: list[bytes], foreign: list[bytes]) -> bytes:
    first, second, last = pieces
    parts = {
        "last piece cut off": [first, second],
        "cut inside a piece": [first, second, last[:-1]],
        "cut inside a length": [first, second, last[:2]],
        "pieces swapped": [second, first, last],
        "piece left out": [first, last],
        "piece repeated": [first, first, second, last],
        "piece added": [first, second, last, last],
        "one bit turned": [first, second, last[:-1] + bytes([last[-1] ^ 1])],
        "piece of another document": [foreign[0], second, last],
        "absurd length": [b"\xff\xff\xff\xff"],
        "no piece": [],
    }
    return MAGIC + b"".join(parts[how])


@pytest.mark.parametrize(
    "how",
    [
        "last piece cut off",
        "cut inside a piece",
        "cut inside a length",
        "pieces swapped",
        "piece left out",
        "piece repeated",
        "piece added",
        "one bit turned",
        "piece of another document",
        "absurd length",
        "no piece",
    ],
)
def test_every_change_of_a_sealed_file_is_found(quarantine: Quarantine, how: str) -> None:
    plain = os.urandom(2 * PIECE_BYTES + 5)
    for ref in (REF, OTHER):
        quarantine.put(ref, io.BytesIO(plain))
    pieces, foreign = (list(frames(sealed_file(quarantine, ref))) for ref in (REF, OTHER))
    assert len(pieces) == 3
    sealed_file(quarantine).write_bytes(changed(how, pieces, foreign))
    with pytest.raises(DataError):
        list(quarantine.get(REF))


def test_another_file_is_not_taken_for_a_sealed_one(quarantine: Quarantine) -> None:
    sealed_file(quarantine).write_bytes(b"%PDF-1.7")
    with pytest.raises(DataError, match="quarantine-damaged"):
        list(quarantine.get(REF))


def test_destroying_and_asking_for_what_is_not_there(quarantine: Quarantine) -> None:
    quarantine.put(REF, io.BytesIO(b"x"))
    quarantine.delete(REF)
    quarantine.delete(REF)
    assert not quarantine.has(REF)
    for ref in (REF, DocumentRef("../x"), DocumentRef("")):
        with pytest.raises(StorageError, match="payload-missing"):
            list(quarantine.get(ref))


class Breaking(io.BytesIO):
    """A source that fails after its first piece."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(errno.EIO, "x")
        return super().read(size)


def test_a_copy_that_failed_leaves_the_earlier_one(quarantine: Quarantine) -> None:
    quarantine.put(REF, io.BytesIO(b"earlier"))
    leftover = sealed_file(quarantine).with_suffix(".1.part")
    leftover.write_bytes(b"of a killed process")
    source: Any = Breaking(b"x" * (PIECE_BYTES + 1))
    with pytest.raises(StorageError, match="disk-fault"):
        quarantine.put(REF, source)
    assert b"".join(quarantine.get(REF)) == b"earlier"
    assert {p.name for p in files(quarantine._root)} == {"CACHEDIR.TAG", f"{REF}.sealed"}


def test_a_reader_may_stop_in_the_middle(quarantine: Quarantine) -> None:
    quarantine.put(REF, io.BytesIO(b"x" * (PIECE_BYTES + 1)))
    pieces = quarantine.get(REF)
    assert len(next(pieces)) == PIECE_BYTES
    pieces.close()  # type: ignore[attr-defined]


def test_the_source_stays_the_callers(quarantine: Quarantine) -> None:
    source: BinaryIO = io.BytesIO(b"x")
    quarantine.put(REF, source)
    assert not source.closed
