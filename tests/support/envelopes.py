"""Envelopes for tests: builders of values, of XML text, of hostile files; all invented."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO

from gateway.envelope.dialects import VIET_NAM
from gateway.envelope.limits import DEFAULT_LIMITS, Limits
from gateway.envelope.names import NAMESPACE
from gateway.envelope.reader import read_envelope
from gateway.envelope.writer import write_envelope
from gateway.model.document import Attachment, Code, Digest, DocumentId, DocumentType
from gateway.model.envelope import (
    Business,
    DocumentEnvelope,
    Envelope,
    OtherInfo,
    PromulgationInfo,
    ResponseFor,
    SignerInfo,
    Staff,
    StatusEnvelope,
    TraceHeader,
)
from gateway.model.organ import Organ, OrganId

TODAY = date(2026, 3, 2)
PDF = (
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass(slots=True)
class MemoryStore:
    """Content-addressed bytes in memory, with the sinks that fill it."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    sinks: list[MemorySink] = field(default_factory=list)

    def sink(self) -> MemorySink:
        self.sinks.append(MemorySink(self))
        return self.sinks[-1]

    def open(self, digest: Digest) -> BinaryIO:
        return io.BytesIO(self.blobs[digest])

    def add(self, content: bytes) -> Digest:
        digest = Digest(hashlib.sha256(content).hexdigest())
        self.blobs[digest] = content
        return digest


@dataclass(slots=True)
class Kept:
    digest: Digest
    size_bytes: int


@dataclass(slots=True)
class MemorySink:
    store: MemoryStore
    buffer: bytearray = field(default_factory=bytearray)
    state: str = "open"

    def write(self, data: bytes) -> None:
        assert self.state == "open", self.state
        self.buffer += data

    def close(self) -> Kept:
        assert self.state == "open", self.state
        self.state = "closed"
        content = bytes(self.buffer)
        return Kept(self.store.add(content), len(content))

    def abandon(self) -> None:
        self.state = "abandoned"


def read(
    content: bytes, store: MemoryStore | None = None, limits: Limits = DEFAULT_LIMITS
) -> Envelope:
    return read_envelope(io.BytesIO(content), (store or MemoryStore()).sink, limits, today=TODAY)


def read_document(content: bytes, store: MemoryStore | None = None) -> DocumentEnvelope:
    envelope = read(content, store)
    assert isinstance(envelope, DocumentEnvelope)
    return envelope


def read_status(content: bytes) -> StatusEnvelope:
    envelope = read(content)
    assert isinstance(envelope, StatusEnvelope)
    return envelope


def written(envelope: Envelope, store: MemoryStore | None = None, **keywords: Any) -> bytes:
    out = io.BytesIO()
    write_envelope(envelope, out, (store or MemoryStore()).open, **keywords)
    return out.getvalue()


def codes(envelope: Envelope) -> list[str]:
    return [note.code for note in envelope.warnings]


# --- values --------------------------------------------------------------------------------

SENDER = Organ(
    organ_id=OrganId("H99.01"),
    organization_in_charge="UBND tỉnh Mẫu",
    organ_name="Văn phòng UBND tỉnh Mẫu",
    organ_address="Số 1 đường Mẫu, tỉnh Mẫu",
    email="vanthu@h99-01.example",
    telephone="0200 000 001",
    fax="0200 000 002",
    website="h99-01.example",
)
RECIPIENT = Organ(organ_id=OrganId("H99.02"), organ_name="Sở Tài chính tỉnh Mẫu")


def attachment(
    store: MemoryStore, content: bytes = PDF, name: str = "van-ban.pdf", **changes: Any
) -> Attachment:
    return Attachment(
        attachment_name=name, digest=store.add(content), size_bytes=len(content), **changes
    )


