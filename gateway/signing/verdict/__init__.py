"""From evidence and policy to a verdict, with every reason in words. Pure.

Read from top to bottom: the file's own faults, then each signature (bytes, changes, trust,
revocation, time, algorithms), then what the signatures mean together.

    valid          every signature holds, is trusted, was good at its time
    invalid        one does not hold, was changed afterwards, revoked, expired, or too weak
    indeterminate  what is known does not suffice; a clerk decides (L-120)
    unsigned       nobody signed (L-02); a picture of a seal changes nothing (L-13)

Sources: NĐ 68 Art. 31, 32 (L-111, L-112); TT 41 Art. 6, 7 (L-113, L-114); TT 15/2025
(L-122, L-123); the time of receipt where no time stamp proves an earlier one (L-121).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from gateway.model.signature import (
    CertificateEvidence,
    FileEvidence,
    FileVerdict,
    Integrity,
    Reason,
    Revocation,
    SignatureEvidence,
    SignaturePolicy,
    SignatureSet,
    SignatureVerdict,
    SignerRole,
    Verdict,
)
from gateway.signing.verdict.codes import CODES, Weight
from gateway.signing.verdict.roles import attribute, role_of

WEAK_DIGESTS = {"md2", "md5", "sha1"}
GOOD_DIGESTS = {
    "sha224", "sha256", "sha384", "sha512", "sha512_224", "sha512_256",
    "sha3_224", "sha3_256", "sha3_384", "sha3_512",
}  # fmt: skip
GOOD_MECHANISMS = {"rsassa_pkcs1v15", "rsassa_pss", "ecdsa"}
MIN_RSA_BITS = 2048
GOOD_CURVES = {"secp256r1", "secp384r1", "secp521r1"}
SIGNING_USAGES = {"digital_signature", "non_repudiation"}

# A seal is at most 45 mm square (contract.md); a person's picture is wider but low.
MAX_PICTURE_MM2 = 80.0 * 45.0

SET_REASON = {
    SignatureSet.PERSON_AND_ORGAN: "SET_PERSON_AND_ORGAN",
    SignatureSet.PERSON: "SET_PERSON_ONLY",
    SignatureSet.ORGAN: "SET_ORGAN_ONLY",
    SignatureSet.OTHER: "SET_OTHER",
}
LONG_NUMBER = re.compile(r"\d{9,}")


def reason(code: str) -> Reason:
    """Return the reason with its sentences. KeyError for a code outside the list."""
    text = CODES[code]
    return Reason(code, text.vi, text.en)


def judge(evidence: FileEvidence, policy: SignaturePolicy) -> FileVerdict:
    """Return the verdict on one PDF."""
    people = [each for each in evidence.signatures if not each.is_document_time_stamp]
    signatures = tuple(_judge_signature(each, evidence, policy) for each in people)
    codes = [code for code, _ in evidence.faults]
    for each in evidence.signatures:
        if each.is_document_time_stamp:
            codes.extend(_byte_codes(each))
    if not signatures and not codes:
        return FileVerdict(
            verdict=Verdict.UNSIGNED,
            integrity=Integrity.NONE,
            signature_set=SignatureSet.NONE,
            reasons=(reason("NO_SIGNATURE"),),
            signatures=(),
        )
    found, set_code = _set_of(people, signatures)
    if policy.both_expected and found is not SignatureSet.PERSON_AND_ORGAN:
        codes.append("SET_INCOMPLETE")
    all_codes = [*codes, *(each.code for one in signatures for each in one.reasons)]
    told = [code for code in all_codes if CODES[code].weight is not Weight.REMARK]
    verdict = _verdict_of(all_codes)
    if verdict is not Verdict.INVALID:
        told.extend(set_code)  # of a spoilt document nobody says that its signatures suffice
    return FileVerdict(
        verdict=verdict,
        integrity=_integrity_of(all_codes),
        signature_set=found,
        reasons=tuple(reason(code) for code in dict.fromkeys(told)),
        signatures=signatures,
    )


def over_limit(evidence: FileEvidence) -> FileVerdict:
    """Return the verdict on a file whose examination had to be stopped."""
    return FileVerdict(
        verdict=Verdict.INDETERMINATE,
        integrity=Integrity.UNREADABLE,
        signature_set=SignatureSet.NONE,
        reasons=tuple(reason(code) for code, _ in evidence.faults) or (reason("OVER_LIMIT"),),
        signatures=(),
    )


def _judge_signature(
    evidence: SignatureEvidence, file: FileEvidence, policy: SignaturePolicy
) -> SignatureVerdict:
    """Return the verdict on one signature: every reason, not only the first."""
    codes = [
        *_byte_codes(evidence),
        *_change_codes(evidence, file),
        *_trust_codes(evidence),
        *_revocation_codes(evidence),
        *_time_codes(evidence, file, policy),
        *_algorithm_codes(evidence),
    ]
    verdict = _verdict_of(codes)
    if verdict is Verdict.VALID:
        codes.insert(0, "SIGNATURE_GOOD")
    certificate, cms = evidence.certificate, evidence.cms
    role = role_of(certificate) if certificate else SignerRole.OTHER
    signed_at, source = _signing_time(evidence)
    return SignatureVerdict(
        field=evidence.field,
        role=role,
        signer=_shown(certificate, "common_name", policy),
        organ=_organ_shown(certificate, role, policy),
        serial=certificate.serial if certificate else None,
        issuer=_issuer_shown(certificate),
        verdict=verdict,
        reasons=tuple(reason(code) for code in dict.fromkeys(codes)),
        signed_at=signed_at,
        time_source=source,
        algorithm=f"{cms.mechanism}-{cms.digest}" if cms else None,
        pades=evidence.pades,
        covers=evidence.geometry.covers if evidence.geometry else "partial",
        changes_after=_changes_shown(evidence, file),
        revocation=_revocation_shown(evidence),
    )


def _byte_codes(evidence: SignatureEvidence) -> list[str]:
    """Name what speaks against the bytes, the container and the signature value."""
    codes = list(evidence.geometry.faults) if evidence.geometry else []
    if evidence.cms:
        codes.extend(evidence.cms.faults)
        if not evidence.cms.digest_holds and not codes:
            codes.append("HASH_FAILURE")
        if not evidence.cms.value_holds and "CMS_STRUCTURE" not in codes:
            codes.append("SIGNATURE_VALUE_WRONG")
    if evidence.unreadable is not None or evidence.cms is None or evidence.geometry is None:
        codes.append("SIGNATURE_UNREADABLE")
    return codes


def _change_codes(evidence: SignatureEvidence, file: FileEvidence) -> list[str]:
    changes = evidence.changes
    if changes is None:
        # Where the place in the file is wrong, that has been said; otherwise nobody compared.
        known = evidence.geometry is not None and evidence.geometry.faults
        return [] if known or evidence.unreadable else ["SIGNATURE_UNREADABLE"]
    codes = []
    if changes.kind == "other":
        codes.append("MODIFIED_AFTER_SIGNING")
    elif changes.kind == "form":
        codes.append("FORM_CHANGED")
    if changes.is_forbidden:
        codes.append("CERTIFICATION_FORBIDS")
    is_first = not file.signatures or file.signatures[0].field == evidence.field
    if not is_first and evidence.picture_mm:
        width, height = evidence.picture_mm
        if width * height > MAX_PICTURE_MM2:
            codes.append("PICTURE_TOO_LARGE")
    return codes


def _trust_codes(evidence: SignatureEvidence) -> list[str]:
    certificate, path = evidence.certificate, evidence.path
    if certificate is None or path is None:
        return []
    codes = []
    if certificate.key_usage and not SIGNING_USAGES & set(certificate.key_usage):
        codes.append("KEY_USAGE_WRONG")
    status = {
        "no-anchors": ["NO_TRUST_GIVEN"],
        "unknown-root": ["UNKNOWN_ROOT"],
        "failed": ["PATH_INVALID"],
    }
    return codes + status.get(path.status, [])


def _revocation_codes(evidence: SignatureEvidence) -> list[str]:
    """Name what the lists say; only asked where a path to an anchor was found."""
    codes = []
    for number, each in enumerate(evidence.revocations):
        if each.status == "revoked":
            codes.append("REVOKED" if number == 0 else "AUTHORITY_REVOKED")
        elif each.status == "stale":
            codes.append("REVOCATION_STALE")
        elif each.status != "good":
            codes.append("REVOCATION_NOT_CHECKED")
    if not evidence.revocations and evidence.path and evidence.path.status != "trusted":
        codes.append("REVOCATION_NOT_CHECKED")
    return list(dict.fromkeys(codes))


def _time_codes(
    evidence: SignatureEvidence, file: FileEvidence, policy: SignaturePolicy
) -> list[str]:
    """Judge validity at signing time: the time stamp, else the receipt (L-111, L-121)."""
    certificate, claimed = evidence.certificate, evidence.claimed_at
    at = evidence.judged_at or file.received_at
    if certificate is None:
        return []
    chain = (certificate, *(evidence.path.chain if evidence.path else ()))
    codes = _validity_codes(chain, at, claimed, is_stamped=_is_stamped(evidence))
    if evidence.path and evidence.path.status == "out-of-time" and not codes:
        codes = ["EXPIRED_AT_RECEIPT"]  # the library counts an edge differently: never valid
    tolerance = timedelta(seconds=policy.clock_tolerance_seconds)
    if claimed is not None and claimed > file.received_at + tolerance:
        codes.append("CLAIMED_TIME_AFTER_RECEIPT")
    if claimed is not None and claimed < certificate.valid_from - tolerance:
        codes.append("CLAIMED_TIME_TOO_EARLY")
    if _is_stamped(evidence):
        return codes
    if evidence.time_stamp is not None:
        codes.append("TIME_STAMP_UNPROVEN")
    return [*codes, "TIME_CLAIMED" if claimed is not None else "NO_SIGNING_TIME"]


def _validity_codes(
    chain: Sequence[CertificateEvidence],
    at: datetime,
    claimed: datetime | None,
    *,
    is_stamped: bool,
) -> list[str]:
    if any(at < each.valid_from for each in chain):
        return ["NOT_YET_VALID"]
    ended = [each.valid_to for each in chain if each.valid_to < at]
    if not ended:
        return []
    # Without a stamp the receipt is only an upper bound: a signature from before the end may
    # be good, one that claims a time behind the end cannot be.
    may_be_older = not is_stamped and claimed is not None and claimed <= min(ended)
    return ["EXPIRED_AT_RECEIPT" if may_be_older else "EXPIRED"]


def _algorithm_codes(evidence: SignatureEvidence) -> list[str]:
    """Judge digest, mechanism and key by TT 15/2025 (L-122, L-123)."""
    cms, certificate = evidence.cms, evidence.certificate
    if cms is None or certificate is None:
        return []
    codes = []
    if cms.digest in WEAK_DIGESTS:
        codes.append("WEAK_DIGEST")
    elif cms.digest not in GOOD_DIGESTS:
        codes.append("ALGORITHM_UNKNOWN")
    if cms.mechanism not in GOOD_MECHANISMS:
        codes.append("ALGORITHM_UNKNOWN")
    if cms.mechanism == "rsassa_pkcs1v15":
        codes.append("PADDING_V15")
    return codes + _key_codes(certificate.key)


def _key_codes(key: str) -> list[str]:
    kind, _, size = key.partition("-")
    if kind == "RSA":
        return [] if size.isdigit() and int(size) >= MIN_RSA_BITS else ["WEAK_KEY"]
    if kind == "EC":
        return [] if size in GOOD_CURVES else ["ALGORITHM_UNKNOWN"]
    return ["WEAK_KEY"] if kind == "DSA" else ["ALGORITHM_UNKNOWN"]


def _verdict_of(codes: Iterable[str]) -> Verdict:
    weights = {CODES[code].weight for code in codes}
    if weights & {Weight.BROKEN, Weight.MODIFIED, Weight.REFUSED}:
        return Verdict.INVALID
    if weights & {Weight.UNREADABLE, Weight.UNDECIDED}:
        return Verdict.INDETERMINATE
    return Verdict.VALID


def _integrity_of(codes: Iterable[str]) -> Integrity:
    """Return the worst finding on the bytes alone."""
    weights = {CODES[code].weight for code in codes}
    for weight, integrity in (
        (Weight.BROKEN, Integrity.BROKEN),
        (Weight.MODIFIED, Integrity.MODIFIED),
        (Weight.UNREADABLE, Integrity.UNREADABLE),
    ):
        if weight in weights:
            return integrity
    return Integrity.INTACT


def _set_of(
    evidence: Sequence[SignatureEvidence], signatures: Sequence[SignatureVerdict]
) -> tuple[SignatureSet, list[str]]:
    """Return which signatures are there, in the order of L-114, and the codes to tell it."""
    if not signatures:
        return SignatureSet.NONE, []
    ends: dict[SignerRole, list[int]] = {role: [] for role in SignerRole}
    for one, told in zip(evidence, signatures, strict=True):
        if one.geometry is not None and one.geometry.ends_at is not None:
            ends[told.role].append(one.geometry.ends_at)
    person, organ = ends[SignerRole.PERSON], ends[SignerRole.ORGAN]
    if person and organ:
        if max(organ) > max(person):
            return SignatureSet.PERSON_AND_ORGAN, ["SET_PERSON_AND_ORGAN"]
        return SignatureSet.OTHER, ["ORGAN_BEFORE_PERSON"]
    found = SignatureSet.PERSON if person else SignatureSet.ORGAN if organ else SignatureSet.OTHER
    return found, [SET_REASON[found]]


def _is_stamped(evidence: SignatureEvidence) -> bool:
    return evidence.time_stamp is not None and evidence.time_stamp.is_trusted


def _signing_time(evidence: SignatureEvidence) -> tuple[datetime | None, str]:
    if evidence.time_stamp is not None and evidence.time_stamp.is_trusted:
        return evidence.time_stamp.stamped_at, "timestamp"
    if evidence.claimed_at is not None:
        return evidence.claimed_at, "claimed"
    return None, "none"


def _changes_shown(evidence: SignatureEvidence, file: FileEvidence) -> str:
    if any(code == "TRAILING_BYTES" for code, _ in file.faults):
        return "other"
    return evidence.changes.kind if evidence.changes else "other"


def _revocation_shown(evidence: SignatureEvidence) -> Revocation:
    """Return the finding on the signer's own certificate."""
    if not evidence.revocations:
        return Revocation(status="unknown")
    first = evidence.revocations[0]
    status = first.status if first.status in {"good", "revoked"} else "unknown"
    return Revocation(status=status, source=first.source, produced_at=first.produced_at)


def _masked(text: str, policy: SignaturePolicy) -> str:
    if not policy.mask_numbers:
        return text
    return LONG_NUMBER.sub(lambda found: "*" * (len(found[0]) - 3) + found[0][-3:], text)


def _shown(
    certificate: CertificateEvidence | None, name: str, policy: SignaturePolicy
) -> str | None:
    value = attribute(certificate, name) if certificate else None
    return _masked(value, policy) if value is not None else None


def _organ_shown(
    certificate: CertificateEvidence | None, role: SignerRole, policy: SignaturePolicy
) -> str | None:
    organ = _shown(certificate, "organization_name", policy)
    if organ is None and role is SignerRole.ORGAN:
        return _shown(certificate, "common_name", policy)
    return organ


def _issuer_shown(certificate: CertificateEvidence | None) -> str | None:
    if certificate is None:
        return None
    names = [value for key, value in certificate.issuer if key == "common_name"]
    return names[-1] if names else None
