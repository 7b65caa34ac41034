"""Revocation lists (danh sách thu hồi chứng thư số, CRL) at hand, and what they say (L-111).

Lists come from files only; no address is ever taken from a certificate. Each list is read once
for the life of the index, its serial numbers are put into a set, and its signature is checked
once an issuer: a list of 100,000 entries costs a verification no more than a small one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from gateway.model.signature import RevocationEvidence

# Extensions whose meaning is respected below; any other critical one makes a list unusable.
KNOWN = {ExtensionOID.CRL_NUMBER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER}


@dataclass(slots=True)
class _List:
    crl: x509.CertificateRevocationList
    produced_at: datetime
    next_update_at: datetime | None
    checked: dict[bytes, bool] = field(default_factory=dict)  # issuer key -> signature is right
    serials: frozenset[int] | None = None  # read at the first question

    def names(self, serial: int) -> bool:
        """Tell whether the list has an entry for the serial number."""
        if self.serials is None:
            self.serials = frozenset(entry.serial_number for entry in self.crl)
        return serial in self.serials

    def is_signed_by(self, issuer: x509.Certificate) -> bool:
        mark = issuer.fingerprint(hashes.SHA256())
        if mark not in self.checked:
            try:
                key = issuer.public_key()
                self.checked[mark] = self.crl.is_signature_valid(key)  # type: ignore[arg-type]
            except (TypeError, ValueError, UnsupportedAlgorithm):
                self.checked[mark] = False
        return self.checked[mark]

    def reaches(self, at: datetime) -> bool:
        """Tell whether the list still speaks about ``at``: made later, or not run out."""
        return (self.next_update_at or self.produced_at) >= at

    def speaks_of(self, certificate: x509.Certificate) -> bool:
        """Tell whether a certificate of this kind would stand on this list.

        Lists of single reasons, of changes only, or made for others' certificates are not read.
        """
        for extension in self.crl.extensions:
            if extension.oid in KNOWN:
                continue
            if extension.oid != ExtensionOID.ISSUING_DISTRIBUTION_POINT:
                if extension.critical:
                    return False
                continue
            point = extension.value
            if not isinstance(point, x509.IssuingDistributionPoint):
                return False
            if point.only_some_reasons or point.indirect_crl or point.only_contains_attribute_certs:
                return False
            authority = _is_authority(certificate)
            if point.only_contains_ca_certs and not authority:
                return False
            if point.only_contains_user_certs and authority:
                return False
        return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


class RevocationIndex:
    """Lists by the name of who issued them."""

    def __init__(self, crls: Iterable[x509.CertificateRevocationList]) -> None:
        self._by_issuer: dict[bytes, list[_List]] = {}
        for crl in crls:
            entry = _List(crl, crl.last_update_utc, crl.next_update_utc)
            self._by_issuer.setdefault(crl.issuer.public_bytes(), []).append(entry)
        for lists in self._by_issuer.values():
            lists.sort(key=lambda each: each.produced_at, reverse=True)

    def __len__(self) -> int:
        """Return how many lists there are."""
        return sum(len(lists) for lists in self._by_issuer.values())

    def status(
        self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
    ) -> RevocationEvidence:
        """Return what the lists say of ``certificate`` at the instant ``at``.

        A withdrawal dated at or before ``at`` counts from any list, however old; that there is
        none counts only from a list that reaches ``at``.
        """
        mark = certificate.fingerprint(hashes.SHA256()).hex()
        named = self._by_issuer.get(certificate.issuer.public_bytes(), [])
        lists = [each for each in named if each.is_signed_by(issuer)]
        lists = [each for each in lists if each.speaks_of(certificate)]
        if not lists:
            return RevocationEvidence(fingerprint=mark, status="bad-list" if named else "no-list")
        for each in lists:
            revoked_at = _revoked_at(each, certificate.serial_number)
            if revoked_at is not None and revoked_at <= at:
                return _evidence(mark, "revoked", each, revoked_at)
        newest = lists[0]
        return _evidence(mark, "good" if newest.reaches(at) else "stale", newest, None)


def _evidence(
    mark: str, status: str, used: _List, revoked_at: datetime | None
) -> RevocationEvidence:
    return RevocationEvidence(
        fingerprint=mark,
        status=status,
        source="crl",
        produced_at=used.produced_at,
        next_update_at=used.next_update_at,
        revoked_at=revoked_at,
    )


def _revoked_at(used: _List, serial: int) -> datetime | None:
    """Return since when the certificate is not to be trusted, or None when it is not named."""
    entry = None
    if used.names(serial):
        entry = used.crl.get_revoked_certificate_by_serial_number(serial)
    if entry is None:
        return None
    since = entry.revocation_date_utc
    for extension in entry.extensions:
        if extension.oid == CRLEntryExtensionOID.INVALIDITY_DATE and isinstance(
            extension.value, x509.InvalidityDate
        ):
            since = min(since, extension.value.invalidity_date.replace(tzinfo=UTC))
        if (
            isinstance(extension.value, x509.CRLReason)
            and extension.value.reason is x509.ReasonFlags.remove_from_crl
        ):
            return None
    return since
