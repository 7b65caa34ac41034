"""What the shell needs from the world, as Protocols whose docstrings are the promise.

Clock, randomness, network, disk and keys stand behind these. The core reads none of them;
simulators and tests implement them, and every fault can be made to happen behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from sqlalchemy import Connection

from gateway.model.document import AxisDocId, Digest, DocumentRef
from gateway.model.organ import AgencyId, AxisAddress, DirectoryEntry, OrganId, SystemId
from gateway.model.signature import FileVerdict

T = TypeVar("T")


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> datetime:
        """Return the present instant, zone-aware (UTC)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock; a simulated clock may return at once."""
        ...


class Randomness(Protocol):
    """The only way to chance."""

    def token(self, size: int) -> bytes:
        """Return ``size`` unpredictable bytes."""
        ...

    def fraction(self) -> float:
        """Return a number in [0, 1), for jitter."""
        ...


class Ids(Protocol):
    """Makes our own identifiers."""

    def new(self) -> str:
        """Return a UUIDv7 as text; later calls sort after earlier ones within a process."""
        ...


class Vault(Protocol):
    """Where our own secret key material lives; nothing of it leaves."""

    def encrypt(self, purpose: str, plain: bytes) -> bytes:
        """Return ``plain`` sealed for ``purpose`` (authenticated encryption)."""
        ...

    def decrypt(self, purpose: str, sealed: bytes) -> bytes:
        """Return the plain bytes; DataError when altered or made for another purpose."""
        ...

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Return a keyed digest of ``data``, for hashes of keys and heads of event chains."""
        ...


