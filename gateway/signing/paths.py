"""The way from a certificate to a trust anchor, at one instant (L-112).

Path building and the rules of RFC 5280 are the library's, with everything that could reach out
switched off: nothing is fetched, no list of the operating system is trusted, and revocation is
looked up by :mod:`gateway.signing.revocation`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    ValidationError,
)
from pyhanko_certvalidator.validate import async_validate_path

from gateway.model.signature import PathEvidence, RevocationEvidence
from gateway.signing.certificates import certificate_evidence
from gateway.signing.guard import finished
from gateway.signing.revocation import RevocationIndex
from gateway.signing.trust import load_anchors, load_crls
from gateway.signing.untyped import Untyped

MAX_PATHS = 8  # a hostile set of certificates can offer thousands


@dataclass(slots=True)
class TrustStore:
    """Anchors and lists of one agency, read and ready."""

    anchors: tuple[Untyped, ...] = ()
    lists: RevocationIndex = field(default_factory=lambda: RevocationIndex(()))


def load_store(anchors: Sequence[Path], crls: Sequence[Path]) -> TrustStore:
    """Read anchors and lists. SettingsError when one cannot be read."""
    ders = [each.public_bytes(Encoding.DER) for each in load_anchors(anchors)]
    return TrustStore(
        tuple(asn1_x509.Certificate.load(der) for der in ders),
        RevocationIndex(crl for _, crl in load_crls(crls)),
    )


def assess(
    store: TrustStore, certificate: Untyped, others: Iterable[Untyped], at: datetime
) -> tuple[PathEvidence, tuple[RevocationEvidence, ...]]:
    """Return the path of ``certificate`` at the instant ``at`` and what the lists say along it.

    Args:
        store: Whom we trust.
        certificate: The signer's, as the library's object.
        others: Certificates from the signature, material for the path only.
        at: Zone-aware.

    """
    if not store.anchors:
        return PathEvidence(status="no-anchors"), ()
    return finished(_assess(store, certificate, tuple(others), at))


async def _assess(
    store: TrustStore, certificate: Untyped, others: tuple[Untyped, ...], at: datetime
) -> tuple[PathEvidence, tuple[RevocationEvidence, ...]]:
    try:
        path = await _path_of(store, certificate, others, at)
    except PathBuildingError:
        return PathEvidence(status="unknown-root"), ()
    certificates = list(path)[::-1]  # from the signer's to the anchor
    chain = tuple(certificate_evidence(each) for each in certificates[1:])
    status, cause = await _validity(store, path, at)
    evidence = PathEvidence(status=status, chain=chain, cause=cause)
    return evidence, _revocations(store.lists, certificates, at)


def _context(store: TrustStore, others: tuple[Untyped, ...], at: datetime) -> Untyped:
    return ValidationContext(
        trust_roots=list(store.anchors),
        other_certs=list(others),
        moment=at.astimezone(UTC),
        allow_fetching=False,
        crls=[],
        ocsps=[],
        revocation_mode="soft-fail",
    )


async def _path_of(
    store: TrustStore, certificate: Untyped, others: tuple[Untyped, ...], at: datetime
) -> Untyped:
    """Return the first path that validates at ``at``, else the first path at all."""
    context = _context(store, others, at)
    first, count = None, 0
    async for path in context.path_builder.async_build_paths_lazy(certificate):
        first = first or path
        count += 1
        if (await _validity(store, path, at))[0] == "trusted":
            return path
        if count == MAX_PATHS:
            break
    if first is None:
        raise PathBuildingError("no path")
    return first


async def _validity(store: TrustStore, path: Untyped, at: datetime) -> tuple[str, str]:
    """Return the path's status at ``at``; ``out-of-time`` when it is good at another instant."""
    try:
        await async_validate_path(_context(store, (), at), path)
    except (ExpiredError, NotYetValidError):
        return await _validity_in_its_time(store, path)
    except (PathValidationError, ValidationError) as fault:
        return "failed", type(fault).__name__
    return "trusted", ""


async def _validity_in_its_time(store: TrustStore, path: Untyped) -> tuple[str, str]:
    certificates = list(path)
    start = max(each.not_valid_before for each in certificates)
    end = min(each.not_valid_after for each in certificates)
    if start > end:
        return "failed", "validity periods do not meet"
    try:
        await async_validate_path(_context(store, (), start), path)
    except (PathValidationError, ValidationError) as fault:
        return "failed", type(fault).__name__
    return "out-of-time", ""


def _revocations(
    lists: RevocationIndex, certificates: Sequence[Untyped], at: datetime
) -> tuple[RevocationEvidence, ...]:
    """Ask the lists about every certificate but the anchor."""
    loaded = [x509.load_der_x509_certificate(each.dump()) for each in certificates]
    return tuple(lists.status(certificate, issuer, at) for certificate, issuer in pairwise(loaded))


def signature_of_paths(paths: Iterable[Path]) -> str:
    """Return a mark that changes whenever a file or folder among ``paths`` changes."""
    state = hashlib.sha256()
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        for each in inside:
            try:
                found = each.stat()
            except OSError:
                continue
            state.update(f"{each}|{found.st_mtime_ns}|{found.st_size}|{found.st_ino}\n".encode())
    return state.hexdigest()
