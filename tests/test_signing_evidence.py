"""Honest files are accepted and spoilt ones are not: from bytes to verdict, in one process."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from gateway.model.signature import (
    ChangesEvidence,
    FileEvidence,
    FileVerdict,
    Integrity,
    SignaturePolicy,
    SignatureSet,
    SignerRole,
    Verdict,
)
from gateway.signing.changes import changes_after
from gateway.signing.evidence import examine_file
from gateway.signing.paths import TrustStore
from gateway.signing.revocation import RevocationIndex
from gateway.signing.verdict import judge
from gateway.signing.wire import EVIDENCE
from gateway.simulators.images import seal_image
from gateway.simulators.issuer import (
    SIGNATURE_BOX,
    Stamping,
    _time_stamper,
    apply_signature,
    byte_flipped_copy,
    seal_organ,
    sign_person,
    tampered_copy,
    without_last_signature,
)
from gateway.simulators.pki import Credential, _issue, _Wish
from tests.support import pdfs
from tests.support.pdfs import RECEIVED_AT, SIGNED_AT, cast

POLICY = SignaturePolicy()


def store(*, lists: bool = True, anchors: bool = True) -> TrustStore:
    pki = cast().pki
    root = asn1_x509.Certificate.load(pki.root.certificate_der())
    ders = pki.revocation_lists(RECEIVED_AT + timedelta(days=60)) if lists else ()
    return TrustStore(
        (root,) if anchors else (), RevocationIndex(x509.load_der_x509_crl(der) for der in ders)
    )


STORE = store()


def seen(pdf: bytes, trust: TrustStore = STORE) -> FileEvidence:
    return examine_file(pdf, trust, RECEIVED_AT)


def judged(pdf: bytes, trust: TrustStore = STORE, policy: SignaturePolicy = POLICY) -> FileVerdict:
    return judge(seen(pdf, trust), policy)


def codes(verdict: FileVerdict) -> list[str]:
    return [each.code for each in verdict.reasons]


def person_signs(signer: Credential, **changed: object) -> bytes:
    stamping = Stamping(field_name="EdocSigPerson", at=SIGNED_AT, **changed)  # type: ignore[arg-type]
    return apply_signature(pdfs.unsigned(), signer, stamping)


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Return the file with one more well-formed update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# Honest files (S7)


def test_l01_person_then_organ_is_both_and_valid() -> None:
    verdict = judged(pdfs.by_both())
    assert verdict.verdict is Verdict.VALID
    assert verdict.integrity is Integrity.INTACT
    assert verdict.signature_set is SignatureSet.PERSON_AND_ORGAN
    assert verdict.reasons[0].vi == (
        "Đủ hai chữ ký theo Điều 5 Nghị định 30/2020/NĐ-CP; chưa xác minh thẩm quyền người ký."
    )
    person, organ = verdict.signatures
    assert (person.role, organ.role) == (SignerRole.PERSON, SignerRole.ORGAN)
    assert (person.covers, organ.covers) == ("revision", "whole_file")
    assert (person.changes_after, organ.changes_after) == ("signatures", "none")
    assert person.signed_at == SIGNED_AT
    assert person.time_source == "claimed"
    assert person.pades == "B-B"
    assert person.revocation.status == "good"
    assert person.revocation.source == "crl"
    assert (person.signer, person.organ) == ("Nguyễn Văn Mẫu", pdfs.ORGAN)


@pytest.mark.parametrize(
    ("pdf", "expected"),
    [
        (pdfs.by_person, SignatureSet.PERSON),
        (pdfs.by_organ, SignatureSet.ORGAN),
        (lambda: person_signs(cast().curve_person), SignatureSet.PERSON),
        (lambda: person_signs(cast().person, digest="sha512"), SignatureSet.PERSON),
        (lambda: person_signs(cast().later_revoked_person), SignatureSet.PERSON),
    ],
    ids=["person", "organ", "P-256", "SHA-512", "withdrawn only after the receipt"],
)
def test_one_good_signature_is_valid_and_told_to_be_one(
    pdf: Callable[[], bytes], expected: SignatureSet
) -> None:
    verdict = judged(pdf())
    assert (verdict.verdict, verdict.signature_set) == (Verdict.VALID, expected)


def test_s7_four_signatures_are_accepted() -> None:
    pdf = pdfs.by_person()
    for name in ("EdocSigNumber", "EdocSigDate"):
        box = (100.0, 700.0, 180.0, 714.0)
        image = seal_image("Số")
        stamping = Stamping(field_name=name, at=SIGNED_AT, box=box, image=image)
        pdf = apply_signature(pdf, cast().organ, stamping)
    verdict = judged(seal_organ(pdf, cast().organ, SIGNED_AT))
    assert verdict.verdict is Verdict.VALID
    assert [each.changes_after for each in verdict.signatures] == ["signatures"] * 3 + ["none"]
    assert verdict.signature_set is SignatureSet.PERSON_AND_ORGAN


def test_l123_old_padding_is_accepted_with_a_remark() -> None:
    verdict = judged(person_signs(cast().person, pss=False))
    assert verdict.verdict is Verdict.VALID
    assert "PADDING_V15" in [each.code for each in verdict.signatures[0].reasons]


def test_l02_l13_a_page_without_signature_is_unsigned() -> None:
    verdict = judged(pdfs.unsigned())
    assert (verdict.verdict, verdict.integrity) == (Verdict.UNSIGNED, Integrity.NONE)
    assert verdict.signature_set is SignatureSet.NONE
    assert codes(verdict) == ["NO_SIGNATURE"]


def test_l114_an_organ_that_signed_first_does_not_make_both() -> None:
    verdict = judged(sign_person(pdfs.by_organ(), cast().person, SIGNED_AT))
    assert verdict.verdict is Verdict.VALID
    assert verdict.signature_set is SignatureSet.OTHER
    assert codes(verdict) == ["ORGAN_BEFORE_PERSON"]


def with_long_term_data(pdf: bytes) -> bytes:
    """Return the file with certificates and lists kept in it, as one more update."""
    out = io.BytesIO(pdf)
    container = PdfFileReader(out).embedded_signatures[0].pkcs7_content
    ders = (cast().person.certificate_der(), cast().pki.authority.certificate_der())
    DocumentSecurityStore.add_dss(
        out,
        container,
        certs=[asn1_x509.Certificate.load(der) for der in ders],
        crls=[asn1_crl.CertificateList.load(der) for der in cast().pki.revocation_lists()],
    )
    return out.getvalue()


def with_document_time_stamp(pdf: bytes) -> bytes:
    stamping = Stamping(field_name="T", at=SIGNED_AT, stamped_by=cast().time_stamper)
    stamper = PdfTimeStamper(_time_stamper(stamping))
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    out = asyncio.run(stamper.async_timestamp_pdf(writer, "sha256", None))
    return bytes(out.read())


def with_compressed_tables(pdf: bytes) -> bytes:
    """Return the file rewritten with cross-reference streams, as office programs write it."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf)))
    writer.stream_xrefs = True
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_s7_long_term_data_and_document_time_stamps_are_accepted() -> None:
    stamped = person_signs(cast().person, stamped_by=cast().time_stamper)
    kept = with_long_term_data(stamped)
    for pdf, level in (
        (stamped, "B-T"),
        (kept, "B-LT"),
        (with_document_time_stamp(kept), "B-LTA"),
        (seal_organ(kept, cast().organ, SIGNED_AT), "B-LT"),
    ):
        verdict = judged(pdf)
        assert (verdict.verdict, verdict.signatures[0].pades) == (Verdict.VALID, level)
    both = judged(with_document_time_stamp(with_long_term_data(pdfs.by_both())))
    assert both.verdict is Verdict.VALID
    assert both.signature_set is SignatureSet.PERSON_AND_ORGAN
    assert [each.changes_after for each in both.signatures] == ["signatures", "signatures"]


