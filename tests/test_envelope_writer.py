"""Writing: what others must be able to read, or nothing at all (protocol part 3)."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest

from gateway.envelope.digest import content_digest
from gateway.envelope.writer import NotWritableError, write_envelope
from gateway.errors import EnvelopeError
from gateway.model.document import Attachment, BusinessType, Code
from gateway.model.envelope import Business, Envelope, OtherInfo, Replacement, TraceHeader
from gateway.model.organ import Organ, OrganId
from tests.support.envelopes import (
    PDF,
    RECIPIENT,
    SENDER,
    MemoryStore,
    attachment,
    document,
    read_document,
    status,
    written,
    zip_of,
)


def refused(envelope: Envelope) -> set[tuple[str, str]]:
    out = io.BytesIO()
    with pytest.raises(NotWritableError) as caught:
        write_envelope(envelope, out, MemoryStore().open)
    assert out.getvalue() == b""
    return {(fault.code, fault.element) for fault in caught.value.faults}


def test_same_values_give_the_same_bytes() -> None:
    store = MemoryStore()
    files = (attachment(store), attachment(store, b"bang tinh", "so-lieu.xlsx"))
    envelope = document(attachments=files)
    assert written(envelope, store) == written(envelope, store)


def test_elements_stand_in_the_order_of_the_standard() -> None:
    store = MemoryStore()
    text = written(document(attachments=(attachment(store),)), store).decode()
    order = [
        "edXMLEnvelope", "edXMLHeader", "MessageHeader", "From", "To", "DocumentId", "Code",
        "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo", "DueDate",
        "OtherInfo", "SteeringType", "ToPlaces", "TraceHeaderList", "Bussiness", "TraceHeader",
        "edXMLBody", "edXMLManifest", "Reference",
    ]  # fmt: skip
    places = [re.search(f"<edXML:{name}[ >]", text).start() for name in order]  # type: ignore[union-attr]
    assert places == sorted(places)
    assert text.index("<AttachmentEncoded>") > places[-1]
    assert "<edXML:ContentTransferEncoded xmlns:edXML=" in text
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns=')


def test_dates_are_written_in_the_standards_pattern() -> None:
    """T06: always yyyy/MM/dd, in Viet Nam time."""
    text = written(document()).decode()
    assert "<edXML:PromulgationDate>2026/03/02</edXML:PromulgationDate>" in text
    assert "<edXML:Timestamp>2026/03/02 08:00:05</edXML:Timestamp>" in text


@pytest.mark.parametrize(
    ("name", "content", "content_type", "is_zipped"),
    [
        ("a.pdf", PDF, "application/pdf", False),
        ("a.PDF", PDF, "application/pdf", False),
        ("a.doc", b"\xd0\xcf\x11\xe0", "application/doc", False),
        ("a.docx", b"PK", "application/docx", False),
        ("a.zip", zip_of(("x", b"1")), "application/zip", False),
        ("a.xlsx", b"so", "application/zip", True),
        ("a.xls", b"so", "application/zip", True),
        ("a.jpg", b"\xff\xd8\xff", "application/zip", True),
        ("khong-duoi", b"abc", "application/zip", True),
    ],
)
def test_content_types_by_the_table(
    name: str, content: bytes, content_type: str, *, is_zipped: bool
) -> None:
    """2.4: PDFs raw and never zipped; what the table does not list goes inside a zip."""
    store = MemoryStore()
    raw = written(document(attachments=(attachment(store, content, name),)), store)
    assert f"<ContentType>{content_type}</ContentType>".encode() in raw
    assert (b">UEsDBBQACAg" in raw) == is_zipped
    (back,) = read_document(raw, store).attachments
    assert back.digest is not None
    assert store.blobs[back.digest] == content


def test_content_ids_carry_cid_once() -> None:
    store = MemoryStore()
    files = (
        attachment(store, content_id="cid:cid:7"),
        attachment(store, content_id="7"),
        attachment(store),
    )
    text = written(document(attachments=files), store).decode()
    assert re.findall("ContentId>(cid:[^<]*)<", text) == ["cid:7", "cid:7-2", "cid:3"] * 2


def test_pdf_without_extension_gets_it() -> None:
    store = MemoryStore()
    file = attachment(store, PDF, "van ban", media_type="application/pdf")
    raw = written(document(attachments=(file,)), store)
    assert b"<AttachmentName>van ban.pdf</AttachmentName>" in raw


def test_status_has_neither_recipients_nor_body() -> None:
    text = written(status()).decode()
    assert "<edXML:To>" not in text
    assert "edXMLBody" not in text
    assert "<edXML:Code>15/UBND-TH</edXML:Code>" in text


NEW = "TraceHeaderList/Bussiness"


@pytest.mark.parametrize(
    ("changes", "code", "element"),
    [
        ({"recipients": ()}, "element-required", "MessageHeader/To"),
        ({"sender": None}, "element-required", "MessageHeader/From"),
        ({"sender": Organ(organ_name="x")}, "element-required", "MessageHeader/From/OrganId"),
        ({"document_id": None}, "element-required", "MessageHeader/DocumentId"),
        ({"recipients": (Organ(),)}, "recipient-missing", "MessageHeader/To[1]/OrganId"),
        ({"recipients": (RECIPIENT,) * 2}, "recipient-repeated", "MessageHeader/To[2]"),
        ({"subject": "a\x0bb"}, "control-character", "MessageHeader/Subject"),
        ({"subject": "a\ud800b"}, "control-character", "MessageHeader/Subject"),
        ({"subject": "a" * 501}, "too-long-to-send", "MessageHeader/Subject"),
        ({"steering_type": "2.0"}, "not-integer", "MessageHeader/SteeringType"),
        ({"steering_type": " 2"}, "not-integer", "MessageHeader/SteeringType"),
        ({"code": Code("1" * 12, "A")}, "too-long-to-send", "MessageHeader/Code/CodeNumber"),
        (
            {"other_info": OtherInfo(priority="9")},
            "priority-unknown",
            "MessageHeader/OtherInfo/Priority",
        ),
        (
            {"other_info": OtherInfo(direction="1")},
            "not-in-list",
            "MessageHeader/OtherInfo/Direction",
        ),
        (
            {"business": Business(business_type=None, raw_type="7")},
            "business-type-unknown",
            f"{NEW}/BussinessDocType",
        ),
        (
            {"business": Business(business_type=BusinessType.RECALL)},
            "reason-missing",
            f"{NEW}/BussinessDocReason",
        ),
        (
            {"business": Business(business_type=BusinessType.REPLACE, business_reason="x")},
            "replacement-missing",
            f"{NEW}/ReplacementInfoList",
        ),
        (
            {"trace": (TraceHeader(organ_id=OrganId("H" * 36)),)},
            "too-long-to-send",
            "TraceHeaderList/TraceHeader[1]/OrganId",
        ),
        (
            {"attachments": (Attachment(attachment_name="a.pdf"),)},
            "attachment-without-bytes",
            "AttachmentEncoded/Attachment[1]",
        ),
    ],
)
def test_a_document_no_reader_would_take_is_refused(
    changes: dict[str, Any], code: str, element: str
) -> None:
    """L-50, L-101, L-103, protocol part 3: before a byte is written."""
    assert (code, element) in refused(document(**changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sender": None}, "element-required"),
        ({"status_code": "7"}, "status-code-unknown"),
        ({"status_code": None}, "element-required"),
        ({"stated_at": None}, "element-required"),
        ({"response_for": None}, "element-required"),
        ({"status_code": "02", "description": None}, "status-reason-missing"),
        ({"status_code": "13", "description": " "}, "status-reason-missing"),
    ],
)
def test_a_status_no_reader_would_take_is_refused(changes: dict[str, Any], code: str) -> None:
    """L-52, L-105: a refusal without its reason is impossible."""
    assert code in {found for found, _ in refused(status(**changes))}


def test_every_fault_is_listed() -> None:
    found = refused(document(sender=None, recipients=(), subject="a" * 501, steering_type="x"))
    assert {code for code, _ in found} == {"element-required", "too-long-to-send", "not-integer"}
    assert len(found) == 4


def test_replacement_is_written_and_read_back() -> None:
    replaced = Replacement(document_id="H99.01,2026,1", organ_ids=(OrganId("H99.02"),))
    business = Business(
        business_type=BusinessType.REPLACE, business_reason="Thay thế", replacements=(replaced,)
    )
    assert read_document(written(document(business=business))).business == business


def test_payload_that_changed_stops_the_writing() -> None:
    store = MemoryStore()
    file = replace(attachment(store), size_bytes=5)
    with pytest.raises(EnvelopeError) as caught:
        written(document(attachments=(file,)), store)
    assert caught.value.code == "attachment-changed"


def test_digest_ignores_what_axes_do_and_sees_what_senders_change() -> None:
    """2.5, L-41: the same document by another way has the same digest."""
    store = MemoryStore()
    envelope = document(attachments=(attachment(store, content_id="9"),))
    digest = content_digest(envelope)
    same = [
        {"trace": ()},
        {"warnings": (), "unknown": (("a", "<a/>"),)},
        {"other_info": replace(envelope.other_info, direction="true")},
        {"sender": replace(SENDER, email="khac@h99-01.example")},
        {"recipients": (RECIPIENT, Organ(organ_id=OrganId("H99.03")))},
        {"attachments": (replace(envelope.attachments[0], content_id="1", content_type="x"),)},
        {"subject": f" {envelope.subject}\n"},
    ]
    for changes in same:
        assert content_digest(replace(envelope, **changes)) == digest, changes
    other = [
        {"sender": replace(SENDER, organ_id=OrganId("H99.09"))},
        {"document_id": "H99.01,2026,16"},
        {"subject": "khác"},
        {"code": Code("16", "UBND-TH")},
        {"due_date": None},
        {"business": replace(envelope.business, business_type=BusinessType.UPDATE)},
        {"attachments": ()},
        {"attachments": (attachment(store, PDF + b"x"),)},
    ]
    for changes in other:
        assert content_digest(replace(envelope, **changes)) != digest, changes
