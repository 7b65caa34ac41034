"""Secrecy stamps are told from running text (L-18, L-60)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.signing.marks import MARKS, SecrecyMarks, secrecy_marks
from gateway.signing.pages import Glyph, segments_of


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("MẬT", "MẬT"),
        ("TỐI MẬT", "TỐI MẬT"),
        ("TUYỆT MẬT", "TUYỆT MẬT"),
        ("M Ậ T", "MẬT"),  # letters set apart
        ("T U Y Ệ T   M Ậ T", "TUYỆT MẬT"),
        ("| MẬT |", "MẬT"),  # a frame drawn with characters
        ("[TỐI MẬT]", "TỐI MẬT"),
        (unicodedata.normalize("NFD", "TUYỆT MẬT"), "TUYỆT MẬT"),
    ],
)
def test_l60_capitals_alone_in_their_line_are_a_mark(line: str, mark: str) -> None:
    assert secrecy_marks(["Kính gửi", line]) == SecrecyMarks((mark,), ())


@pytest.mark.parametrize(
    "line",
    [
        "bảo đảm bảo mật thông tin, giữ kín mật khẩu",
        "QUY CHẾ BẢO MẬT",
        "VỀ BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        "ĐỔI MẬT KHẨU",
        "MẬT MÃ",
        "mật ong",
        "Văn bản này không thuộc danh mục bí mật nhà nước.",
        "TÌNH HÌNH MẬT ĐỘ DÂN SỐ",
        "MẬTA",  # no word
        "",
    ],
)
def test_l60_running_text_and_headings_are_none(line: str) -> None:
    assert secrecy_marks([line]) == SecrecyMarks()


@pytest.mark.parametrize(
    "line",
    [
        "ĐỘ MẬT: TUYỆT MẬT",
        "MẬT - HỎA TỐC",
        "Mật",  # not in capitals, but alone
        "tối mật",
        "MAT",  # without its marks, as bad fonts give it
        "TUYET MAT",
    ],
)
def test_l60_what_may_be_a_mark_goes_to_a_person(line: str) -> None:
    found = secrecy_marks([line])
    assert found.marks == ()
    assert found.doubtful == (line,)


def test_every_mark_is_told_once() -> None:
    assert secrecy_marks(["MẬT", "TỐI MẬT", "MẬT"]).marks == ("MẬT", "TỐI MẬT")


@settings(max_examples=60, deadline=None)
@given(
    mark=st.sampled_from(sorted(MARKS.values())),
    more=st.sampled_from(["a9é", "word"]),
    before=st.booleans(),
)
def test_a_mark_with_other_letters_is_never_certain(mark: str, more: str, *, before: bool) -> None:
    line = f"{more} {mark}" if before else f"{mark} {more}"
    found = secrecy_marks([line])
    assert found.marks == ()


def letters(text: str, left: float, bottom: float = 100.0, pitch: float = 8.0) -> list[Glyph]:
    return [
        Glyph(each, left + pitch * number, left + pitch * number + 7, bottom, bottom + 10)
        for number, each in enumerate(text)
        if each != " "
    ]


def test_columns_of_one_line_are_two_pieces() -> None:
    glyphs = letters("MẬT", 60) + letters("Mẫu, ngày 1", 300)
    assert segments_of(glyphs) == ("MẬT", "Mẫu, ngày 1")


def test_letters_set_apart_are_one_piece_and_lines_are_several() -> None:
    assert segments_of(letters("MẬT", 60, pitch=18)) == ("M Ậ T",)
    assert segments_of(letters("TỐI", 60, 100) + letters("MẬT", 60, 80)) == ("TỐI", "MẬT")
    assert segments_of([]) == ()