def test_s7_files_with_compressed_tables_are_accepted() -> None:
    person = sign_person(with_compressed_tables(pdfs.unsigned()), cast().person, SIGNED_AT)
    both = seal_organ(person, cast().organ, SIGNED_AT)
    for pdf in (both, with_long_term_data(both)):
        verdict = judged(pdf)
        assert verdict.verdict is Verdict.VALID
        assert verdict.signature_set is SignatureSet.PERSON_AND_ORGAN


# Manipulated files (S1)


def test_a_replaced_page_is_modified() -> None:
    verdict = judged(tampered_copy(pdfs.by_both(), pdfs.OTHER_TEXT))
    assert (verdict.verdict, verdict.integrity) == (Verdict.INVALID, Integrity.MODIFIED)
    assert codes(verdict) == ["MODIFIED_AFTER_SIGNING"]
    assert {each.changes_after for each in verdict.signatures} == {"other"}


def test_a_page_replaced_between_the_signatures_counts_against_the_first() -> None:
    spoilt = tampered_copy(pdfs.by_person(), pdfs.OTHER_TEXT)
    verdict = judged(seal_organ(spoilt, cast().organ, SIGNED_AT))
    assert (verdict.verdict, verdict.integrity) == (Verdict.INVALID, Integrity.MODIFIED)
    assert [each.verdict for each in verdict.signatures] == [Verdict.INVALID, Verdict.VALID]