class Store(Protocol):
    """The database. ``fn`` is a plain function of a connection and must not await."""

    async def tx(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in one write transaction; on return it is on the disk.

        Raises:
            StorageError: The database is full, locked or gone; nothing was written.

        """
        ...

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` on a consistent snapshot, without writing."""
        ...

    async def close(self) -> None:
        """Finish what is running and let go."""
        ...


@dataclass(frozen=True, slots=True)
class Stored:
    """What the disk has: digest of the bytes and how many."""

    digest: Digest
    size_bytes: int


class PayloadSink(Protocol):
    """Takes the bytes of one payload while they are read."""

    def write(self, data: bytes) -> None:
        """Add bytes. StorageError when the disk is full."""
        ...

    def close(self) -> Stored:
        """Make it durable under its digest (fsync file, rename, fsync folder)."""
        ...

    def abandon(self) -> None:
        """Forget everything written; safe after close and twice."""
        ...


class Payloads(Protocol):
    """Content-addressed bytes: documents, envelopes, answers. Blocking; call in a thread."""

    def sink(self) -> PayloadSink:
        """Return a fresh sink."""
        ...

    def open(self, digest: Digest) -> BinaryIO:
        """Open for reading. StorageError ``payload-missing`` when it is not there."""
        ...

    def checked(self, digest: Digest) -> Path:
        """Return a path to the bytes after checking their digest again.

        Raises:
            StorageError: ``payload-missing``, or ``payload-damaged`` when the bytes changed.

        """
        ...

    def delete(self, digest: Digest) -> None:
        """Remove the bytes; the caller has counted the references. Safe twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisCapabilities:
    """What one kind of axis does; decided by its adapter, never guessed (axes.md 2.8)."""

    acknowledging_sends_01: bool  # the axis itself answers 01 (T56)
    one_recipient_per_send: bool
    destructive_reads: bool  # reading a list removes it from the list (T46)
    sends_statuses: bool
    can_look_up_sent: bool  # after a lost answer one can ask whether it arrived (T28)
    can_look_up_statuses: bool = False  # the same for status messages; else find_sent says None
    max_envelope_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDelivery:
    """One row of an axis's list of what waits for us.

    Attributes:
        message_type: ``edoc`` or ``status``; other texts are kept and parked.
        created_text, updated_text: The axis's own times, as written; its zone is not stated.

    """

    axis_doc_id: AxisDocId
    message_type: str
    sender: str | None = None
    recipient: str | None = None
    created_text: str | None = None
    updated_text: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEnvelope:
    """An envelope ready to leave.

    Attributes:
        key: Idempotency key of the effect, the same on every try.
        message_type: ``edoc`` or ``status``.
        path: The envelope's bytes, on disk.
        recipients: Addresses on this axis.
        marker: What ``find_sent`` looks for (protocol part 3): number/notation text for a
            document, the key for a status.
        known: Axis ids of our other envelopes with the same marker (a recall has the number of
            what it recalls); ``find_sent`` passes over them.

    """

    key: str
    message_type: str
    path: Path
    sender: OrganId
    recipients: tuple[AxisAddress, ...]
    marker: str = ""
    known: frozenset[AxisDocId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """One row of an axis's list of what we sent."""

    sender_doc_id: AxisDocId
    receiver_doc_id: AxisDocId | None = None
    to: str | None = None
    title: str | None = None
    notation: str | None = None
    send_status: str | None = None
    receive_status: str | None = None


class AxisClient(Protocol):
    """One connected system on one axis. Every call has its own total time limit.

    Every method raises :class:`gateway.errors.AxisError` with ``retry`` set; a lost answer to
    ``send`` is ``UNKNOWN`` and must be looked up before another try.
    """

    @property
    def capabilities(self) -> AxisCapabilities:
        """Return what this axis can do."""
        ...

    async def pending(self) -> Sequence[PendingDelivery]:
        """List what waits for us, documents and statuses."""
        ...

    async def fetch(self, axis_doc_id: AxisDocId, sink: PayloadSink) -> None:
        """Write the envelope's bytes into ``sink``; the caller closes it."""
        ...

    async def acknowledge(self, axis_doc_id: AxisDocId) -> None:
        """Tell the axis ``done``; safe to repeat. Never ``fail`` (contract)."""
        ...

    async def send(self, envelope: OutgoingEnvelope) -> AxisDocId:
        """Hand an envelope to the axis and return the axis's id of it."""
        ...

    async def find_sent(self, envelope: OutgoingEnvelope) -> AxisDocId | None:
        """Return the axis's id when it has this envelope already, else None."""
        ...

    async def directory(self) -> Sequence[DirectoryEntry]:
        """Return the axis's directory of organs."""
        ...

    async def probe(self) -> None:
        """Ask something harmless, to see whether the axis answers and knows us."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Qlvb(Protocol):
    """The document-management system of one agency."""

    async def relay(self, key: str, event: Mapping[str, object]) -> datetime | None:
        """Deliver an event; return the instant the QLVB says it took it over, if it says so.

        ``key`` is the same on every try; the QLVB sees it and can drop repeats.

        Raises:
            QlvbError: With ``retry`` set.

        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something a person must know. Codes and our own ids only: no subject, no names."""

    key: str
    agency: AgencyId
    topic: str
    at: datetime
    document: DocumentRef | None = None
    codes: tuple[str, ...] = ()
    urgent: bool = False


class Alarms(Protocol):
    """Tells people: by log, mail, webhook; whichever are configured, all of them."""

    async def tell(self, alarm: Alarm) -> None:
        """Deliver the alarm; WorldError with ``retry`` when a channel failed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the examination of one stored PDF brought.

    Attributes:
        verdict: The conclusion, with the evidence it rests on.
        marks: Secrecy marks seen as stamps on the first page (``MẬT``, ``TỐI MẬT``,
            ``TUYỆT MẬT``), L-60.
        doubtful_marks: Text that may be such a mark; a person decides.
        evidence: The evidence as JSON text, to be kept beside the PDF (L-115).

    """

    verdict: FileVerdict
    marks: tuple[str, ...] = ()
    doubtful_marks: tuple[str, ...] = ()
    evidence: str = "{}"


class Examiner(Protocol):
    """Examines PDFs in worker processes with limits on time, CPU and memory."""

    async def examine(self, agency: AgencyId, pdf: Path, at: datetime) -> Examination:
        """Judge the file as received at ``at``; never raises for any content (S1).

        A file that takes too long or too much is ``unreadable`` evidence, not an error.
        """
        ...

    async def close(self) -> None:
        """End the workers."""
        ...


class Credentials(Protocol):
    """Secrets of an agency on an axis, encrypted at rest, never mixed (T72)."""

    async def secret(self, agency: AgencyId, axis: str) -> str:
        """Return the secret. SettingsError when none is stored."""
        ...

    async def system_id(self, agency: AgencyId, axis: str) -> SystemId:
        """Return the system id that goes with the secret."""
        ...
