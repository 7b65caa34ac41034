"""Reading: what every envelope must give, whatever its spelling (protocol part 2 and 3)."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest

from gateway.envelope.dialects import VIET_NAM
from gateway.envelope.reader import read_envelope
from gateway.errors import EnvelopeError
from gateway.model.document import BusinessType, Code
from gateway.model.envelope import DocumentEnvelope
from tests.support.envelopes import (
    HEAD,
    PDF,
    STATUS,
    File,
    MemoryStore,
    codes,
    read,
    read_document,
    read_status,
    xml_of,
)


def refusal(content: bytes) -> EnvelopeError:
    store = MemoryStore()
    with pytest.raises(EnvelopeError) as caught:
        read(content, store)
    assert all(sink.state == "abandoned" for sink in store.sinks)
    return caught.value


def test_absent_elements_stay_absent() -> None:
    """L-59, T07, T08: nothing is invented for what the sender left out."""
    envelope = read_document(xml_of("<Subject>Chỉ có trích yếu</Subject>"))
    empty = DocumentEnvelope(subject="Chỉ có trích yếu", warnings=envelope.warnings)
    assert envelope == empty
    assert {"sender-missing", "recipient-missing", "document-id-missing"} <= set(codes(envelope))


def test_empty_elements_count_as_absent() -> None:
    envelope = read_document(
        xml_of(HEAD + "<SignerInfo><Position/></SignerInfo><DueDate> </DueDate>")
    )
    assert envelope.signer_info is None
    assert envelope.due_date is None
    assert envelope.unread == ()


def test_payload_goes_to_the_sink_and_its_digest_back() -> None:
    store = MemoryStore()
    envelope = read_document(xml_of(files=[File()]), store)
    (one,) = envelope.attachments
    assert one.digest is not None
    assert store.blobs[one.digest] == PDF
    assert (one.size_bytes, one.media_type, one.fault) == (len(PDF), "application/pdf", None)
    assert [sink.state for sink in store.sinks] == ["closed"]


def test_document_id_is_kept_to_the_letter() -> None:
    """L-106: opaque, echoed verbatim, never trimmed."""
    envelope = read_document(xml_of("<DocumentId> H99.01,2026/03/02,1/A </DocumentId>"))
    assert envelope.document_id == " H99.01,2026/03/02,1/A "


@pytest.mark.parametrize(
    ("text", "day", "code"),
    [
        ("2026/03/02", date(2026, 3, 2), None),
        ("2026/3/2", date(2026, 3, 2), "date-pattern"),
        ("02/03/2026", date(2026, 3, 2), "date-pattern"),  # the vendor reads the year 7 (T06)
        ("30/10/2020", date(2020, 10, 30), "date-pattern"),
        ("2026-03-02", date(2026, 3, 2), "date-pattern"),
        ("2026-03-02T08:00:00", date(2026, 3, 2), "date-pattern"),
        ("2026-03-01T17:00:00Z", date(2026, 3, 2), "date-pattern"),  # midnight in Viet Nam
        ("2026/03/02 10:11", date(2026, 3, 2), "date-pattern"),
        ("2026/03/02+07:00", date(2026, 3, 2), "date-pattern"),
        ("2026/02/30", None, "date-unreadable"),
        ("2026/13/01", None, "date-unreadable"),
        ("03/2026", None, "date-unreadable"),
        ("20260302", None, "date-unreadable"),
        ("N/A", None, "date-unreadable"),
        ("0036/10/30", None, "date-out-of-range"),
        ("1944/12/31", None, "date-out-of-range"),
        ("1945/01/01", date(1945, 1, 1), None),
        ("2036/12/31", date(2036, 12, 31), None),  # ten years ahead of the reading day
        ("2037/01/01", None, "date-out-of-range"),
    ],
)
def test_dates_are_read_strictly(text: str, day: date | None, code: str | None) -> None:
    """T05, T06: patterns in order, never rolled over, never a year nobody meant."""
    envelope = read_document(xml_of(HEAD + f"<DueDate>{text}</DueDate>"))
    assert envelope.due_date == day
    assert [c for c in codes(envelope) if c.startswith("date")] == ([code] if code else [])
    kept = () if day else (("MessageHeader/DueDate", text),)
    assert envelope.unread == kept


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026/03/02 09:30:00", datetime(2026, 3, 2, 9, 30, tzinfo=VIET_NAM)),
        ("02/03/2026 09:30:00", datetime(2026, 3, 2, 9, 30, tzinfo=VIET_NAM)),
        ("2026-03-02T02:30:00Z", datetime(2026, 3, 2, 9, 30, tzinfo=VIET_NAM)),
        ("2026/03/02 09:30", datetime(2026, 3, 2, 9, 30, tzinfo=VIET_NAM)),
        ("2026/03/02", None),  # a day is not an instant
        ("2026/03/02 25:00:00", None),
    ],
)
def test_instants_are_viet_nam_time(text: str, instant: datetime | None) -> None:
    """L-63: no zone on the wire means Viet Nam."""
    envelope = read_status(xml_of(STATUS.replace("2026/03/02 09:30:00", text)))
    assert envelope.stated_at == instant
    assert ("date-unreadable" in codes(envelope)) == (instant is None)


@pytest.mark.parametrize(
    ("text", "code"), [("3", "03"), ("03", "03"), ("13", "13"), ("999", "999")]
)
def test_status_codes_are_text_of_two_digits(text: str, code: str) -> None:
    """L-105, T58: ``1`` is ``01``; an unknown code is kept."""
    envelope = read_status(xml_of(STATUS.replace("<StatusCode>03", f"<StatusCode>{text}")))
    assert envelope.status_code == code
    assert ("status-code-unknown" in codes(envelope)) == (text == "999")


@pytest.mark.parametrize(
    ("text", "kind", "raw"),
    [
        ("<BussinessDocType>0</BussinessDocType>", BusinessType.NEW, None),
        ("<BussinessDocType>1</BussinessDocType>", BusinessType.RECALL, None),
        ("<BussinessDocType>02</BussinessDocType>", BusinessType.UPDATE, "02"),
        ("<BusinessDocType> 3 </BusinessDocType>", BusinessType.REPLACE, None),
        ("<BussinessDocType>7</BussinessDocType>", None, "7"),
        ("<Paper>0</Paper>", BusinessType.NEW, ""),
    ],
)
def test_business_types(text: str, kind: BusinessType | None, raw: str | None) -> None:
    """L-103: an unknown type is kept, not taken for a new document."""
    traces = f"<TraceHeaderList><Bussiness>{text}</Bussiness></TraceHeaderList>"
    business = read_document(xml_of(beside=traces)).business
    assert business is not None
    assert (business.business_type, business.raw_type) == (kind, raw)


def test_no_business_block_means_new() -> None:
    envelope = read_document(xml_of())
    assert envelope.business is None
    assert envelope.business_type is BusinessType.NEW


def test_response_for_code_is_split_at_its_first_slash() -> None:
    response = "<ResponseFor><Code>28/2018/QĐ-TTg</Code></ResponseFor>"
    (one,) = read_document(xml_of(HEAD + response)).response_for
    assert one.code == Code("28", "2018/QĐ-TTg")


def test_response_for_itself_is_no_answer() -> None:
    """T10: an axis overwrote the answered document with the document itself."""
    response = "<ResponseFor><DocumentId>H99.01,2026,15</DocumentId></ResponseFor>"
    other = "<ResponseFor><DocumentId>H99.02,2026,7</DocumentId></ResponseFor>"
    envelope = read_document(xml_of(HEAD + response + other))
    assert [one.document_id for one in envelope.response_for] == ["H99.02,2026,7"]
    assert "response-for-self" in codes(envelope)


def test_last_of_repeated_single_elements_counts() -> None:
    envelope = read_document(xml_of("<Subject>một</Subject><Subject>hai</Subject>"))
    assert envelope.subject == "hai"
    assert "element-repeated" in codes(envelope)


def test_unknown_elements_are_kept_verbatim() -> None:
    envelope = read_document(xml_of(HEAD + '<Extra a="1"><Inner>x</Inner></Extra>'))
    ((path, xml),) = envelope.unknown
    assert path == "MessageHeader/Extra"
    assert "<Inner>x</Inner></Extra>" in xml
    assert 'a="1"' in xml


def test_token_is_cut_before_anything_is_stored() -> None:
    """T20, T21: a shared secret in KeyInfo is no signature and goes nowhere."""
    block = (
        "<Signature><KeyInfo><OrganId>H99.01</OrganId><Token>bi-mat</Token></KeyInfo></Signature>"
    )
    envelope = read_document(xml_of(beside=block))
    assert envelope.signature is not None
    assert envelope.signature.kind == "token"
    assert "bi-mat" not in repr(envelope)
    assert envelope.signature.xml is None


def test_notes_name_path_and_line() -> None:
    message = HEAD + "\n\n<SteeringType>hai</SteeringType>"
    envelope = read_document(xml_of(message))
    (note,) = [note for note in envelope.warnings if note.code == "not-integer"]
    assert (note.element, note.line) == ("MessageHeader/SteeringType", 4)


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "empty-file", None),
        (b" \n ", "empty-file", None),
        (b"1212" + xml_of(), "text-before-xml", 1),
        (b"\n\nabc" + xml_of(), "text-before-xml", 3),
        (xml_of() + b"rac", "text-after-xml", 3),
        (xml_of() + b"\x00", "text-after-xml", 3),
        (b"<html><body>502</body></html>", "html-page", None),
        (b"<!DOCTYPE html><html/>", "html-page", None),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a/>', "doctype-forbidden", 1),
        (
            b'<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
            "doctype-forbidden",
            2,
        ),
        (xml_of("<Subject>&x;</Subject>"), "entity-undeclared", 2),
        (xml_of("<Subject>\x01</Subject>"), "control-character", 2),
        (xml_of().replace("Trích".encode(), b"\xff"), "encoding-broken", 2),
        (xml_of()[:200], "xml-truncated", 2),
        (xml_of("<Subject>a</Content>"), "xml-malformed", 2),
        (b"<a/>", "no-envelope", 1),
        (b"<edXML><edXMLEnvelope/></edXML>", "no-header", 1),
        (b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><a/>', "encoding-unsupported", 1),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    content: bytes, code: str, line: int | None
) -> None:
    error = refusal(content)
    assert (error.code, error.line) == (code, line)
    assert error.vi
    assert error.rule


def test_cut_anywhere_is_refused() -> None:
    """2.6: recover mode must never let a part of a document pass for the whole."""
    whole = xml_of(files=[File(content=PDF)]).rstrip()
    for end in range(len(whole)):
        assert refusal(whole[:end]).code in {"xml-truncated", "empty-file", "text-before-xml"}
    assert read(whole)


def test_undeclared_prefixes_are_read() -> None:
    """2.6: they stand in the vendor's own sample; nothing else is let pass in recover mode."""
    content = xml_of(files=[File()]).replace(b"AttachmentEncoded>", b"edXML:AttachmentEncoded>")
    envelope = read_document(content)
    assert len(envelope.attachments) == 1
    assert "namespace-undeclared" in codes(envelope)
    assert refusal(content[:-12]).code == "xml-truncated"
    assert refusal(content.replace(b"</Subject>", b"</Sub>")).code == "xml-malformed"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_encodings(encoding: str) -> None:
    """T19: byte-order marks and UTF-16; the bytes win over the declaration."""
    plain = read_document(xml_of())
    other = read_document(xml_of().decode().encode(encoding))
    assert other.subject == plain.subject == "Trích yếu mẫu"


def test_source_may_give_one_byte_at_a_time() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 1, 1))

    content = xml_of(files=[File()])
    store = MemoryStore()
    assert read_envelope(Slow(content), store.sink) == read(content)