def test_a_changed_byte_is_broken() -> None:
    verdict = judged(byte_flipped_copy(pdfs.by_both()))
    assert (verdict.verdict, verdict.integrity) == (Verdict.INVALID, Integrity.BROKEN)
    assert codes(verdict) == ["HASH_FAILURE"]


def test_rule_7_a_seal_cut_off_leaves_the_person_alone() -> None:
    cut = without_last_signature(pdfs.by_both())
    assert judged(cut).signature_set is SignatureSet.PERSON
    strict = judged(cut, policy=SignaturePolicy(both_expected=True))
    assert strict.verdict is Verdict.INDETERMINATE
    assert "SET_INCOMPLETE" in codes(strict)


@pytest.mark.parametrize(
    "rubbish",
    [b"x", b"\n\n\n", b"%PDF-1.7\n", b"9 0 obj\n<< >>\nendobj\n", b"startxref\n1\n%%EOF\n"],
)
def test_rule_3_bytes_behind_the_last_signature_never_pass(rubbish: bytes) -> None:
    verdict = judged(pdfs.by_both() + rubbish)
    assert verdict.verdict in {Verdict.INVALID, Verdict.INDETERMINATE}
    assert verdict.integrity is not Integrity.INTACT


def _form_value(writer: IncrementalPdfFileWriter) -> None:
    field = generic.DictionaryObject(
        {
            generic.pdf_name("/FT"): generic.pdf_name("/Tx"),
            generic.pdf_name("/T"): generic.pdf_string("So"),
            generic.pdf_name("/V"): generic.pdf_string("13"),
        }
    )
    fields = writer.root["/AcroForm"]["/Fields"]
    fields.append(writer.add_object(field))
    writer.update_container(fields)


def _note_over_text(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Rect"): generic.ArrayObject(
                generic.FloatObject(edge) for edge in (80, 400, 500, 600)
            ),
            generic.pdf_name("/Contents"): generic.pdf_string("khac"),
        }
    )
    annotations = page["/Annots"]
    annotations.append(writer.add_object(note))
    writer.update_container(annotations)


def _other_picture(writer: IncrementalPdfFileWriter) -> None:
    """The seal's picture is exchanged for the one of the person, after both have signed."""
    person, organ = (writer.root["/AcroForm"]["/Fields"][number] for number in (0, 1))
    organ[generic.pdf_name("/AP")] = person["/AP"]
    writer.update_container(organ)


