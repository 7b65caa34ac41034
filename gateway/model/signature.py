"""What a PDF's signatures show (evidence) and what we conclude from them (verdict).

The two are different things: evidence is what the bytes say, gathered once and kept; a verdict
is a conclusion under a policy, and can be drawn again from the same evidence years later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Verdict(Enum):
    """The conclusion. It has no truth value: compare it, or the compiler of habits errs."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"
    UNSIGNED = "unsigned"

    def __bool__(self) -> bool:
        """Raise: a verdict is never simply true."""
        raise TypeError("a verdict has no truth value; compare it with a member")


class Integrity(Enum):
    """Trust, time and revocation left out (``contract.md``, pdf verify)."""

    INTACT = "intact"
    MODIFIED = "modified"
    BROKEN = "broken"
    UNREADABLE = "unreadable"
    NONE = "none"

    def __bool__(self) -> bool:
        """Raise: an integrity finding is never simply true."""
        raise TypeError("an integrity finding has no truth value; compare it with a member")


class SignatureSet(Enum):
    """Which of the two signatures of NĐ 30/2020 Art. 5 are there."""

    PERSON_AND_ORGAN = "person_and_organ"
    PERSON = "person"
    ORGAN = "organ"
    OTHER = "other"
    NONE = "none"


class SignerRole(Enum):
    """Whose signature: the authorised person's, the organ's, or neither is certain."""

    PERSON = "person"
    ORGAN = "organ"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a verdict: a code of ``docs/verdicts.md`` and its two sentences."""

    code: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """What is known about revocation of one certificate."""

    status: str  # good, revoked, unknown
    source: str | None = None  # crl, ocsp, embedded; None when nothing was there
    produced_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """The conclusion on one signature; fields as in ``contract.md``."""

    field: str
    role: SignerRole
    signer: str | None
    organ: str | None
    serial: str | None
    issuer: str | None
    verdict: Verdict
    reasons: tuple[Reason, ...]
    signed_at: datetime | None
    time_source: str  # timestamp, claimed, none
    algorithm: str | None
    pades: str  # B-B, B-T, B-LT, B-LTA, none
    covers: str  # whole_file, revision, partial
    changes_after: str  # none, signatures, form, other
    revocation: Revocation


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVerdict:
    """The conclusion on one PDF. Integrity other than INTACT or NONE is never VALID."""

    verdict: Verdict
    integrity: Integrity
    signature_set: SignatureSet
    reasons: tuple[Reason, ...]
    signatures: tuple[SignatureVerdict, ...]

    @property
    def is_revoked(self) -> bool:
        """Tell whether any signer's certificate was revoked at the signing time."""
        return any(each.revocation.status == "revoked" for each in self.signatures)
