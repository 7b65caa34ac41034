"""Which signature containers are acceptable (signing 4.4, rule 8), by taking a good one apart."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.model.signature import CmsEvidence
from gateway.signing.container import digest_bytes, examine_signed_data, read_container
from gateway.signing.guard import Crash, guarded
from gateway.simulators.issuer import Stamping, apply_signature
from tests.support import pdfs
from tests.support.pdfs import SIGNED_AT, cast


def parts(pdf: bytes) -> tuple[bytes, bytes]:
    """Return container and signed bytes of the only signature."""
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    _, first, second, rest = (int(each) for each in signature.byte_range)
    return signature.pkcs7_content, pdf[:first] + pdf[second : second + rest]


GOOD, SIGNED = parts(pdfs.by_person())


def examined(contents: bytes, signed: bytes = SIGNED) -> CmsEvidence:
    return read_container(contents, lambda name: digest_bytes(name, signed)).finding


def rebuilt(change: Callable[[cms.SignedData], None]) -> bytes:
    message = cms.ContentInfo.load(cms.ContentInfo.load(GOOD).dump()).copy()
    change(message["content"])
    return bytes(message.dump(force=True)) + b"\x00" * 10


def test_a_good_container_holds() -> None:
    finding = examined(GOOD)
    assert finding.faults == ()
    assert (finding.digest_holds, finding.value_holds) == (True, True)
    assert (finding.digest, finding.mechanism) == ("sha256", "rsassa_pss")
    assert finding.names_certificate


def test_other_signed_bytes_do_not_hold() -> None:
    finding = examined(GOOD, SIGNED + b"x")
    assert (finding.digest_holds, finding.value_holds) == (False, True)


def test_bytes_behind_the_container_are_noticed() -> None:
    end = len(cms.ContentInfo.load(GOOD).dump())
    assert examined(GOOD[:end]).faults == ()
    assert examined(GOOD[:end] + b"\x00\x01").faults == ("CMS_STRUCTURE",)


def _two_signers(signed: cms.SignedData) -> None:
    signed["signer_infos"].append(signed["signer_infos"][0].copy())


def _own_content(signed: cms.SignedData) -> None:
    signed["encap_content_info"] = {"content_type": "data", "content": b"something"}


def _other_digest(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha512"}


def _twice_the_digest(signed: cms.SignedData) -> None:
    attributes = signed["signer_infos"][0]["signed_attrs"]
    digest = next(each for each in attributes if each["type"].native == "message_digest")
    attributes.append(digest.copy())


def _no_attributes(signed: cms.SignedData) -> None:
    del signed["signer_infos"][0]["signed_attrs"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_two_signers, "CMS_STRUCTURE"),
        (_own_content, "CMS_STRUCTURE"),
        (_other_digest, "ALGORITHMS_DISAGREE"),
        (_twice_the_digest, "CMS_STRUCTURE"),
        (_no_attributes, "CMS_STRUCTURE"),
    ],
)
def test_rule_8_containers_that_are_not_accepted(
    change: Callable[[cms.SignedData], None], code: str
) -> None:
    found = guarded(lambda: examined(rebuilt(change)))
    if isinstance(found, Crash):
        return  # the signature is unreadable, which is as good
    assert code in found.faults


def test_another_certificate_for_the_same_key_holder_is_noticed() -> None:
    """The certificate is swapped; the attribute inside the signature still names the first."""
    other = asn1_x509.Certificate.load(cast().later_revoked_person.certificate_der())

    def swap(signed: cms.SignedData) -> None:
        signed["certificates"] = [cms.CertificateChoices("certificate", other)]
        signed["signer_infos"][0]["sid"] = cms.SignerIdentifier(
            "issuer_and_serial_number",
            {"issuer": other.issuer, "serial_number": other.serial_number},
        )

    finding = examined(rebuilt(swap))
    assert "CERTIFICATE_MISMATCH" in finding.faults


def test_a_time_stamp_for_something_else_does_not_hold() -> None:
    stamping = Stamping(field_name="A", at=SIGNED_AT, stamped_by=cast().time_stamper)
    contents, signed = parts(apply_signature(pdfs.unsigned(), cast().person, stamping))
    container = read_container(contents, lambda name: digest_bytes(name, signed))
    (token,) = container.tokens
    right = examine_signed_data(token, lambda name: digest_bytes(name, container.value), set())
    assert right.finding.faults == ()
    assert right.stamped_at == SIGNED_AT
    wrong = examine_signed_data(token, lambda name: digest_bytes(name, b"else"), set())
    assert wrong.finding.faults == ("HASH_FAILURE",)


def test_an_unknown_digest_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ValueError, match="unknown digest"):
        digest_bytes("whirlpool", b"")


@settings(max_examples=120, deadline=None)
@given(place=st.integers(0, len(cms.ContentInfo.load(GOOD).dump()) - 1), value=st.integers(0, 255))
def test_no_changed_byte_makes_other_content_hold(place: int, value: int) -> None:
    """One byte of the container is changed and the document, too: never both right."""
    spoilt = bytearray(GOOD)
    spoilt[place] = value
    found = guarded(lambda: examined(bytes(spoilt), SIGNED + b"x"))
    assert isinstance(found, Crash) or not (
        found.digest_holds and found.value_holds and not found.faults
    )
