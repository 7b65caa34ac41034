"""May we take it: the default policy line by line, and every objection beside the others.

Rules: L-01, L-02, L-03, L-32, L-33, L-41, L-52, L-57, L-58, L-59, L-60, L-111 (revoked), L-120,
L-125, L-126.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.errors import SettingsError
from gateway.model.document import (
    Attachment,
    BusinessType,
    Code,
    Digest,
    DocumentId,
    DocumentRef,
    Urgency,
)
from gateway.model.envelope import (
    Business,
    DocumentEnvelope,
    EnvelopeNote,
    OtherInfo,
    PromulgationInfo,
    SignerInfo,
)
from gateway.model.incoming import IncomingState, KnownDocument
from gateway.model.organ import Organ, OrganId
from gateway.model.signature import (
    FileVerdict,
    Integrity,
    Reason,
    Revocation,
    SignatureSet,
    SignatureVerdict,
    SignerRole,
    Verdict,
)
from gateway.rules.addressing import Addressed, Addressee
from gateway.rules.admission import (
    BY_POLICY,
    DEFAULT_POLICY,
    MAX_FILE_BYTES,
    AdmissionPolicy,
    Examined,
    ExaminedFile,
    admission,
    main_file,
    objections,
)
from gateway.rules.duplicates import (
    NEW,
    DestroyedBefore,
    ExactRepeat,
    Finding,
    OtherWay,
    SameIdentityChanged,
    SameNumber,
)
from gateway.rules.formats import DEFAULT_FORMATS, ending_of, is_taken
from gateway.rules.objections import GROUNDS, Outcome

PDF = Attachment(attachment_name="vb.pdf", media_type="application/pdf", size_bytes=100)
SHEET = Attachment(
    attachment_name="bang.xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    size_bytes=100,
)
VALID = FileVerdict(
    verdict=Verdict.VALID,
    integrity=Integrity.INTACT,
    signature_set=SignatureSet.PERSON_AND_ORGAN,
    reasons=(),
    signatures=(),
)
UNSIGNED = replace(
    VALID,
    verdict=Verdict.UNSIGNED,
    integrity=Integrity.NONE,
    signature_set=SignatureSet.NONE,
)
ENVELOPE = DocumentEnvelope(
    sender=Organ(organ_id=OrganId("H99.01"), organ_name="UBND tỉnh Mẫu"),
    document_id=DocumentId("H99.01,2026,152"),
    code=Code("12", "UBND-VX"),
    promulgation_info=PromulgationInfo(promulgation_date=date(2026, 3, 2)),
    subject="V/v báo cáo",
    attachments=(PDF,),
)
SUBJECT = Examined(
    envelope=ENVELOPE,
    files=(ExaminedFile(attachment=PDF, verdict=VALID),),
    addressed=Addressed(addressee=Addressee.OURS, ours=(OrganId("H99.02"),)),
)
KNOWN = KnownDocument(
    ref=DocumentRef("d-1"),
    state=IncomingState.ACCEPTED,
    document_id=None,
    sender_id=None,
    sender_name=None,
    code=None,
    promulgation_date=None,
    content_digest=Digest("a" * 64),
)


def signature(status: str, *reasons: Reason) -> SignatureVerdict:
    return SignatureVerdict(
        field="EdocSigPerson", role=SignerRole.PERSON, signer=None, organ=None, serial=None,
        issuer=None, verdict=Verdict.INVALID, reasons=reasons, signed_at=None,
        time_source="none", algorithm=None, pades="none", covers="whole_file",
        changes_after="none", revocation=Revocation(status=status),
    )  # fmt: skip


def verdict(kind: Verdict, integrity: Integrity, *signatures: SignatureVerdict) -> FileVerdict:
    return replace(VALID, verdict=kind, integrity=integrity, signatures=signatures)


def with_files(*files: ExaminedFile) -> Examined:
    envelope = replace(ENVELOPE, attachments=tuple(file.attachment for file in files))
    return replace(SUBJECT, envelope=envelope, files=files)


def judged(*verdicts: FileVerdict | None) -> Examined:
    return with_files(*(ExaminedFile(attachment=PDF, verdict=each) for each in verdicts))


def said(subject: Examined, policy: AdmissionPolicy = DEFAULT_POLICY) -> list[str]:
    return [each.code for each in objections(subject, policy)]


def enveloped(**changes: object) -> Examined:
    return replace(SUBJECT, envelope=replace(ENVELOPE, **changes))  # type: ignore[arg-type]


def test_l57_a_valid_document_is_admitted_without_a_word() -> None:
    found = admission(SUBJECT)
    assert (found.outcome, found.objections, found.remarks) == (Outcome.ADMIT, (), ())
    assert (found.refusal_proposed, found.is_information_only) == (False, False)


def test_l02_an_unsigned_document_is_admitted_for_information_only() -> None:
    found = admission(judged(UNSIGNED))
    assert (found.outcome, found.is_information_only) == (Outcome.ADMIT, True)
    assert [each.code for each in found.remarks] == ["information-only"]


def test_l01_one_signature_of_two_is_remarked() -> None:
    found = admission(judged(replace(VALID, signature_set=SignatureSet.PERSON)))
    assert found.outcome is Outcome.ADMIT
    assert [each.code for each in found.remarks] == ["one-signature"]


@pytest.mark.parametrize(
    ("kind", "integrity", "revocation", "codes", "refuses"),
    [
        (Verdict.INVALID, Integrity.MODIFIED, "good", ["signature-modified"], True),
        (Verdict.INVALID, Integrity.BROKEN, "good", ["signature-broken"], True),
        (Verdict.INVALID, Integrity.INTACT, "revoked", ["certificate-revoked"], True),
        (
            Verdict.INVALID,
            Integrity.MODIFIED,
            "revoked",
            ["signature-modified", "certificate-revoked"],
            True,
        ),
        (Verdict.INVALID, Integrity.INTACT, "good", ["signature-invalid"], False),  # expired
        (Verdict.INVALID, Integrity.UNREADABLE, "unknown", ["signature-unreadable"], False),
        (Verdict.INDETERMINATE, Integrity.UNREADABLE, "unknown", ["signature-unreadable"], False),
        (Verdict.INDETERMINATE, Integrity.INTACT, "unknown", ["signature-undecided"], False),
        (Verdict.INDETERMINATE, Integrity.INTACT, "revoked", ["certificate-revoked"], True),
    ],
)
def test_l33_l111_l120_default_policy_on_signatures(
    kind: Verdict, integrity: Integrity, revocation: str, codes: list[str], *, refuses: bool
) -> None:
    """Modified, broken, revoked: held, refusal proposed; whatever is unsure: held."""
    found = admission(judged(verdict(kind, integrity, signature(revocation))))
    assert found.outcome is Outcome.HOLD
    assert [each.code for each in found.objections] == codes
    assert found.refusal_proposed is refuses
    assert not found.refused_by_policy, "no refusal leaves by itself"


def test_l32_a_pdf_nobody_examined_is_held() -> None:
    assert admission(judged(None)).outcome is Outcome.HOLD
    assert said(judged(None)) == ["file-not-examined"]
    missing = replace(PDF, fault="attachment-missing", size_bytes=None)
    assert said(with_files(ExaminedFile(attachment=missing))) == ["attachment-faulty"]


def test_l57_appendices_are_judged_like_the_main_document() -> None:
    bad = verdict(Verdict.INVALID, Integrity.BROKEN)
    found = admission(judged(VALID, bad, None))
    assert [each.code for each in found.objections] == ["signature-broken", "file-not-examined"]
    assert "thứ 2" in found.objections[0].vi
    assert "File 3" in found.objections[1].en or "file 3" in found.objections[1].en
    assert admission(judged(VALID, UNSIGNED)).outcome is Outcome.ADMIT
    assert not admission(judged(VALID, UNSIGNED)).is_information_only


def test_l52_the_sender_reads_the_reasons_of_the_verdict() -> None:
    reasons = tuple(Reason(f"C{n}", f"Lý do {n}.", f"Reason {n}.") for n in range(4))
    bad = replace(
        verdict(Verdict.INVALID, Integrity.BROKEN, signature("good", reasons[0], *reasons[1:])),
        reasons=reasons[:1],
    )
    text = admission(judged(bad)).reason("vi")
    assert text == ("Chữ ký số của tệp thứ 1 không khớp với nội dung. Lý do 0. Lý do 1. Lý do 2.")
    assert admission(judged(bad)).reason("en").endswith("Reason 0. Reason 1. Reason 2.")


def test_l52_only_what_justifies_a_refusal_is_its_reason() -> None:
    found = admission(
        replace(enveloped(sender=None), addressed=Addressed(addressee=Addressee.OTHERS))
    )
    assert {each.code for each in found.objections} == {"wrong-addressee", "sender-unknown"}
    assert found.reason("vi") == "Không có nơi nhận nào trong gói tin là cơ quan này."


@pytest.mark.parametrize(
    ("addressee", "code", "refuses"),
    [
        (Addressee.OTHERS, "wrong-addressee", True),
        (Addressee.PLATFORM, "addressee-is-platform", False),
        (Addressee.NOBODY, "addressee-missing", False),
    ],
)
def test_l33_t49_what_is_not_for_us_is_parked(
    addressee: Addressee, code: str, *, refuses: bool
) -> None:
    found = admission(replace(SUBJECT, addressed=Addressed(addressee=addressee)))
    assert (found.outcome, found.refusal_proposed) == (Outcome.PARK, refuses)
    assert [each.code for each in found.objections] == [code]


@pytest.mark.parametrize(
    ("business", "code"),
    [
        (BusinessType.RECALL, "kind-not-handled"),
        (BusinessType.UPDATE, "kind-not-handled"),
        (BusinessType.REPLACE, "kind-not-handled"),
        (None, "kind-unknown"),
    ],
)
def test_l103_t43_kinds_without_a_way_are_parked(business: BusinessType | None, code: str) -> None:
    found = admission(enveloped(business=Business(business_type=business)))
    assert (found.outcome, [each.code for each in found.objections]) == (Outcome.PARK, [code])
    assert not found.refusal_proposed


@pytest.mark.parametrize(
    ("application", "outcome", "codes"),
    [
        ("MCDT_DT", Outcome.PARK, ["one-stop-dossier"]),
        (" mcdt ", Outcome.PARK, ["one-stop-dossier"]),
        ("VBDH", Outcome.ADMIT, ["application-type-unknown"]),
        (" ", Outcome.ADMIT, []),
        (None, Outcome.ADMIT, []),
    ],
)
def test_t50_one_stop_dossiers_are_parked(
    application: str | None, outcome: Outcome, codes: list[str]
) -> None:
    subject = enveloped(application_type=application)
    assert (admission(subject).outcome, said(subject)) == (outcome, codes)


def test_t50_which_applications_are_parked_is_the_agencys_setting() -> None:
    subject = enveloped(application_type="MCDT_DT")
    assert said(subject, AdmissionPolicy(parked_applications=())) == ["application-type-unknown"]


@pytest.mark.parametrize(
    ("finding", "codes"),
    [
        (NEW, []),
        (ExactRepeat(KNOWN), []),
        (OtherWay(KNOWN), []),
        (SameIdentityChanged((KNOWN,)), ["identity-repeated"]),
        (SameNumber((KNOWN,)), ["number-repeated"]),
        (DestroyedBefore(KNOWN), ["destroyed-before"]),
    ],
)
def test_l41_l58_what_repeats_is_held_for_a_person(finding: Finding, codes: list[str]) -> None:
    found = admission(replace(SUBJECT, duplicate=finding))
    assert [each.code for each in found.objections] == codes
    assert found.outcome is (Outcome.HOLD if codes else Outcome.ADMIT)
    assert not found.refusal_proposed


def marked(*, marks: tuple[str, ...] = (), doubtful: tuple[str, ...] = ()) -> Examined:
    return replace(
        SUBJECT,
        files=(ExaminedFile(attachment=PDF, verdict=VALID, marks=marks, doubtful_marks=doubtful),),
    )


def test_l60_a_secrecy_mark_outweighs_everything_and_names_no_content() -> None:
    subject = replace(
        marked(marks=("MẬT",)),
        addressed=Addressed(addressee=Addressee.OTHERS),
        duplicate=SameNumber((KNOWN,)),
    )
    found = admission(subject)
    assert (found.outcome, found.refusal_proposed) == (Outcome.QUARANTINE, True)
    codes = [each.code for each in found.objections]
    assert codes == ["secrecy-mark", "wrong-addressee", "number-repeated"]
    assert found.objections[0].vi.count("tệp thứ 1") == 1
    assert found.objections[0].en.count("file 1") == 1


def test_l60_a_mark_in_the_envelope_quarantines_and_its_text_is_not_told() -> None:
    subject = enveloped(code=Code("12", "BC-UBND-M"), subject="Kế hoạch tuyệt đối kín")
    found = admission(subject)
    assert found.outcome is Outcome.QUARANTINE
    assert "MessageHeader/Code/CodeNotation" in found.objections[0].vi
    told = " ".join(each.vi + each.en for each in (*found.objections, *found.remarks))
    assert "Kế hoạch" not in told
    assert "BC-UBND" not in told


def test_l60_a_doubtful_mark_is_held() -> None:
    found = admission(marked(doubtful=("MẬT",)))
    assert (found.outcome, said(marked(doubtful=("MẬT",)))) == (Outcome.HOLD, ["secrecy-doubtful"])
    assert said(enveloped(subject="Báo cáo số liệu MẬT của đơn vị")) == ["secrecy-doubtful"]


@pytest.mark.parametrize(
    ("attachment", "policy", "codes"),
    [
        (SHEET, DEFAULT_POLICY, []),
        (replace(SHEET, media_type="application/x-executable"), DEFAULT_POLICY,
         ["format-not-allowed"]),
        (replace(SHEET, size_bytes=MAX_FILE_BYTES), DEFAULT_POLICY, []),
        (replace(SHEET, size_bytes=MAX_FILE_BYTES + 1), DEFAULT_POLICY, ["file-too-large"]),
        (SHEET, AdmissionPolicy(allowed_formats=frozenset({"pdf"})), ["format-not-allowed"]),
        (replace(SHEET, fault="zip-bomb", media_type=None), DEFAULT_POLICY,
         ["attachment-faulty"]),
        (replace(SHEET, attachment_name="a" * 46 + ".xlsx"), AdmissionPolicy(max_name_chars=50),
         ["file-name-long"]),
        (replace(SHEET, attachment_name="a" * 45 + ".xlsx"), AdmissionPolicy(max_name_chars=50),
         []),
        (replace(SHEET, attachment_name="a" * 46 + ".xlsx"), DEFAULT_POLICY, []),
        (replace(SHEET, attachment_name=None), AdmissionPolicy(max_name_chars=6), []),
        (replace(SHEET, size_bytes=None), DEFAULT_POLICY, []),
    ],
)  # fmt: skip
def test_l125_l126_formats_and_sizes(
    attachment: Attachment, policy: AdmissionPolicy, codes: list[str]
) -> None:
    subject = with_files(
        ExaminedFile(attachment=PDF, verdict=VALID), ExaminedFile(attachment=attachment)
    )
    assert said(subject, policy) == codes
    assert all("thứ 2" in each.vi for each in objections(subject, policy))
    held = [code for code in codes if GROUNDS[code].outcome is not Outcome.ADMIT]
    assert admission(subject, policy).outcome is (Outcome.HOLD if held else Outcome.ADMIT)


def test_l126_the_limit_an_agency_gets_without_asking() -> None:
    assert DEFAULT_POLICY.max_file_bytes == 52_428_800
    assert DEFAULT_POLICY.max_name_chars is None
    assert DEFAULT_POLICY.refusal_codes == frozenset()


def test_l125_the_main_document_is_the_first_pdf_else_the_first_file() -> None:
    sheet, pdf = ExaminedFile(attachment=SHEET), ExaminedFile(attachment=PDF, verdict=VALID)
    assert main_file((sheet, pdf)) is pdf
    assert main_file((sheet,)) is sheet
    assert main_file(()) is None
    found = admission(with_files(sheet))
    assert (found.outcome, found.is_information_only) == (Outcome.ADMIT, True)
    assert [each.code for each in found.remarks] == ["main-not-pdf", "information-only"]


def test_l57_an_envelope_without_files_is_held() -> None:
    assert said(with_files()) == ["no-attachment"]
    assert admission(with_files()).outcome is Outcome.HOLD


def test_t14_what_would_run_is_held() -> None:
    notes = tuple(
        EnvelopeNote(code=code, element="", rule="", vi="", en="")
        for code in ("executable", "office-macro", "executable", "pdf-active-content")
    )
    found = admission(enveloped(warnings=notes))
    assert [each.code for each in found.objections] == ["attachment-unsafe"]
    assert "executable, office-macro" in found.objections[0].vi


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"document_id": None}, "field-missing", "DocumentId"),
        ({"code": None}, "field-missing", "Code"),
        ({"code": Code()}, "field-missing", "Code"),
        ({"promulgation_info": None}, "field-missing", "PromulgationDate"),
        ({"promulgation_info": PromulgationInfo(place="Mẫu")}, "field-missing", "Promulgation"),
        ({"subject": None}, "field-missing", "Subject"),
        ({"subject": None, "document_id": None}, "field-missing", "DocumentId, Subject"),
        ({"sender": None}, "sender-unknown", ""),
        ({"sender": Organ(organ_name="UBND tỉnh Mẫu")}, "sender-unknown", ""),
        ({"signer_info": SignerInfo(competence="TH.")}, "competence-unknown", ""),
    ],
)
def test_l59_l03_missing_and_odd_fields(changes: dict[str, object], code: str, named: str) -> None:
    found = objections(enveloped(**changes))
    assert [each.code for each in found] == [code]
    assert named in found[0].vi


@pytest.mark.parametrize("words", ["TM.", "kt.", " TL. ", "TUQ.", "Q.", "", None])
def test_l03_the_words_of_competence(words: str | None) -> None:
    assert said(enveloped(signer_info=SignerInfo(competence=words))) == []


def test_l33_every_objection_is_told_not_the_first_only() -> None:
    subject = replace(
        with_files(
            ExaminedFile(attachment=PDF, verdict=verdict(Verdict.INVALID, Integrity.BROKEN)),
            ExaminedFile(attachment=replace(SHEET, size_bytes=MAX_FILE_BYTES + 1)),
        ),
        duplicate=SameNumber((KNOWN,)),
    )
    assert said(subject) == ["number-repeated", "signature-broken", "file-too-large"]


def test_l52_a_policy_refuses_by_itself_only_what_it_lists() -> None:
    broken = judged(verdict(Verdict.INVALID, Integrity.BROKEN))
    policy = AdmissionPolicy(refusal_codes=frozenset({"signature-broken"}))
    assert admission(broken, policy).refused_by_policy == ("signature-broken",)
    modified = judged(verdict(Verdict.INVALID, Integrity.MODIFIED))
    assert admission(modified, policy).refused_by_policy == ()
    assert admission(broken).refused_by_policy == ()


@pytest.mark.parametrize("code", ["signature-undecided", "number-repeated", "no-such-code"])
def test_l120_a_policy_may_not_decide_what_is_undecided(code: str) -> None:
    with pytest.raises(SettingsError) as caught:
        AdmissionPolicy(refusal_codes=frozenset({code}))
    assert code in caught.value.vi


def test_l52_whatever_a_policy_may_refuse_has_a_reason_for_the_sender() -> None:
    assert all(GROUNDS[code].refuses for code in BY_POLICY)


def test_l33_every_ground_has_its_clause_and_two_sentences() -> None:
    for code, ground in GROUNDS.items():
        assert ground.clause, code
        assert ground.vi.strip() != ground.en.strip(), code


@pytest.mark.parametrize(
    ("media_type", "name", "expected"),
    [
        ("application/pdf", "a.pdf", True),
        ("application/pdf", "a.exe", True),  # the bytes decide; the reader remarks the name
        ("application/pdf", "", True),
        ("image/jpeg", "a.jpg", True),
        ("image/gif", "a.gif", False),
        ("application/x-executable", "a.pdf", False),
        ("application/x-ole-storage", "a.doc", True),
        ("application/zip", "a.zip", True),
        ("application/vnd.rar", "a.rar", False),
        (None, "a.txt", True),
        (None, "a.CSV", True),
        (None, "a.pdf", False),  # no PDF by its bytes
        (None, "a.dwg", False),
        (None, "txt", False),
        (None, ".txt", False),
        (None, "", False),
    ],
)
def test_l125_what_the_bytes_are_decides(
    media_type: str | None, name: str, *, expected: bool
) -> None:
    assert is_taken(media_type, name, DEFAULT_FORMATS) is expected


def test_l125_an_agency_may_take_more() -> None:
    assert is_taken(None, "a.dwg", DEFAULT_FORMATS | {"dwg"})
    assert is_taken("application/vnd.rar", "a.rar", DEFAULT_FORMATS | {"rar"})
    assert ending_of("Quyết định.Signed.PDF ") == "pdf"


@pytest.mark.parametrize(
    ("priority", "urgency"),
    [
        (None, Urgency.NORMAL),
        (" ", Urgency.NORMAL),
        ("0", Urgency.NORMAL),
        ("1", Urgency.URGENT),
        ("2", Urgency.VERY_URGENT),
        ("3", Urgency.FLASH),
        ("4", Urgency.FLASH),  # vendors' "hỏa tốc hẹn giờ"
        ("9", Urgency.URGENT),  # unknown: at least khẩn
        ("Khẩn", Urgency.URGENT),
    ],
)
def test_l17_l104_urgency_of_a_priority(priority: str | None, urgency: Urgency) -> None:
    envelope = replace(ENVELOPE, other_info=OtherInfo(priority=priority))
    assert envelope.urgency is urgency


def test_l17_urgency_sorts_and_never_changes_what_is_admitted() -> None:
    assert sorted(Urgency, key=lambda each: each.value) == list(Urgency)
    assert admission(enveloped(other_info=OtherInfo(priority="3"))).outcome is Outcome.ADMIT
