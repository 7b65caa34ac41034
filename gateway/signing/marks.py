"""Secrecy marks (dấu chỉ độ mật) among the text of a first page (L-18, L-60).

A mark is a stamp: MẬT, TỐI MẬT or TUYỆT MẬT in capitals, alone in its line or frame. The same
letters inside running text or headings ("bảo mật", "mật khẩu", "BÍ MẬT NHÀ NƯỚC") are not. What
may be one and may be none is doubtful, and a person looks.

Only text is seen here. A stamp that is a picture, as on every scan, is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MARKS = {"MẬT": "MẬT", "TỐIMẬT": "TỐI MẬT", "TUYỆTMẬT": "TUYỆT MẬT"}
WITHOUT_SIGNS = {"MAT", "TOIMAT", "TUYETMAT"}
NOT_LETTERS = re.compile(r"[\W\d_]+")
MARK_WORD = re.compile(r"(?<!\w)MẬT(?!\w)")

# Compounds in capitals that are no marks; removed before a line is looked at for doubt.
COMPOUNDS = re.compile(
    r"(BẢO MẬT|BÍ MẬT|CƠ MẬT|TỐI MẬT MÃ|MẬT KHẨU|MẬT MÃ|MẬT ĐỘ|MẬT ONG|MẬT THIẾT|CHI TIẾT MẬT ĐỘ)"
)
MAX_DOUBTFUL_WORDS = 6  # a longer line is a sentence or a heading


@dataclass(frozen=True, slots=True)
class SecrecyMarks:
    """What was seen: marks for certain, and text that may be one."""

    marks: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def secrecy_marks(segments: Iterable[str]) -> SecrecyMarks:
    """Return the marks among ``segments``: pieces of text that stand alone in their line."""
    marks: dict[str, None] = {}
    doubtful: dict[str, None] = {}
    for segment in segments:
        text = " ".join(unicodedata.normalize("NFC", segment).split())
        letters = NOT_LETTERS.sub("", text)
        if letters in MARKS:
            marks[MARKS[letters]] = None
        elif _is_doubtful(text, letters):
            doubtful[text] = None
    return SecrecyMarks(tuple(marks), tuple(doubtful))


def _is_doubtful(text: str, letters: str) -> bool:
    if letters.upper() in MARKS or letters.upper() in WITHOUT_SIGNS:
        return True  # "Mật" or "TOI MAT" alone in its line
    if len(text.split()) > MAX_DOUBTFUL_WORDS:
        return False
    return MARK_WORD.search(COMPOUNDS.sub("", text)) is not None