def _larger_place(writer: IncrementalPdfFileWriter) -> None:
    field = writer.root["/AcroForm"]["/Fields"][1]
    edges = (0, 0, 595, 842)
    rectangle = generic.ArrayObject(generic.NumberObject(edge) for edge in edges)
    field[generic.pdf_name("/Rect")] = rectangle
    writer.update_container(field)


def _page_turned(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page[generic.pdf_name("/Rotate")] = generic.NumberObject(180)
    writer.update_container(page)


def _page_added(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    pages["/Kids"].append(pages["/Kids"].raw_get(0))
    pages[generic.pdf_name("/Count")] = generic.NumberObject(2)
    writer.update_container(pages["/Kids"])
    writer.update_container(pages)


def _signature_removed(writer: IncrementalPdfFileWriter) -> None:
    field = writer.root["/AcroForm"]["/Fields"][1]
    del field["/V"]
    writer.update_container(field)


@pytest.mark.parametrize(
    "change",
    [
        _form_value,
        _note_over_text,
        _other_picture,
        _larger_place,
        _page_turned,
        _page_added,
        _signature_removed,
    ],
)
def test_rule_5_well_formed_updates_that_must_not_pass(
    change: Callable[[IncrementalPdfFileWriter], None],
) -> None:
    verdict = judged(updated(pdfs.by_both(), change))
    assert verdict.verdict is Verdict.INVALID
    assert verdict.integrity is Integrity.MODIFIED


def test_a_signature_taken_out_of_the_form_leaves_a_trace() -> None:
    spoilt = updated(pdfs.by_person(), _all_removed)
    verdict = judged(spoilt)
    assert verdict.verdict is not Verdict.VALID
    assert verdict.verdict is not Verdict.UNSIGNED
    assert codes(verdict) == ["SIGNATURE_HIDDEN"]


def _all_removed(writer: IncrementalPdfFileWriter) -> None:
    form = writer.root["/AcroForm"]
    form[generic.pdf_name("/Fields")] = generic.ArrayObject()
    writer.update_container(form)


def test_a_large_picture_of_a_later_signature_is_left_to_the_clerk() -> None:
    box = (60.0, 300.0, 540.0, 700.0)  # most of the text
    stamping = Stamping(field_name="Cover", at=SIGNED_AT, box=box, image=seal_image("Che"))
    verdict = judged(apply_signature(pdfs.by_person(), cast().organ, stamping))
    assert verdict.verdict is Verdict.INDETERMINATE
    assert "PICTURE_TOO_LARGE" in codes(verdict)


def test_contents_of_another_signature_do_not_fit() -> None:
    other = person_signs(cast().curve_person, box=SIGNATURE_BOX, image=seal_image("x"))
    mine = pdfs.by_person()
    place = mine.index(b"/Contents <") + len(b"/Contents ")
    theirs = other.index(b"/Contents <") + len(b"/Contents ")
    length = mine.index(b">", place) - place
    spoilt = mine[:place] + other[theirs : theirs + length] + mine[place + length :]
    verdict = judged(spoilt)
    assert (verdict.verdict, verdict.integrity) == (Verdict.INVALID, Integrity.BROKEN)


# Trust, time, revocation, algorithms


@pytest.mark.parametrize(
    ("signer", "verdict", "code"),
    [
        ("revoked_person", Verdict.INVALID, "REVOKED"),
        ("expired_person", Verdict.INVALID, "EXPIRED"),
        ("weak_person", Verdict.INVALID, "WEAK_KEY"),
        ("stranger", Verdict.INDETERMINATE, "UNKNOWN_ROOT"),
    ],
)
def test_l111_l112_l122_who_may_not_sign(signer: str, verdict: Verdict, code: str) -> None:
    pdf = person_signs(getattr(cast(), signer), pss=False)
    found = judged(pdf)
    assert found.verdict is verdict
    assert code in codes(found)
    assert found.integrity is Integrity.INTACT


def test_l112_a_certificate_issued_by_a_person_is_refused() -> None:
    person = cast().person
    wish = _Wish(subject=cast().organ.certificate.subject, validity=cast().pki.usual)
    verdict = judged(person_signs(_issue(wish, person)))
    assert verdict.verdict is Verdict.INVALID
    assert "PATH_INVALID" in codes(verdict)


def test_a_format_nobody_reads_is_unreadable() -> None:
    raw = pdfs.by_person().replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.attached")
    verdict = judged(raw)
    assert "SIGNATURE_UNREADABLE" in codes(verdict)
    assert verdict.verdict is not Verdict.VALID


def test_a_certificate_that_allows_no_changes_is_told() -> None:
    """Seen with public programs: the first signature certifies, the seal follows all the same."""
    reader = PdfFileReader(io.BytesIO(pdfs.by_both()))
    signed = {"EdocSigOrgan"}
    assert changes_after(reader, 1, signed, 1) == ChangesEvidence(
        kind="signatures", is_forbidden=True
    )
    assert changes_after(reader, 1, signed, 2) == ChangesEvidence(kind="signatures")
    assert changes_after(reader, 1, set(), None).kind == "form"
    assert changes_after(reader, 2, signed, 1) == ChangesEvidence(kind="none")


def test_l122_sha_1_is_refused() -> None:
    verdict = judged(person_signs(cast().person, digest="sha1", pss=False))
    assert verdict.verdict is Verdict.INVALID
    assert "WEAK_DIGEST" in codes(verdict)


def test_rule_7_one_stranger_among_good_signatures_is_not_overlooked() -> None:
    stamping = Stamping(field_name="Third", at=SIGNED_AT)
    verdict = judged(apply_signature(pdfs.by_both(), cast().stranger, stamping))
    assert verdict.verdict is Verdict.INDETERMINATE
    assert codes(verdict)[0] == "UNKNOWN_ROOT"


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        (store(anchors=False, lists=False), {"NO_TRUST_GIVEN", "REVOCATION_NOT_CHECKED"}),
        (store(lists=False), {"REVOCATION_NOT_CHECKED"}),
    ],
    ids=["nothing given", "no lists"],
)
def test_l120_missing_material_is_indeterminate_with_its_own_code(
    trust: TrustStore, expected: set[str]
) -> None:
    verdict = judged(pdfs.by_both(), trust)
    assert verdict.verdict is Verdict.INDETERMINATE
    assert verdict.integrity is Integrity.INTACT
    assert set(codes(verdict)) - {"SET_PERSON_AND_ORGAN"} == expected


