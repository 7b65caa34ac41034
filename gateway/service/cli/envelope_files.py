"""Attachments of the ``envelope`` commands: out of an envelope to a folder, and into one."""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.envelope.filenames import safe_name
from gateway.envelope.notes import Place, fault
from gateway.envelope.sniff import media_type_of
from gateway.errors import Retry, SettingsError, StorageError
from gateway.model.document import Attachment, Digest
from gateway.model.envelope import DocumentEnvelope
from gateway.model.organ import Organ
from gateway.ports import Stored


class CountingSink:
    """Counts and hashes, keeps nothing: for looking only."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes, /) -> None:
        """Take bytes."""
        self._digest.update(data)
        self._size += len(data)

    def close(self) -> Stored:
        """Say what passed."""
        return Stored(Digest(self._digest.hexdigest()), self._size)

    def abandon(self) -> None:
        """Forget; there is nothing to forget."""


class FolderSink:
    """Writes one payload under a name of ours in the target folder."""

    def __init__(self, folder: Path, closed: list[Path]) -> None:
        self._counting = CountingSink()
        self._closed = closed
        number, name = tempfile.mkstemp(prefix=".edoc-", suffix=".part", dir=folder)
        self.path = Path(name)
        self._out = os.fdopen(number, "wb")

    def write(self, data: bytes, /) -> None:
        """Take bytes; StorageError when the disk does not."""
        try:
            self._out.write(data)
        except OSError as error:
            raise _disk(error) from error
        self._counting.write(data)

    def close(self) -> Stored:
        """Finish the file."""
        try:
            self._out.close()
        except OSError as error:
            raise _disk(error) from error
        self._closed.append(self.path)
        return self._counting.close()

    def abandon(self) -> None:
        """Remove the file."""
        self._out.close()
        self.path.unlink(missing_ok=True)


def _disk(error: OSError) -> StorageError:
    why = error.strerror or type(error).__name__
    return StorageError(
        "disk-refused",
        vi=f"Không ghi được tệp ra đĩa: {why}.",
        en=f"the disk did not take the file: {why}",
        retry=Retry.PERMANENT,
    )


@dataclass(slots=True)
class ExtractFolder:
    """The folder that attachments go to; temporary names are gone at the end."""

    folder: Path
    sinks: list[FolderSink] = field(default_factory=list)
    closed: list[Path] = field(default_factory=list)  # in the order of the attachments

    def __enter__(self) -> Self:
        """Make the folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise SettingsError(
                "file-unusable",
                vi=f"Không dùng được thư mục {self.folder}: {why}.",
                en=f"the folder {self.folder} cannot be used: {why}",
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was not kept."""
        for sink in self.sinks:
            sink.abandon()

    def sink(self) -> FolderSink:
        """Return a fresh sink."""
        try:
            self.sinks.append(FolderSink(self.folder, self.closed))
        except OSError as error:
            raise _disk(error) from error
        return self.sinks[-1]

    def keep(self, attachments: Sequence[Attachment]) -> list[str | None]:
        """Give every file its safe name; return the names, None where there is no file."""
        paths = iter(self.closed)
        taken = {entry.name for entry in self.folder.iterdir()}
        names: list[str | None] = []
        for item in attachments:
            if item.digest is None:
                names.append(None)
                continue
            name = safe_name(item.attachment_name, taken)
            next(paths).rename(self.folder / name)
            taken.add(name)
            names.append(name)
        return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file named with ``--attach``."""

    path: Path
    digest: str
    size_bytes: int
    head: bytes


def matched(envelope: DocumentEnvelope, files: Iterable[Given]) -> DocumentEnvelope:
    """Match files to attachments by sha256, then by AttachmentName; append the rest.

    Raises:
        EnvelopeError: ``attachment-missing``: an attachment without a file.

    """
    files = list(files)
    used: set[int] = set()
    attachments: list[Attachment] = []
    for number, item in enumerate(envelope.attachments, 1):
        found = _match(item, files, used)
        if found is None:
            raise fault("attachment-missing", Place(f"attachments[{number}]"))
        used.add(found)
        attachments.append(_filled(item, files[found]))
    for index, given in enumerate(files):
        if index not in used:
            new = Attachment(attachment_name=unicodedata.normalize("NFC", given.path.name))
            attachments.append(_filled(new, given))
    return replace(envelope, attachments=tuple(attachments))


def _match(item: Attachment, files: Sequence[Given], used: set[int]) -> int | None:
    """Return the file's index; one file may serve two attachments of the same content."""
    by_digest = [i for i, given in enumerate(files) if given.digest == item.digest]
    if by_digest:
        return next((i for i in by_digest if i not in used), by_digest[0])
    name = unicodedata.normalize("NFC", item.attachment_name or "")
    return next(
        (
            i
            for i, given in enumerate(files)
            if i not in used and unicodedata.normalize("NFC", given.path.name) == name
        ),
        None,
    )


def _filled(item: Attachment, given: Given) -> Attachment:
    return replace(
        item,
        digest=Digest(given.digest),
        size_bytes=given.size_bytes,
        media_type=media_type_of(given.head),
        fault=None,
    )


def without_repeated_recipients(
    envelope: DocumentEnvelope,
) -> tuple[DocumentEnvelope, tuple[str, ...]]:
    """Drop recipients named before (T36); return the places that were dropped."""
    kept: list[Organ] = []
    seen: set[str] = set()
    dropped: list[str] = []
    for number, organ in enumerate(envelope.recipients, 1):
        if organ.organ_id is not None and organ.organ_id in seen:
            dropped.append(f"MessageHeader/To[{number}]")
            continue
        kept.append(organ)
        if organ.organ_id is not None:
            seen.add(organ.organ_id)
    return replace(envelope, recipients=tuple(kept)), tuple(dropped)
