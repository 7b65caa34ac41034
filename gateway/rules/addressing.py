"""Which organ a code means on a day, where it is reached, and which recipients are ours.

L-98   the directory decides what a code means, with validity dates; nothing is computed
L-33   a wrong addressee goes back to the sender; here it is found, admission proposes it
T49    a unit we do not serve, or only a platform's id among the recipients
T67    old and new codes live side by side: ours are listed, old ones too, compared as written
T69    a system's id is not an organ
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from gateway.model.envelope import DocumentEnvelope
from gateway.model.organ import AxisAddress, DirectoryEntry, OrganId, SystemId


class CodeMeaning(Enum):
    """What the directory says about a code on a day."""

    VALID = "valid"  # one organ has it on that day
    ENDED = "ended"  # nobody has it any more; a successor may be stated
    NOT_YET = "not-yet"  # it becomes valid later
    AMBIGUOUS = "ambiguous"  # two organs have it on that day: the directory is wrong
    UNKNOWN = "unknown"  # not in the directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """The directory's answer.

    Attributes:
        entry: The organ; the last holder for ENDED, the next one for NOT_YET, else None.
        successors: Codes that follow by the directory, nearest first.  They are offered to a
            person: nothing is ever sent to another code than the one that was asked for.

    """

    kind: CodeMeaning
    entry: DirectoryEntry | None = None
    successors: tuple[OrganId, ...] = ()


def meaning(organ_id: OrganId, day: date, directory: Sequence[DirectoryEntry]) -> Meaning:
    """Return what ``organ_id`` means on ``day`` (Viet Nam), both ends of validity included."""
    lines = [entry for entry in directory if entry.organ_id == organ_id]
    valid = [entry for entry in lines if _holds(entry, day)]
    successors = _successors(organ_id, directory)
    if len(valid) > 1:
        return Meaning(kind=CodeMeaning.AMBIGUOUS, successors=successors)
    if valid:
        return Meaning(kind=CodeMeaning.VALID, entry=valid[0], successors=successors)
    ended = [entry for entry in lines if entry.valid_to is not None and entry.valid_to < day]
    if ended:
        last = max(ended, key=lambda entry: entry.valid_to or date.min)
        return Meaning(kind=CodeMeaning.ENDED, entry=last, successors=successors)
    if lines:
        first = min(lines, key=lambda entry: entry.valid_from or date.min)
        return Meaning(kind=CodeMeaning.NOT_YET, entry=first, successors=successors)
    return Meaning(kind=CodeMeaning.UNKNOWN)


def address_on(entry: DirectoryEntry, axis: str) -> tuple[AxisAddress, SystemId | None] | None:
    """Return where ``axis`` finds the organ and through which system; None if it does not."""
    for name, address, system_id in entry.addresses:
        if name == axis:
            return address, system_id
    return None


def codes_of_same_organ(
    organ_id: OrganId, directory: Sequence[DirectoryEntry]
) -> frozenset[OrganId]:
    """Return every code stated to be this organ's, itself included, along successors (T57, T67).

    Used for finding a document we hold under an older code, never for addressing.
    """
    known = {organ_id}
    while True:
        found = {
            code
            for entry in directory
            if entry.successor is not None and known & {entry.organ_id, entry.successor}
            for code in (entry.organ_id, entry.successor)
        }
        if found <= known:
            return frozenset(known)
        known |= found


class Addressee(Enum):
    """Whom an envelope is for, seen from the agency."""

    OURS = "ours"
    PLATFORM = "platform"  # every recipient is the id of a connected system (T49)
    OTHERS = "others"  # organs, none of them ours
    NOBODY = "nobody"  # the envelope names no recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Whom an envelope is for, and which of its codes are ours, in the envelope's order."""

    addressee: Addressee
    ours: tuple[OrganId, ...] = ()


def our_recipients(envelope: DocumentEnvelope, own_ids: frozenset[OrganId]) -> tuple[OrganId, ...]:
    """Return the recipients that are ours, each once, spelled as the envelope spells them."""
    named = (organ.organ_id for organ in envelope.recipients)
    return tuple(dict.fromkeys(each for each in named if each in own_ids and each is not None))


def addressed(
    envelope: DocumentEnvelope,
    own_ids: frozenset[OrganId],
    system_ids: frozenset[SystemId] = frozenset(),
) -> Addressed:
    """Return whom ``envelope`` is for.

    Args:
        envelope: As read.
        own_ids: The agency's codes, the older ones it still answers to included.
        system_ids: Ids of connected systems, ours among them; they are no organs.

    """
    ours = our_recipients(envelope, own_ids)
    if ours:
        return Addressed(addressee=Addressee.OURS, ours=ours)
    named = {organ.organ_id for organ in envelope.recipients if organ.organ_id}
    if not named:
        return Addressed(addressee=Addressee.NOBODY)
    only_systems = all(SystemId(each) in system_ids for each in named)
    return Addressed(addressee=Addressee.PLATFORM if only_systems else Addressee.OTHERS)


def _holds(entry: DirectoryEntry, day: date) -> bool:
    return (entry.valid_from is None or entry.valid_from <= day) and (
        entry.valid_to is None or day <= entry.valid_to
    )


def _successors(organ_id: OrganId, directory: Sequence[DirectoryEntry]) -> tuple[OrganId, ...]:
    """Return the chain of stated successors; a circle in the directory ends it."""
    follows = {
        entry.organ_id: entry.successor for entry in directory if entry.successor is not None
    }
    chain: list[OrganId] = []
    code = follows.get(organ_id)
    while code is not None and code != organ_id and code not in chain:
        chain.append(code)
        code = follows.get(code)
    return tuple(chain)
