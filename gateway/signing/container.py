"""What a signature container (CMS) says, and whether its digest and value hold (rule 8).

The library checks the arithmetic; which containers are acceptable is said here. A container
has exactly one signer, a detached one carries no content of its own, its algorithms agree with
each other, and behind it in the reserved space there is only padding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import cms, core, tsp, x509
from pyhanko.sign.general import CMSExtractionError, check_ess_certid, extract_certificate_info
from pyhanko.sign.validation import errors
from pyhanko.sign.validation.generic_cms import (
    extract_self_reported_ts,
    extract_tst_data_iter,
    get_signing_cert_attr,
    validate_algorithm_protection,
    validate_sig_integrity,
)

from gateway.model.signature import CmsEvidence
from gateway.signing.untyped import Untyped

# What L-122 lists, and the old ones, so that they can be told apart from what nobody knows.
DIGESTS = {
    "sha1": "sha1", "md5": "md5", "sha224": "sha224", "sha256": "sha256", "sha384": "sha384",
    "sha512": "sha512", "sha512_256": "sha512_256", "sha512_224": "sha512_224",
    "sha3_256": "sha3_256", "sha3_384": "sha3_384", "sha3_512": "sha3_512",
}  # fmt: skip

DigestOf = Callable[[str], bytes]
"""Returns the digest of what was signed, by the algorithm's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A readable container: its finding, and the library's objects for the next steps.

    Attributes:
        certificate: The signer's.
        others: Every other certificate it carries; material for a path, never trusted.
        claimed_at: Signing time among the signed attributes.
        stamped_at: Time of a time-stamp token; None for a signature.
        tokens: Time-stamp tokens on the signature, unexamined.
        value: The signature value, which such tokens cover.

    """

    finding: CmsEvidence
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    claimed_at: datetime | None = None
    stamped_at: datetime | None = None
    tokens: tuple[Untyped, ...] = ()
    value: bytes = b""


def digest_bytes(name: str, *parts: bytes | memoryview) -> bytes:
    """Return the digest of the parts in order; ValueError for an algorithm nobody knows."""
    if name not in DIGESTS:
        raise ValueError("unknown digest algorithm")
    state = hashlib.new(DIGESTS[name])
    for part in parts:
        state.update(part)
    return state.digest()


def read_container(contents: bytes, digest_of: DigestOf) -> Container:
    """Return the container in ``contents`` of a signature dictionary, judged by rule 8.

    Raises:
        Exception: Whatever the library makes of bytes that are no container; the caller guards.

    """
    message = cms.ContentInfo.load(contents)
    faults = set()
    if message["content_type"].native != "signed_data":
        faults.add("CMS_STRUCTURE")
    if contents[len(message.dump()) :].strip(b"\x00"):
        faults.add("CMS_STRUCTURE")  # bytes hidden behind the container, which nothing signs
    return examine_signed_data(message["content"], digest_of, faults)


def examine_signed_data(signed: Untyped, digest_of: DigestOf, faults: set[str]) -> Container:
    """Return the finding on one SignedData; ``faults`` are added to."""
    is_token = signed["encap_content_info"]["content_type"].native == "tst_info"
    if len(signed["signer_infos"]) != 1:
        faults.add("CMS_STRUCTURE")
    signer = signed["signer_infos"][0]
    digest = str(signer["digest_algorithm"]["algorithm"].native)
    certificates = _certificates(signed)
    if certificates is None:
        raise ValueError("the signer's certificate is not in the container")
    certificate, others = certificates
    signed_digest, stamped_at = _content_digest(signed, digest, digest_of, faults)
    faults |= _attribute_faults(signer, certificate)
    digest_holds, value_holds = _arithmetic(
        signer, certificate, "tst_info" if is_token else "data", signed_digest, faults
    )
    finding = CmsEvidence(
        faults=tuple(sorted(faults)),
        digest_holds=digest_holds,
        value_holds=value_holds,
        digest=digest,
        mechanism=_mechanism(signer),
        names_certificate=get_signing_cert_attr(signer["signed_attrs"]) is not None,
    )
    claimed = extract_self_reported_ts(signer)
    return Container(
        finding=finding,
        certificate=certificate,
        others=others,
        claimed_at=claimed.astimezone(UTC) if claimed else None,
        stamped_at=stamped_at,
        tokens=() if is_token else tuple(extract_tst_data_iter(signer, signed=False)),
        value=bytes(signer["signature"].native),
    )


def _certificates(signed: Untyped) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]] | None:
    try:
        found = extract_certificate_info(signed)
    except CMSExtractionError:
        return None
    return found.signer_cert, tuple(found.other_certs)


def _content_digest(
    signed: Untyped,
    digest: str,
    digest_of: DigestOf,
    faults: set[str],
) -> tuple[bytes, datetime | None]:
    """Return the digest the signed attributes must name, and the time of a token."""
    content = signed["encap_content_info"]["content"]
    if signed["encap_content_info"]["content_type"].native != "tst_info":
        if not isinstance(content, core.Void) and content.native is not None:
            faults.add("CMS_STRUCTURE")
        return digest_of(digest), None
    stamp = content.parsed
    if not isinstance(stamp, tsp.TSTInfo):
        raise TypeError("a time-stamp token without its statement")
    imprint = stamp["message_imprint"]
    covered = digest_of(str(imprint["hash_algorithm"]["algorithm"].native))
    if covered != imprint["hashed_message"].native:
        faults.add("HASH_FAILURE")
    return digest_bytes(digest, bytes(content)), stamp["gen_time"].native.astimezone(UTC)


def _attribute_faults(signer: Untyped, certificate: x509.Certificate) -> set[str]:
    faults: set[str] = set()
    attributes = signer["signed_attrs"]
    if attributes.native is None:
        return {"CMS_STRUCTURE"}  # PAdES wants signed attributes; without, no time, no certificate
    names = [attribute["type"].native for attribute in attributes]
    if len(names) != len(set(names)):
        faults.add("CMS_STRUCTURE")
    algorithm = signer["signature_algorithm"]
    if _hash_of(algorithm) not in {None, signer["digest_algorithm"]["algorithm"].native}:
        faults.add("ALGORITHMS_DISAGREE")
    try:
        validate_algorithm_protection(attributes, signer["digest_algorithm"], algorithm, None)
    except errors.CMSAlgorithmProtectionError:
        faults.add("ALGORITHMS_DISAGREE")
    named = get_signing_cert_attr(attributes)
    if named is not None and not check_ess_certid(certificate, named["certs"][0]):
        faults.add("CERTIFICATE_MISMATCH")
    return faults


def _arithmetic(
    signer: Untyped,
    certificate: x509.Certificate,
    content_type: str,
    digest: bytes,
    faults: set[str],
) -> tuple[bool, bool]:
    """Return whether the digest is the one signed, and whether the value holds."""
    try:
        digest_holds, value_holds = validate_sig_integrity(
            signer, certificate, content_type, digest
        )
    except errors.SignatureValidationError:
        if not faults:
            faults.add("CMS_STRUCTURE")
        return False, False
    return bool(digest_holds), bool(value_holds)


def _hash_of(algorithm: Untyped) -> str | None:
    """Return the digest a signature algorithm names by itself, or None."""
    try:
        return str(algorithm.hash_algo)
    except ValueError:
        return None  # rsaEncryption and the like leave it to the digest algorithm


def _mechanism(signer: Untyped) -> str:
    algorithm = signer["signature_algorithm"]
    try:
        return str(algorithm.signature_algo)
    except ValueError:
        return str(algorithm["algorithm"].native)
