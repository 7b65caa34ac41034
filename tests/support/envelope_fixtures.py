"""The envelopes of ``fixtures/envelopes``, declared here and written by running this module.

``python -m tests.support.envelope_fixtures`` writes every file and its sidecar anew; a test
holds them equal to this declaration. All agencies, codes and people are invented. Expectations
are stated by hand, never taken from what the reader happens to say.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from gateway.model.document import BusinessType, Code, DocumentId, DocumentType
from gateway.model.envelope import (
    Business,
    BusinessDocumentInfo,
    DocumentEnvelope,
    OtherInfo,
    Receiver,
    Replacement,
    ResponseFor,
    StatusEnvelope,
)
from gateway.model.organ import Organ, OrganId
from tests.support.envelopes import (
    HEAD,
    PDF,
    STATUS,
    TO,
    File,
    MemoryStore,
    attachment,
    document,
    status,
    written,
    xml_of,
    zip_of,
)

FOLDER = Path(__file__).parent.parent.parent / "fixtures" / "envelopes"
ORIGIN = "made by this project; agencies, codes and people are invented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """One envelope and what must be said about it.

    Attributes:
        name: Folder and name: ``accepted`` plain, ``dialects`` odd but read, ``refused``.
        rule: ``Tnn``, ``L-nn`` or protocol section that it stands for.
        faults, warnings: Codes in the order they are said.
        writable: Whether the writer may write it; then show, build, show is the identity.

    """

    name: str
    content: bytes
    rule: str
    why: str
    kind: str | None = "new"
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    writable: bool = False

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.edxml"

    @property
    def sidecar(self) -> str:
        said: dict[str, Any] = {
            "ok": not self.faults,
            "faults": list(self.faults),
            "warnings": list(self.warnings),
            "writable": self.writable,
            "rule": self.rule,
            "why": self.why,
            "origin": ORIGIN,
        }
        if self.kind is not None:
            said = {"kind": self.kind, **said}
        return "".join(
            f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in said.items()
        )


# Said about every hurried envelope of ``xml_of`` with nothing but a header.
PLAIN = HEAD
BARE_MANIFEST = ("not-in-manifest",)


def traces(business: str) -> str:
    return f"<TraceHeaderList><Bussiness>{business}</Bussiness></TraceHeaderList>"


def reference(content_id: str, name: str) -> str:
    inner = f"<ContentId>{content_id}</ContentId><AttachmentName>{name}</AttachmentName>"
    return f"<Reference>{inner}</Reference>"


def kinds() -> Iterator[Fixture]:
    """One of every kind, as the writer writes it."""
    store = MemoryStore()
    files = (attachment(store, content_id="1", description="Văn bản chính"),)
    replaced = Replacement(
        document_id=DocumentId("H99.01,2026/02/01,9/UBND-TH"), organ_ids=(OrganId("H99.02"),)
    )
    receivers = (
        Receiver(organ_id=OrganId("H99.02"), receiver_type="0"),
        Receiver(organ_id=OrganId("H99.03"), receiver_type="1"),
    )
    update = BusinessDocumentInfo(document_info="1", document_receiver="1", receivers=receivers)
    answer = ResponseFor(
        organ_id=OrganId("H99.02"),
        code=Code("7", "STC-VP"),
        document_id=DocumentId("H99.02,2026/02/20,7/STC-VP"),
        promulgation_date=date(2026, 2, 20),
    )
    business = {
        "new": Business(business_reason="Văn bản điện tử mới", paper="0"),
        "revocation": Business(
            business_type=BusinessType.RECALL, business_reason="Ban hành nhầm phụ lục"
        ),
        "update": Business(
            business_type=BusinessType.UPDATE,
            business_reason="Thay đổi nơi nhận",
            document_id=DocumentId("H99.01,2026/03/02,15/UBND-TH"),
            document_infos=(update,),
        ),
        "replacement": Business(
            business_type=BusinessType.REPLACE,
            business_reason="Thay thế văn bản có sai sót",
            replacements=(replaced,),
        ),
    }
    for kind, block in business.items():
        envelope = document(business=block, attachments=files)
        yield _written(kind, envelope, store, kind, "protocol 2.3", f"một gói tin loại {kind}")
    reply = document(
        response_for=(
            answer,
            replace(answer, document_id=DocumentId("H99.02,2026/02/21,8/STC-VP")),
        ),
        task_codes=("NV-2026-001", "NV-2026-002"),
        steering_type="3",
        attachments=files,
    )
    yield _written(
        "reply", reply, store, "new", "protocol 2.3", "trả lời hai văn bản và hai nhiệm vụ"
    )
    for code in ("01", "02", "03", "04", "05", "06", "13", "15", "16"):
        envelope = status(status_code=code, description="Nội dung trạng thái mẫu")
        yield _written(f"status-{code}", envelope, store, "status", "L-105", f"trạng thái {code}")


def _written(  # noqa: PLR0917 - a row of a table
    name: str,
    envelope: DocumentEnvelope | StatusEnvelope,
    store: MemoryStore,
    kind: str,
    rule: str,
    why: str,
) -> Fixture:
    return Fixture(
        name=f"accepted/{name}",
        content=written(envelope, store),
        rule=rule,
        why=why,
        kind=kind,
        writable=True,
    )


def accepted() -> Iterator[Fixture]:
    """Plain envelopes that stand for a trouble."""
    store = MemoryStore()
    yield Fixture(
        name="accepted/t07-bare-minimum",
        content=xml_of(PLAIN),
        rule="T07",
        why="chỉ có phần tối thiểu; phần tử thiếu thì để thiếu",
        writable=True,
    )
    files = (
        attachment(store, PDF, "van-ban.pdf", content_id="1"),
        attachment(store, PDF + b"% phu luc 1\n", "phu-luc-1.pdf", content_id="2"),
        attachment(store, b"so lieu mau\n", "so-lieu.csv", content_id="3"),
    )
    three = document(attachments=files)
    yield _written(
        "t22-three-attachments", three, store, "new", "T22", "ba tệp, không được mất tệp nào"
    )
    odd = document(document_type=DocumentType(type="18", type_name="Thông báo"))
    yield _written(
        "t23-document-type-18", odd, store, "new", "T23", "mã loại mà một trục không nhận"
    )
    many = tuple(Organ(organ_id=OrganId(f"H99.{number:02d}")) for number in range(10, 50))
    wide = document(recipients=many)
    yield _written("t33-forty-recipients", wide, store, "new", "T33", "bốn mươi nơi nhận")
    cut = document(code=Code("15", "UBND#TH"))
    yield _written("t35-hash-in-notation", cut, store, "new", "T35", "ký hiệu có dấu #")
    vendor = document(other_info=OtherInfo(priority="4", direction="false"))
    yield _written(
        "l104-priority-4", vendor, store, "new", "L-104", "hỏa tốc hẹn giờ của nhà cung cấp"
    )


def odd(name: str, content: bytes, rule: str, why: str, **more: Any) -> Fixture:
    return Fixture(name=f"dialects/{name}", content=content, rule=rule, why=why, **more)


def spellings() -> Iterator[Fixture]:
    """Names, namespaces and places that differ."""
    soap = "http://www.e-doc.vn/Schema/"
    yield odd(
        "t01-soap-namespace",
        xml_of(namespace=soap),
        "T01",
        "không gian tên của trục SOAP",
        writable=True,
    )
    yield odd(
        "t01-no-namespace",
        xml_of().replace(b' xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"', b""),
        "T01",
        "không có không gian tên",
        warnings=("namespace-unknown",),
        writable=True,
    )
    yield odd(
        "t01-wrong-namespace",
        xml_of(namespace="http://go.vn/eDoc"),
        "T01",
        "không gian tên đoán sai",
        warnings=("namespace-unknown",),
        writable=True,
    )
    mixed = (
        xml_of(files=[File()])
        .replace(
            b"<ContentTransferEncoded>",
            b'<x:ContentTransferEncoded xmlns:x="http://www.mic.gov.vn/TBT/QCVN_102_2016">',
        )
        .replace(b"</ContentTransferEncoded>", b"</x:ContentTransferEncoded>")
    )
    yield odd(
        "t02-mixed-prefixes", mixed, "T02", "tiền tố lẫn lộn trong tệp đính kèm", writable=True
    )
    undeclared = xml_of(files=[File()]).replace(b"AttachmentEncoded>", b"edXML:AttachmentEncoded>")
    yield odd(
        "p26-undeclared-prefix",
        undeclared,
        "protocol 2.6",
        "tiền tố dùng ngoài phạm vi khai báo",
        warnings=("namespace-undeclared",),
        writable=True,
    )
    single_s = (
        "<TraceHeaderList><Business><BusinessDocType>1</BusinessDocType>"
        "<BusinessDocReason>Nhầm</BusinessDocReason></Business></TraceHeaderList>"
    )
    yield odd(
        "t03-business-with-one-s",
        xml_of(beside=single_s),
        "T03",
        "viết Business thay vì Bussiness",
        kind="revocation",
        warnings=("element-alias",) * 3,
        writable=True,
    )
    in_charge = PLAIN.replace(
        "<OrganId>H99.01</OrganId>",
        "<OrganId>H99.01</OrganId><OrganInCharge>UBND tỉnh Mẫu</OrganInCharge>",
    )
    yield odd(
        "t03-organ-in-charge",
        xml_of(in_charge),
        "T03",
        "viết OrganInCharge",
        warnings=("element-alias",),
        writable=True,
    )
    yield odd(
        "t03-trace-before-business",
        xml_of(
            beside=(
                "<TraceHeaderList><TraceHeader><OrganId>H99.01</OrganId>"
                "<TimeStamp>2026/03/02 08:00:00</TimeStamp></TraceHeader>"
                "<Bussiness><BussinessDocType>0</BussinessDocType></Bussiness></TraceHeaderList>"
            )
        ),
        "T03",
        "vết đứng trước nghiệp vụ, viết TimeStamp",
        warnings=("element-alias",),
        writable=True,
    )
    yield odd(
        "t04-status-in-message-header",
        xml_of(f"<Status>{STATUS}</Status>"),
        "T04",
        "phần tử Status nằm trong MessageHeader",
        kind="status",
        writable=True,
    )
    yield odd(
        "t04-status-in-header",
        xml_of(f"<Status>{STATUS}</Status>")
        .replace(b"<MessageHeader>", b"")
        .replace(b"</MessageHeader>", b""),
        "T04",
        "phần tử Status nằm ngay trong edXMLHeader",
        kind="status",
        writable=True,
    )


def values() -> Iterator[Fixture]:
    """Dates, codes and answers that differ."""
    dates = (
        "<PromulgationInfo><PromulgationDate>30/10/2020</PromulgationDate></PromulgationInfo>"
        "<DueDate>2020-11-15</DueDate>"
    )
    yield odd(
        "t05-dates-of-two-kinds",
        xml_of(PLAIN + dates),
        "T05",
        "ngày trước tháng và ISO",
        warnings=("date-pattern",) * 2,
        writable=True,
    )
    yield odd(
        "t06-year-36",
        xml_of(PLAIN + "<DueDate>0036/10/30</DueDate>"),
        "T06",
        "ngày đã bị một trục đọc thành năm 36",
        warnings=("date-out-of-range",),
    )
    yield odd(
        "t08-invented-values",
        xml_of(PLAIN + "<DueDate>N/A</DueDate>"),
        "T08",
        "giá trị bịa N/A; không biến thành ngày",
        warnings=("date-unreadable",),
    )
    full = PLAIN.replace("<CodeNumber>15</CodeNumber>", "<CodeNumber>15/UBND-TH</CodeNumber>")
    yield odd(
        "t09-notation-in-number",
        xml_of(full),
        "T09",
        "cả ký hiệu trong CodeNumber",
        warnings=("code-number-text",),
        writable=True,
    )
    itself = "<ResponseFor><DocumentId>H99.01,2026,15</DocumentId></ResponseFor>"
    yield odd(
        "t10-answer-to-itself",
        xml_of(PLAIN + itself),
        "T10",
        "ResponseFor trùng chính văn bản",
        warnings=("response-for-self",),
        writable=True,
    )


def carriers() -> Iterator[Fixture]:
    """Attachments, encodings and signatures that differ."""
    yield odd(
        "t11-content-ids",
        xml_of(
            files=[
                File(content_id="cid:cid:7", name="a.pdf"),
                File(content_id="&lt;t%E1%BB%87p 2&gt;", name="b.pdf"),
            ],
            manifest=reference("7", "a.pdf") + reference("cid:tệp 2", "b.pdf"),
        ),
        "T11",
        "mã nội dung có cid: lặp, ngoặc nhọn, mã hóa phần trăm",
        writable=True,
    )
    yield odd(
        "t12-part-without-reference",
        xml_of(
            files=[File(content_id="2", name="phu-luc.pdf"), File(content_id="1")],
            manifest=reference("1", "van-ban.pdf"),
        ),
        "T12",
        "tệp không có trong danh mục, thứ tự khác",
        warnings=("not-in-manifest",),
        writable=True,
    )
    text = base64.b64encode(PDF).decode()
    lined = "\n".join(text[at : at + 20] for at in range(0, len(text), 20))
    yield odd(
        "t13-base64-lines",
        xml_of(files=[File(text=lined)]),
        "T13",
        "base64 có xuống dòng",
        writable=True,
    )
    urlsafe = base64.urlsafe_b64encode(PDF + b"\xff\xfe\xfb\xef").decode().rstrip("=")
    yield odd(
        "t13-base64-url",
        xml_of(files=[File(text=urlsafe)]),
        "T13",
        "bảng base64 địa chỉ web, thiếu dấu =",
        warnings=("base64-unpadded", "base64-urlsafe"),
        writable=True,
    )
    yield odd(
        "t14-zip-under-pdf",
        xml_of(files=[File(content=zip_of(("1.pdf", PDF)))]),
        "T14",
        "zip dưới tên loại application/pdf",
        writable=True,
    )
    yield odd(
        "t14-docx-kept-whole",
        xml_of(
            files=[
                File(
                    content=zip_of(
                        ("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>")
                    ),
                    name="du-thao.docx",
                    content_type="application/zip",
                )
            ]
        ),
        "T14",
        "docx không phải là gói nén của tệp khác",
        writable=True,
    )
    yield odd(
        "t15-zip-of-several",
        xml_of(
            files=[
                File(
                    content=zip_of(("a.pdf", PDF), ("b.pdf", PDF)),
                    name="phu-luc.zip",
                    content_type="application/zip",
                )
            ]
        ),
        "T15",
        "tệp nén nhiều mục",
        warnings=("zip-several",),
        writable=True,
    )
    yield odd(
        "t16-name-with-path",
        xml_of(files=[File(name="../../etc/van-ban.pdf")]),
        "T16",
        "tên tệp có đường dẫn",
        warnings=("name-unsafe",),
        writable=True,
    )
    yield odd(
        "t19-utf16",
        xml_of().decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"),
        "T19",
        "UTF-16 có dấu thứ tự byte",
        writable=True,
    )
    yield odd(
        "t19-bom-and-blank",
        b"\xef\xbb\xbf\n  " + xml_of(),
        "T19",
        "dấu thứ tự byte và khoảng trắng ở đầu",
        warnings=("blank-before-xml",),
        writable=True,
    )
    yield odd(
        "t19-mislabelled",
        xml_of().replace(b'encoding="UTF-8"', b'encoding="UTF-16"'),
        "T19",
        "khai UTF-16 nhưng là UTF-8",
        warnings=("encoding-mislabelled",),
        writable=True,
    )
    yield odd("t20-empty-signature", xml_of(beside="<Signature/>"), "T20", "chữ ký rỗng")
    secret = "<OrganId>H99.01</OrganId><Token>mau-khong-that</Token>"
    token = f"<Signature><KeyInfo>{secret}</KeyInfo></Signature>"
    yield odd(
        "t21-token",
        xml_of(beside=token),
        "T21",
        "mã bí mật trong KeyInfo",
        warnings=("signature-token",),
    )
    yield odd(
        "t34-over-length",
        xml_of(PLAIN.replace("Trích yếu mẫu", "Trích yếu mẫu " * 40)),
        "T34",
        "trích yếu dài hơn 500 ký tự",
        warnings=("over-length",),
    )
    yield odd(
        "t36-recipient-twice",
        xml_of(PLAIN.replace(TO, TO + TO)),
        "T36",
        "một nơi nhận ghi hai lần",
        warnings=("recipient-repeated",),
    )


def details() -> Iterator[Fixture]:
    """File names, statuses, unknown values, and what is flagged in files."""
    nfd = "Ba\u0301o ca\u0301o.pdf"
    garbled = "Quyết định.pdf".encode().decode("latin-1")
    yield odd(
        "t52-file-names",
        xml_of(files=[File(name=nfd, content_id="1"), File(name="“Kế hoạch”.PDF", content_id="2")]),
        "T52",
        "tên tổ hợp rời, ngoặc cong, đuôi viết hoa",
        writable=True,
    )
    yield odd(
        "t52-garbled-name",
        xml_of(files=[File(name=garbled)]),
        "T52",
        "tên UTF-8 đọc thành Latin-1",
        warnings=("name-unsafe", "name-mojibake"),
        writable=True,
    )
    yield odd(
        "t58-status-of-one-digit",
        xml_of(STATUS.replace(">03<", ">3<")),
        "T58",
        "mã trạng thái thiếu số 0",
        kind="status",
        warnings=("status-code-padded",),
        writable=True,
    )
    yield odd(
        "t58-status-999",
        xml_of(STATUS.replace(">03<", ">999<")),
        "T58",
        "mã trạng thái lạ",
        kind="status",
        warnings=("status-code-unknown",),
    )
    response = "<PromulgationDate>2026-03-02</PromulgationDate></ResponseFor>"
    yield odd(
        "t59-status-date",
        xml_of(STATUS.replace("</ResponseFor>", response)),
        "T59",
        "ngày trong trạng thái viết khác trong văn bản",
        kind="status",
        warnings=("date-pattern",),
        writable=True,
    )
    yield odd(
        "p25-unknown-element",
        xml_of(PLAIN + '<Extra a="1"><Inner>x</Inner></Extra>'),
        "protocol 2.5",
        "phần tử của bản sửa đổi sau này",
        warnings=("element-unknown",),
    )
    yield odd(
        "p22-steering-type",
        xml_of(PLAIN + "<SteeringType>2.0</SteeringType>"),
        "protocol 2.2",
        "SteeringType không phải số nguyên",
        warnings=("not-integer",),
    )
    yield odd(
        "l103-business-type-7",
        xml_of(beside=traces("<BussinessDocType>7</BussinessDocType>")),
        "L-103",
        "loại nghiệp vụ lạ",
        kind=None,
        warnings=("business-type-unknown",),
    )
    yield odd(
        "s3-macro",
        xml_of(
            files=[
                File(
                    content=zip_of(
                        ("[Content_Types].xml", b"<T/>"),
                        ("word/document.xml", b"<w/>"),
                        ("word/vbaProject.bin", b"x"),
                    ),
                    name="mau.docm",
                    content_type="application/zip",
                )
            ]
        ),
        "S3",
        "tệp văn phòng có macro",
        warnings=("office-macro",),
    )
    yield odd(
        "s3-program",
        xml_of(
            files=[
                File(
                    content=b"MZ\x90\x00 khong phai chuong trinh that",
                    name="mau.exe",
                    content_type="application/zip",
                )
            ]
        ),
        "S3",
        "chương trình",
        warnings=("executable",),
    )
    yield odd(
        "s3-pdf-script",
        xml_of(
            files=[
                File(
                    content=PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(1)>>")
                )
            ]
        ),
        "S3",
        "PDF có mã lệnh",
        warnings=("pdf-active-content",),
    )
    yield odd(
        "s4-zip-in-zip",
        xml_of(
            files=[
                File(
                    content=zip_of(("a.zip", zip_of(("x", b"1"))), ("b.txt", b"2")),
                    name="nen.zip",
                    content_type="application/zip",
                )
            ]
        ),
        "S4",
        "tệp nén trong tệp nén",
        warnings=("zip-nested", "zip-several"),
    )


def refused() -> Iterator[Fixture]:
    """What must be refused or asked for again."""

    def bad(name: str, content: bytes, rule: str, why: str, fault: str, **more: Any) -> Fixture:
        values: dict[str, Any] = {"kind": None, "faults": (fault,)} | more
        return Fixture(name=f"refused/{name}", content=content, rule=rule, why=why, **values)

    whole = xml_of(files=[File()])
    yield bad(
        "t12-reference-without-part",
        xml_of(
            files=[File()], manifest=reference("1", "van-ban.pdf") + reference("2", "phu-luc.pdf")
        ),
        "T12",
        "danh mục có tệp mà gói tin không kèm",
        "attachment-missing",
        kind="new",
    )
    yield bad(
        "t12-empty-attachment",
        xml_of(files=[File(text="")]),
        "T12",
        "tệp rỗng",
        "attachment-empty",
        kind="new",
    )
    yield bad(
        "t13-base64-garbage",
        xml_of(files=[File(text="JVBERi0x*$!LjcK")]),
        "T13",
        "base64 có ký tự lạ",
        "base64-invalid",
        kind="new",
    )
    yield bad(
        "t13-base64-cut",
        xml_of(files=[File(text="JVBERi0xL")]),
        "T13",
        "base64 bị cụt",
        "base64-truncated",
        kind="new",
    )
    yield bad(
        "t14-broken-zip",
        xml_of(files=[File(content=zip_of(("1.pdf", PDF))[:60])]),
        "T14",
        "zip bị cắt",
        "zip-broken",
        kind="new",
    )
    yield bad(
        "t14-empty-zip",
        xml_of(files=[File(content=zip_of(("thu-muc/", b"")))]),
        "T14",
        "zip chỉ có thư mục",
        "zip-empty",
        kind="new",
    )
    yield bad(
        "t16-zip-escapes",
        xml_of(files=[File(content=zip_of(("../../x.pdf", PDF)))]),
        "T16",
        "mục zip vượt ra ngoài thư mục",
        "zip-escapes",
        kind="new",
    )
    yield bad(
        "t17-external-entity",
        b'<?xml version="1.0"?>\n<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'
        + xml_of("<Subject>&x;</Subject>").split(b"\n", 1)[1],
        "T17",
        "thực thể ngoài",
        "doctype-forbidden",
    )
    bomb = "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdef", "bcdefg", strict=True)
    )
    yield bad(
        "t17-entity-bomb",
        f'<!DOCTYPE edXML [<!ENTITY a "a">{bomb}]>\n<edXML>&g;</edXML>'.encode(),
        "T17",
        "thực thể nhân lên",
        "doctype-forbidden",
    )
    yield bad(
        "t19-text-before", b"1212" + whole, "T19", "ký tự lạ trước khai báo XML", "text-before-xml"
    )
    yield bad(
        "t19-html-page",
        b"<html><head><title>502 Bad Gateway</title></head><body/></html>",
        "T19",
        "trang lỗi của máy trung gian",
        "html-page",
    )
    yield bad(
        "p26-truncated",
        whole[: len(whole) // 2],
        "protocol 2.6",
        "bị cắt giữa chừng",
        "xml-truncated",
    )
    yield bad(
        "p26-half-utf8",
        whole[: whole.index("Trích".encode()) + 3],
        "protocol 2.6",
        "cắt giữa một chữ",
        "xml-truncated",
    )
    yield bad(
        "p26-bad-utf8",
        whole.replace("Trích".encode(), b"Tr\xc3\x28ch"),
        "protocol 2.6",
        "byte không đúng UTF-8",
        "encoding-broken",
    )
    yield bad(
        "p26-text-after",
        whole + b"rac",
        "protocol 2.6",
        "có nội dung sau thẻ cuối",
        "text-after-xml",
    )
    yield bad(
        "p26-control-character",
        xml_of("<Subject>a\x08b</Subject>"),
        "protocol 2.6",
        "ký tự điều khiển",
        "control-character",
    )
    yield bad(
        "p21-no-envelope",
        b"<edXML><Khac/></edXML>",
        "protocol 2.1",
        "thiếu edXMLEnvelope",
        "no-envelope",
    )
    yield bad(
        "p21-no-header",
        b"<edXML><edXMLEnvelope><edXMLBody/></edXMLEnvelope></edXML>",
        "protocol 2.1",
        "thiếu edXMLHeader",
        "no-header",
    )
    ruined = (PDF * 3).decode("utf-8", "replace").encode()
    yield bad(
        "p24-pdf-ruined",
        xml_of(files=[File(content=ruined)]),
        "protocol 2.4",
        "PDF qua một vòng UTF-8",
        "pdf-text-damaged",
        kind="new",
    )
    yield bad("s2-too-deep", b"<a>" * 200 + b"</a>" * 200, "S2", "lồng quá sâu", "limit-depth")
    attributes = "".join(f' a{number}=""' for number in range(200))
    yield bad(
        "s2-too-many-attributes",
        f"<edXML{attributes}/>".encode(),
        "S2",
        "quá nhiều thuộc tính",
        "limit-attributes",
    )
    yield bad(
        "s4-zip-bomb",
        xml_of(files=[File(content=zip_of(("0.bin", bytes(20_000_000))))]),
        "S4",
        "bung ra gấp nghìn lần",
        "zip-bomb",
        kind="new",
    )
    yield bad(
        "s4-zip-overlap",
        xml_of(files=[File(content=overlapping_zip())]),
        "S4",
        "hai mục trỏ vào một nội dung",
        "zip-overlap",
        kind="new",
    )


def overlapping_zip() -> bytes:
    """Return a zip whose directory lists one record twice."""
    plain = zip_of(("a", b"noi dung"))
    start = plain.index(b"PK\x01\x02")
    end = plain.index(b"PK\x05\x06")
    central = plain[start:end]
    tail = struct.pack("<HHHHIIH", 0, 0, 2, 2, 2 * len(central), start, 0)
    return plain[:start] + central * 2 + b"PK\x05\x06" + tail


def all_fixtures() -> list[Fixture]:
    return [
        *kinds(),
        *accepted(),
        *spellings(),
        *values(),
        *carriers(),
        *details(),
        *refused(),
    ]


def main() -> None:
    for fixture in all_fixtures():
        fixture.path.parent.mkdir(parents=True, exist_ok=True)
        fixture.path.write_bytes(fixture.content)
        fixture.path.with_suffix(".toml").write_text(fixture.sidecar, encoding="utf-8")


if __name__ == "__main__":
    main()
