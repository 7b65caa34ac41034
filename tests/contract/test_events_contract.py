"""Histories and their seals, the same on both databases (bars I5, I6)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, delete, text, update
from sqlalchemy.exc import IntegrityError

from gateway.errors import DataError, NaiveTimeError, StateError
from gateway.model.document import DocumentRef
from gateway.model.organ import AgencyId
from gateway.storage import events, seals
from gateway.storage.event_codes import EVENT_CODES, REF_KINDS
from gateway.storage.events import FAULTS, NOTHING_BEFORE, ChainFault, Event, NewEvent
from gateway.storage.schema import events as events_table
from gateway.storage.schema import seals as seals_table
from tests.support.tables import FRIDAY, OTHERS, OURS, Tables, after, new_ref, opened_tables

tables = pytest.fixture(params=["sqlite", "postgresql"])(opened_tables)


def mac(data: bytes) -> bytes:
    return hmac.digest(b"test key", data, "sha256")


def happened(document: DocumentRef, code: str = "received", **kwargs: Any) -> NewEvent:
    values = {"at": FRIDAY, "actor": "gateway"}
    return NewEvent(document=document, code=code, **(values | kwargs))


def told(tables: Tables, count: int = 4, agency: AgencyId = OURS, at: datetime = FRIDAY) -> (
    DocumentRef
):  # fmt: skip
    """Store a document with a history of ``count`` events."""
    ref = tables.document(agency)
    for number in range(count):
        new = happened(ref, at=at + timedelta(minutes=number), refs={"ordinal": number})
        tables.do(events.append, agency, new)
    return ref


def codes(faults: list[ChainFault]) -> list[tuple[str, int | None]]:
    return [(fault.code, fault.number) for fault in faults]


# Writing


def test_events_are_numbered_from_one_and_chained(tables: Tables) -> None:
    ref = tables.document()
    written = [
        tables.do(events.append, OURS, happened(ref, code)) for code in ("received", "opened")
    ]
    assert [event.sequence for event in written] == [1, 2]
    assert written[0].previous == NOTHING_BEFORE
    assert written[1].previous == written[0].hash
    assert tables.do(events.timeline, OURS, ref) == tuple(written)
    assert tables.do(events.timeline, OTHERS, ref) == ()


def test_an_event_reads_back_as_written(tables: Tables) -> None:
    ref = tables.document()
    refs = {
        "document_id": "H99.01,2026/08/21,15/QĐ-UBND",
        "codes": ["signature-broken", "wrong-addressee"],
        "number": 7,
        "digest": "ab" * 32,
    }
    written = tables.do(events.append, OURS, happened(ref, "held", actor="van.thu", refs=refs))
    (read,) = tables.do(events.timeline, OURS, ref)
    assert read == written
    assert (read.refs, read.actor, read.at) == (refs, "van.thu", FRIDAY)


def test_the_hash_can_be_made_again_by_hand(tables: Tables) -> None:
    """An auditor needs no program of ours: SHA-256 over JSON with sorted keys."""
    ref = tables.document()
    event = tables.do(events.append, OURS, happened(ref, refs={"number": 7, "axis": "truc"}))
    spelled = (
        f'{{"actor":"gateway","agency_id":"{OURS}","at":"2026-08-21T11:00:00.000000+00:00",'
        f'"code":"received","document_ref":"{ref}","previous":"{"0" * 64}",'
        '"refs":"{\\"axis\\":\\"truc\\",\\"number\\":7}","sequence":1}'
    )
    assert event.hash == hashlib.sha256(spelled.encode()).hexdigest()


def test_the_zone_of_an_instant_does_not_change_the_hash(tables: Tables) -> None:
    ref = tables.document()
    there = FRIDAY.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")) + timedelta(microseconds=1)
    tables.do(events.append, OURS, happened(ref, at=there))
    assert tables.do(events.verify_chain, OURS, ref) == []


def test_an_instant_without_a_zone_is_refused(tables: Tables) -> None:
    ref = tables.document()
    with pytest.raises(NaiveTimeError):
        tables.do(events.append, OURS, happened(ref, at=datetime(2026, 8, 21)))  # noqa: DTZ001 - the case


@pytest.mark.parametrize(
    "refs",
    [
        {"subject": "V/v rà soát"},  # a key nobody listed
        {"error": "Ông Nguyễn Văn Mẫu vắng"},  # words where a code belongs
        {"error": ""},
        {"number": "7"},
        {"number": True},
        {"digest": 7},
        {"codes": ["fine", "two words"]},
        {"document_id": 7},
        {"digest": "a" * 301},
    ],
)
def test_an_event_says_ids_and_codes_only(tables: Tables, refs: dict[str, Any]) -> None:
    ref = tables.document()
    with pytest.raises(DataError, match="event-reference-refused") as caught:
        tables.do(events.append, OURS, happened(ref, refs=refs))
    for value in refs.values():
        assert not isinstance(value, str) or not value or value not in caught.value.vi
    assert tables.do(events.timeline, OURS, ref) == ()


@pytest.mark.parametrize("foreign", ["chữ " * 60, "a\nb", "a\x00b"])
def test_a_foreign_id_that_is_no_id_becomes_its_digest(tables: Tables, foreign: str) -> None:
    ref = tables.document()
    event = tables.do(events.append, OURS, happened(ref, refs={"document_id": foreign}))
    expected = "sha256:" + hashlib.sha256(foreign.encode()).hexdigest()
    assert event.refs == {"document_id": expected}


def test_an_unknown_code_or_actor_is_refused(tables: Tables) -> None:
    ref = tables.document()
    with pytest.raises(DataError, match="event-code-unknown"):
        tables.do(events.append, OURS, happened(ref, "vanished"))
    for actor in ("", "x" * 121, "a\nb"):
        with pytest.raises(DataError, match="actor-unfit"):
            tables.do(events.append, OURS, happened(ref, actor=actor))


@pytest.mark.parametrize("agency", [OURS, OTHERS])
def test_a_history_belongs_to_a_document_of_the_agency(tables: Tables, agency: AgencyId) -> None:
    ref = tables.document() if agency is OTHERS else new_ref()
    with pytest.raises(StateError, match="document-unknown"):
        tables.do(events.append, agency, happened(ref))


def test_every_code_has_a_sentence_in_both_languages() -> None:
    for code, sentence in EVENT_CODES.items():
        assert code == code.lower()
        assert len(code) <= 64
        assert sentence.vi
        assert sentence.en
        assert sentence.vi != sentence.en


def test_no_key_invites_words() -> None:
    assert not REF_KINDS.keys() & {"subject", "name", "reason", "description", "text", "content"}


def test_concurrent_writers_keep_one_chain(tables: Tables) -> None:
    ref = tables.document()
    together = Barrier(4)

    def write(writer: int) -> None:
        together.wait()
        for number in range(8):
            new = happened(ref, refs={"ordinal": writer * 8 + number})
            tables.do(events.append, OURS, new)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(write, writer) for writer in range(4)]:
            done.result()
    history = tables.do(events.timeline, OURS, ref)
    assert [event.sequence for event in history] == list(range(1, 33))
    assert sorted(event.refs["ordinal"] for event in history) == list(range(32))  # type: ignore[type-var]
    assert tables.do(events.verify_chain, OURS, ref) == []


def test_a_rollback_leaves_no_gap(tables: Tables) -> None:
    ref = told(tables, 1)

    def fail(conn: Connection) -> None:
        events.append(conn, OURS, happened(ref))
        raise LookupError

    with pytest.raises(LookupError):
        tables.do(fail)
    assert tables.do(events.append, OURS, happened(ref)).sequence == 2


# Checking


def alter(tables: Tables, ref: DocumentRef, sequence: int, **values: Any) -> None:
    tables.do(lambda conn: conn.execute(
        update(events_table)
        .where(events_table.c.document_ref == ref, events_table.c.sequence == sequence)
        .values(**values)
    ))  # fmt: skip


def remove(tables: Tables, ref: DocumentRef, *sequences: int) -> None:
    tables.do(lambda conn: conn.execute(
        delete(events_table).where(
            events_table.c.document_ref == ref, events_table.c.sequence.in_(sequences)
        )
    ))  # fmt: skip


def forge(tables: Tables, ref: DocumentRef, agency: AgencyId = OURS) -> None:
    """Make the chain of a document hold again, as somebody with the database could."""
    previous = NOTHING_BEFORE
    for event in tables.do(events.timeline, agency, ref):
        members = {
            "agency_id": agency,
            "document_ref": ref,
            "sequence": event.sequence,
            "at": events.instant_text(event.at),
            "actor": event.actor,
            "code": event.code,
            "refs": events.canonical(event.refs),
            "previous": previous,
        }
        fingerprint = events.event_hash(members)
        alter(tables, ref, event.sequence, previous=previous, hash=fingerprint)
        previous = fingerprint


def test_a_whole_chain_holds(tables: Tables) -> None:
    ref = told(tables)
    told(tables, 2, OTHERS)
    assert tables.do(events.verify_chain, OURS, ref) == []
    assert tables.do(events.verify_all, OURS) == []


@pytest.mark.parametrize(
    "values",
    [
        {"at": after(1.5)},
        {"actor": "van.thu"},
        {"code": "refused"},
        {"refs": '{"ordinal": 1}'},  # a space more: the spelling counts
        {"refs": "not json"},
    ],
)
def test_an_altered_event_is_found(tables: Tables, values: dict[str, Any]) -> None:
    ref = told(tables)
    alter(tables, ref, 2, **values)
    assert codes(tables.do(events.verify_chain, OURS, ref)) == [("altered", 2)]
    assert codes(tables.do(events.verify_all, OURS)) == [("altered", 2)]


def test_an_instant_nobody_can_read_is_found(tables: Tables) -> None:
    if tables.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL takes instants only")
    ref = told(tables)
    sql = text("UPDATE events SET at = 'hôm qua' WHERE sequence = 2")
    tables.do(lambda conn: conn.execute(sql))
    assert codes(tables.do(events.verify_chain, OURS, ref)) == [("altered", 2)]


def test_an_altered_event_with_a_new_hash_breaks_the_next(tables: Tables) -> None:
    ref = told(tables)
    history = tables.do(events.timeline, OURS, ref)
    members = {
        "agency_id": OURS,
        "document_ref": ref,
        "sequence": 2,
        "at": events.instant_text(history[1].at),
        "actor": "van.thu",
        "code": "received",
        "refs": events.canonical(history[1].refs),
        "previous": history[1].previous,
    }
    alter(tables, ref, 2, actor="van.thu", hash=events.event_hash(members))
    assert codes(tables.do(events.verify_chain, OURS, ref)) == [("link-broken", 3)]


@pytest.mark.parametrize(("sequence", "seen_at"), [(1, 2), (2, 3)])
def test_a_removed_event_is_found(tables: Tables, sequence: int, seen_at: int) -> None:
    ref = told(tables)
    remove(tables, ref, sequence)
    expected = [("sequence-gap", seen_at), ("link-broken", seen_at)]
    assert codes(tables.do(events.verify_chain, OURS, ref)) == expected


def test_a_history_of_another_agency_does_not_pass_for_ours(tables: Tables) -> None:
    ref = told(tables)
    tables.do(lambda conn: conn.execute(update(events_table).values(hash="0" * 64)))
    assert len(tables.do(events.verify_chain, OURS, ref)) == 4 + 3
    assert tables.do(events.verify_all, OTHERS) == []


def test_a_document_without_a_history_is_found(tables: Tables) -> None:
    told(tables)
    silent = tables.document()
    assert tables.do(events.verify_all, OURS) == [
        ChainFault(code="no-events", document=silent, number=None)
    ]
    assert codes(tables.do(events.verify_chain, OURS, silent)) == [("no-events", None)]


def test_a_fault_is_said_in_both_languages() -> None:
    for code, document, number in [
        ("altered", "0199", 2), ("no-events", "0199", None), ("seal-gap", None, 3)
    ]:  # fmt: skip
        fault = ChainFault(
            code=code, document=DocumentRef(document) if document else None, number=number
        )
        assert FAULTS[code][0] in fault.text("vi")
        assert FAULTS[code][1] in fault.text("en")
        assert str(number or document) in fault.text("vi")
    assert "None" not in fault.text("vi") + fault.text("en")


# Seals


def seal(tables: Tables, minutes: float = 60, agency: AgencyId = OURS) -> int:
    return tables.do(seals.seal_heads, agency, after(minutes), mac)


def faults(tables: Tables) -> list[tuple[str, int | None]]:
    return codes(tables.do(seals.verify_seals, OURS, mac))


def test_heads_are_sealed_when_they_changed(tables: Tables) -> None:
    first, _ = told(tables), told(tables)
    told(tables, 2, OTHERS)
    assert (seal(tables), seal(tables, 61)) == (2, 0)
    tables.do(events.append, OURS, happened(first, "opened", at=after(62)))
    assert seal(tables, 63) == 1
    last = tables.do(seals.last_seal, OURS)
    assert last is not None
    assert (last.number, last.sealed_at) == (2, after(63))
    assert faults(tables) == []
    assert tables.do(seals.last_seal, OTHERS) is None
    assert seal(tables, 64, OTHERS) == 1


def test_an_event_that_became_visible_late_is_sealed_by_the_next_run(tables: Tables) -> None:
    told(tables)
    seal(tables, 60)
    told(tables, 1, at=after(30))  # its transaction ended after the seal
    assert seal(tables, 120) == 1


def test_the_head_is_the_last_event_whatever_its_clock_said(tables: Tables) -> None:
    ref = told(tables, 2)
    tables.do(events.append, OURS, happened(ref, "opened", at=after(-60 * 24 * 9)))
    seal(tables, 60)
    tables.do(events.append, OURS, happened(ref, "held", at=after(61)))
    tables.do(events.append, OURS, happened(ref, "viewed", at=after(-60 * 24 * 9)))
    assert seal(tables, 120) == 1
    remove(tables, ref, 5)
    assert faults(tables) == [("sealed-missing", 5)]


def test_what_is_over_is_not_sealed_again(tables: Tables) -> None:
    told(tables)
    seal(tables, 60)
    new = told(tables, at=after(60 * 24 * 9))
    assert seal(tables, 60 * 24 * 9 + 9) == 1
    assert faults(tables) == []
    remove(tables, new, 4)
    assert faults(tables) == [("sealed-missing", 4)]


def test_a_cut_off_end_is_found(tables: Tables) -> None:
    ref = told(tables)
    seal(tables)
    remove(tables, ref, 3, 4)
    assert tables.do(events.verify_all, OURS) == []  # the chain by itself cannot tell
    assert faults(tables) == [("sealed-missing", 4)]


def test_a_removed_history_is_found(tables: Tables) -> None:
    ref = told(tables)
    seal(tables)
    remove(tables, ref, 1, 2, 3, 4)
    assert faults(tables) == [("sealed-missing", 4)]


def test_a_history_written_anew_is_found(tables: Tables) -> None:
    ref = told(tables)
    seal(tables)
    alter(tables, ref, 2, actor="van.thu")
    forge(tables, ref)
    assert tables.do(events.verify_all, OURS) == []  # the chain by itself cannot tell
    assert faults(tables) == [("sealed-altered", 4)]


def change_seal(tables: Tables, number: int, **values: Any) -> None:
    tables.do(lambda conn: conn.execute(
        update(seals_table).where(seals_table.c.number == number).values(**values)
    ))  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        {"heads": "[]"},
        {"heads": "not json"},
        {"sealed_at": after(59)},
        {"mac": "ff" * 32},
        {"mac": "không phải"},
    ],
)
def test_an_altered_seal_is_found(tables: Tables, values: dict[str, Any]) -> None:
    told(tables)
    seal(tables)
    change_seal(tables, 1, **values)
    assert faults(tables) == [("seal-altered", 1)]


def test_a_removed_seal_is_found(tables: Tables) -> None:
    for day in range(3):
        told(tables, at=after(60 * 24 * day))
        seal(tables, 60 * 24 * day + 30)
    tables.do(lambda conn: conn.execute(delete(seals_table).where(seals_table.c.number == 2)))
    assert faults(tables) == [("seal-gap", 3), ("seal-link-broken", 3)]


def test_seals_hold_only_under_their_key(tables: Tables) -> None:
    told(tables)
    seal(tables)
    other: Callable[[bytes], bytes] = lambda data: hmac.digest(b"other", data, "sha256")  # noqa: E731 - typed
    assert codes(tables.do(seals.verify_seals, OURS, other)) == [("seal-altered", 1)]


def test_two_sealing_at_once_make_one_seal(tables: Tables) -> None:
    told(tables)
    together = Barrier(2)

    def run(_: int) -> int:
        together.wait()
        return seal(tables)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(run, range(2))) == [0, 1]
    assert faults(tables) == []


def test_the_table_refuses_a_second_event_of_a_number(tables: Tables) -> None:
    ref = told(tables, 1)
    event: Event = tables.do(events.timeline, OURS, ref)[0]
    row = {
        "agency_id": OURS,
        "document_ref": ref,
        "sequence": event.sequence,
        "at": FRIDAY,
        "actor": "gateway",
        "code": "opened",
        "refs": "{}",
        "previous": event.hash,
        "hash": "0" * 64,
    }
    for wrong in ({}, {"sequence": 0}, {"document_ref": "khong-co", "sequence": 9}):
        with pytest.raises(IntegrityError):
            tables.do(lambda conn, w=wrong: conn.execute(events_table.insert().values(row | w)))
