"""What the simulated axis holds, on disk: envelopes, one copy a recipient, who has taken what.

SQLite with every commit on the disk, bytes in files by their digest; both are durable before
anything is answered. Ids come from a counter and the seed, so that a run can be repeated and a
restarted axis never gives an id twice.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS envelope (
    sender_doc_id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL, system TEXT NOT NULL,
    from_code TEXT NOT NULL, message_type TEXT NOT NULL, title TEXT NOT NULL,
    notation TEXT NOT NULL, digest TEXT NOT NULL, sent_at TEXT NOT NULL,
    repeat_key TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS copy (
    receiver_doc_id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL, sender_doc_id TEXT NOT NULL
        REFERENCES envelope, system TEXT NOT NULL, to_code TEXT NOT NULL,
    status TEXT NOT NULL, status_desc TEXT NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS copy_waiting ON copy (system, status, ordinal);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_COPY_COLUMNS = """
    SELECT c.receiver_doc_id, c.sender_doc_id, c.to_code, c.status, c.status_desc, c.created_at,
        c.updated_at, e.from_code, e.message_type, e.title, e.notation, e.digest, e.sent_at
    FROM copy c JOIN envelope e USING (sender_doc_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEnvelope:
    """An envelope about to be kept; its bytes are kept already under ``digest``."""

    system: str
    from_code: str
    message_type: str
    title: str
    notation: str
    digest: str
    repeat_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One recipient's copy, with what its envelope says. Times as the axis writes them."""

    receiver_doc_id: str
    sender_doc_id: str
    to_code: str
    status: str
    status_desc: str
    created_at: str
    updated_at: str
    from_code: str
    message_type: str
    title: str
    notation: str
    digest: str
    sent_at: str


class AxisStore:
    """The state of one simulated axis in one folder."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self._seed = seed
        self._blobs = folder / "blobs"
        self._spool = folder / "spool"
        for each in (self._blobs, self._spool):
            each.mkdir(parents=True, exist_ok=True)
        for left_over in self._spool.iterdir():
            left_over.unlink()
        self._database = sqlite3.connect(folder / "axis.sqlite", isolation_level=None)
        self._database.executescript(_TABLES)
        self._uploads = 0

    def upload(self) -> Path:
        """Return a path for the bytes of one request; nobody else is given it."""
        self._uploads += 1
        return self._spool / f"{self._uploads}.part"

    def keep(self, path: Path, size: int) -> str:
        """Keep the first ``size`` bytes of an upload and return their digest, durably."""
        with path.open("r+b") as file:
            file.truncate(size)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.flush()
            os.fsync(file.fileno())
        path.rename(self._blobs / digest)
        _sync_folder(self._blobs)
        return digest

    def blob(self, digest: str) -> Path:
        """Return where bytes lie."""
        return self._blobs / digest

    def repeated(self, repeat_key: str) -> str | None:
        """Return the id given to the same call before; None when it is new."""
        found = self._database.execute(
            "SELECT sender_doc_id FROM envelope WHERE repeat_key = ?", (repeat_key,)
        ).fetchone()
        return None if found is None else str(found[0])

    def accept(self, new: NewEnvelope, recipients: Sequence[tuple[str, str]], at: str) -> str:
        """Keep an envelope with a copy for every (organ code, system); return the sender's id."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            ordinal, sender_doc_id = self._next_id("envelope", 24)
            self._database.execute(
                "INSERT INTO envelope VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    sender_doc_id,
                    ordinal,
                    new.system,
                    new.from_code,
                    new.message_type,
                    new.title,
                    new.notation,
                    new.digest,
                    at,
                    new.repeat_key,
                ),
            )
            for to_code, system in recipients:
                ordinal, hexes = self._next_id("copy", 32)
                parts = (hexes[:8], hexes[8:12], hexes[12:16], hexes[16:20], hexes[20:])
                self._database.execute(
                    "INSERT INTO copy VALUES (?, ?, ?, ?, ?, 'initial', '', ?, ?)",
                    ("-".join(parts), ordinal, sender_doc_id, system, to_code, at, at),
                )
        return sender_doc_id

    def waiting(self, system: str, message_type: str, *, delivered_too: bool) -> list[Copy]:
        """Return a system's copies in the order of their coming; taken ones only if asked."""
        only = "" if delivered_too else "AND c.status != 'done'"
        return self._copies(
            f"WHERE c.system = ? AND e.message_type = ? {only} ORDER BY c.ordinal",
            (system, message_type),
        )

    def copy(self, system: str, receiver_doc_id: str) -> Copy | None:
        """Return a copy that belongs to ``system``; None when there is none."""
        where = "WHERE c.system = ? AND c.receiver_doc_id = ?"
        return next(iter(self._copies(where, (system, receiver_doc_id))), None)

    def set_status(self, receiver_doc_id: str, status: str, description: str, at: str) -> None:
        """Write down what a recipient says about its copy."""
        with self._database:
            self._database.execute(
                "UPDATE copy SET status = ?, status_desc = ?, updated_at = ?"
                " WHERE receiver_doc_id = ?",
                (status, description, at, receiver_doc_id),
            )

    def sent(self, system: str, message_type: str, sender_doc_id: str) -> list[Copy]:
        """Return the copies of what a system sent, of one envelope unless its id is ""."""
        return self._copies(
            "WHERE e.system = ? AND e.message_type = ? AND ? IN ('', e.sender_doc_id)"
            " ORDER BY c.ordinal",
            (system, message_type, sender_doc_id),
        )

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _copies(self, where: str, values: Sequence[str]) -> list[Copy]:
        cursor = self._database.execute(_COPY_COLUMNS + where, values)
        names = [column[0] for column in cursor.description]
        return [Copy(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]

    def _next_id(self, name: str, digits: int) -> tuple[int, str]:
        (value,) = self._database.execute(
            "INSERT INTO counter VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (name,),
        ).fetchone()
        text = f"{self._seed}:{name}:{value}"
        return int(value), hashlib.sha256(text.encode()).hexdigest()[:digits]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
