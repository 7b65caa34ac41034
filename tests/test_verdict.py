"""From evidence to verdict: each condition by itself, and the closed list of reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.signature import (
    CertificateEvidence,
    ChangesEvidence,
    CmsEvidence,
    FileEvidence,
    FileVerdict,
    GeometryEvidence,
    Integrity,
    PathEvidence,
    RevocationEvidence,
    SignatureEvidence,
    SignaturePolicy,
    SignatureSet,
    SignerRole,
    TimeStampEvidence,
    Verdict,
)
from gateway.signing.shown import shown
from gateway.signing.verdict import judge
from gateway.signing.verdict.codes import CODES, Weight
from gateway.signing.verdict.page import verdicts_page
from gateway.signing.verdict.roles import role_of

AT = datetime(2026, 8, 28, 11, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
POLICY = SignaturePolicy()


def certificate(**changed: object) -> CertificateEvidence:
    usual = CertificateEvidence(
        fingerprint="ab" * 32,
        serial="1F",
        subject=(
            ("organization_name", "UBND tỉnh Mẫu"),
            ("title", "Chủ tịch"),
            ("common_name", "Nguyễn Văn Mẫu"),
        ),
        issuer=(("common_name", "CA Mẫu"),),
        valid_from=AT - YEAR,
        valid_to=AT + YEAR,
        key="RSA-2048",
        key_usage=("digital_signature", "non_repudiation"),
    )
    return replace(usual, **changed)  # type: ignore[arg-type]


ROOT = certificate(valid_from=AT - 5 * YEAR, valid_to=AT + 5 * YEAR, key_usage=("key_cert_sign",))
GOOD = SignatureEvidence(
    field="A",
    geometry=GeometryEvidence(faults=(), covers="whole_file", ends_at=1000),
    cms=CmsEvidence(
        faults=(),
        digest_holds=True,
        value_holds=True,
        digest="sha256",
        mechanism="rsassa_pss",
        names_certificate=True,
    ),
    certificate=certificate(),
    path=PathEvidence(status="trusted", chain=(ROOT,)),
    revocations=(RevocationEvidence(fingerprint="ab" * 32, status="good", source="crl"),),
    claimed_at=AT,
    judged_at=AT,
    changes=ChangesEvidence(kind="none"),
    pades="B-B",
)
ORGAN = replace(
    GOOD,
    field="B",
    certificate=certificate(
        subject=(("organization_name", "UBND tỉnh Mẫu"), ("common_name", "UBND tỉnh Mẫu"))
    ),
    geometry=GeometryEvidence(faults=(), covers="whole_file", ends_at=2000),
)


def judged(
    *signatures: SignatureEvidence,
    faults: tuple[tuple[str, str], ...] = (),
    policy: SignaturePolicy = POLICY,
) -> FileVerdict:
    evidence = FileEvidence(
        digest="00" * 32, size_bytes=1000, received_at=AT, faults=faults, signatures=signatures
    )
    return judge(evidence, policy)


def only_codes(verdict: FileVerdict) -> set[str]:
    """Return the codes of the first signature that say more than a remark."""
    return {
        each.code
        for each in verdict.signatures[0].reasons
        if CODES[each.code].weight is not Weight.REMARK
    }


def test_good_evidence_is_valid() -> None:
    verdict = judged(GOOD)
    assert verdict.verdict is Verdict.VALID
    assert verdict.integrity is Integrity.INTACT
    assert only_codes(verdict) == set()
    assert [each.code for each in verdict.signatures[0].reasons] == [
        "SIGNATURE_GOOD",
        "TIME_CLAIMED",
    ]


CMS = GOOD.cms
assert CMS is not None
GEOMETRY = GOOD.geometry
assert GEOMETRY is not None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"cms": replace(CMS, digest_holds=False)}, "HASH_FAILURE"),
        ({"cms": replace(CMS, value_holds=False)}, "SIGNATURE_VALUE_WRONG"),
        ({"cms": replace(CMS, faults=("CMS_STRUCTURE",))}, "CMS_STRUCTURE"),
        ({"cms": replace(CMS, faults=("ALGORITHMS_DISAGREE",))}, "ALGORITHMS_DISAGREE"),
        ({"geometry": replace(GEOMETRY, faults=("BYTE_RANGE_WRONG",))}, "BYTE_RANGE_WRONG"),
        ({"geometry": replace(GEOMETRY, faults=("CONTENTS_MISMATCH",))}, "CONTENTS_MISMATCH"),
        ({"geometry": replace(GEOMETRY, faults=("NOT_ONE_OBJECT",))}, "NOT_ONE_OBJECT"),
        ({"geometry": replace(GEOMETRY, faults=("REVISION_MISMATCH",))}, "REVISION_MISMATCH"),
        ({"changes": ChangesEvidence(kind="other")}, "MODIFIED_AFTER_SIGNING"),
        ({"changes": ChangesEvidence(kind="form")}, "FORM_CHANGED"),
        (
            {"changes": ChangesEvidence(kind="signatures", is_forbidden=True)},
            "CERTIFICATION_FORBIDS",
        ),
        ({"changes": None}, "SIGNATURE_UNREADABLE"),
        ({"unreadable": "KeyError"}, "SIGNATURE_UNREADABLE"),
        ({"cms": None}, "SIGNATURE_UNREADABLE"),
        ({"geometry": None}, "SIGNATURE_UNREADABLE"),
        ({"path": PathEvidence(status="no-anchors")}, "NO_TRUST_GIVEN"),
        ({"path": PathEvidence(status="unknown-root")}, "UNKNOWN_ROOT"),
        ({"path": PathEvidence(status="failed", chain=(ROOT,))}, "PATH_INVALID"),
        ({"path": PathEvidence(status="out-of-time", chain=(ROOT,))}, "EXPIRED_AT_RECEIPT"),
        ({"certificate": certificate(key_usage=("key_encipherment",))}, "KEY_USAGE_WRONG"),
        ({"certificate": certificate(key="RSA-1024")}, "WEAK_KEY"),
        ({"certificate": certificate(key="DSA")}, "WEAK_KEY"),
        ({"certificate": certificate(key="EC-secp192r1")}, "ALGORITHM_UNKNOWN"),
        ({"certificate": certificate(key="ED25519")}, "ALGORITHM_UNKNOWN"),
        ({"cms": replace(CMS, digest="sha1")}, "WEAK_DIGEST"),
        ({"cms": replace(CMS, digest="md5")}, "WEAK_DIGEST"),
        ({"cms": replace(CMS, digest="whirlpool")}, "ALGORITHM_UNKNOWN"),
        ({"cms": replace(CMS, mechanism="ed25519")}, "ALGORITHM_UNKNOWN"),
        ({"certificate": certificate(valid_from=AT + YEAR / 2)}, "NOT_YET_VALID"),
        ({"certificate": certificate(valid_to=AT - YEAR / 2)}, "EXPIRED"),
        ({"claimed_at": AT + timedelta(seconds=901)}, "CLAIMED_TIME_AFTER_RECEIPT"),
        ({"claimed_at": AT - 2 * YEAR}, "CLAIMED_TIME_TOO_EARLY"),
    ],
)
def test_each_condition_speaks_against_the_signature_by_itself(
    changed: dict[str, object], code: str
) -> None:
    """L-113: the certificate was good, its key made the signature, the document is whole."""
    verdict = judged(replace(GOOD, **changed))  # type: ignore[arg-type]
    assert verdict.verdict is not Verdict.VALID
    assert code in only_codes(verdict)
    weight = CODES[code].weight
    expected = {
        Weight.BROKEN: (Verdict.INVALID, Integrity.BROKEN),
        Weight.MODIFIED: (Verdict.INVALID, Integrity.MODIFIED),
        Weight.UNREADABLE: (Verdict.INDETERMINATE, Integrity.UNREADABLE),
        Weight.REFUSED: (Verdict.INVALID, Integrity.INTACT),
        Weight.UNDECIDED: (Verdict.INDETERMINATE, Integrity.INTACT),
    }
    assert (verdict.verdict, verdict.integrity) == expected[weight]


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (("revoked", "good"), "REVOKED"),
        (("good", "revoked"), "AUTHORITY_REVOKED"),
        (("stale", "good"), "REVOCATION_STALE"),
        (("good", "stale"), "REVOCATION_STALE"),
        (("no-list", "good"), "REVOCATION_NOT_CHECKED"),
        (("bad-list", "good"), "REVOCATION_NOT_CHECKED"),
    ],
)
def test_l111_l112_revocation_along_the_path(statuses: tuple[str, ...], code: str) -> None:
    found = tuple(RevocationEvidence(fingerprint="x", status=each) for each in statuses)
    verdict = judged(replace(GOOD, revocations=found))
    assert only_codes(verdict) == {code}
    assert verdict.integrity is Integrity.INTACT
    assert verdict.is_revoked == (statuses[0] == "revoked")


@pytest.mark.parametrize(
    ("claimed", "code"),
    [
        (AT - YEAR / 4, "EXPIRED_AT_RECEIPT"),  # it may have been made in time
        (AT - timedelta(days=1), "EXPIRED"),  # by its own word it was not
        (None, "EXPIRED"),
    ],
)
def test_l121_an_expired_certificate_without_a_stamp(claimed: datetime | None, code: str) -> None:
    ended = certificate(valid_to=AT - YEAR / 8)
    assert code in only_codes(judged(replace(GOOD, certificate=ended, claimed_at=claimed)))


def stamp(**changed: object) -> TimeStampEvidence:
    usual = TimeStampEvidence(
        stamped_at=AT - YEAR / 4,
        holds=True,
        certificate=certificate(purposes=("time_stamping",)),
        path=PathEvidence(status="trusted", chain=(ROOT,)),
        revocations=(RevocationEvidence(fingerprint="t", status="good"),),
    )
    return replace(usual, **changed)  # type: ignore[arg-type]


def test_l121_a_trusted_time_stamp_proves_the_earlier_time() -> None:
    ended = certificate(valid_to=AT - YEAR / 8)
    signed = replace(
        GOOD, certificate=ended, time_stamp=stamp(), judged_at=AT - YEAR / 4, pades="B-T"
    )
    verdict = judged(signed)
    assert verdict.verdict is Verdict.VALID
    assert verdict.signatures[0].time_source == "timestamp"
    assert verdict.signatures[0].signed_at == AT - YEAR / 4


@pytest.mark.parametrize(
    "changed",
    [
        {"holds": False},
        {"path": PathEvidence(status="unknown-root")},
        {"certificate": certificate()},  # not made for time stamps
        {"revocations": (RevocationEvidence(fingerprint="t", status="revoked"),)},
    ],
)
def test_a_time_stamp_that_is_not_trusted_proves_nothing(changed: dict[str, object]) -> None:
    verdict = judged(replace(GOOD, time_stamp=stamp(**changed)))
    assert verdict.signatures[0].time_source == "claimed"
    assert "TIME_STAMP_UNPROVEN" in [each.code for each in verdict.signatures[0].reasons]


@pytest.mark.parametrize(
    ("signatures", "expected", "code"),
    [
        ((GOOD, ORGAN), SignatureSet.PERSON_AND_ORGAN, "SET_PERSON_AND_ORGAN"),
        ((GOOD,), SignatureSet.PERSON, "SET_PERSON_ONLY"),
        ((ORGAN,), SignatureSet.ORGAN, "SET_ORGAN_ONLY"),
        (
            (replace(ORGAN, geometry=replace(GEOMETRY, ends_at=500)), GOOD),
            SignatureSet.OTHER,
            "ORGAN_BEFORE_PERSON",
        ),
        (
            (replace(GOOD, certificate=certificate(subject=(("common_name", "X"),))),),
            SignatureSet.OTHER,
            "SET_OTHER",
        ),
    ],
)
def test_l01_l114_which_signatures_are_there(
    signatures: tuple[SignatureEvidence, ...], expected: SignatureSet, code: str
) -> None:
    verdict = judged(*signatures)
    assert verdict.signature_set is expected
    assert [each.code for each in verdict.reasons] == [code]
    strict = judged(*signatures, policy=SignaturePolicy(both_expected=True))
    both = expected is SignatureSet.PERSON_AND_ORGAN
    assert (strict.verdict is Verdict.VALID) == both


def test_nobody_says_of_a_spoilt_document_that_its_signatures_suffice() -> None:
    spoilt = replace(GOOD, changes=ChangesEvidence(kind="other"))
    verdict = judged(spoilt, ORGAN)
    assert [each.code for each in verdict.reasons] == ["MODIFIED_AFTER_SIGNING"]


@pytest.mark.parametrize("code", ["TRAILING_BYTES", "SIGNATURE_HIDDEN", "FILE_UNREADABLE"])
def test_a_fault_of_the_file_outweighs_good_signatures(code: str) -> None:
    verdict = judged(GOOD, ORGAN, faults=((code, ""),))
    assert verdict.verdict is not Verdict.VALID
    assert verdict.integrity is not Integrity.INTACT


def test_a_broken_time_stamp_on_the_file_is_not_overlooked() -> None:
    broken = replace(
        GOOD, field="T", is_document_time_stamp=True, cms=replace(CMS, digest_holds=False)
    )
    verdict = judged(GOOD, broken)
    assert verdict.integrity is Integrity.BROKEN
    assert len(verdict.signatures) == 1


@pytest.mark.parametrize(
    ("picture", "is_first", "told"),
    [
        ((36.0, 36.0), False, False),
        ((60.0, 20.0), False, False),
        ((170.0, 140.0), False, True),
        ((170.0, 140.0), True, False),  # nothing was signed before it
        (None, False, False),
    ],
)
def test_rule_6_large_pictures_of_later_signatures(
    picture: tuple[float, float] | None,
    *,
    is_first: bool,
    told: bool,
) -> None:
    later = replace(ORGAN, picture_mm=picture)
    verdict = judged(later) if is_first else judged(GOOD, later)
    found = {each.code for one in verdict.signatures for each in one.reasons}
    assert ("PICTURE_TOO_LARGE" in found) == told


@pytest.mark.parametrize(
    ("subject", "role"),
    [
        ((("common_name", "Nguyễn Văn Mẫu"), ("title", "Chủ tịch")), SignerRole.PERSON),
        ((("common_name", "Nguyễn Văn Mẫu"),), SignerRole.PERSON),
        ((("common_name", "NGUYỄN VĂN MẪU"),), SignerRole.PERSON),
        ((("common_name", "Hà Thị Mẫu"), ("organization_name", "Sở Mẫu")), SignerRole.PERSON),
        ((("common_name", "Ma A Mẫu"), ("user_id", "CCCD:012345678901")), SignerRole.PERSON),
        ((("common_name", "Sở Tài chính tỉnh Mẫu"),), SignerRole.ORGAN),
        ((("common_name", "UBND TỈNH MẪU"),), SignerRole.ORGAN),
        ((("common_name", "Đoàn đại biểu Quốc hội tỉnh Mẫu"),), SignerRole.ORGAN),
        ((("common_name", "Mẫu"), ("organization_name", "MẪU")), SignerRole.ORGAN),
        ((("common_name", "Mẫu"), ("user_id", "MST:0123456789")), SignerRole.ORGAN),
        ((("common_name", "ky so 01"),), SignerRole.OTHER),
        ((("organization_name", "Sở Mẫu"),), SignerRole.OTHER),
    ],
)
def test_l114_whose_certificate_it_is(
    subject: tuple[tuple[str, str], ...], role: SignerRole
) -> None:
    assert role_of(certificate(subject=subject)) is role


def test_numbers_of_citizens_are_masked_unless_asked_for() -> None:
    named = certificate(subject=(("common_name", "Nguyễn Văn Mẫu, 012345678901"), ("title", "x")))
    masked = judged(replace(GOOD, certificate=named)).signatures[0].signer
    assert masked == "Nguyễn Văn Mẫu, *********901"
    full = judged(
        replace(GOOD, certificate=named), policy=SignaturePolicy(mask_numbers=False)
    ).signatures[0]
    assert full.signer == "Nguyễn Văn Mẫu, 012345678901"


def test_l118_the_json_has_the_members_of_the_contract() -> None:
    told = shown(judged(GOOD, ORGAN))
    assert set(told) == {"verdict", "integrity", "signature_set", "reasons", "signatures"}
    signatures = told["signatures"]
    assert isinstance(signatures, list)
    assert set(signatures[0]) == {
        "field", "role", "signer", "organ", "serial", "issuer", "verdict", "reasons", "codes",
        "signed_at", "time_source", "algorithm", "pades", "covers", "changes_after", "revocation",
    }  # fmt: skip
    assert set(signatures[0]["revocation"]) == {"status", "source", "produced_at"}
    assert signatures[0]["signed_at"] == "2026-08-28T18:00:00+07:00"
    assert "Both signatures" in str(shown(judged(GOOD, ORGAN), "en")["reasons"])


def test_the_page_of_reasons_is_the_list() -> None:
    page = Path(__file__).parent.parent / "docs" / "verdicts.md"
    assert page.read_text(encoding="utf-8") == verdicts_page()


def test_every_reason_has_two_plain_sentences() -> None:
    for code, text in CODES.items():
        assert code == code.upper()
        assert text.vi.endswith("."), code
        assert text.en.endswith("."), code
        assert text.vi != text.en


ANY_CODE = st.sampled_from(sorted(CODES))


@settings(max_examples=100, deadline=None)
@given(codes=st.lists(ANY_CODE, max_size=4), signed=st.booleans())
def test_integrity_other_than_intact_is_never_valid(codes: list[str], *, signed: bool) -> None:
    verdict = judged(*([GOOD] if signed else []), faults=tuple((code, "") for code in codes))
    if verdict.integrity not in {Integrity.INTACT, Integrity.NONE}:
        assert verdict.verdict is not Verdict.VALID
    if verdict.verdict is Verdict.UNSIGNED:
        assert not signed
