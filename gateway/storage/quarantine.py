"""The quarantine: documents with a secrecy mark, encrypted, in a tree of their own (L-60).

One file a document, sealed by the vault piece by piece. Each piece is bound to its document,
its place and to whether it is the last: pieces cannot be swapped, cut off or added unseen. The
tree marks itself as not to be backed up; nothing in it has a name that tells anything.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from gateway.errors import DataError
from gateway.model.document import DocumentRef
from gateway.ports import Vault
from gateway.storage.faults import of_os_error, storage_error
from gateway.storage.payloads import sync_folder

MAGIC = b"EDOC-QUARANTINE-1\n"
PIECE_BYTES = 1024 * 1024
LONGEST_SEALED = PIECE_BYTES + 4096  # what a vault may add to a piece
LENGTH = struct.Struct(">I")
REF_LETTERS = set("0123456789abcdef-")

# Known to backup programs; tar, restic and borg leave out a folder with such a file.
NO_BACKUP_NAME = "CACHEDIR.TAG"
NO_BACKUP_TEXT = """Signature: 8a477f597d28d172789f06886806bc55
# Khu cách ly văn bản có dấu chỉ độ mật: không sao lưu thư mục này.
# Quarantine of documents with a secrecy mark: do not back this folder up.
"""


class Quarantine:
    """The quarantine below ``root``. Blocking: call it in a thread."""

    def __init__(self, root: Path, vault: Vault) -> None:
        self._root = root
        self._vault = vault
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            root.chmod(0o700)
            (root / NO_BACKUP_NAME).write_text(NO_BACKUP_TEXT, encoding="utf-8")
            sync_folder(root)
            sync_folder(root.parent)
        except OSError as error:
            raise of_os_error(error) from error

    def put(self, document: DocumentRef, source: BinaryIO) -> None:
        """Seal the bytes of ``source``; durable on return. A repeat replaces them.

        Raises:
            StorageError: ``disk-full`` or ``disk-fault``; an earlier copy is as before.

        """
        target = self._path(document)
        temporary = target.with_suffix(f".{os.getpid()}.part")
        try:
            for leftover in self._root.glob(f"{document}.*.part"):
                leftover.unlink(missing_ok=True)  # of a try that was cut off
            with self._created(temporary) as file:
                file.write(MAGIC)
                for sealed in self._sealed(document, source):
                    file.write(LENGTH.pack(len(sealed)) + sealed)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(target)
            sync_folder(self._root)
        except OSError as error:
            raise of_os_error(error) from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def get(self, document: DocumentRef) -> Iterator[bytes]:
        """Yield the plain bytes, piece by piece.

        Raises:
            StorageError: ``payload-missing``.
            DataError: ``quarantine-damaged`` or the vault's own: altered, cut, or not ours. What
                was yielded before is genuine, but not the whole.

        """
        try:
            source = self._path(document).open("rb")
        except FileNotFoundError as error:
            raise storage_error("payload-missing") from error
        except OSError as error:
            raise of_os_error(error) from error
        with source:
            try:
                yield from self._opened(document, source)
            except OSError as error:
                raise of_os_error(error) from error

    def delete(self, document: DocumentRef) -> None:
        """Destroy the sealed bytes; safe twice."""
        try:
            self._path(document).unlink(missing_ok=True)
            sync_folder(self._root)
        except OSError as error:
            raise of_os_error(error) from error

    def has(self, document: DocumentRef) -> bool:
        """Tell whether the document is here."""
        return self._path(document).exists()

    def _path(self, document: DocumentRef) -> Path:
        if not document or not set(document) <= REF_LETTERS:  # our own ids only, never a path
            raise storage_error("payload-missing")
        return self._root / f"{document}.sealed"

    def _created(self, path: Path) -> BinaryIO:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        return os.fdopen(os.open(path, flags, 0o600), "wb")

    def _sealed(self, document: DocumentRef, source: BinaryIO) -> Iterator[bytes]:
        index, piece = 0, _piece(source)
        while True:
            following = _piece(source)
            yield self._vault.encrypt(_purpose(document, index, is_last=not following), piece)
            if not following:
                return
            index, piece = index + 1, following

    def _opened(self, document: DocumentRef, source: BinaryIO) -> Iterator[bytes]:
        if source.read(len(MAGIC)) != MAGIC:
            raise _damaged()
        index, sealed = 0, _frame(source)
        while sealed is not None:
            following = _frame(source)
            purpose = _purpose(document, index, is_last=following is None)
            yield self._vault.decrypt(purpose, sealed)
            index, sealed = index + 1, following
        if index == 0:
            raise _damaged()


def _purpose(document: DocumentRef, index: int, *, is_last: bool) -> str:
    return f"quarantine/{document}/{index}/{'last' if is_last else 'more'}"


def _piece(source: BinaryIO) -> bytes:
    """Read one whole piece, however small the portions the source gives."""
    parts: list[bytes] = []
    missing = PIECE_BYTES
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH.size)
    if not head:
        return None
    if len(head) < LENGTH.size:
        raise _damaged()
    (length,) = LENGTH.unpack(head)
    if length > LONGEST_SEALED:
        raise _damaged()
    sealed = source.read(length)
    if len(sealed) < length:
        raise _damaged()
    return sealed


def _damaged() -> DataError:
    return DataError(
        "quarantine-damaged",
        vi="Bản cách ly đã bị cắt bớt hoặc thay đổi; hãy lập biên bản và xử lý theo quy chế mật.",
        en="a quarantined copy was cut or changed; record it and act by the secrecy regulation",
    )
