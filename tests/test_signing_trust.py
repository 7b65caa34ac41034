"""Trust anchors and revocation lists from files; what the lists say (L-111, L-117)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from gateway.errors import DataError, SettingsError
from gateway.signing.revocation import RevocationIndex
from gateway.signing.trust import (
    TrustFolder,
    anchors_in,
    crl_ages,
    load_anchors,
    load_crls,
)
from gateway.simulators.pki import Credential
from tests.support import pdfs
from tests.support.pdfs import RECEIVED_AT, SIGNED_AT, cast

DAY = timedelta(days=1)


def index(issued_at: datetime) -> RevocationIndex:
    ders = cast().pki.revocation_lists(issued_at)
    return RevocationIndex(x509.load_der_x509_crl(der) for der in ders)


def status(lists: RevocationIndex, who: Credential, at: datetime) -> str:
    return lists.status(who.certificate, who.above[0], at).status


@pytest.mark.parametrize(
    ("who", "at", "expected"),
    [
        ("person", SIGNED_AT, "good"),  # not named
        ("revoked_person", SIGNED_AT, "revoked"),  # withdrawn before
        ("revoked_person", SIGNED_AT - 30 * DAY, "revoked"),  # at that very instant
        ("revoked_person", SIGNED_AT - 31 * DAY, "good"),  # not yet withdrawn then
        ("later_revoked_person", RECEIVED_AT, "good"),  # withdrawn afterwards
        ("later_revoked_person", RECEIVED_AT + 2 * DAY, "revoked"),
        ("person", SIGNED_AT + 89 * DAY, "good"),  # the list still runs
        ("person", SIGNED_AT + 91 * DAY, "stale"),  # it has run out
        ("revoked_person", SIGNED_AT + 91 * DAY, "revoked"),  # an old list still accuses
        ("stranger", SIGNED_AT, "no-list"),
    ],
)
def test_l111_what_a_list_says(who: str, at: datetime, expected: str) -> None:
    assert status(index(SIGNED_AT), getattr(cast(), who), at) == expected


def test_a_later_list_speaks_about_an_earlier_instant() -> None:
    assert status(index(SIGNED_AT + 300 * DAY), cast().person, SIGNED_AT) == "good"


def listed(extension: x509.ExtensionType) -> RevocationIndex:
    """Return a list that names the person as of SIGNED_AT, with one more word on the entry."""
    issuer = cast().pki.authority
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(cast().person.certificate.serial_number)
        .revocation_date(SIGNED_AT)
        .add_extension(extension, critical=False)
        .build()
    )
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(SIGNED_AT)
        .next_update(SIGNED_AT + DAY)
        .add_revoked_certificate(entry)
        .sign(issuer.key, hashes.SHA256())
    )
    return RevocationIndex([crl])


def test_a_key_lost_before_the_withdrawal_counts_from_its_loss() -> None:
    lost = (SIGNED_AT - 3 * DAY).astimezone(UTC).replace(tzinfo=None)
    lists = listed(x509.InvalidityDate(lost))
    assert status(lists, cast().person, SIGNED_AT - 2 * DAY) == "revoked"
    assert status(lists, cast().person, SIGNED_AT - 4 * DAY) == "good"


def test_a_certificate_taken_off_the_list_is_good() -> None:
    lists = listed(x509.CRLReason(x509.ReasonFlags.remove_from_crl))
    assert status(lists, cast().person, SIGNED_AT) == "good"
    held = listed(x509.CRLReason(x509.ReasonFlags.certificate_hold))
    assert status(held, cast().person, SIGNED_AT) == "revoked"


def test_a_list_of_users_says_nothing_of_an_authority() -> None:
    root = cast().pki.root
    point = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=True,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(SIGNED_AT)
        .next_update(SIGNED_AT + DAY)
        .add_extension(point, critical=True)
        .sign(root.key, hashes.SHA256())
    )
    assert status(RevocationIndex([crl]), cast().pki.authority, SIGNED_AT) == "bad-list"


def test_a_list_that_somebody_else_signed_counts_for_nothing() -> None:
    pki, other = cast().pki, cast().stranger
    forged = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(pki.authority.certificate.subject)
        .last_update(SIGNED_AT)
        .next_update(SIGNED_AT + DAY)
        .sign(other.key, hashes.SHA256())
    )
    assert status(RevocationIndex([forged]), cast().person, SIGNED_AT) == "bad-list"


@pytest.mark.parametrize(
    "extension",
    [
        x509.IssuingDistributionPoint(
            full_name=None,
            relative_name=None,
            only_contains_user_certs=False,
            only_contains_ca_certs=True,
            only_some_reasons=None,
            indirect_crl=False,
            only_contains_attribute_certs=False,
        ),
        x509.IssuingDistributionPoint(
            full_name=None,
            relative_name=None,
            only_contains_user_certs=False,
            only_contains_ca_certs=False,
            only_some_reasons=frozenset([x509.ReasonFlags.key_compromise]),
            indirect_crl=False,
            only_contains_attribute_certs=False,
        ),
        x509.IssuingDistributionPoint(
            full_name=None,
            relative_name=None,
            only_contains_user_certs=False,
            only_contains_ca_certs=False,
            only_some_reasons=None,
            indirect_crl=True,
            only_contains_attribute_certs=False,
        ),
        x509.DeltaCRLIndicator(1),
    ],
    ids=["authorities only", "single reasons", "of others", "changes only"],
)
def test_a_list_that_does_not_speak_of_everybody_proves_nothing(
    extension: x509.ExtensionType,
) -> None:
    issuer = cast().pki.authority
    partial = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(SIGNED_AT)
        .next_update(SIGNED_AT + DAY)
        .add_extension(extension, critical=True)
        .sign(issuer.key, hashes.SHA256())
    )
    assert status(RevocationIndex([partial]), cast().person, SIGNED_AT) == "bad-list"


def test_a_list_of_many_entries_is_no_slower_to_ask(
    many: x509.CertificateRevocationList,
) -> None:
    """Reading costs once; asking stays far under a millisecond an entry."""
    lists = RevocationIndex([many])
    assert status(lists, cast().person, SIGNED_AT) == "good"
    started = process_time()
    for _ in range(20):
        assert status(lists, cast().person, SIGNED_AT) == "good"
    assert (process_time() - started) / 20 < 0.002


@pytest.fixture(scope="module")
def many() -> x509.CertificateRevocationList:
    issuer = cast().pki.authority
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(SIGNED_AT)
        .next_update(SIGNED_AT + DAY)
    )
    entries = [
        x509.RevokedCertificateBuilder().serial_number(n).revocation_date(SIGNED_AT).build()
        for n in range(1, 20_001)
    ]
    builder._revoked_certificates = entries  # adding one by one copies the list each time
    return builder.sign(issuer.key, hashes.SHA256())


def test_a_list_reaches_to_its_next_update_and_no_further() -> None:
    issuer = cast().pki.authority
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(SIGNED_AT)
        .next_update(SIGNED_AT + DAY)
    )
    lists = RevocationIndex([builder.sign(issuer.key, hashes.SHA256())])
    assert status(lists, cast().person, SIGNED_AT + DAY) == "good"
    assert status(lists, cast().person, SIGNED_AT + DAY + timedelta(seconds=1)) == "stale"


def test_files_and_folders_pem_and_der_are_read(tmp_path: Path) -> None:
    anchors, crls = pdfs.trust_files(tmp_path)
    der = cast().pki.root.certificate_der()
    (tmp_path / "root.cer").write_bytes(der)
    assert len(load_anchors([anchors, tmp_path / "root.cer"])) == 2
    assert len(load_crls([crls])) == 2
    pem = load_crls([crls])[0][1].public_bytes(serialization.Encoding.PEM)
    (tmp_path / "one.crl").write_bytes(pem)
    assert len(load_crls([tmp_path / "one.crl"])) == 1


@pytest.mark.parametrize(
    ("load", "code"), [(load_anchors, "trust-anchor-unreadable"), (load_crls, "crl-unreadable")]
)
def test_what_is_no_certificate_or_list_is_named(tmp_path: Path, load: object, code: str) -> None:
    for raw in (b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"):
        (tmp_path / "x.pem").write_bytes(raw)
        with pytest.raises(SettingsError, match=code) as told:
            load([tmp_path])  # type: ignore[operator]
        assert "x.pem" in told.value.vi
    with pytest.raises(SettingsError, match="trust-path-missing"):
        load([tmp_path / "none"])  # type: ignore[operator]


def test_l117_a_trust_folder_adds_lists_and_removes(tmp_path: Path) -> None:
    source, crls = pdfs.trust_files(tmp_path / "source")
    folder = TrustFolder(tmp_path / "trust")
    assert folder.list() == ()
    (anchor,) = anchors_in([source])
    folder.add(anchor)
    folder.add(anchor)
    assert folder.list() == (anchor,)
    assert len(anchor.fingerprint) == 32 * 3 - 1
    for each in crls.iterdir():
        folder.import_crl(each)
    ages = crl_ages([folder.crls], RECEIVED_AT + 61 * DAY)
    assert [each.is_stale for each in ages] == [False, False]
    assert all(each.is_stale for each in crl_ages([folder.crls], RECEIVED_AT + 200 * DAY))
    with pytest.raises(DataError, match="trust-anchor-unknown"):
        folder.remove("")
    with pytest.raises(DataError, match="trust-anchor-unknown"):
        folder.remove("00" * 32)
    assert folder.remove(anchor.fingerprint[:11].lower()) == anchor
    assert folder.list() == ()


def test_an_older_list_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path / "trust")
    newer = cast().pki.revocation_lists(SIGNED_AT + DAY)[1]
    older = cast().pki.revocation_lists(SIGNED_AT)[1]
    for name, der in (("newer", newer), ("older", older)):
        (tmp_path / name).write_bytes(der)
    kept = folder.import_crl(tmp_path / "newer")
    with pytest.raises(DataError, match="crl-older"):
        folder.import_crl(tmp_path / "older")
    assert kept.read_bytes() == newer
