"""Deliveries, documents, statuses and references, the same on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError

from gateway.errors import PeerError, StateError
from gateway.model.document import AxisDocId, Code, Direction, DocumentId, DocumentRef, Urgency
from gateway.model.envelope import ResponseFor
from gateway.model.incoming import IncomingState, Objection
from gateway.model.organ import AgencyId, OrganId
from gateway.model.signature import Verdict
from gateway.ports import PendingDelivery, Stored
from gateway.storage import deliveries, documents, events, finding, registers, schema, statuses
from gateway.storage.deliveries import NewDelivery
from gateway.storage.documents import Decided, Move, StoredExamination, Unreadable
from gateway.storage.finding import Wanted
from gateway.storage.references import referenced
from gateway.storage.rows import DeliveryRow
from gateway.storage.statuses import NewStatus
from tests.support.tables import (
    FRIDAY,
    OTHERS,
    OURS,
    Tables,
    after,
    attachment,
    digest_of,
    entry,
    new_document,
    new_ref,
    opened_tables,
    receipt,
)

tables = pytest.fixture(params=["sqlite", "postgresql"])(opened_tables)

OPENED, WAITING, HELD = IncomingState.OPENED, IncomingState.WAITING, IncomingState.HELD
PARKED, QUARANTINED = IncomingState.PARKED, IncomingState.QUARANTINED
ACCEPTED, DESTROYED = IncomingState.ACCEPTED, IncomingState.DESTROYED

OBJECTION = Objection(
    code="signature-broken",
    clause="L-30, Art. 21(2)(a)",
    vi="Chữ ký số không còn toàn vẹn",
    en="the signature is broken",
    refuses=True,
)


def offer(axis_doc_id: str = "7001", **kwargs: Any) -> NewDelivery:
    pending = PendingDelivery(
        axis_doc_id=AxisDocId(axis_doc_id),
        message_type=kwargs.pop("message_type", "edoc"),
        created_text="21/08/2026 18:00:00",
    )
    values = {"id": new_ref(), "axis": "truc-tinh", "listed_at": FRIDAY}
    return NewDelivery(pending=pending, **(values | kwargs))


def kept(tables: Tables, text: str = "gói tin", **kwargs: Any) -> DeliveryRow:
    """Store a delivery whose raw bytes are durable."""
    row, _ = tables.do(deliveries.note, kwargs.pop("agency", OURS), offer(**kwargs))
    stored = Stored(digest_of(text), len(text))
    return tables.do(deliveries.keep, OURS, row.id, stored, after(1))


def decided(state: IncomingState = WAITING, **kwargs: Any) -> Decided:
    values = {"decided_at": after(2), "receipt": receipt(after(60))}
    return Decided(state=state, **(values | kwargs))


# Deliveries


def test_an_offer_is_stored_once(tables: Tables) -> None:
    first, is_new = tables.do(deliveries.note, OURS, offer())
    again, is_new_again = tables.do(deliveries.note, OURS, offer(listed_at=after(5)))
    assert (is_new, is_new_again) == (True, False)
    assert again == first
    assert first.axis_created_text == "21/08/2026 18:00:00"
    assert first.listed_at == FRIDAY


@pytest.mark.parametrize(
    "other",
    [{"axis": "truc-quoc-gia"}, {"recipient": "H99.02"}, {"axis_doc_id": "7002"}],
)
def test_another_way_is_another_delivery(tables: Tables, other: dict[str, str]) -> None:
    tables.do(deliveries.note, OURS, offer())
    _, is_new = tables.do(deliveries.note, OURS, offer(**other))
    assert is_new


def test_another_agency_sees_and_hits_nothing(tables: Tables) -> None:
    ours = kept(tables)
    theirs, is_new = tables.do(deliveries.note, OTHERS, offer(id=ours.id))
    assert is_new
    assert theirs.raw_digest is None
    assert tables.do(deliveries.get, AgencyId("khac"), ours.id) is None
    with pytest.raises(StateError, match="not-kept-yet"):
        tables.do(deliveries.acknowledge, OTHERS, ours.id, FRIDAY)
    assert tables.do(deliveries.get, OURS, ours.id) == ours


def test_the_first_bytes_stay_l_70(tables: Tables) -> None:
    row = kept(tables)
    again = tables.do(deliveries.keep, OURS, row.id, Stored(digest_of("khác"), 9), after(30))
    assert again == row
    assert (row.raw_digest, row.arrived_at) == (digest_of("gói tin"), after(1))


def test_nothing_is_acknowledged_that_is_not_kept(tables: Tables) -> None:
    row, _ = tables.do(deliveries.note, OURS, offer())
    with pytest.raises(StateError, match="not-kept-yet"):
        tables.do(deliveries.acknowledge, OURS, row.id, after(1))
    tables.do(deliveries.keep, OURS, row.id, Stored(digest_of("x"), 1), after(2))
    tables.do(deliveries.acknowledge, OURS, row.id, after(3))
    tables.do(deliveries.acknowledge, OURS, row.id, after(9))
    seen = tables.do(deliveries.get, OURS, row.id)
    assert seen is not None
    assert seen.acknowledged_at == after(3)


def test_what_is_unfinished_is_found(tables: Tables) -> None:
    document = tables.document()
    done, opened, acknowledged = (kept(tables, axis_doc_id=each) for each in "abc")
    for row in (done, acknowledged):
        tables.do(deliveries.acknowledge, OURS, row.id, after(2))
    for row in (done, opened):
        tables.do(deliveries.outcome, OURS, row.id, "new", document)
    left = tables.do(deliveries.unfinished, OURS)
    assert [row.id for row in left] == [opened.id, acknowledged.id]
    assert tables.do(deliveries.unfinished, OTHERS) == ()


def test_a_document_knows_its_deliveries(tables: Tables) -> None:
    document = tables.document()
    rows = [kept(tables, axis_doc_id=each) for each in "ab"]
    tables.do(deliveries.outcome, OURS, rows[0].id, "new", document)
    tables.do(deliveries.outcome, OURS, rows[1].id, "attached", document)
    found = tables.do(deliveries.of_document, OURS, document)
    assert [(row.id, row.outcome) for row in found] == [
        (rows[0].id, "new"),
        (rows[1].id, "attached"),
    ]
    assert tables.do(deliveries.find, OURS, "truc-tinh", AxisDocId("a")) == found[:1]


@pytest.mark.parametrize("axis_doc_id", ["", "x" * 201, "a\x00b", "a\nb", "\ud800"])
def test_an_id_no_table_can_keep_is_the_peers_fault(tables: Tables, axis_doc_id: str) -> None:
    with pytest.raises(PeerError, match="identifier-unfit"):
        tables.do(deliveries.note, OURS, offer(axis_doc_id))


def test_notes_of_the_axis_are_made_to_fit(tables: Tables) -> None:
    row, _ = tables.do(deliveries.note, OURS, offer(message_type="a\x00\ud800" + "x" * 99))
    assert row.message_type == "a\ufffd?" + "x" * 29


@pytest.mark.parametrize(
    ("question", "arguments"),
    [
        (deliveries.keep, (Stored(digest_of("x"), 1), FRIDAY)),
        (deliveries.acknowledge, (FRIDAY,)),
        (deliveries.outcome, ("status", None)),
    ],
)
def test_an_unknown_delivery_is_said_to_be(
    tables: Tables, question: Any, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(StateError, match="delivery-unknown"):
        tables.do(question, OURS, "khong-co", *arguments)


# Documents


def test_a_document_reads_back_as_stored(tables: Tables) -> None:
    new = new_document(
        priority="2", attachments=(attachment("chính"), attachment("phụ lục", "phu-luc.pdf"))
    )
    tables.do(documents.create, OURS, new)
    row = tables.do(documents.get, OURS, new.ref)
    assert row is not None
    assert (row.state, row.urgency, row.business_type) == (OPENED, Urgency.VERY_URGENT, "0")
    assert (row.arrived_at, row.receipt, row.objections) == (FRIDAY, None, ())
    content = tables.do(documents.content, OURS, new.ref)
    assert content is not None
    assert content.document_id == "H99.01,2026/08/21,15/UBND-TC"
    assert content.code == Code("15", "UBND-TC")
    assert content.attachments == new.envelope.attachments
    assert "dự toán" not in repr(content)
    assert tables.do(documents.get, OTHERS, new.ref) is None
    assert tables.do(documents.content, OTHERS, new.ref) is None


def test_an_odd_document_id_is_kept_to_the_letter_l_106(tables: Tables) -> None:
    odd = "  h99.01,2026/08/21,15/QĐ-UBND "
    ref = tables.document(document_id=odd)
    content = tables.do(documents.content, OURS, ref)
    assert content is not None
    assert content.document_id == odd
    assert tables.do(finding.known_by_identity, OURS, DocumentId(odd.strip()), digest_of("")) == ()


def test_what_nobody_could_open_is_parked(tables: Tables) -> None:
    new = Unreadable(ref=new_ref(), arrived_at=FRIDAY, objections=(OBJECTION,), decided_at=after(1))
    tables.do(documents.create_unreadable, OURS, new)
    row = tables.do(documents.get, OURS, new.ref)
    assert row is not None
    assert (row.state, row.objections, row.content_digest) == (PARKED, (OBJECTION,), None)
    assert tables.do(documents.content, OURS, new.ref) is None


def test_a_decision_is_written_whole(tables: Tables) -> None:
    ref = tables.document()
    tables.do(
        documents.decide,
        OURS,
        ref,
        decided(HELD, objections=(OBJECTION,), proposal="refuse", verdict=Verdict.INVALID),
    )
    row = tables.do(documents.get, OURS, ref)
    assert row is not None
    assert (row.state, row.proposal, row.verdict) == (HELD, "refuse", Verdict.INVALID)
    assert (row.objections, row.receipt) == ((OBJECTION,), receipt(after(60)))
    assert (row.arrived_at, row.decided_at) == (FRIDAY, after(2))


def test_a_document_is_decided_once(tables: Tables) -> None:
    ref = tables.document()
    tables.do(documents.decide, OURS, ref, decided())
    with pytest.raises(StateError, match="document-moved-on"):
        tables.do(documents.decide, OURS, ref, decided(HELD))


def test_a_receipt_before_the_arrival_is_refused_by_the_table_l_66(tables: Tables) -> None:
    ref = tables.document()
    with pytest.raises(IntegrityError):
        tables.do(documents.decide, OURS, ref, decided(receipt=receipt(after(-1))))


def test_nothing_is_accepted_without_a_receipt(tables: Tables) -> None:
    ref = tables.document()
    with pytest.raises(IntegrityError):
        tables.do(documents.set_state, OURS, ref, Move(expected=OPENED, new=ACCEPTED))


def test_the_faster_clerk_wins(tables: Tables) -> None:
    ref = tables.document()
    tables.do(documents.decide, OURS, ref, decided())
    move = Move(expected=WAITING, new=ACCEPTED, closed_at=after(90))
    tables.do(documents.set_state, OURS, ref, move)
    with pytest.raises(StateError, match="document-moved-on") as caught:
        tables.do(documents.set_state, OURS, ref, Move(expected=WAITING, new=HELD))
    assert "người khác xử lý" in caught.value.vi
    row = tables.do(documents.get, OURS, ref)
    assert row is not None
    assert (row.state, row.closed_at) == (ACCEPTED, after(90))


@pytest.mark.parametrize("agency", [OURS, OTHERS])
def test_what_is_not_there_cannot_be_moved(tables: Tables, agency: AgencyId) -> None:
    ref = tables.document() if agency is OTHERS else new_ref()
    with pytest.raises(StateError, match="document-unknown"):
        tables.do(documents.set_state, agency, ref, Move(expected=OPENED, new=HELD))


def test_the_first_hand_over_to_the_qlvb_counts(tables: Tables) -> None:
    ref = tables.document()
    tables.do(documents.decide, OURS, ref, decided())
    assert tables.do(documents.set_qlvb_taken, OURS, ref, after(20), receipt(after(70)))
    assert not tables.do(documents.set_qlvb_taken, OURS, ref, after(40), receipt(after(99)))
    row = tables.do(documents.get, OURS, ref)
    assert row is not None
    assert (row.qlvb_taken_at, row.receipt) == (after(20), receipt(after(70)))
    assert row.arrived_at == FRIDAY  # the real instant is never replaced (L-70)


def test_a_hand_over_can_leave_the_receipt_alone(tables: Tables) -> None:
    ref = tables.document()
    tables.do(documents.decide, OURS, ref, decided())
    tables.do(documents.set_qlvb_taken, OURS, ref, after(20), None)
    row = tables.do(documents.get, OURS, ref)
    assert row is not None
    assert row.receipt == receipt(after(60))


def test_a_later_examination_replaces_the_earlier(tables: Tables) -> None:
    ref = tables.document()
    first = StoredExamination(
        ordinal=0, examined_at=after(1), verdict_text="{}", evidence_text="{}", marks=("MẬT",)
    )
    later = StoredExamination(
        ordinal=0, examined_at=after(9), verdict_text='{"a":1}', evidence_text="{}"
    )
    tables.do(documents.save_examination, OURS, ref, first)
    assert tables.do(documents.examinations_of, OURS, ref) == (first,)
    tables.do(documents.save_examination, OURS, ref, later)
    assert tables.do(documents.examinations_of, OURS, ref) == (later,)
    assert tables.do(documents.examinations_of, OTHERS, ref) == ()


def test_an_outgoing_document_is_no_incoming_one(tables: Tables) -> None:
    row = DOCUMENT_ROW | {"direction": "out", "content_digest": digest_of("một")}
    tables.do(lambda conn: conn.execute(insert(schema.documents).values(row)))
    ref = DocumentRef(DOCUMENT_ROW["ref"])
    assert tables.do(documents.get, OURS, ref) is None
    assert tables.do(finding.listing, OURS, [OPENED], None, 9) == ()
    assert tables.do(finding.known_by_identity, OURS, None, digest_of("một")) == ()
    with pytest.raises(StateError, match="document-unknown"):
        tables.do(documents.set_state, OURS, ref, Move(expected=OPENED, new=HELD))


# Comparing


def test_candidates_by_identity_or_content_l_41(tables: Tables) -> None:
    same_id = tables.document(document_id="A", content="một")
    same_content = tables.document(document_id="B", content="hai")
    tables.document(document_id="C", content="ba")
    tables.document(OTHERS, document_id="A", content="hai")
    row = kept(tables)
    tables.do(deliveries.outcome, OURS, row.id, "new", same_id)
    found = tables.do(finding.known_by_identity, OURS, DocumentId("A"), digest_of("hai"))
    assert [each.ref for each in found] == [same_id, same_content]
    assert found[0].deliveries == (("truc-tinh", "7001"),)
    assert found[0].sender_name == "Ủy ban nhân dân tỉnh Mẫu"
    assert (found[1].document_id, found[1].content_digest) == ("B", digest_of("hai"))


def test_a_missing_document_id_resembles_nothing(tables: Tables) -> None:
    tables.document(document_id=None)
    assert tables.do(finding.known_by_identity, OURS, None, digest_of("khác")) == ()


def test_destroyed_content_is_still_known_by_its_digest(tables: Tables) -> None:
    ref = tables.document(content="một")
    tables.do(documents.destroy_content, OURS, ref, OPENED, after(5))
    (known,) = tables.do(finding.known_by_identity, OURS, None, digest_of("một"))
    assert (known.ref, known.state, known.document_id) == (ref, DESTROYED, None)


def test_candidates_by_number_and_notation_l_41(tables: Tables) -> None:
    same = tables.document(number="15", notation="UBND-TC", sender="Cơ quan khác")
    tables.document(number="15", notation="UBND-VX")
    tables.document(number="16", notation="UBND-TC")
    tables.document(OTHERS, number="15", notation="UBND-TC")
    found = tables.do(finding.known_by_number, OURS, "15", "ubnd-tc")
    assert [each.ref for each in found] == [same]
    assert found[0].code == Code("15", "UBND-TC")


def test_a_missing_half_matches_a_missing_half_only(tables: Tables) -> None:
    bare = tables.document(number="15", notation=None)
    tables.document(number="15", notation="UBND-TC")
    tables.document(number=None, notation=None)
    found = tables.do(finding.known_by_number, OURS, "15", None)
    assert [each.ref for each in found] == [bare]
    assert tables.do(finding.known_by_number, OURS, None, None) == ()


def test_candidates_come_through_an_index(tables: Tables) -> None:
    if tables.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL scans small tables whatever the index")
    asked: list[tuple[str, Any]] = []
    listen(
        tables.engine,
        "before_cursor_execute",
        lambda _conn, _cursor, statement, values, *_: asked.append((statement, values)),
    )
    tables.document(document_id="A")
    asked.clear()
    assert tables.do(finding.known_by_identity, OURS, DocumentId("A"), digest_of("x"))
    tables.do(finding.known_by_number, OURS, "15", "khác")
    questions = [each for each in asked if each[0].startswith("SELECT")]
    with tables.engine.connect() as conn:
        plans = [
            " ".join(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values))
            for text, values in questions
        ]
    expected = [
        "ix_documents_content (agency_id=? AND content_digest=?)",
        "ix_contents_identity (agency_id=? AND document_id=?)",
        "sqlite_autoindex_documents_1 (agency_id=? AND ref=?)",
        "ix_deliveries_document (agency_id=? AND document_ref=?)",
        "ix_contents_number (agency_id=? AND number_key=? AND notation_key=?)",
    ]
    for plan, index in zip(plans, expected, strict=True):
        assert index in plan
        assert "SCAN" not in plan


# Lists


def test_a_list_is_read_in_pages_without_repeats(tables: Tables) -> None:
    refs = [tables.document() for _ in range(5)]
    first = tables.do(finding.listing, OURS, [OPENED], None, 2)
    tables.do(documents.decide, OURS, refs[0], decided())  # the first page moves on meanwhile
    tables.document(OTHERS)
    rest = tables.do(finding.listing, OURS, [OPENED], first[-1].document.ref, 9)
    assert [each.document.ref for each in (*first, *rest)] == refs
    waiting = tables.do(finding.listing, OURS, [WAITING, HELD], None, 9)
    assert [each.document.ref for each in waiting] == refs[:1]


def test_a_line_shows_what_a_clerk_recognises(tables: Tables) -> None:
    ref = tables.document()
    tables.do(registers.enter, OURS, entry(ref))
    tables.do(registers.enter, OURS, entry(ref, register=registers.Register.OUTGOING, year=2025))
    (line,) = tables.do(finding.listing, OURS, [OPENED], None, 9)
    assert (line.code, line.subject) == (Code("15", "UBND-TC"), "V/v rà soát dự toán")
    assert (line.arrival_number, line.arrival_year) == (1, 2026)
    assert "dự toán" not in repr(line)


def test_the_urgent_come_first_l_17(tables: Tables) -> None:
    normal, urgent, flash, late = (tables.document(priority=each) for each in (None, "1", "3", "1"))
    wanted = [flash, urgent, late, normal]
    lines = tables.do(finding.urgent_first, OURS, [OPENED], None, 9)
    assert [line.document.ref for line in lines] == wanted
    cursor, read = None, []
    while page := tables.do(finding.urgent_first, OURS, [OPENED], cursor, 1):
        document = page[0].document
        read.append(document.ref)
        cursor = (document.urgency.value, document.ref)
    assert read == wanted


def test_quarantine_shows_in_its_own_list_only_l_60(tables: Tables) -> None:
    ref = tables.document()
    other = tables.document()
    tables.do(documents.set_state, OURS, ref, Move(expected=OPENED, new=QUARANTINED))  # not blanked
    every = list(IncomingState)
    assert [x.document.ref for x in tables.do(finding.listing, OURS, every, None, 9)] == [other]
    assert [x.document.ref for x in tables.do(finding.urgent_first, OURS, every, None, 9)] == [
        other
    ]
    found = tables.do(finding.search, OURS, Wanted(number_key="15"), 9)
    assert [each.document.ref for each in found] == [other]
    assert [each.ref for each in tables.do(finding.quarantine, OURS, None, 9)] == [ref]
    assert tables.do(finding.quarantine, OURS, ref, 9) == ()
    assert tables.do(finding.quarantine, OTHERS, None, 9) == ()


@pytest.mark.parametrize(
    ("wanted", "finds"),
    [
        (Wanted(number_key="15"), True),
        (Wanted(number_key="1"), False),
        (Wanted(notation_key="ubnd-tc"), True),
        (Wanted(number_key="15", notation_key="khác"), False),
        (Wanted(sender="uy ban NHAN dan"), True),
        (Wanted(sender="đan"), True),  # đ and d are one for a search
        (Wanted(sender="%"), False),  # a sign, not a wildcard
        (Wanted(sender="H99.01"), True),
        (Wanted(document_id=DocumentId("H99.01,2026/08/21,15/UBND-TC")), True),
        (Wanted(), False),
    ],
)
def test_search(tables: Tables, wanted: Wanted, *, finds: bool) -> None:
    ref = tables.document()
    tables.document(OTHERS)
    found = tables.do(finding.search, OURS, wanted, 9)
    assert [each.document.ref for each in found] == ([ref] if finds else [])


# Removing content


def with_everything(tables: Tables, text: str, agency: AgencyId = OURS) -> DocumentRef:
    ref = tables.document(agency, attachments=(attachment(text), attachment("mẫu chung")))
    row, _ = tables.do(deliveries.note, agency, offer(text))
    tables.do(deliveries.keep, agency, row.id, Stored(digest_of("raw " + text), 9), after(1))
    tables.do(deliveries.outcome, agency, row.id, "new", ref)
    examination = StoredExamination(
        ordinal=0, examined_at=after(1), verdict_text="{}", evidence_text="{}"
    )
    tables.do(documents.save_examination, agency, ref, examination)
    event = events.NewEvent(document=ref, at=after(1), actor="gateway", code="received")
    tables.do(events.append, agency, event)
    return ref


@pytest.mark.parametrize("act", ["destroy", "quarantine"])
def test_content_goes_and_the_history_stays(tables: Tables, act: str) -> None:
    other = with_everything(tables, "khác")
    ref = with_everything(tables, "một")
    before = tables.do(events.timeline, OURS, ref)
    if act == "destroy":
        freed = tables.do(documents.destroy_content, OURS, ref, OPENED, after(9))
    else:
        freed = tables.do(documents.blank_for_quarantine, OURS, ref, OPENED)
    assert set(freed) == {digest_of("một"), digest_of("raw một")}  # the shared file stays
    row = tables.do(documents.get, OURS, ref)
    assert row is not None
    assert row.state is (DESTROYED if act == "destroy" else QUARANTINED)
    assert row.closed_at == (after(9) if act == "destroy" else None)
    assert tables.do(documents.content, OURS, ref) is None
    assert tables.do(documents.examinations_of, OURS, ref) == ()
    assert tables.do(events.timeline, OURS, ref) == before
    (delivery,) = tables.do(deliveries.of_document, OURS, ref)
    assert delivery.raw_digest == digest_of("raw một")  # proof of what came
    assert tables.do(documents.content, OURS, other) is not None


def test_the_last_to_leave_frees_the_shared_file(tables: Tables) -> None:
    ours, theirs = with_everything(tables, "một"), with_everything(tables, "một", OTHERS)
    assert tables.do(documents.destroy_content, OURS, ours, OPENED, after(9)) == ()
    freed = tables.do(documents.destroy_content, OTHERS, theirs, OPENED, after(9))
    assert set(freed) == {digest_of("một"), digest_of("raw một"), digest_of("mẫu chung")}


def test_content_goes_only_from_where_the_caller_saw_it(tables: Tables) -> None:
    ref = tables.document()
    with pytest.raises(StateError, match="document-moved-on"):
        tables.do(documents.destroy_content, OURS, ref, HELD, after(9))
    assert tables.do(documents.content, OURS, ref) is not None


def test_who_needs_bytes(tables: Tables) -> None:
    tables.document(attachments=(attachment("tệp"),))
    kept(tables, "gói")
    row, _ = tables.do(statuses.create_once, OURS, outgoing())
    tables.do(statuses.mark_written, OURS, row.id, digest_of("trạng thái"))
    needed = {
        text: tables.do(referenced, digest_of(text))
        for text in ("tệp", "gói", "trạng thái", "không ai cần")
    }
    assert needed == {"tệp": True, "gói": True, "trạng thái": True, "không ai cần": False}


def test_an_unreadable_document_needs_its_raw_bytes(tables: Tables) -> None:
    new = Unreadable(ref=new_ref(), arrived_at=FRIDAY, objections=(), decided_at=after(1))
    tables.do(documents.create_unreadable, OURS, new)
    row = kept(tables, "rác")
    tables.do(deliveries.outcome, OURS, row.id, "parked", new.ref)
    assert tables.do(referenced, digest_of("rác"))
    freed = tables.do(documents.destroy_content, OURS, new.ref, PARKED, after(9))
    assert freed == (digest_of("rác"),)
    assert not tables.do(referenced, digest_of("rác"))


def test_what_another_agency_destroyed_is_still_needed_here(tables: Tables) -> None:
    ours = with_everything(tables, "một")
    theirs = DOCUMENT_ROW | {"agency_id": OTHERS, "ref": ours, "state": "destroyed"}
    tables.do(lambda conn: conn.execute(insert(schema.documents).values(theirs)))
    assert tables.do(referenced, digest_of("raw một"))


# Status messages


def outgoing(key: str = "status:a:01:0", **kwargs: Any) -> NewStatus:
    values = {
        "id": new_ref(),
        "direction": Direction.OUTGOING,
        "code": "01",
        "noted_at": FRIDAY,
    }
    return NewStatus(key=key, **(values | kwargs))


def incoming(key: str = "truc-tinh:9001", **kwargs: Any) -> NewStatus:
    about = ResponseFor(
        organ_id=OrganId("H99.02"),
        code=Code("7", "STC-NS"),
        document_id=DocumentId("H99.02,2026,7"),
        promulgation_date=date(2026, 8, 20),
    )
    values = {"direction": Direction.INCOMING, "about": about, "stated_at": after(-3)}
    return outgoing(key, **(values | kwargs))


def test_a_status_is_said_once(tables: Tables) -> None:
    document = tables.document()
    first, is_new = tables.do(statuses.create_once, OURS, outgoing(document=document))
    again, is_new_again = tables.do(statuses.create_once, OURS, outgoing(code="03"))
    assert (is_new, is_new_again, again) == (True, False, first)
    _, in_another = tables.do(statuses.create_once, OTHERS, outgoing())
    _, the_other_way = tables.do(statuses.create_once, OURS, incoming("status:a:01:0"))
    assert (in_another, the_other_way) == (True, True)


def test_the_words_of_a_refusal_are_kept_verbatim_l_52(tables: Tables) -> None:
    reason = "Gửi nhầm nơi nhận;\n đề nghị gửi lại  "
    new = outgoing(code="02", description=reason)
    row, _ = tables.do(statuses.create_once, OURS, new)
    assert row.description == reason
    assert reason not in repr(row)


def test_an_envelope_is_written_once_and_sent_as_written(tables: Tables) -> None:
    row, _ = tables.do(statuses.create_once, OURS, outgoing())
    tables.do(statuses.mark_written, OURS, row.id, digest_of("một"))
    again = tables.do(statuses.mark_written, OURS, row.id, digest_of("hai"))
    assert again.envelope_digest == digest_of("một")
    tables.do(statuses.mark_sent, OURS, row.id, AxisDocId("8001"), after(3))
    sent = tables.do(statuses.mark_sent, OURS, row.id, AxisDocId("8002"), after(4))
    assert (sent.axis_doc_id, sent.sent_at) == ("8001", after(3))
    assert tables.do(statuses.by_key, OURS, Direction.OUTGOING, row.key) == sent
    assert tables.do(statuses.by_key, OURS, Direction.INCOMING, row.key) is None


def test_a_heard_status_reads_back_as_received_t58(tables: Tables) -> None:
    new = incoming(code="ĐÃ NHẬN VÀ ĐANG XEM XÉT", from_organ=OrganId("H99.01"))
    row, _ = tables.do(statuses.create_once, OURS, new)
    assert (row.code, row.about, row.from_organ) == (new.code, new.about, "H99.01")
    assert (row.stated_at, row.noted_at) == (after(-3), FRIDAY)
    bare, _ = tables.do(statuses.create_once, OURS, incoming("b", about=None))
    assert bare.about is None


def test_an_unmatched_status_waits_for_its_document_t54(tables: Tables) -> None:
    row, _ = tables.do(statuses.create_once, OURS, incoming())
    tables.do(statuses.create_once, OURS, outgoing())
    assert tables.do(statuses.unmatched, OURS) == (row,)
    assert tables.do(statuses.unmatched, OTHERS) == ()
    document, other = tables.document(), tables.document()
    tables.do(statuses.match, OURS, row.id, document)
    matched = tables.do(statuses.match, OURS, row.id, other)
    assert matched.document == document
    assert tables.do(statuses.unmatched, OURS) == ()


def test_the_history_holds_both_directions_in_order(tables: Tables) -> None:
    document = tables.document()
    said = [
        outgoing("a", document=document, noted_at=after(2)),
        incoming("b", document=document, noted_at=after(1)),
        outgoing("c", document=document, noted_at=after(3)),
    ]
    for new in said:
        tables.do(statuses.create_once, OURS, new)
    history = tables.do(statuses.history, OURS, document)
    assert [row.key for row in history] == ["b", "a", "c"]
    assert tables.do(statuses.history, OTHERS, document) == ()


def test_an_unknown_status_is_said_to_be(tables: Tables) -> None:
    with pytest.raises(StateError, match="status-unknown"):
        tables.do(statuses.mark_written, OURS, "khong-co", digest_of("x"))


# What the tables refuse by themselves


DOCUMENT_ROW: dict[str, Any] = {
    "agency_id": OURS,
    "ref": "khac",
    "direction": "in",
    "state": "opened",
    "urgency": 0,
    "arrived_at": FRIDAY,
}
DELIVERY_ROW = {
    "agency_id": OURS,
    "id": "khac",
    "axis": "truc-tinh",
    "axis_doc_id": "1",
    "direction": "in",
    "message_type": "edoc",
    "listed_at": FRIDAY,
}


@pytest.mark.parametrize(
    ("table", "row", "wrong"),
    [
        (schema.documents, DOCUMENT_ROW, {"direction": "up"}),
        (schema.documents, DOCUMENT_ROW, {"state": "lost"}),
        (schema.documents, DOCUMENT_ROW, {"urgency": 4}),
        (schema.documents, DOCUMENT_ROW, {"urgency": -1}),
        (schema.documents, DOCUMENT_ROW, {"state": "accepted"}),
        (schema.documents, DOCUMENT_ROW, {"effective_receipt_at": after(-1)}),
        (schema.deliveries, DELIVERY_ROW, {"direction": "up"}),
        (schema.deliveries, DELIVERY_ROW, {"outcome": "lost"}),
        (schema.deliveries, DELIVERY_ROW, {"acknowledged_at": FRIDAY}),
        (schema.deliveries, DELIVERY_ROW, {"document_ref": "khong-co"}),
    ],
)
def test_the_tables_refuse(
    tables: Tables, table: Any, row: dict[str, Any], wrong: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError):
        tables.do(lambda conn: conn.execute(insert(table).values(row | wrong)))
    tables.do(lambda conn: conn.execute(insert(table).values(row)))


def test_an_agency_cannot_point_at_the_document_of_another(tables: Tables) -> None:
    theirs = tables.document(OTHERS)
    row = kept(tables)
    with pytest.raises(IntegrityError):
        tables.do(deliveries.outcome, OURS, row.id, "new", theirs)
