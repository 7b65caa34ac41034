"""Whose signature it is: the authorised person's or the organ's (L-01, L-114).

Certificates do not say so in one place. What is certain comes first: a title, a given name or a
citizen number makes a person; a name equal to the organisation's, or an organisation number,
makes an organ. Then the first words of the name decide. When nothing does, the role is
``other`` and a clerk sees it.
"""

from __future__ import annotations

import re
import unicodedata

from gateway.model.signature import CertificateEvidence, SignerRole

PERSON_ATTRIBUTES = {"title", "given_name", "surname", "pseudonym"}
PERSON_NUMBER = re.compile(r"\s*(CCCD|CMND|HC|PID)\s*:", re.IGNORECASE)
ORGAN_NUMBER = re.compile(r"\s*(MST|MNS|MANS|MSDN|BHXH)\s*:", re.IGNORECASE)
NUMBER_ATTRIBUTES = {"user_id", "serial_number", "unique_identifier"}

# How names of organs begin; compared without case, the longest need not be first.
ORGAN_WORDS = (
    "ubnd", "ủy ban", "uỷ ban", "hđnd", "hội đồng", "sở", "bộ", "văn phòng", "cục", "chi cục",
    "tổng cục", "vụ", "ban", "phòng", "trung tâm", "trường", "viện", "thanh tra", "tòa án",
    "toà án", "viện kiểm sát", "công an", "bộ chỉ huy", "kho bạc", "ngân hàng", "bảo hiểm",
    "bệnh viện", "đảng ủy", "đảng uỷ", "tỉnh ủy", "tỉnh uỷ", "thành ủy", "thành uỷ", "huyện ủy",
    "huyện uỷ", "đoàn", "hội", "liên đoàn", "công ty", "tổng công ty", "tập đoàn", "doanh nghiệp",
    "quỹ", "báo", "đài", "học viện", "đại học", "chính phủ", "quốc hội", "cơ quan", "mặt trận",
    "đội", "trạm", "thuế", "hải quan", "ủy ban nhân dân",
)  # fmt: skip

# The commonest family names; together they name nearly everybody in the country.
FAMILY_NAMES = frozenset({
    "nguyễn", "trần", "lê", "phạm", "hoàng", "huỳnh", "phan", "vũ", "võ", "đặng", "bùi", "đỗ",
    "hồ", "ngô", "dương", "lý", "đào", "đoàn", "vương", "trịnh", "trương", "đinh", "lâm", "phùng",
    "mai", "tô", "hà", "tạ", "cao", "chu", "thái", "lưu", "quách", "tăng", "triệu", "nông", "hứa",
    "lương", "la", "vi", "lục", "lò", "ma", "giáp", "nghiêm", "kiều", "khuất", "đàm",
    "bế", "mã", "châu", "tống", "thạch", "kim", "văn", "quàng", "cầm", "y", "rơ", "siu",
})  # fmt: skip
MAX_NAME_WORDS = 6


def attribute(certificate: CertificateEvidence, name: str) -> str | None:
    """Return the last value of an attribute of the subject, or None."""
    values = [value for key, value in certificate.subject if key == name]
    return unicodedata.normalize("NFC", values[-1]).strip() if values else None


def role_of(certificate: CertificateEvidence) -> SignerRole:
    """Return whose certificate this is."""
    numbers = [value for key, value in certificate.subject if key in NUMBER_ATTRIBUTES]
    name = attribute(certificate, "common_name")
    if any(key in PERSON_ATTRIBUTES for key, _ in certificate.subject):
        return SignerRole.PERSON
    if any(PERSON_NUMBER.match(number) for number in numbers):
        return SignerRole.PERSON
    if name is None:
        return SignerRole.OTHER
    organ_number = any(ORGAN_NUMBER.match(number) for number in numbers)
    if organ_number or attribute(certificate, "organization_identifier"):
        return SignerRole.ORGAN
    return _role_by_name(name, attribute(certificate, "organization_name"))


def _role_by_name(name: str, organ: str | None) -> SignerRole:
    plain = name.casefold()
    words = plain.split()
    if organ is not None and plain == organ.casefold():
        return SignerRole.ORGAN
    looks_like_name = 1 < len(words) <= MAX_NAME_WORDS and words[0] in FAMILY_NAMES
    # "Đoàn" and "Hà" begin both organs and people; an organ's name goes on in small letters.
    capitals = all(word[:1].isupper() for word in name.split())
    if looks_like_name and capitals and not _begins_like_organ(plain, words[0]):
        return SignerRole.PERSON
    if any(plain == word or plain.startswith(word + " ") for word in ORGAN_WORDS):
        return SignerRole.ORGAN
    return SignerRole.OTHER


def _begins_like_organ(plain: str, first: str) -> bool:
    """Tell whether two or more words of an organ begin the name, such as "đoàn đại biểu"."""
    return any(plain.startswith(word) and word != first for word in ORGAN_WORDS if " " in word)
