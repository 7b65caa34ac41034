"""Secrecy marks (dấu chỉ độ mật) in the fields of an envelope.

    L-60   documents that are state secrets never travel here: a hard stop
    L-18   the marks are TUYỆT MẬT, TỐI MẬT, MẬT

A mark is the words in capitals, standing alone: as a whole field, in brackets, or as the last
group of the notation (``12/BC-UBND-M``).  Words such as ``bảo mật`` and ``mật khẩu`` are none.
What only may be a mark is doubtful, and a person decides.  Marks on pages are found by the
examination of the PDF; what neither can see, such as scans, is said in the documentation.

A finding names the place and the level, never the text around it: for the highest level the
subject itself is secret.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model.document import Code
from gateway.model.envelope import DocumentEnvelope

LEVELS = ("TUYỆT MẬT", "TỐI MẬT", "MẬT")  # longest first, so that the level is read whole

_LEVEL = "TUYỆT[ _]+MẬT|TỐI[ _]+MẬT|MẬT"
_ALONE = re.compile(rf"[\s(\[{{<*]*({_LEVEL})[\s)\]}}>*.!]*")
_BRACKETED = re.compile(rf"[(\[{{]\s*({_LEVEL})\s*[)\]}}]")
_SUFFIX = re.compile(rf"(?:^|([-/.(]|(?<=.) ))(M|TM|TuM|TUM|{_LEVEL})\)?$")
_WORD = re.compile(rf"(?<![^\W_])({_LEVEL})(?![^\W_])")
_HARMLESS = re.compile(
    r"(?<![^\W_])(?:(?:BẢO|BÍ|CƠ|THÂN|ONG)[ _]+MẬT|MẬT[ _]+(?:KHẨU|MÃ|THIẾT|ĐỘ|ONG|DANH))(?![^\W_])"
)
_SUFFIX_LEVELS = {"M": "MẬT", "TM": "TỐI MẬT", "TUM": "TUYỆT MẬT", "TuM": "TUYỆT MẬT"}

_SECRECY_ELEMENTS = frozenset(
    {
        "secrecy", "secret", "secretlevel", "secrecylevel", "security", "securitylevel",
        "confidential", "confidentiality", "confidencelevel", "confidentialitylevel", "domat",
        "mucdomat",
    }
)  # fmt: skip
"""Local names, lower case, under which senders put a level the standard has no element for."""
_OPEN_VALUES = frozenset({"", "0", "false", "no", "none", "normal", "thường", "thuong", "không"})
_TEXT = re.compile(r">([^<>]*)<")


@dataclass(frozen=True, slots=True)
class SecrecyMark:
    """A mark and where it stands: an element path of the envelope, and one of ``LEVELS``."""

    element: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecrecyFinding:
    """What the fields of an envelope show."""

    marks: tuple[SecrecyMark, ...] = ()
    doubtful: tuple[SecrecyMark, ...] = ()


def secrecy_of(envelope: DocumentEnvelope) -> SecrecyFinding:
    """Return the secrecy marks in the fields of ``envelope``, certain and doubtful (L-60)."""
    found = [*_in_notation(envelope), *_in_fields(envelope), *_in_unknown_elements(envelope)]
    return SecrecyFinding(
        marks=tuple(mark for mark, is_certain in found if is_certain),
        doubtful=tuple(mark for mark, is_certain in found if not is_certain),
    )


def _in_notation(envelope: DocumentEnvelope) -> Iterator[tuple[SecrecyMark, bool]]:
    """Yield the last group of the notation where it says a level (T38).

    ``TM`` also abbreviates thương mại, and a level that is the whole notation follows no group:
    both are doubtful.
    """
    code = envelope.code or Code()
    for element, text in (
        ("MessageHeader/Code/CodeNumber", code.code_number),
        ("MessageHeader/Code/CodeNotation", code.code_notation),
    ):
        if found := _SUFFIX.search(_upright(text)):
            is_certain = bool(found[1]) and found[2] != "TM"
            yield SecrecyMark(element, _level(found[2])), is_certain


def _in_fields(envelope: DocumentEnvelope) -> Iterator[tuple[SecrecyMark, bool]]:
    for element, text in _fields(envelope):
        plain = _upright(text)
        loud = plain.upper()
        if stamp := _ALONE.fullmatch(plain) or _BRACKETED.search(plain):
            yield SecrecyMark(element, _level(stamp[1])), True
        elif maybe := (
            _ALONE.fullmatch(loud)
            or _BRACKETED.search(loud)
            or _WORD.search(_HARMLESS.sub(" ", plain))
        ):
            yield SecrecyMark(element, _level(maybe[1])), False


def _fields(envelope: DocumentEnvelope) -> Iterator[tuple[str, str | None]]:
    """Yield the free texts in which senders put a mark, each with its element."""
    kind, other = envelope.document_type, envelope.other_info
    yield "MessageHeader/Subject", envelope.subject
    yield "MessageHeader/Content", envelope.content
    if kind:
        yield "MessageHeader/DocumentType/TypeName", kind.type_name
        yield "MessageHeader/DocumentType/TypeDetail", kind.type_detail
    if other:
        yield "MessageHeader/OtherInfo/SphereOfPromulgation", other.sphere_of_promulgation
        yield "MessageHeader/OtherInfo/Priority", other.priority
    for position, attachment in enumerate(envelope.attachments, 1):
        yield f"Attachment[{position}]/AttachmentName", attachment.attachment_name
        yield f"Attachment[{position}]/Description", attachment.description


def _in_unknown_elements(envelope: DocumentEnvelope) -> Iterator[tuple[SecrecyMark, bool]]:
    """Yield elements outside the standard that seem to set a level; nobody defined them."""
    for path, xml in envelope.unknown:
        name = path.rpartition("/")[2].rpartition("}")[2].partition("[")[0].casefold()
        values = [text.strip().casefold() for text in _TEXT.findall(xml)]
        if name in _SECRECY_ELEMENTS and not _OPEN_VALUES.issuperset(values):
            yield SecrecyMark(path, "MẬT"), False


def _upright(text: str | None) -> str:
    """Return ``text`` composed (NFC), with every run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text or "").split())


def _level(found: str) -> str:
    return _SUFFIX_LEVELS.get(found, " ".join(found.replace("_", " ").split()))
