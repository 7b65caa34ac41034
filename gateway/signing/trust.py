"""Trust anchors (chứng thư gốc) and revocation lists: from files, and nowhere else (L-117).

A trust folder has two parts, ``anchors`` and ``crls``. What a person adds is shown with its
fingerprint and confirmed first; what is in there is trusted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gateway.errors import DataError, SettingsError
from gateway.model.signature import SignaturePolicy

PEM = b"-----BEGIN "
CERTIFICATE_ENDINGS = {".pem", ".crt", ".cer", ".der"}
LIST_ENDINGS = {".crl", ".pem", ".der"}
MAX_FILE_BYTES = 64 * 1024 * 1024  # a list of a million entries has about 40 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustSettings:
    """What one agency trusts and how strictly it judges.

    Attributes:
        anchors: Files or folders of root certificates, PEM or DER.
        crls: Files or folders of revocation lists, PEM or DER.

    """

    anchors: tuple[Path, ...] = ()
    crls: tuple[Path, ...] = ()
    policy: SignaturePolicy = field(default_factory=SignaturePolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A trust anchor as it is shown to a person.

    Attributes:
        fingerprint: SHA-256 as people compare it: hex pairs joined by colons.
        pem: The certificate itself.

    """

    fingerprint: str
    subject: str
    valid_from: datetime
    valid_to: datetime
    pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAge:
    """How fresh one revocation list is.

    Attributes:
        next_update_at: When the next one is due; None when the list does not say.
        is_stale: The next one was due before now: nothing is "not revoked" any more.

    """

    path: Path
    issuer: str
    produced_at: datetime
    next_update_at: datetime | None
    is_stale: bool


def files_of(paths: Iterable[Path], endings: set[str]) -> tuple[Path, ...]:
    """Return the files named, and those with one of ``endings`` in the folders named.

    Raises:
        SettingsError: ``trust-path-missing``.

    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.is_file())
            found.extend(each for each in inside if each.suffix.lower() in endings)
        elif path.is_file():
            found.append(path)
        else:
            raise SettingsError(
                "trust-path-missing",
                vi=f"Không có tệp hoặc thư mục «{path.name}»; hãy kiểm tra đường dẫn chứng thư"
                " gốc hoặc danh sách thu hồi.",
                en=f"There is no file or folder {path.name!r}; check the path of the trust"
                " anchor or revocation list.",
            )
    return tuple(found)


def load_anchors(paths: Iterable[Path]) -> tuple[x509.Certificate, ...]:
    """Return every certificate in the files and folders.

    Raises:
        SettingsError: ``trust-path-missing``, ``trust-anchor-unreadable``.

    """
    found: list[x509.Certificate] = []
    for path in files_of(paths, CERTIFICATE_ENDINGS):
        found.extend(_certificates_in(path))
    return tuple(found)


def _certificates_in(path: Path) -> list[x509.Certificate]:
    try:
        data = _bytes_of(path)
        if PEM in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except (ValueError, OSError) as fault:
        raise SettingsError(
            "trust-anchor-unreadable",
            vi=f"Tệp «{path.name}» không phải chứng thư số (PEM hoặc DER).",
            en=f"The file {path.name!r} is not a certificate (PEM or DER).",
        ) from fault


def load_crls(paths: Iterable[Path]) -> tuple[tuple[Path, x509.CertificateRevocationList], ...]:
    """Return every revocation list in the files and folders, with its file.

    Raises:
        SettingsError: ``trust-path-missing``, ``crl-unreadable``.

    """
    return tuple((path, _list_in(path)) for path in files_of(paths, LIST_ENDINGS))


def _list_in(path: Path) -> x509.CertificateRevocationList:
    try:
        data = _bytes_of(path)
        load = x509.load_pem_x509_crl if PEM in data else x509.load_der_x509_crl
        return load(data)
    except (ValueError, OSError) as fault:
        raise SettingsError(
            "crl-unreadable",
            vi=f"Tệp «{path.name}» không phải danh sách thu hồi chứng thư số (CRL, PEM hoặc DER).",
            en=f"The file {path.name!r} is not a certificate revocation list (CRL, PEM or DER).",
        ) from fault


def _bytes_of(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError("too large")
    return path.read_bytes()


def fingerprint(certificate: x509.Certificate) -> str:
    """Return SHA-256 of the certificate as people compare it: hex pairs joined by colons."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    digits = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))


