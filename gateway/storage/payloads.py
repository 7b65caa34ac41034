"""Payloads by their content: ``ab/cd/<sha256>`` below one root.

Bytes are on the disk before anything names them: written to a temporary file of the same tree,
synced, renamed, and the folder synced, all before the transaction that stores the digest. The
name is the digest, so the same bytes are kept once and every reader can check them.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.model.document import Digest
from gateway.ports import Stored
from gateway.storage.faults import of_os_error, storage_error

TEMPORARY = "part"  # folder of what is being written
DOOR = "door.lock"  # held together by who keeps, alone by who sweeps
DIGEST_LENGTH = 64
HEX = set("0123456789abcdef")
BUFFER_BYTES = 256 * 1024
READ_BYTES = 1024 * 1024


class FilePayloads:
    """Payloads as files; implements ``ports.Payloads``. Blocking: call it in a thread.

    Several processes may share the tree.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: set[Path] = set()  # folders whose entry is on the disk for certain
        self._numbers = itertools.count()
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            (root / TEMPORARY).mkdir(mode=0o700, exist_ok=True)
            sync_folder(root)
            sync_folder(root.parent)
        except OSError as error:
            raise of_os_error(error) from error

    def sink(self) -> FileSink:
        """Return a fresh sink.

        Raises:
            StorageError: ``disk-full`` or ``disk-fault``.

        """
        return FileSink(self, *self._temporary_file())

    def open(self, digest: Digest) -> BinaryIO:
        """Open for reading; StorageError ``payload-missing`` when it is not there."""
        path = self._path(digest)
        try:
            return path.open("rb")
        except FileNotFoundError as error:
            raise storage_error("payload-missing") from error
        except OSError as error:
            raise of_os_error(error) from error

    def checked(self, digest: Digest) -> Path:
        """Return a path to the bytes after reading them all and comparing their digest.

        Raises:
            StorageError: ``payload-missing``, or ``payload-damaged`` when the bytes changed.

        """
        found = hashlib.sha256()
        with self.open(digest) as source:
            try:
                while piece := source.read(READ_BYTES):
                    found.update(piece)
            except OSError as error:
                raise of_os_error(error) from error
        if found.hexdigest() != digest:
            raise storage_error("payload-damaged")
        return self._path(digest)

    def delete(self, digest: Digest) -> None:
        """Remove the bytes at once, whoever else may use them; safe twice.

        For what must be destroyed. Giving up a reference is ``sweep``'s work: it leaves alone
        what another document has just come to rely on.
        """
        path = self._path(digest)
        try:
            path.unlink(missing_ok=True)
            if path.parent.exists():
                sync_folder(path.parent)
        except OSError as error:
            raise of_os_error(error) from error

    def sweep(self, min_age_seconds: float, is_used: Callable[[Digest], bool]) -> Swept:
        """Remove leftovers of interrupted writes, and payloads nobody uses.

        Args:
            min_age_seconds: Younger files stay: their transaction may still be on its way.
                Measured by the file system's own clock, whatever ours says.
            is_used: Tells whether any row names the digest.

        """
        try:
            oldest_kept = self._file_system_now() - min_age_seconds
            leftovers = list(self._aged(self._root / TEMPORARY, oldest_kept))
            unused = [
                path
                for folder in self._folders()
                for path in self._aged(folder, oldest_kept)
                if _is_digest(path.name) and not is_used(Digest(path.name))
            ]
            removed = [self._remove_aged(path, oldest_kept) for path in (*leftovers, *unused)]
        except OSError as error:
            raise of_os_error(error) from error
        return Swept(
            leftovers=sum(removed[: len(leftovers)]), unused=sum(removed[len(leftovers) :])
        )

    def keep(self, temporary: Path, stored: Stored) -> None:
        """Give a synced temporary file its name; the bytes are durable on return."""
        target = self._path(stored.digest)
        try:
            self._make_folder(target.parent)
            with self._door(fcntl.LOCK_SH):
                if _size(target) == stored.size_bytes:
                    os.utime(target)  # relied upon anew: the sweep must not take it now
                    temporary.unlink()
                else:  # not there, or cut short by a fault of the disk
                    temporary.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise of_os_error(error) from error

    def _path(self, digest: Digest) -> Path:
        if not _is_digest(digest):
            raise storage_error("payload-missing")
        return self._root / digest[:2] / digest[2:4] / digest

    def _temporary_file(self) -> tuple[Path, int]:
        """Create a file that nobody else has, without asking chance for a name."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        while True:
            path = self._root / TEMPORARY / f"{os.getpid()}-{next(self._numbers)}"
            try:
                return path, os.open(path, flags, 0o600)
            except FileExistsError:
                continue  # left by an earlier process of the same number
            except OSError as error:
                raise of_os_error(error) from error

    def _make_folder(self, folder: Path) -> None:
        """Make the folder and sync its parents, once a process.

        Also when it exists: whoever made it may have died before syncing.
        """
        if folder in self._known:
            return
        for each in (folder.parent, folder):  # one by one: parents=True would forget the mode
            each.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)
        sync_folder(self._root)
        self._known.add(folder)

    def _file_system_now(self) -> float:
        path, descriptor = self._temporary_file()
        os.close(descriptor)
        now = path.stat().st_mtime
        path.unlink()
        return now

    def _folders(self) -> Iterator[Path]:
        for outer in sorted(self._root.iterdir()):
            if len(outer.name) == 2 and set(outer.name) <= HEX:  # noqa: PLR2004 - ab/cd
                yield from sorted(outer.iterdir())

    def _remove_aged(self, path: Path, oldest_kept: float) -> bool:
        """Remove the file unless somebody has come to rely on it since it was looked at."""
        with self._door(fcntl.LOCK_EX), suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest_kept:
                path.unlink()
                return True
        return False

    @contextmanager
    def _door(self, how: int) -> Iterator[None]:
        """Let keepers in together and a sweep alone, among all processes."""
        descriptor = os.open(self._root / DOOR, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    def _aged(self, folder: Path, oldest_kept: float) -> Iterator[Path]:
        for path in folder.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest_kept:
                    yield path


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed: leftovers of interrupted writes, payloads nobody used."""

    leftovers: int
    unused: int


