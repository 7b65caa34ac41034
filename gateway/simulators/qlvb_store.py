"""What the simulated QLVB keeps: one file an event, on the disk before anything is answered."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import Retry, SettingsError, StorageError

_TEMPORARY = ".tmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One event, kept once however often it came.

    Attributes:
        number: Our own id of it, from 1 in order of arrival.
        taken_at: When it was taken over, ISO 8601 with offset.
        event: The CloudEvent as parsed.
        decision: ``accepted``, ``refused``, a problem's code when the gateway wanted neither,
            or None.

    """

    id: str
    number: int
    taken_at: str
    event: Mapping[str, Any]
    decision: str | None = None

    @property
    def document(self) -> str | None:
        """Return the gateway's ID of the document the event is about, if it is about one."""
        subject = self.event.get("subject")
        return subject if isinstance(subject, str) else None


class QlvbStore:
    """The state folder. Small and blocking: a simulator, not a QLVB.

    Raises:
        SettingsError: ``qlvb-state-unusable`` when the folder cannot be made or read.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, Received] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in folder.glob(f"*{_TEMPORARY}"):
                path.unlink()  # written by a start that did not live to rename it
            rows = [_read(path) for path in folder.glob("*.json")]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise SettingsError(
                "qlvb-state-unusable",
                vi=f"Không dùng được thư mục trạng thái {folder} của QLVB mô phỏng.",
                en=f"the state folder {folder} of the simulated QLVB cannot be used",
            ) from error
        for row in sorted(rows, key=lambda each: each.number):
            self._rows[row.id] = row

    @property
    def rows(self) -> tuple[Received, ...]:
        """Return what was received, in order."""
        return tuple(self._rows.values())

    def find(self, key: str) -> Received | None:
        """Return the event with this id, None when it never came."""
        return self._rows.get(key)

    def keep(self, row: Received) -> None:
        """Write the row; on return it is on the disk.

        Raises:
            StorageError: ``qlvb-disk``; nothing was kept.

        """
        name = hashlib.sha256(row.id.encode()).hexdigest()
        text = json.dumps(
            {
                "id": row.id,
                "number": row.number,
                "taken_at": row.taken_at,
                "event": row.event,
                "decision": row.decision,
            },
            ensure_ascii=False,
        )
        try:
            _write(self._folder / f"{name}.json", text.encode())
        except OSError as error:
            raise StorageError(
                "qlvb-disk",
                vi="QLVB mô phỏng không ghi được đĩa.",
                en=f"the simulated QLVB cannot write its disk: {error.strerror}",
                retry=Retry.TEMPORARY,
            ) from error
        self._rows[row.id] = row


def _read(path: Path) -> Received:
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Received(
        id=str(kept["id"]),
        number=int(kept["number"]),
        taken_at=str(kept["taken_at"]),
        event=dict(kept["event"]),
        decision=kept["decision"],
    )


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(_TEMPORARY)
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