def test_integrity_is_judged_without_any_trust() -> None:
    nothing = TrustStore()
    spoilt = judged(tampered_copy(pdfs.by_both(), pdfs.OTHER_TEXT), nothing)
    assert (spoilt.verdict, spoilt.integrity) == (Verdict.INVALID, Integrity.MODIFIED)


def test_a_list_that_has_run_out_is_not_taken_for_good() -> None:
    ders = cast().pki.revocation_lists(SIGNED_AT - timedelta(days=200))
    old = TrustStore(STORE.anchors, RevocationIndex(x509.load_der_x509_crl(der) for der in ders))
    verdict = judged(pdfs.by_both(), old)
    assert verdict.verdict is Verdict.INDETERMINATE
    assert "REVOCATION_STALE" in codes(verdict)


def test_a_claimed_time_after_the_receipt_is_left_to_the_clerk() -> None:
    late = sign_person(pdfs.unsigned(), cast().person, RECEIVED_AT + timedelta(hours=1))
    verdict = judged(late)
    assert verdict.verdict is Verdict.INDETERMINATE
    assert "CLAIMED_TIME_AFTER_RECEIPT" in codes(verdict)


def test_l121_the_receipt_decides_where_no_time_stamp_proves_more() -> None:
    years_later = RECEIVED_AT + timedelta(days=3 * 365)
    evidence = examine_file(pdfs.by_both(), STORE, years_later)
    found = codes(judge(evidence, POLICY))
    assert "EXPIRED_AT_RECEIPT" in found
    assert "EXPIRED" not in found


