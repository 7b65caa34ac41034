"""Certificates (chứng thư số) as values: from the library's objects to our words."""

from __future__ import annotations

import hashlib
from datetime import UTC

from asn1crypto import x509

from gateway.model.signature import CertificateEvidence
from gateway.signing.untyped import Untyped


def certificate_evidence(certificate: x509.Certificate) -> CertificateEvidence:
    """Return what the certificate says; the library may raise on a broken one."""
    usage = certificate.key_usage_value
    purposes = certificate.extended_key_usage_value
    return CertificateEvidence(
        fingerprint=hashlib.sha256(certificate.dump()).hexdigest(),
        serial=f"{certificate.serial_number:X}",
        subject=_attributes(certificate.subject),
        issuer=_attributes(certificate.issuer),
        valid_from=certificate.not_valid_before.astimezone(UTC),
        valid_to=certificate.not_valid_after.astimezone(UTC),
        key=_key(certificate.public_key),
        key_usage=tuple(sorted(usage.native)) if usage is not None else (),
        purposes=tuple(purposes.native) if purposes is not None else (),
    )


def _attributes(name: x509.Name) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(pair["type"].native), str(pair["value"].native))
        for part in name.chosen
        for pair in part
    )


def _key(key: Untyped) -> str:
    kind = str(key.algorithm).upper()
    if kind == "EC":
        return f"EC-{key.curve[1]}"
    if kind in {"RSA", "RSASSA_PSS"}:
        return f"RSA-{key.bit_size}"
    return kind
