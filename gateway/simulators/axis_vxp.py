"""What the simulated axis answers in VXP (protocol 1.3, 1.4 and part 3): no network in here.

Parameters come from the signed JSON, never from the HTTP headers around it. Every answer is ASCII
JSON with all three common members, ``DocId`` on every answer to sendEdoc, ``[]`` for nothing, and
no null anywhere. The error codes are this axis's own: the real one's are not known.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.adapters import axis_vxp_wire as wire
from gateway.model.organ import OrganId, SystemId
from gateway.ports import Clock
from gateway.simulators.axis_answers import (
    Answer,
    agency_row,
    done,
    received_row,
    refusal,
    sent_row,
)
from gateway.simulators.axis_route import EnvelopeFacts, UnreadableEnvelopeError, facts_of
from gateway.simulators.axis_store import AxisStore, Copy, NewEnvelope

COUNTS = {"countReceiveEdoc": wire.DOCUMENT, "countReceiveStatus": wire.STATUS}
DOWNLOAD = "downloadEdoc"
OPERATIONS = frozenset(
    {wire.LIST, wire.GET, wire.UPDATE, wire.SEND, wire.SENT, *wire.DIRECTORIES, *COUNTS, DOWNLOAD}
)
_STATUS_WORDS = ("processing", "done", "fail")
_UNKNOWN_SECRET = "no such system"  # noqa: S105 - compared for the sake of equal time, opens nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisSetup:
    """A simulated axis.

    Attributes:
        state: Folder of what it holds.
        systems: Secret of every connected system.
        organs: Which system an organ's documents go to; a code equal to a system id needs none.
        names: Names of organs for the directory.
        done_removes: Whether a copy that was taken leaves the list (not known of the real axis).
        seed: Chance of faults, and ids.
        max_bytes: Largest envelope taken.
        admin_token: Opens the fault dial over HTTP; None keeps it shut.

    """

    state: Path
    systems: Mapping[SystemId, str] = field(repr=False)
    organs: Mapping[OrganId, SystemId] = field(default_factory=dict)
    names: Mapping[OrganId, str] = field(default_factory=dict)
    done_removes: bool = True
    seed: int = 0
    max_bytes: int = 512 << 20
    admin_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The body of one call, spooled.

    Attributes:
        path: Where it lies; removed by the caller unless it was kept.
        size: Bytes, without those beyond the limit.
        digest: SHA-256 of all.
        digest_without_end: SHA-256 without the CR LF at the end; None when there is none.
        too_large: There was more than the axis takes.

    """

    path: Path
    size: int
    digest: bytes
    digest_without_end: bytes | None
    too_large: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call whose signature holds.

    Attributes:
        repeats: Offer what was delivered already once more (a fault).

    """

    operation: str
    system: SystemId
    parameters: Mapping[str, str]
    upload: Upload
    repeats: bool = False


class VxpDesk:
    """Answers calls from what the store holds."""

    def __init__(self, setup: AxisSetup, store: AxisStore, clock: Clock) -> None:
        self._setup = setup
        self._store = store
        self._clock = clock

    def authenticated(
        self, text: bytes, given_mac: str
    ) -> tuple[SystemId, Mapping[str, str]] | None:
        """Return who calls and with which parameters; None when the signature does not hold.

        Args:
            text: Bytes of the sign-header as they came.
            given_mac: The hash-header.

        """
        parameters = _parameters(text)
        system = SystemId(parameters.get("systemid", ""))
        secret = self._setup.systems.get(system, _UNKNOWN_SECRET)
        expected = hmac.new(secret.encode(), text, "sha256").hexdigest()
        holds = hmac.compare_digest(expected.encode(), given_mac.strip().lower().encode())
        return (system, parameters) if holds and system in self._setup.systems else None

    def answer(self, call: Call) -> Answer:
        """Return the answer to one call; what it changes is on the disk before."""
        answers: Mapping[str, Callable[[Call], Answer]] = {
            wire.LIST: self._listed,
            wire.GET: self._handed_over,
            DOWNLOAD: self._handed_over,
            wire.UPDATE: self._updated,
            wire.SEND: self._taken,
            wire.SENT: self._sent,
            **dict.fromkeys(COUNTS, self._counted),
            **dict.fromkeys(wire.DIRECTORIES, self._directory),
        }
        return answers[call.operation](call)

    def _listed(self, call: Call) -> Answer:
        kind = call.parameters.get("messagetype", "")
        everything = call.repeats or not self._setup.done_removes
        copies = self._store.waiting(call.system, kind, delivered_too=everything)
        return done(data=[received_row(copy) for copy in copies])

    def _counted(self, call: Call) -> Answer:
        kind = COUNTS[call.operation]
        return done(count=len(self._store.waiting(call.system, kind, delivered_too=False)))

    def _handed_over(self, call: Call) -> Answer:
        copy = self._copy(call, ("docId", "docid"))
        if copy is None:
            return refusal(call.operation, "DOCID", "Khong co goi tin nay")
        file = self._store.blob(copy.digest)
        if call.operation == DOWNLOAD:
            return Answer(members=None, file=file)
        return Answer(members=done().members, file=file)

    def _updated(self, call: Call) -> Answer:
        copy = self._copy(call, ("docid", "docId"))
        if copy is None:
            return refusal(call.operation, "DOCID", "Khong co goi tin nay")
        word = call.parameters.get("status", "")
        if word not in _STATUS_WORDS:
            return refusal(call.operation, "STATUS", "Trang thai khong hop le")
        said = call.parameters.get("description", "")
        self._store.set_status(copy.receiver_doc_id, word, said, self._now())
        return done()

    def _taken(self, call: Call) -> Answer:
        """Take an envelope, after everything about it was checked."""
        given = call.parameters
        kind, sender = given.get("messagetype", ""), given.get("from", "")
        # The Java client posts once more with all headers the same; ``to`` belongs to the key
        # because a clock that stands still (a demonstration) may sign two calls alike but for it.
        named = (given.get(name, "") for name in ("timestamp", "hash-file", "from", "to"))
        key = "\n".join((call.system, *named))
        earlier = self._store.repeated(key)
        if earlier is not None:
            return done(DocId=earlier)
        against = self._against(call, kind, sender)
        if against is not None:
            return against
        size = _named_size(call.upload, given.get("hash-file", ""))
        if size is None:
            return refusal(call.operation, "HASH", "hash-file khong khop noi dung")
        return self._kept(call, size, key)

    def _against(self, call: Call, kind: str, sender: str) -> Answer | None:
        if call.upload.too_large:
            return refusal(call.operation, "SIZE", "Goi tin qua lon")
        if kind not in wire.MESSAGE_TYPES:
            return refusal(call.operation, "TYPE", "messagetype khong hop le")
        if self._system_of(sender) != call.system:
            text = f"Ma gui {sender} khong thuoc he thong {call.system}"
            return refusal(call.operation, "FROM", text)
        return None

    def _kept(self, call: Call, size: int, key: str) -> Answer:
        facts = _facts(call.upload.path, size)
        named = _named_recipients(call.parameters.get("to"))
        recipients = facts.recipients if named is None and facts is not None else named
        if not recipients:
            return refusal(call.operation, "TO", "Khong xac dinh duoc noi nhan")
        routed = [(code, self._system_of(code)) for code in recipients]
        unknown = [code for code, system in routed if system is None]
        if unknown:
            return refusal(call.operation, "TO", f"Khong co noi nhan {unknown[0]}")
        new = NewEnvelope(
            system=call.system,
            from_code=call.parameters["from"],
            message_type=call.parameters["messagetype"],
            title=facts.title if facts else "",
            notation=facts.notation if facts else "",
            digest=self._store.keep(call.upload.path, size),
            repeat_key=key,
        )
        reached = [(code, str(system)) for code, system in routed]
        return done(DocId=self._store.accept(new, reached, self._now()))

    def _sent(self, call: Call) -> Answer:
        kind, one = call.parameters.get("messagetype", ""), call.parameters.get("docId", "")
        return done(data=[sent_row(each) for each in self._store.sent(call.system, kind, one)])

    def _directory(self, call: Call) -> Answer:
        codes = [*self._setup.organs, *(OrganId(system) for system in self._setup.systems)]
        return done(
            data=[
                agency_row(call.operation, number, code, self._setup.names.get(code, ""))
                for number, code in enumerate(dict.fromkeys(codes), start=1)
            ]
        )

    def _copy(self, call: Call, names: tuple[str, str]) -> Copy | None:
        doc_id = next((call.parameters[name] for name in names if name in call.parameters), "")
        return self._store.copy(call.system, doc_id)

    def _system_of(self, code: str) -> SystemId | None:
        routed = self._setup.organs.get(OrganId(code))
        if routed is not None:
            return routed
        return SystemId(code) if SystemId(code) in self._setup.systems else None

    def _now(self) -> str:
        return f"{self._clock.now().astimezone(wire.VIET_NAM):%Y-%m-%d %H:%M:%S}"


def _parameters(text: bytes) -> Mapping[str, str]:
    """Return the parameters of the signed JSON; empty when it is none of ours."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        return {}
    return {name.removeprefix(wire.PREFIX): value for name, value in found.items()}


def _named_size(upload: Upload, hash_file: str) -> int | None:
    """Return how many bytes the hash names: without the line end, or all; None for neither."""
    for digest, size in (
        (upload.digest_without_end, upload.size - 2),
        (upload.digest, upload.size),
    ):
        if digest is not None and hash_file.lower() in (wire.unpadded(digest), digest.hex()):
            return size
    return None


def _facts(path: Path, size: int) -> EnvelopeFacts | None:
    with path.open("r+b") as file:
        file.truncate(size)
    try:
        return facts_of(path)
    except UnreadableEnvelopeError:
        return None


def _named_recipients(to: str | None) -> tuple[str, ...] | None:
    """Return what the ``to`` parameter names; None when there is none."""
    if to is None:
        return None
    try:
        found = json.loads(to)
    except ValueError:
        found = to  # some clients send the bare code
    codes = found if isinstance(found, list) else [found]
    return tuple(dict.fromkeys(str(code) for code in codes))