def test_l121_a_time_stamp_keeps_a_signature_good_after_its_certificate_ran_out() -> None:
    pdf = person_signs(cast().person, stamped_by=cast().time_stamper)
    years_later = RECEIVED_AT + timedelta(days=3 * 365)
    verdict = judge(examine_file(pdf, STORE, years_later), POLICY)
    assert verdict.verdict is Verdict.VALID
    assert (verdict.signatures[0].pades, verdict.signatures[0].time_source) == ("B-T", "timestamp")
    assert verdict.signatures[0].signed_at == SIGNED_AT


def test_a_strangers_time_stamp_proves_no_time() -> None:
    pdf = person_signs(cast().person, stamped_by=cast().strange_time_stamper)
    verdict = judged(pdf)
    assert verdict.verdict is Verdict.VALID
    assert (verdict.signatures[0].pades, verdict.signatures[0].time_source) == ("B-T", "claimed")
    assert "TIME_STAMP_UNPROVEN" in [each.code for each in verdict.signatures[0].reasons]


# What cannot be examined


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"hello", "NOT_A_PDF"),
        (b"%PDF-1.7\nrubbish", "FILE_DAMAGED"),
        (b"%PDF-1.7\n1 0 obj << /ByteRange [0 1 2 3] >> endobj", "FILE_UNREADABLE"),
    ],
)
def test_files_that_are_none(raw: bytes, code: str) -> None:
    verdict = judged(raw)
    assert codes(verdict) == [code]
    assert verdict.verdict is Verdict.INDETERMINATE
    assert verdict.integrity is Integrity.UNREADABLE


def test_an_untidy_file_without_any_sign_of_a_signature_is_unsigned() -> None:
    untidy = pdfs.unsigned().replace(b"%PDF-1.", b"\n%PDF-1.", 1)  # every offset is off by one
    assert judged(untidy).verdict in {Verdict.UNSIGNED, Verdict.INDETERMINATE}
    untidy = pdfs.unsigned().replace(b"0000000000 65535 f", b"0000000000 65534 f", 1)
    assert judged(untidy).verdict is Verdict.UNSIGNED


def test_one_bad_container_does_not_hide_the_other_signature() -> None:
    raw = pdfs.by_both()
    place = raw.index(b"/Contents <") + len(b"/Contents <")
    spoilt = raw[:place] + b"ff" * 8 + raw[place + 16 :]
    verdict = judged(spoilt)
    assert [each.field for each in verdict.signatures] == ["EdocSigPerson", "EdocSigOrgan"]
    assert "SIGNATURE_UNREADABLE" in [each.code for each in verdict.signatures[0].reasons]
    assert "HASH_FAILURE" in [each.code for each in verdict.signatures[1].reasons]
    assert verdict.integrity is Integrity.BROKEN


def test_l115_evidence_survives_being_kept_and_gives_the_same_verdict() -> None:
    evidence = seen(pdfs.by_both())
    again = EVIDENCE.validate_json(EVIDENCE.dump_json(evidence))
    assert again == evidence
    assert judge(again, POLICY) == judge(evidence, POLICY)


@pytest.mark.parametrize("part", range(12))
def test_a_file_cut_anywhere_is_never_valid_with_both(part: int) -> None:
    whole = pdfs.by_both()
    cut = whole[: len(whole) * (part + 1) // 13]
    verdict = judged(cut)
    assert verdict.signature_set is not SignatureSet.PERSON_AND_ORGAN
    assert verdict.verdict is not Verdict.VALID
