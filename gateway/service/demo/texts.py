"""The invented agencies, people and documents of the demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from gateway.model.document import Code, DocumentId, DocumentType
from gateway.model.envelope import (
    Business,
    DocumentEnvelope,
    OtherInfo,
    PromulgationInfo,
    SignerInfo,
    TraceHeader,
)
from gateway.model.organ import Organ, OrganId
from gateway.simulators.issuer import DocumentText

VIET_NAM = timezone(timedelta(hours=7))
FRIDAY_EVENING = datetime(2026, 3, 6, 18, 0, tzinfo=VIET_NAM)
ISSUED_ON = date(2026, 3, 6)
CLERK = "vanthu.mau"

COMMITTEE = Organ(
    organ_id=OrganId("H99"),
    organ_name="Ủy ban nhân dân tỉnh Mẫu",
    organ_address="Số 1 đường Mẫu, tỉnh Mẫu",
)
DEPARTMENT = Organ(
    organ_id=OrganId("H99.02"),
    organ_name="Sở Tài chính tỉnh Mẫu",
    organization_in_charge="Ủy ban nhân dân tỉnh Mẫu",
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One document that the committee sends."""

    number: str
    notation: str
    subject: str
    body: tuple[str, ...]
    secrecy: str | None = None

    def text(self) -> DocumentText:
        """Return what is printed."""
        return DocumentText(
            organ="ỦY BAN NHÂN DÂN TỈNH MẪU",
            code=f"{self.number}/{self.notation}",
            promulgated="Mẫu, ngày 06 tháng 3 năm 2026",
            subject=self.subject,
            body=self.body,
            title="CHỦ TỊCH",
            full_name="Trần Văn Mẫu",
            to_places=("Sở Tài chính", "Lưu: VT"),
            secrecy=self.secrecy,
        )

    def envelope(self) -> DocumentEnvelope:
        """Return the envelope, without its attachments."""
        return DocumentEnvelope(
            sender=COMMITTEE,
            recipients=(DEPARTMENT,),
            document_id=DocumentId(f"H99,2026/03/06,{self.number}/{self.notation}"),
            code=Code(self.number, self.notation),
            promulgation_info=PromulgationInfo(place="Mẫu", promulgation_date=ISSUED_ON),
            document_type=DocumentType(type="2", type_detail="1", type_name="Công văn"),
            subject=self.subject,
            signer_info=SignerInfo(position="CHỦ TỊCH", full_name="Trần Văn Mẫu"),
            due_date=date(2026, 3, 20),
            other_info=OtherInfo(priority="0", page_amount="1"),
            steering_type="1",
            trace=(TraceHeader(organ_id=OrganId("H99"), stated_at=FRIDAY_EVENING),),
            business=Business(),
        )


DIRECTIVE = Letter(
    "15",
    "UBND-TH",
    "Về việc báo cáo tình hình thực hiện dự toán ngân sách quý I năm 2026",
    (
        "Ủy ban nhân dân tỉnh yêu cầu Sở Tài chính báo cáo tình hình thực hiện dự toán quý I.",
        "Báo cáo gửi về Ủy ban nhân dân tỉnh trước ngày 20 tháng 3 năm 2026.",
    ),
)
FORGED = Letter(
    "16",
    "UBND-TH",
    "Về việc điều chỉnh dự toán chi năm 2026",
    ("Mức chi được duyệt là 100 triệu đồng.",),
)
FORGERY = Letter(
    "16",
    "UBND-TH",
    "Về việc điều chỉnh dự toán chi năm 2026",
    ("Mức chi được duyệt là 900 triệu đồng.",),
)
SECRET = Letter(
    "17",
    "UBND-NC",
    "Văn bản thử dấu chỉ độ mật",
    ("Nội dung dùng để thử việc dừng văn bản có dấu mật.",),
    secrecy="MẬT",
)
LATER = Letter(
    "18",
    "UBND-TH",
    "Về việc mời họp giao ban đầu tuần",
    ("Kính mời đại diện Sở Tài chính dự họp giao ban.",),
)