def document(**changes: Any) -> DocumentEnvelope:
    values: dict[str, Any] = {
        "sender": SENDER,
        "recipients": (RECIPIENT,),
        "document_id": DocumentId("H99.01,2026/03/02,15/UBND-TH"),
        "code": Code("15", "UBND-TH"),
        "promulgation_info": PromulgationInfo(place="Mẫu", promulgation_date=date(2026, 3, 2)),
        "document_type": DocumentType(type="2", type_detail="1", type_name="Công văn"),
        "subject": "V/v báo cáo tình hình sử dụng gói tin mẫu",
        "content": "Nội dung mẫu",
        "signer_info": SignerInfo(
            competence="KT. CHỦ TỊCH", position="Phó Chủ tịch", full_name="Nguyễn Văn Mẫu"
        ),
        "due_date": date(2026, 3, 20),
        "to_places": ("Như trên", "Lưu: VT"),
        "other_info": OtherInfo(priority="0", page_amount="2", promulgation_amount="1"),
        "steering_type": "1",
        "trace": (
            TraceHeader(
                organ_id=OrganId("H99.01"),
                stated_at=datetime(2026, 3, 2, 8, 0, 5, tzinfo=VIET_NAM),
            ),
        ),
        "business": Business(
            business_reason="Văn bản điện tử mới",
            document_id=DocumentId("H99.01,2026/03/02,15/UBND-TH"),
            paper="0",
            staff=(Staff(department="Văn thư", staff="Trần Thị Mẫu", mobile="0900000000"),),
        ),
    }
    return DocumentEnvelope(**(values | changes))


def status(**changes: Any) -> StatusEnvelope:
    values: dict[str, Any] = {
        "sender": RECIPIENT,
        "response_for": ResponseFor(
            organ_id=OrganId("H99.01"),
            code=Code("15", "UBND-TH"),
            document_id=DocumentId("H99.01,2026/03/02,15/UBND-TH"),
            promulgation_date=date(2026, 3, 2),
        ),
        "staff": Staff(department="Văn phòng Sở", staff="Lê Văn Mẫu"),
        "status_code": "03",
        "description": "Đã tiếp nhận",
        "stated_at": datetime(2026, 3, 2, 9, 30, 0, tzinfo=VIET_NAM),
    }
    return StatusEnvelope(**(values | changes))


# --- XML text ------------------------------------------------------------------------------

FROM = "<From><OrganId>H99.01</OrganId></From>"
TO = "<To><OrganId>H99.02</OrganId></To>"
HEAD = (
    f"{FROM}{TO}<DocumentId>H99.01,2026,15</DocumentId>"
    "<Code><CodeNumber>15</CodeNumber><CodeNotation>UBND-TH</CodeNotation></Code>"
    "<Subject>Trích yếu mẫu</Subject>"
)
STATUS = (
    "<From><OrganId>H99.02</OrganId></From>"
    "<ResponseFor><OrganId>H99.01</OrganId><DocumentId>H99.01,2026,15</DocumentId></ResponseFor>"
    "<StatusCode>03</StatusCode><Timestamp>2026/03/02 09:30:00</Timestamp>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment as XML text would carry it."""

    content: bytes = PDF
    name: str | None = "van-ban.pdf"
    content_id: str | None = "cid:1"
    content_type: str | None = "application/pdf"
    text: str | None = None  # base64 text as it stands, in place of ``content``


def xml_of(
    message: str = HEAD,
    *,
    beside: str = "",
    files: Iterable[File] = (),
    manifest: str = "",
    namespace: str = NAMESPACE,
) -> bytes:
    """Return an envelope as a hurried sender would write it: one namespace, no indentation."""
    body = f"<edXMLBody><edXMLManifest>{manifest}</edXMLManifest></edXMLBody>" if manifest else ""
    parts = "".join(_file_xml(item) for item in files)
    encoded = f"<AttachmentEncoded>{parts}</AttachmentEncoded>" if parts else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="{namespace}"><edXMLEnvelope>'
        f"<edXMLHeader><MessageHeader>{message}</MessageHeader>{beside}</edXMLHeader>"
        f"{body}</edXMLEnvelope>{encoded}</edXML>\n"
    ).encode()


def _file_xml(item: File) -> str:
    said: Mapping[str, str | None] = {
        "ContentId": item.content_id,
        "AttachmentName": item.name,
        "ContentType": item.content_type,
        "ContentTransferEncoded": (
            item.text if item.text is not None else base64.b64encode(item.content).decode()
        ),
    }
    inner = "".join(f"<{key}>{text}</{key}>" for key, text in said.items() if text is not None)
    return f"<Attachment>{inner}</Attachment>"


def zip_of(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return out.getvalue()