class FileSink:
    """Takes the bytes of one payload; implements ``ports.PayloadSink``."""

    def __init__(self, payloads: FilePayloads, path: Path, descriptor: int) -> None:
        self._payloads = payloads
        self._path = path
        self._file = os.fdopen(descriptor, "wb", buffering=BUFFER_BYTES)
        self._digest = hashlib.sha256()
        self._size = 0
        self._stored: Stored | None = None
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """Add bytes. StorageError when the disk is full; nothing of it is kept then."""
        try:
            self._file.write(data)
        except OSError as error:
            self.abandon()
            raise of_os_error(error) from error
        self._digest.update(data)
        self._size += len(data)

    def close(self) -> Stored:
        """Make the bytes durable under their digest; the same answer when asked again.

        Raises:
            StorageError: ``disk-full`` or ``disk-fault``; nothing is kept.

        """
        with self._lock:
            if self._stored is None:
                self._stored = self._keep()
            return self._stored

    def abandon(self) -> None:
        """Forget everything written; safe after close and twice."""
        if self._stored is not None:
            return
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _keep(self) -> Stored:
        stored = Stored(Digest(self._digest.hexdigest()), self._size)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            self.abandon()
            raise of_os_error(error) from error
        try:
            self._payloads.keep(self._path, stored)
        except BaseException:
            self.abandon()
            raise
        return stored


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable. OSError when the disk refuses."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_digest(text: str) -> bool:
    return len(text) == DIGEST_LENGTH and set(text) <= HEX


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
