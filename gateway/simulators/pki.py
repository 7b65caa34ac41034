"""An invented public-key infrastructure (hạ tầng khoá công khai), made on the spot.

For the demonstration and the tests only. Nothing here is deterministic but the clock: every
instant is given, so that certificates and revocation lists fit a simulated day. All names are
invented. The layout follows what is seen with state certificates: a root, one subordinate
authority with path length 0, person certificates with name and title, organ certificates that
carry the organ's name alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEAR = timedelta(days=365)
CRL_LIFE = timedelta(days=90)  # far longer than any demonstration or test runs

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeyKind(Enum):
    """What key a certificate is made for."""

    RSA_2048 = "rsa-2048"
    RSA_1024 = "rsa-1024"  # too weak (L-122); for refusals
    P_256 = "p-256"

    def fresh(self) -> PrivateKey:
        """Return a new key of this kind."""
        if self is KeyKind.P_256:
            return ec.generate_private_key(ec.SECP256R1())
        # The weak key exists to see it refused.
        size = 1024 if self is KeyKind.RSA_1024 else 2048
        return rsa.generate_private_key(public_exponent=65537, key_size=size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A certificate, its key, and the certificates above it, nearest first.

    The key has no place in a repr: a credential may end up in a failing test's output.
    """

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    above: tuple[x509.Certificate, ...] = ()

    @property
    def name(self) -> str:
        """Return the common name."""
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    def certificate_der(self) -> bytes:
        """Return the certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def key_der(self) -> bytes:
        """Return the private key as unencrypted PKCS#8; invented keys only ever live here."""
        return self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a certificate holds."""

    start: datetime
    end: datetime


def _name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")
    return x509.Name([country, *(x509.NameAttribute(oid, value) for oid, value in parts)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the next certificate shall be."""

    subject: x509.Name
    validity: Validity
    key: KeyKind = KeyKind.RSA_2048
    path_length: int | None = None  # set for authorities only
    is_authority: bool = False
    extended: x509.ObjectIdentifier | None = None


def _usage(wish: _Wish) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not wish.is_authority,
        content_commitment=not wish.is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=wish.is_authority,
        crl_sign=wish.is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _issue(wish: _Wish, issuer: Credential | None) -> Credential:
    key = wish.key.fresh()
    signing_key = issuer.key if issuer else key
    subject_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(wish.subject)
        .issuer_name(issuer.certificate.subject if issuer else wish.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(wish.validity.start)
        .not_valid_after(wish.validity.end)
        .add_extension(x509.BasicConstraints(wish.is_authority, wish.path_length), critical=True)
        .add_extension(_usage(wish), critical=True)
        .add_extension(subject_key, critical=False)
        .add_extension(authority_key, critical=False)
    )
    if wish.extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage([wish.extended]), critical=True)
    above = (issuer.certificate, *issuer.above) if issuer else ()
    certificate = builder.sign(signing_key, hashes.SHA256())
    return Credential(certificate=certificate, key=key, above=above)


