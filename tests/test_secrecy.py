"""Secrecy marks in the fields of an envelope (L-60, L-18, T38)."""

from __future__ import annotations

import unicodedata

import pytest

from gateway.model.document import Attachment, Code, DocumentType
from gateway.model.envelope import DocumentEnvelope, OtherInfo
from gateway.rules.secrecy import SecrecyMark, secrecy_of

SUBJECT = "MessageHeader/Subject"
NOTATION = "MessageHeader/Code/CodeNotation"


def of_subject(text: str) -> tuple[str, str]:
    found = secrecy_of(DocumentEnvelope(subject=text))
    return (
        ",".join(mark.level for mark in found.marks),
        ",".join(mark.level for mark in found.doubtful),
    )


@pytest.mark.parametrize(
    ("text", "certain", "doubtful"),
    [
        ("MẬT", "MẬT", ""),
        (" TỐI  MẬT ", "TỐI MẬT", ""),
        ("TUYỆT MẬT.", "TUYỆT MẬT", ""),
        ("(MẬT)", "MẬT", ""),
        ("[TUYỆT MẬT] Kế hoạch", "TUYỆT MẬT", ""),
        ("Kế hoạch (MẬT)", "MẬT", ""),
        (unicodedata.normalize("NFD", "Kế hoạch (MẬT)"), "MẬT", ""),
        ("Báo cáo MẬT quý I", "", "MẬT"),
        ("BÁO CÁO TỐI MẬT QUÝ I", "", "TỐI MẬT"),
        ("Mật", "", "MẬT"),  # no stamp, but all there is
        ("Kế hoạch (mật)", "", "MẬT"),
        ("Về việc bảo mật thông tin", "", ""),
        ("VỀ VIỆC BẢO MẬT THÔNG TIN", "", ""),
        ("BẢO VỆ BÍ MẬT NHÀ NƯỚC", "", ""),
        ("ĐỔI MẬT KHẨU, MẬT MÃ, TĂNG MẬT ĐỘ", "", ""),
        ("NUÔI ONG MẬT", "", ""),
        ("Khử trùng KHÔNGMẬT", "", ""),
        ("BẢO MẬT tài liệu MẬT", "", "MẬT"),
        ("", "", ""),
    ],
)
def test_l60_a_mark_stands_alone_in_capitals(text: str, certain: str, doubtful: str) -> None:
    assert of_subject(text) == (certain, doubtful)


@pytest.mark.parametrize(
    ("notation", "certain", "doubtful"),
    [
        ("BC-UBND-M", "MẬT", ""),
        ("BC-UBND-TuM", "TUYỆT MẬT", ""),
        ("BC-UBND-TUM", "TUYỆT MẬT", ""),
        ("BC-UBND-TM", "", "TỐI MẬT"),  # thương mại as well
        ("BC-UBND (MẬT)", "MẬT", ""),
        ("BC-UBND/TỐI MẬT", "TỐI MẬT", ""),
        ("BC-UBND MẬT", "MẬT", ""),
        ("MẬT", "", "MẬT"),
        ("M", "", "MẬT"),
        ("BC-UBND-VM", "", ""),
        ("BC-BCA-MT", "", ""),
        ("QĐ-BMM", "", ""),
        ("", "", ""),
    ],
)
def test_t38_the_last_group_of_the_notation(notation: str, certain: str, doubtful: str) -> None:
    found = secrecy_of(DocumentEnvelope(code=Code("12", notation)))
    assert [mark.level for mark in found.marks] == ([certain] if certain else [])
    assert [mark.level for mark in found.doubtful] == ([doubtful] if doubtful else [])
    assert all(mark.element == NOTATION for mark in (*found.marks, *found.doubtful))


def test_t09_a_whole_code_in_the_number_field_is_read_as_well() -> None:
    found = secrecy_of(DocumentEnvelope(code=Code("12/BC-UBND-M", None)))
    assert found.marks == (SecrecyMark("MessageHeader/Code/CodeNumber", "MẬT"),)


def test_l18_every_field_a_mark_is_put_into() -> None:
    envelope = DocumentEnvelope(
        content="(MẬT)",
        document_type=DocumentType(type_name="MẬT", type_detail="MẬT"),
        other_info=OtherInfo(sphere_of_promulgation="TỐI MẬT", priority="MẬT"),
        attachments=(
            Attachment(attachment_name="vb.pdf"),
            Attachment(attachment_name="[MẬT] vb.pdf", description="MẬT"),
            Attachment(attachment_name="12_MẬT_signed.pdf"),
        ),
    )
    found = secrecy_of(envelope)
    assert [mark.element for mark in found.marks] == [
        "MessageHeader/Content",
        "MessageHeader/DocumentType/TypeName",
        "MessageHeader/DocumentType/TypeDetail",
        "MessageHeader/OtherInfo/SphereOfPromulgation",
        "MessageHeader/OtherInfo/Priority",
        "Attachment[2]/AttachmentName",
        "Attachment[2]/Description",
    ]
    assert found.doubtful == (SecrecyMark("Attachment[3]/AttachmentName", "MẬT"),)


@pytest.mark.parametrize(
    ("path", "xml", "is_doubtful"),
    [
        ("MessageHeader/Secrecy", "<Secrecy>2</Secrecy>", True),
        ("MessageHeader/{urn:x}DoMat", "<x:DoMat>Mật</x:DoMat>", True),
        ("MessageHeader/SecretLevel[2]", "<SecretLevel>1</SecretLevel>", True),
        ("MessageHeader/Secrecy", "<Secrecy>0</Secrecy>", False),
        ("MessageHeader/Secrecy", "<Secrecy>Thường</Secrecy>", False),
        ("MessageHeader/Secrecy", "<Secrecy/>", False),
        ("MessageHeader/Remark", "<Remark>2</Remark>", False),
    ],
)
def test_l60_a_level_in_an_element_nobody_defined_is_doubtful(
    path: str, xml: str, *, is_doubtful: bool
) -> None:
    found = secrecy_of(DocumentEnvelope(unknown=((path, xml),)))
    assert found.marks == ()
    assert bool(found.doubtful) is is_doubtful


def test_l60_an_ordinary_envelope_bears_none() -> None:
    envelope = DocumentEnvelope(
        subject="V/v báo cáo tình hình bảo mật", code=Code("12", "UBND-VX"), other_info=OtherInfo()
    )
    found = secrecy_of(envelope)
    assert (found.marks, found.doubtful) == ((), ())
