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


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateEvidence:
    """What a certificate (chứng thư số) says.

    Attributes:
        fingerprint: SHA-256 of the DER, 64 hex digits.
        serial: Serial number, upper-case hex.
        subject, issuer: (attribute, value) in the order of the certificate; values may hold
            personal data, so they are never logged.
        key: Kind and size, such as ``RSA-2048`` or ``EC-secp256r1``.
        key_usage: Names as in RFC 5280, empty when the extension is absent.
        purposes: Extended key usages by name or OID, empty when the extension is absent.

    """

    fingerprint: str
    serial: str
    subject: tuple[tuple[str, str], ...]
    issuer: tuple[tuple[str, str], ...]
    valid_from: datetime
    valid_to: datetime
    key: str
    key_usage: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PathEvidence:
    """The way from a certificate to a trust anchor (L-112).

    Attributes:
        status: ``trusted``; ``no-anchors`` when nobody gave any; ``unknown-root``; ``out-of-time``
            when only a validity period speaks against it; ``failed``.
        chain: The certificates above the signer's, nearest first, anchor last; empty when no
            path was found.
        cause: Technical words on what failed; "" otherwise.

    """

    status: str
    chain: tuple[CertificateEvidence, ...] = ()
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationEvidence:
    """What the given lists say about one certificate of a path (L-111).

    Attributes:
        fingerprint: The certificate concerned.
        status: ``good``, ``revoked``, or why nothing is known: ``no-list``, ``stale``,
            ``bad-list``.
        produced_at, next_update_at: Of the list used.
        revoked_at: When it was withdrawn; None unless the list names it.

    """

    fingerprint: str
    status: str
    source: str | None = None
    produced_at: datetime | None = None
    next_update_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampEvidence:
    """A time stamp (dấu thời gian) on a signature.

    Attributes:
        holds: The token covers this signature and its own signature value is right.
        certificate: Of the time-stamp authority.
        path: The way to an anchor at ``stamped_at``.
        revocations: For the authority's certificate and those above it, at ``stamped_at``.

    """

    stamped_at: datetime
    holds: bool
    certificate: CertificateEvidence
    path: PathEvidence
    revocations: tuple[RevocationEvidence, ...] = ()

    @property
    def is_trusted(self) -> bool:
        """Tell whether the time may be relied on: the token holds and its maker is good."""
        return (
            self.holds
            and self.path.status == "trusted"
            and "time_stamping" in self.certificate.purposes
            and all(each.status == "good" for each in self.revocations)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GeometryEvidence:
    """What the raw bytes say about one signature, by our own reading (signing 4.4, 1 to 4).

    Attributes:
        faults: Codes of ``docs/verdicts.md``; empty when every rule holds.
        covers: ``whole_file``, ``revision``, ``partial``.
        ends_at: Offset behind the last signed byte; None when the range cannot be read.

    """

    faults: tuple[str, ...]
    covers: str
    ends_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsEvidence:
    """What the signature container says.

    Attributes:
        faults: Codes of ``docs/verdicts.md`` (signing 4.4, rule 8).
        digest_holds: The digest of the signed bytes equals the one signed.
        value_holds: The signature value belongs to the certificate's key.
        digest, mechanism: Names such as ``sha256`` and ``rsassa_pss``.
        names_certificate: The signing-certificate attribute is there (PAdES).

    """

    faults: tuple[str, ...]
    digest_holds: bool
    value_holds: bool
    digest: str
    mechanism: str
    names_certificate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesEvidence:
    """What was added to the file after one signature.

    Attributes:
        kind: ``none``, ``signatures`` (later signatures, long-term data, document time stamps),
            ``form``, ``other``.
        cause: Technical words on what does not pass; "" otherwise.
        is_forbidden: The certifying signature of the file allows none of this; seen with honest
            files whose first signer's program certifies with "no changes allowed".

    """

    kind: str
    cause: str = ""
    is_forbidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureEvidence:
    """What one signature or document time stamp shows.

    Attributes:
        is_document_time_stamp: A time stamp on the whole file, not anybody's signature.
        unreadable: Why it could not be examined; None when it could.
        claimed_at: The time its maker wrote into it; nobody vouches for it.
        judged_at: The instant path and revocation were looked at: the trusted time stamp's,
            else the receipt (L-121).
        picture_mm: Width and height of its picture on the page; None when it shows nothing.

    """

    field: str
    is_document_time_stamp: bool = False
    unreadable: str | None = None
    geometry: GeometryEvidence | None = None
    cms: CmsEvidence | None = None
    certificate: CertificateEvidence | None = None
    path: PathEvidence | None = None
    revocations: tuple[RevocationEvidence, ...] = ()
    claimed_at: datetime | None = None
    judged_at: datetime | None = None
    time_stamp: TimeStampEvidence | None = None
    changes: ChangesEvidence | None = None
    pades: str = "none"
    picture_mm: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvidence:
    """What a PDF's signatures show, gathered once and kept beside the file (L-115).

    Attributes:
        digest: SHA-256 of the file; "" when it could not be read.
        received_at: The instant of receipt the examination was made for.
        faults: (code of ``docs/verdicts.md``, technical words) about the file as a whole.
        signatures: In the order of the revisions they cover.
        lists_given: Whether any revocation list was at hand.

    """

    digest: str
    size_bytes: int
    received_at: datetime
    faults: tuple[tuple[str, str], ...] = ()
    signatures: tuple[SignatureEvidence, ...] = ()
    lists_given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePolicy:
    """How strictly an agency judges.

    Attributes:
        both_expected: A file without the person's and the organ's signature is left to the
            clerk; off, it is judged by the signatures that are there (L-01, L-30).
        clock_tolerance_seconds: How far a claimed time may lie after the receipt; two clocks
            never agree.
        mask_numbers: Hide all but the last three digits of citizen and telephone numbers in
            names.

    """

    both_expected: bool = False
    clock_tolerance_seconds: int = 900
    mask_numbers: bool = True