class InventedPki:
    """A root, a subordinate authority, and whoever is asked for.

    Args:
        at: The instant everything is good at, zone-aware.
        label: Goes into the names of root and authority, to tell two of them apart.

    """

    def __init__(self, at: datetime, label: str = "Mẫu") -> None:
        self.at = at
        root = _name(
            (NameOID.ORGANIZATION_NAME, f"Cơ quan chứng thực {label}"),
            (NameOID.COMMON_NAME, f"CA gốc {label}"),
        )
        authority = _name(
            (NameOID.ORGANIZATION_NAME, f"Cơ quan chứng thực {label}"),
            (NameOID.COMMON_NAME, f"CA phục vụ cơ quan nhà nước {label}"),
        )
        self.root = _issue(
            _Wish(
                subject=root, is_authority=True, validity=Validity(at - 6 * YEAR, at + 15 * YEAR)
            ),
            None,
        )
        self.authority = _issue(
            _Wish(
                subject=authority,
                is_authority=True,
                path_length=0,
                validity=Validity(at - 5 * YEAR, at + 8 * YEAR),
            ),
            self.root,
        )
        self._revoked: list[tuple[x509.Certificate, datetime]] = []

    @property
    def usual(self) -> Validity:
        """Return the validity most certificates get: a year back, two years ahead."""
        return Validity(self.at - YEAR, self.at + 2 * YEAR)

    def person(
        self,
        full_name: str,
        title: str,
        organ: str,
        *,
        key: KeyKind = KeyKind.RSA_2048,
        validity: Validity | None = None,
    ) -> Credential:
        """Return a person's credential (chứng thư số cá nhân): name, title, organ."""
        subject = _name(
            (NameOID.ORGANIZATION_NAME, organ),
            (NameOID.TITLE, title),
            (NameOID.COMMON_NAME, full_name),
        )
        wish = _Wish(subject=subject, validity=validity or self.usual, key=key)
        return _issue(wish, self.authority)

    def organ(
        self,
        organ: str,
        *,
        key: KeyKind = KeyKind.RSA_2048,
        validity: Validity | None = None,
    ) -> Credential:
        """Return an organ's credential (chứng thư số cơ quan): the organ's name alone."""
        subject = _name((NameOID.ORGANIZATION_NAME, organ), (NameOID.COMMON_NAME, organ))
        wish = _Wish(subject=subject, validity=validity or self.usual, key=key)
        return _issue(wish, self.authority)

    def expired_person(self, full_name: str, title: str, organ: str) -> Credential:
        """Return a person's credential whose time ran out a year before ``at``."""
        past = Validity(self.at - 3 * YEAR, self.at - YEAR)
        return self.person(full_name, title, organ, validity=past)

    def time_stamp_authority(self) -> Credential:
        """Return a credential that may stamp times (dấu thời gian)."""
        subject = _name((NameOID.COMMON_NAME, "Dịch vụ dấu thời gian Mẫu"))
        wish = _Wish(
            subject=subject, validity=self.usual, extended=ExtendedKeyUsageOID.TIME_STAMPING
        )
        return _issue(wish, self.authority)

    def revoke(self, credential: Credential, at: datetime) -> None:
        """Withdraw a credential; every list made from now on says so."""
        self._revoked.append((credential.certificate, at))

    def revocation_lists(self, issued_at: datetime | None = None) -> tuple[bytes, ...]:
        """Return the lists (danh sách thu hồi) of both authorities as DER.

        Args:
            issued_at: This update; ``at`` when not given. Next update is 90 days later.

        """
        issued = issued_at or self.at
        return tuple(self._list_of(issuer, issued) for issuer in (self.root, self.authority))

    def _list_of(self, issuer: Credential, issued: datetime) -> bytes:
        subject = issuer.certificate.subject
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(subject)
            .last_update(issued)
            .next_update(issued + CRL_LIFE)
            .add_extension(x509.CRLNumber(int(issued.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
                critical=False,
            )
        )
        for certificate, revoked_at in self._revoked:
            if certificate.issuer != subject:
                continue
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certificate.serial_number)
                .revocation_date(revoked_at)
                .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
                .build()
            )
        crl = builder.sign(issuer.key, hashes.SHA256())
        return crl.public_bytes(serialization.Encoding.DER)

    def write(self, folder: Path, issued_at: datetime | None = None) -> tuple[Path, Path]:
        """Write the root and fresh lists below ``folder``; return (anchors, crls) folders."""
        anchors, crls = folder / "anchors", folder / "crls"
        anchors.mkdir(parents=True, exist_ok=True)
        crls.mkdir(parents=True, exist_ok=True)
        pem = self.root.certificate.public_bytes(serialization.Encoding.PEM)
        (anchors / "root.pem").write_bytes(pem)
        for name, der in zip(("root", "authority"), self.revocation_lists(issued_at), strict=True):
            (crls / f"{name}.crl").write_bytes(der)
        return anchors, crls
