"""Organ codes, số và ký hiệu, DocumentIds: classified and compared, never converted."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import DataError
from gateway.model.document import Code, DocumentId
from gateway.model.organ import OrganId
from gateway.rules.identifiers import (
    DOCUMENT_ID_GENERATORS,
    CodeForm,
    DocumentIdParts,
    IssueFacts,
    OfferedOrganId,
    OrganCodeKind,
    code_form,
    dated_document_id,
    document_id_parts,
    folded,
    name_form,
    offered_counterpart,
    ordinal_document_id,
    organ_code_kind,
    parse_code,
)

NEW, OLD, OTHER = OrganCodeKind.NEW, OrganCodeKind.OLD, OrganCodeKind.OTHER
ENTERPRISE, IRREGULAR = OrganCodeKind.ENTERPRISE, OrganCodeKind.IRREGULAR


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("H99", NEW),  # L-92: a level 1 alone
        ("H99.01", NEW),  # L-93
        ("H99.DN.001", NEW),  # letters inside
        ("h99.01", NEW),  # read as capitals
        ("H99.242", NEW),
        ("H99." + "1" * 31, NEW),  # L-91: 35 characters
        ("H99." + "1" * 32, IRREGULAR),  # 36
        ("H9.01", IRREGULAR),
        ("H99.", IRREGULAR),
        ("H99..01", IRREGULAR),
        ("H99-01", IRREGULAR),
        ("Z99.01", IRREGULAR),  # L-95: Z is reserved and has no separator
        ("Z01A", OTHER),
        ("Z99" + "0" * 32, OTHER),
        ("Z99" + "0" * 33, IRREGULAR),
        ("Z00A", IRREGULAR),
        ("Z01", IRREGULAR),
        ("0312345678", ENTERPRISE),  # L-94, invented
        ("0312345678001", ENTERPRISE),
        ("031234567", IRREGULAR),
        ("03123456780", IRREGULAR),
        ("000.00.12.H99", OLD),  # L-97
        ("002.00.20.H99", OLD),
        ("28.22.H99", IRREGULAR),  # new length in old order, seen
        ("02.99.W00", IRREGULAR),  # a platform's id
        ("", IRREGULAR),
        ("H99.01\n", IRREGULAR),
        ("Ｈ99", IRREGULAR),
        ("H٩٩", IRREGULAR),  # digits, but not ours
    ],
)
def test_l91_to_l97_kind_of_an_organ_code(text: str, kind: OrganCodeKind) -> None:
    assert organ_code_kind(OrganId(text)) is kind


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("000.00.12.H99", "H99.12"),
        ("000.00.00.H99", "H99"),
        ("002.00.20.H99", "H99.20.002"),
        ("H99.12", "000.00.12.H99"),
        ("H99", "000.00.00.H99"),
        ("H99.12.34.567", "567.34.12.H99"),
        ("H99.12.34.567.8", None),
        ("H99.242", None),  # does not fit the older groups
        ("Z01A", None),
        ("28.22.H99", None),
        ("Z99", None),  # as long as a level 1, and none
        ("", None),
    ],
)
def test_l98_the_other_generation_is_only_offered(text: str, offered: str | None) -> None:
    found = offered_counterpart(OrganId(text))
    assert found == (None if offered is None else OfferedOrganId(offered))
    assert not isinstance(found, str), "an offer must not pass for an organ code"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("15/QĐ-BNV", Code("15", "QĐ-BNV")),
        ("05/BNV-VP", Code("05", "BNV-VP")),  # as published, zero kept
        ("28/2018/QĐ-TTg", Code("28", "2018/QĐ-TTg")),
        ("  12/UBND-VX ", Code("12", "UBND-VX")),
        ("12345678901/A", Code("12345678901", "A")),
        ("123456789012/A", None),
        ("12a/QĐ", None),
        ("15", None),
        ("15/", None),
        ("15/ QĐ", None),
        ("15//QĐ", None),
        ("QĐ-BNV", None),
        ("", None),
        ("١٥/QĐ", None),
    ],
)
def test_l15_number_and_notation(text: str, code: Code | None) -> None:
    assert parse_code(text) == code


@pytest.mark.parametrize(
    ("code", "number", "notation"),
    [
        (Code("15", "QĐ-BNV"), "15", "qđ-bnv"),
        (Code("015", "qđ - bnv"), "15", "qđ-bnv"),
        (Code("QĐ-BNV", "15"), "15", "qđ-bnv"),  # swapped
        (Code("15/QĐ-BNV", None), "15", "qđ-bnv"),  # whole in the number
        (Code("15/QĐ-BNV", "QĐ-BNV"), "15", "qđ-bnv"),
        (Code("15/QĐ-BNV", "15/QĐ-BNV"), "15", "qđ-bnv"),
        (Code(None, "15/QĐ-BNV"), "15", "qđ-bnv"),  # whole in the notation
        (Code("", "015/QĐ-BNV"), "15", "qđ-bnv"),
        (Code("15", "15/QĐ-BNV"), "15", "qđ-bnv"),
        (Code("28", "2018/QĐ-TTg"), "28", "2018/qđ-ttg"),
        (Code("28/2018", "QĐ-TTg"), "28", "2018/qđ-ttg"),
        (Code("12a", "QĐ-BNV"), "12a", "qđ-bnv"),  # not an integer
        (Code("15", "Ð-X"), "15", "đ-x"),  # eth for Đ
        (Code("15", "QĐ\u2013BNV"), "15", "qđ-bnv"),  # en dash
        (Code("15", "Q\u200bĐ-BNV"), "15", "qđ-bnv"),  # zero-width space
        (Code("15", unicodedata.normalize("NFD", "TTg-Ủ")), "15", "ttg-ủ"),
        (Code("15", None), "15", None),
        (Code(None, "QĐ-BNV"), None, "qđ-bnv"),
        (Code("0", None), "0", None),
        (Code("000", "QĐ"), "000", "qđ"),
        (Code("15", "16"), "15", "16"),
    ],
)
def test_t09_one_comparison_form(code: Code, number: str | None, notation: str | None) -> None:
    """L-15, T09: what people read as the same code compares as the same."""
    assert code_form(code) == CodeForm(number, notation)


@pytest.mark.parametrize("code", [None, Code(), Code("", ""), Code(" ", "\u200b")])
def test_t09_nothing_to_compare(code: Code | None) -> None:
    assert code_form(code) is None


def test_l41_names_compare_without_case_and_spaces() -> None:
    assert name_form(" Sở Tài chính  tỉnh Mẫu") == name_form("SỞ TÀI CHÍNH TỈNH MẪU")
    assert name_form("Sở Tài chính") != name_form("So Tai chinh")
    assert name_form(None) is None
    assert name_form("  ") is None


@settings(max_examples=100)
@given(st.from_regex(r"[0-9]{1,6}", fullmatch=True), st.from_regex(r"[A-ZĐ]{1,5}-[A-ZĐ]{1,5}"))
def test_t09_spellings_of_one_code_agree(number: str, notation: str) -> None:
    notation = notation.strip()
    form = code_form(Code(number, notation))
    assert form == code_form(Code(f"{number}/{notation}", None))
    assert form == code_form(Code(None, f"{number}/{notation}"))
    assert form == code_form(Code(notation, number))
    assert form == code_form(Code(f"0{number}" if number.strip("0") else number, notation.lower()))


@settings(max_examples=100)
@given(st.text(max_size=20))
def test_folding_is_stable(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "H99.01,2026/03/05,12/QĐ-UBND",
            DocumentIdParts(
                organ_id="H99.01", year=2026, promulgation_date=date(2026, 3, 5), rest="12/QĐ-UBND"
            ),
        ),
        (
            "H99.01,2026,152",
            DocumentIdParts(organ_id="H99.01", year=2026, promulgation_date=None, rest="152"),
        ),
        (
            "000.00.01.H99-2026-12/QĐ-UBND",
            DocumentIdParts(
                organ_id="000.00.01.H99", year=2026, promulgation_date=None, rest="12/QĐ-UBND"
            ),
        ),
        ("H99.01,2026/02/30,12/QĐ", None),  # no such day
        ("H99.01,2026/3/5,12/QĐ", None),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", None),
        ("H99.01,2026,", None),
        ("", None),
        ("H99.01", None),
    ],
)
def test_l106_a_document_id_is_parsed_for_display_only(
    text: str, parts: DocumentIdParts | None
) -> None:
    assert document_id_parts(DocumentId(text)) == parts


ISSUE = IssueFacts(
    organ_id=OrganId("H99.01"),
    promulgation_date=date(2026, 3, 5),
    code=Code("07", "QĐ-UBND"),
    ordinal=152,
)


def test_l73_the_default_document_id_has_no_padding() -> None:
    assert ordinal_document_id(ISSUE) == "H99.01,2026,152"
    assert ordinal_document_id(replace(ISSUE, ordinal=1)) == "H99.01,2026,1"


def test_l73_the_other_generator_spells_the_date() -> None:
    assert dated_document_id(ISSUE) == "H99.01,2026/03/05,07/QĐ-UBND"


def test_l73_generators_are_known_by_name_and_their_shapes_are_read_again() -> None:
    assert set(DOCUMENT_ID_GENERATORS) == {"ordinal", "dated"}
    for generator in DOCUMENT_ID_GENERATORS.values():
        parts = document_id_parts(generator(ISSUE))
        assert parts is not None
        assert (parts.organ_id, parts.year) == ("H99.01", 2026)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("ordinal", {"ordinal": None}),
        ("ordinal", {"ordinal": 0}),
        ("ordinal", {"organ_id": OrganId("")}),
        ("ordinal", {"organ_id": OrganId("H99,01")}),
        ("dated", {"code": Code(None, "QĐ")}),
        ("dated", {"code": Code("7", None)}),
        ("dated", {"organ_id": OrganId("H99,01")}),
    ],
)
def test_l73_nothing_is_made_up(name: str, facts: dict[str, object]) -> None:
    values = {
        "organ_id": ISSUE.organ_id,
        "promulgation_date": ISSUE.promulgation_date,
        "code": ISSUE.code,
        "ordinal": ISSUE.ordinal,
        **facts,
    }
    with pytest.raises(DataError) as caught:
        DOCUMENT_ID_GENERATORS[name](IssueFacts(**values))  # type: ignore[arg-type]
    assert caught.value.code == "document-id-parts-missing"