def anchors_in(paths: Iterable[Path]) -> tuple[Anchor, ...]:
    """Return the certificates in the files and folders, ready to be shown.

    Raises:
        SettingsError: As :func:`load_anchors`, or when there is none at all.

    """
    found = tuple(_anchor(each) for each in load_anchors(paths))
    if not found:
        raise SettingsError(
            "trust-anchor-unreadable",
            vi="Không có chứng thư số nào trong tệp hoặc thư mục đã cho.",
            en="There is no certificate in the file or folder given.",
        )
    return found


def _anchor(certificate: x509.Certificate) -> Anchor:
    return Anchor(
        fingerprint=fingerprint(certificate),
        subject=certificate.subject.rfc4514_string(),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        pem=certificate.public_bytes(serialization.Encoding.PEM),
    )


def crl_ages(paths: Sequence[Path], now: datetime) -> tuple[ListAge, ...]:
    """Return how fresh each list is at ``now`` (zone-aware), for ``doctor``.

    Raises:
        SettingsError: As :func:`load_crls`.

    """
    return tuple(
        ListAge(
            path=path,
            issuer=crl.issuer.rfc4514_string(),
            produced_at=crl.last_update_utc,
            next_update_at=crl.next_update_utc,
            is_stale=crl.next_update_utc is None or crl.next_update_utc < now,
        )
        for path, crl in load_crls(paths)
    )


class TrustFolder:
    """The trust folder of one agency: one file an anchor or list, named by its digest."""

    def __init__(self, folder: Path) -> None:
        self.anchors = folder / "anchors"
        self.crls = folder / "crls"

    def list(self) -> tuple[Anchor, ...]:
        """Return every anchor."""
        if not self.anchors.is_dir():
            return ()
        return tuple(_anchor(each) for each in load_anchors([self.anchors]))

    def add(self, anchor: Anchor) -> Path:
        """Keep an anchor; the same one twice is once."""
        self.anchors.mkdir(parents=True, exist_ok=True)
        path = self.anchors / f"{_plain(anchor.fingerprint)}.pem"
        path.write_bytes(anchor.pem)
        return path

    def find(self, mark: str) -> Anchor:
        """Return the anchor whose fingerprint begins with ``mark`` (colons may be left out).

        Raises:
            DataError: ``trust-anchor-unknown`` unless exactly one anchor is meant.

        """
        return self._hit(mark)[1]

    def remove(self, mark: str) -> Anchor:
        """Remove the anchor whose fingerprint begins with ``mark``, and return it.

        Raises:
            DataError: As :meth:`find`.

        """
        path, anchor = self._hit(mark)
        path.unlink()
        return anchor

    def _hit(self, mark: str) -> tuple[Path, Anchor]:
        wanted = _plain(mark)
        files = files_of([self.anchors], CERTIFICATE_ENDINGS) if self.anchors.is_dir() else ()
        hits = [
            (path, _anchor(certificate))
            for path in files
            for certificate in _certificates_in(path)
            if wanted and _plain(fingerprint(certificate)).startswith(wanted)
        ]
        if len(hits) != 1:
            raise DataError(
                "trust-anchor-unknown",
                vi=f"Có {len(hits)} chứng thư gốc ứng với dấu vân tay đã cho; cần đúng một.",
                en=f"{len(hits)} trust anchors match the fingerprint given; it takes exactly one.",
            )
        return hits[0]

    def import_crl(self, path: Path) -> Path:
        """Keep a revocation list (also one carried in by hand), replacing older ones of its issuer.

        Raises:
            SettingsError: ``crl-unreadable``.
            DataError: ``crl-older`` when a newer one of the same issuer is here already.

        """
        crl = _list_in(path)
        self.crls.mkdir(parents=True, exist_ok=True)
        issuer = hashlib.sha256(crl.issuer.public_bytes()).hexdigest()[:32]
        target = self.crls / f"{issuer}.crl"
        if target.exists() and _list_in(target).last_update_utc > crl.last_update_utc:
            raise DataError(
                "crl-older",
                vi="Danh sách thu hồi này cũ hơn danh sách đang có; không thay.",
                en="This revocation list is older than the one at hand; it was not replaced.",
            )
        fresh = target.with_suffix(".new")
        fresh.write_bytes(crl.public_bytes(serialization.Encoding.DER))
        fresh.replace(target)  # a worker reads either the old list or the new one, never half
        return target


def _plain(mark: str) -> str:
    return mark.replace(":", "").replace(" ", "").strip().lower()
