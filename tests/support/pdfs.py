"""Invented signers and signed documents for tests; one set of keys a test run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.simulators.issuer import DocumentText, make_document, seal_organ, sign_person
from gateway.simulators.pki import Credential, InventedPki, KeyKind

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")
SIGNED_AT = datetime(2026, 8, 28, 17, 30, tzinfo=VIET_NAM)  # a Friday evening
RECEIVED_AT = SIGNED_AT + timedelta(minutes=30)

ORGAN = "UBND tỉnh Mẫu"
TEXT = DocumentText(
    organ=ORGAN,
    code="12/UBND-VP",
    promulgated="Mẫu, ngày 28 tháng 8 năm 2026",
    subject="báo cáo kết quả thực hiện nhiệm vụ",
    body=(
        "Kính gửi: Sở Tài chính tỉnh Mẫu.",
        "Báo cáo kết quả trước ngày 15 tháng 9 năm 2026; bảo mật thông tin, giữ kín mật khẩu.",
    ),
    title="Chủ tịch",
    full_name="Nguyễn Văn Mẫu",
    to_places=("Như trên",),
)
OTHER_TEXT = DocumentText(
    organ=ORGAN,
    code="12/UBND-VP",
    promulgated="Mẫu, ngày 28 tháng 8 năm 2026",
    subject="báo cáo kết quả thực hiện nhiệm vụ",
    body=("Kính gửi: Sở Tài chính tỉnh Mẫu.", "Không cần báo cáo nữa."),
    title="Chủ tịch",
    full_name="Nguyễn Văn Mẫu",
    to_places=("Như trên",),
)


@dataclass(frozen=True)
class Cast:
    """Everybody who signs in the tests."""

    pki: InventedPki
    person: Credential
    organ: Credential
    curve_person: Credential
    weak_person: Credential
    expired_person: Credential
    revoked_person: Credential
    later_revoked_person: Credential
    stranger: Credential
    stranger_organ: Credential
    time_stamper: Credential
    strange_time_stamper: Credential


@lru_cache(maxsize=1)
def cast() -> Cast:
    pki = InventedPki(SIGNED_AT)
    strange = InventedPki(SIGNED_AT, "Lạ")
    named = ("Trần Thị Mẫu", "Phó Chủ tịch", ORGAN)
    revoked, later = pki.person(*named), pki.person(*named)
    pki.revoke(revoked, SIGNED_AT - timedelta(days=30))
    pki.revoke(later, RECEIVED_AT + timedelta(days=1))
    return Cast(
        pki=pki,
        person=pki.person("Nguyễn Văn Mẫu", "Chủ tịch", ORGAN),
        organ=pki.organ(ORGAN),
        curve_person=pki.person("Lê Văn Mẫu", "Chủ tịch", ORGAN, key=KeyKind.P_256),
        weak_person=pki.person("Lê Văn Mẫu", "Chủ tịch", ORGAN, key=KeyKind.RSA_1024),
        expired_person=pki.expired_person("Phạm Văn Mẫu", "Chủ tịch", ORGAN),
        revoked_person=revoked,
        later_revoked_person=later,
        stranger=strange.person("Nguyễn Văn Mẫu", "Chủ tịch", ORGAN),
        stranger_organ=strange.organ(ORGAN),
        time_stamper=pki.time_stamp_authority(),
        strange_time_stamper=strange.time_stamp_authority(),
    )


@lru_cache(maxsize=1)
def unsigned() -> bytes:
    return make_document(TEXT)


@lru_cache(maxsize=1)
def by_person() -> bytes:
    return sign_person(unsigned(), cast().person, SIGNED_AT)


@lru_cache(maxsize=1)
def by_both() -> bytes:
    return seal_organ(by_person(), cast().organ, SIGNED_AT)


@lru_cache(maxsize=1)
def by_organ() -> bytes:
    return seal_organ(unsigned(), cast().organ, SIGNED_AT)


def trust_files(folder: Path) -> tuple[Path, Path]:
    """Write anchors and lists as they stand two months on; return both folders."""
    return cast().pki.write(folder, RECEIVED_AT + timedelta(days=60))


def doubling_form(levels: int) -> bytes:
    """Return a small PDF whose form tree doubles at each level; walking it never ends."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    for level in range(levels):
        child = 5 + level
        bodies.append(b"<< /T (f%d) /Kids [%d 0 R %d 0 R] >>" % (level, child, child))
    bodies.append(b"<< /T (leaf) /FT /Tx /V (x) >>")
    return raw_pdf(bodies)


def raw_pdf(bodies: list[bytes]) -> bytes:
    """Return a PDF of the objects given, numbered from 1; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(bodies) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)
