"""Syntax of organ codes, of số và ký hiệu, and of document identifiers.

    L-91 to L-95   organ codes of QĐ 20/2020: groups by dots, at most 35 characters; Z codes
    L-96 to L-98   the older four groups, still in use; the directory decides which means what
    L-15           số và ký hiệu: number, slash, notation; legal normative documents add the year
    L-106          DocumentId: three shapes are seen; opaque, parsed for display only
    L-73           the DocumentId we assign comes from one generator, chosen by a setting

Codes are classified and never converted: what looks like the other generation's code is an
:class:`OfferedOrganId` for a person, which no function takes for an organ (T67).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from types import MappingProxyType

from gateway.errors import DataError
from gateway.model.document import Code, DocumentId
from gateway.model.organ import OrganId

MAX_ORGAN_ID = 35  # characters (L-91)

_NEW = re.compile(r"[A-Y][0-9]{2}(\.[0-9A-Z]+)*")  # L-92, L-93
_OTHER = re.compile(r"Z(0[1-9]|[1-9][0-9])[0-9A-Z]{1,32}")  # L-95
_OLD = re.compile(r"[0-9A-Z]{3}\.[0-9A-Z]{2}\.[0-9A-Z]{2}\.[A-Z][0-9]{2}")  # L-97
_ENTERPRISE = re.compile(r"[0-9]{10}([0-9]{3})?")  # L-94: number of an enterprise or its branch
_CODE = re.compile(r"([0-9]{1,11})/([^\s/].*)", re.DOTALL)  # L-15
_DATED = re.compile(r"([^,]+),([0-9]{4})/([0-9]{2})/([0-9]{2}),(.+)", re.DOTALL)
_ORDINAL = re.compile(r"([^,]+),([0-9]{4}),(.+)", re.DOTALL)
_DASHED = re.compile(r"([0-9A-Za-z.]+)-([0-9]{4})-(.+)", re.DOTALL)

OLD_LEVELS = 4
OLD_WIDTHS = (3, 2, 2, 3)  # characters of each group, lowest level first


class OrganCodeKind(Enum):
    """Which generation an organ code belongs to, by its syntax alone."""

    NEW = "new"  # QĐ 20/2020, level 1 first
    OTHER = "other"  # QĐ 20/2020 Art. 6, Z codes
    ENTERPRISE = "enterprise"  # QĐ 20/2020 Art. 5
    OLD = "old"  # QĐ 28/2018 Art. 10, level 1 last
    IRREGULAR = "irregular"  # none of them; seen in the wild, carried as it is


@dataclass(frozen=True, slots=True)
class OfferedOrganId:
    """A code that may mean the same organ; a person confirms it or nobody uses it (L-98)."""

    text: str


def organ_code_kind(organ_id: OrganId) -> OrganCodeKind:
    """Return the generation of ``organ_id``; letters are read as capitals, nothing is changed."""
    text = organ_id.upper()
    if _OLD.fullmatch(text):
        return OrganCodeKind.OLD
    if _NEW.fullmatch(text) and len(text) <= MAX_ORGAN_ID:
        return OrganCodeKind.NEW
    if _OTHER.fullmatch(text):
        return OrganCodeKind.OTHER
    if _ENTERPRISE.fullmatch(text):
        return OrganCodeKind.ENTERPRISE
    return OrganCodeKind.IRREGULAR


def offered_counterpart(organ_id: OrganId) -> OfferedOrganId | None:
    """Return what the other generation's code may be, for a person to confirm; None if no idea.

    Groups turned round, all-zero groups dropped or added.  It is wrong often enough that the
    catalogue decides (L-98).
    """
    kind = organ_code_kind(organ_id)
    groups = organ_id.upper().split(".")
    if kind is OrganCodeKind.OLD:
        kept = [group for group in reversed(groups) if group.strip("0")]
        return OfferedOrganId(".".join(kept))
    fits = len(groups) <= OLD_LEVELS and all(
        len(group) == width for group, width in zip(groups, reversed(OLD_WIDTHS), strict=False)
    )
    if kind is not OrganCodeKind.NEW or not fits:
        return None
    empty = [width * "0" for width in OLD_WIDTHS[: OLD_LEVELS - len(groups)]]
    return OfferedOrganId(".".join([*empty, *reversed(groups)]))


def parse_code(text: str) -> Code | None:
    """Return number and notation of ``15/QĐ-BNV`` or ``28/2018/QĐ-TTg``; None when it is neither.

    The notation's alphabet is never judged (L-15).
    """
    found = _CODE.fullmatch(text.strip())
    return Code(found[1], found[2].rstrip()) if found else None


@dataclass(frozen=True, slots=True)
class CodeForm:
    """A số và ký hiệu spelled for comparing (T09); never shown, never sent.

    Attributes:
        number: Digits without leading zeros, or whatever stands before the first slash; None
            when the code has a notation only.
        notation: What stands behind it; None when the code has a number only.

    """

    number: str | None
    notation: str | None


def code_form(code: Code | None) -> CodeForm | None:
    """Return the comparison form of ``code``; None when there is nothing to compare (T09).

    Swapped fields, a whole code in one field, leading zeros, case, spaces, composed or
    decomposed letters and kinds of dash make no difference.
    """
    if code is None:
        return None
    number, notation = folded(code.code_number), folded(code.code_notation)
    if notation.isdigit() and not number.isdigit():
        number, notation = notation, number
    if number in {"", notation} or notation.startswith(f"{number}/"):
        whole = notation  # the whole code as the notation
    elif not notation or number.endswith(f"/{notation}"):
        whole = number  # the whole code as the number
    else:
        whole = f"{number}/{notation}"
    head, slash, rest = whole.partition("/")
    if not slash and not head.isdigit():
        head, rest = "", head
    form = CodeForm(head.lstrip("0") or head or None, rest or None)
    return form if form.number or form.notation else None


def name_form(name: str | None) -> str | None:
    """Return one spelling for comparing names of organs; None when there is none."""
    return folded(name) or None


def folded(text: str | None) -> str:
    """Return ``text`` without case, spaces, invisible characters and look-alike letters.

    ``Ð`` (Icelandic eth) stands for ``Đ`` in texts made with older fonts; dashes of all kinds
    are one.
    """
    plain = unicodedata.normalize("NFC", text or "").casefold()
    kept = (c for c in plain if not c.isspace() and unicodedata.category(c) != "Cf")
    return "".join("-" if unicodedata.category(c) == "Pd" else c for c in kept).replace("ð", "đ")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentIdParts:
    """What a DocumentId seems to say, for display only (L-106).

    Attributes:
        organ_id: Text before the first separator.
        year: Year of issue as written.
        promulgation_date: Only the dated shape says it; None otherwise.
        rest: The ordinal, or number and notation, as written.

    """

    organ_id: str
    year: int
    promulgation_date: date | None
    rest: str


def document_id_parts(document_id: DocumentId) -> DocumentIdParts | None:
    """Return the parts of the three shapes seen; None for anything else, such as a UUID."""
    if found := _DATED.fullmatch(document_id):
        try:
            day = date(int(found[2]), int(found[3]), int(found[4]))
        except ValueError:
            return None
        return DocumentIdParts(
            organ_id=found[1], year=day.year, promulgation_date=day, rest=found[5]
        )
    found = _ORDINAL.fullmatch(document_id) or _DASHED.fullmatch(document_id)
    if found is None:
        return None
    return DocumentIdParts(
        organ_id=found[1], year=int(found[2]), promulgation_date=None, rest=found[3]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFacts:
    """What an assigned DocumentId is made of.

    Attributes:
        promulgation_date: Viet Nam date of issue.
        ordinal: Ordinal in the year from the agency-wide counter, from 1; None where the
            chosen shape needs none.

    """

    organ_id: OrganId
    promulgation_date: date
    code: Code
    ordinal: int | None = None


DocumentIdGenerator = Callable[[IssueFacts], DocumentId]
"""Makes the DocumentId of a document we issue: once, before enveloping (contract)."""


def ordinal_document_id(facts: IssueFacts) -> DocumentId:
    """Return ``OrganId,yyyy,ordinal``, without padding (L-73, the default).

    Raises:
        DataError: No ordinal, or an organ code that cannot stand in it.

    """
    if facts.ordinal is None or facts.ordinal < 1:
        raise _unusable("ordinal", str(facts.ordinal))
    return DocumentId(f"{_organ(facts)},{facts.promulgation_date.year},{facts.ordinal}")


def dated_document_id(facts: IssueFacts) -> DocumentId:
    """Return ``OrganId,yyyy/MM/dd,number/notation`` (L-106, by setting).

    Raises:
        DataError: Number or notation missing, or an organ code that cannot stand in it.

    """
    if not facts.code.code_number or not facts.code.code_notation:
        raise _unusable("code", str(facts.code))
    day = facts.promulgation_date
    return DocumentId(f"{_organ(facts)},{day.year:04}/{day.month:02}/{day.day:02},{facts.code}")


DOCUMENT_ID_GENERATORS: Mapping[str, DocumentIdGenerator] = MappingProxyType(
    {"ordinal": ordinal_document_id, "dated": dated_document_id}
)
"""The generators by the name the settings know them by."""


def _organ(facts: IssueFacts) -> OrganId:
    if not facts.organ_id or "," in facts.organ_id:
        raise _unusable("organ_id", facts.organ_id)
    return facts.organ_id


def _unusable(part: str, value: str) -> DataError:
    return DataError(
        "document-id-parts-missing",
        vi=f"Không tạo được mã định danh văn bản: {part} = {value!r} không dùng được.",
        en=f"A DocumentId cannot be made: {part} = {value!r} is not usable.",
    )
