"""Numbers of registers and assigned identifiers, the same on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert
from sqlalchemy.exc import IntegrityError

from gateway.errors import StateError
from gateway.model.document import DocumentRef
from gateway.model.organ import AgencyId
from gateway.model.register import Register
from gateway.storage import assigned, registers
from gateway.storage.registers import ForPaper, Page
from gateway.storage.schema import counters, register_entries
from tests.support.tables import FRIDAY, OTHERS, OURS, Tables, after, entry, opened_tables

tables = pytest.fixture(params=["sqlite", "postgresql"])(opened_tables)

IN, OUT = Register.INCOMING, Register.OUTGOING


class RolledBackError(Exception):
    """Ends a transaction in the middle."""


def numbers(tables: Tables, year: int = 2026, agency: AgencyId = OURS) -> list[int]:
    lines = tables.do(registers.entries, agency, IN, year, Page(limit=10_000))
    return [line.entry.number for line in lines]


def for_paper(note: str = "văn bản giấy", year: int = 2026) -> ForPaper:
    return ForPaper(register=IN, year=year, note=note, registered_at=FRIDAY, actor="van.thu")


def test_numbers_start_at_one_and_follow_each_other_l_35(tables: Tables) -> None:
    given_out = [
        tables.do(registers.enter, OURS, entry(tables.document())).number for _ in range(3)
    ]
    assert given_out == [1, 2, 3]
    assert tables.do(registers.gaps, OURS, IN, 2026) == ()


def test_numbers_restart_with_the_year_l_20(tables: Tables) -> None:
    for year in (2026, 2026, 2027, 2026, 2027):
        tables.do(registers.enter, OURS, entry(tables.document(), year))
    assert numbers(tables, 2026) == [1, 2, 3]
    assert numbers(tables, 2027) == [1, 2]


def test_registers_and_agencies_count_apart(tables: Tables) -> None:
    document = tables.document()
    theirs = tables.document(OTHERS)
    drawn = [
        tables.do(registers.enter, OURS, entry(document)).number,
        tables.do(registers.enter, OURS, entry(document, register=OUT)).number,
        tables.do(registers.enter, OTHERS, entry(theirs)).number,
    ]
    assert drawn == [1, 1, 1]


def test_an_entry_reads_back_as_written(tables: Tables) -> None:
    document = tables.document()
    written = tables.do(registers.enter, OURS, entry(document, note="bản chính"))
    assert tables.do(registers.entry_of, OURS, IN, document) == written
    assert tables.do(registers.entry_of, OURS, OUT, document) is None
    assert tables.do(registers.entry_of, OTHERS, IN, document) is None
    (line,) = tables.do(registers.entries, OURS, IN, 2026, Page())
    assert (line.entry, line.kind, line.actor) == (written, "document", "van.thu")


def test_a_rollback_gives_the_number_back_l_20(tables: Tables) -> None:
    def enter_and_fail(conn: Connection, document: DocumentRef) -> None:
        registers.enter(conn, OURS, entry(document))
        raise RolledBackError

    for fails in (False, True, True, False, True, False):
        document = tables.document()
        if fails:
            with pytest.raises(RolledBackError):
                tables.do(enter_and_fail, document)
        else:
            tables.do(registers.enter, OURS, entry(document))
    assert numbers(tables) == [1, 2, 3]
    assert tables.do(registers.gaps, OURS, IN, 2026) == ()


def test_concurrent_writers_leave_no_gap_and_no_double_l_20(tables: Tables) -> None:
    documents = [tables.document() for _ in range(48)]
    together = Barrier(4)

    def write(part: list[DocumentRef]) -> None:
        def one(conn: Connection, document: DocumentRef, *, fails: bool) -> None:
            registers.enter(conn, OURS, entry(document))
            if fails:
                raise RolledBackError

        together.wait()
        for place, document in enumerate(part):
            if place % 3 == 0:
                with pytest.raises(RolledBackError):
                    tables.do(one, document, fails=True)
            tables.do(one, document, fails=False)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(write, documents[start::4]) for start in range(4)]:
            done.result()
    assert numbers(tables) == list(range(1, 49))
    assert tables.do(registers.gaps, OURS, IN, 2026) == ()


def test_one_document_entered_by_two_at_once_gets_one_number(tables: Tables) -> None:
    document = tables.document()
    together = Barrier(2)

    def write() -> int | str:
        together.wait()
        try:
            return tables.do(registers.enter, OURS, entry(document)).number
        except StateError as error:
            return error.code

    with ThreadPoolExecutor(2) as threads:
        results = [each.result() for each in [threads.submit(write) for _ in range(2)]]
    assert results.count(1) == 1
    assert set(results) <= {1, "already-registered", "register-line-refused"}
    assert tables.do(registers.gaps, OURS, IN, 2026) == ()


def test_a_document_stands_in_a_register_once(tables: Tables) -> None:
    document = tables.document()
    tables.do(registers.enter, OURS, entry(document))
    with pytest.raises(StateError, match="already-registered") as caught:
        tables.do(registers.enter, OURS, entry(document, 2027))
    assert "đã vào sổ với số 1/2026" in caught.value.vi
    with pytest.raises(StateError, match="already-registered"):
        tables.do(registers.enter_given, OURS, entry(document), 7)
    assert numbers(tables) == [1]


def test_numbers_of_the_qlvb_are_kept_as_given(tables: Tables) -> None:
    for number in (41, 7, 42):
        tables.do(registers.enter_given, OURS, entry(tables.document()), number)
    assert numbers(tables) == [7, 41, 42]


def test_a_number_of_the_qlvb_is_taken_once_l_35(tables: Tables) -> None:
    tables.do(registers.enter_given, OURS, entry(tables.document()), 41)
    late = tables.document()
    with pytest.raises(StateError, match="register-number-taken") as caught:
        tables.do(registers.enter_given, OURS, entry(late), 41)
    assert "Số 41/2026" in caught.value.vi
    tables.do(registers.enter_given, OURS, entry(late, 2027), 41)


@pytest.mark.parametrize("number", [0, -1, 10_000_000, 2**40])
def test_what_is_no_number_is_refused(tables: Tables, number: int) -> None:
    with pytest.raises(StateError, match="register-number-unfit"):
        tables.do(registers.enter_given, OURS, entry(tables.document()), number)


def test_an_agency_that_changes_to_the_gateway_goes_on_after_the_highest(tables: Tables) -> None:
    for number in (5, 3):
        tables.do(registers.enter_given, OURS, entry(tables.document()), number)
    assert tables.do(registers.enter, OURS, entry(tables.document())).number == 6
    assert tables.do(registers.gaps, OURS, IN, 2026) == (1, 2, 4)


def test_paper_shares_the_series_l_20(tables: Tables) -> None:
    assert tables.do(registers.enter, OURS, entry(tables.document())).number == 1
    assert tables.do(registers.reserve, OURS, for_paper("giữ cho văn bản giấy"), 3) == (2, 3, 4)
    assert tables.do(registers.record_paper, OURS, for_paper()) == 5
    assert tables.do(registers.enter, OURS, entry(tables.document())).number == 6
    assert tables.do(registers.record_paper, OURS, for_paper("công văn giấy"), 3) == 3
    lines = tables.do(registers.entries, OURS, IN, 2026, Page(after=1, limit=4))
    assert [(line.entry.number, line.kind) for line in lines] == [
        (2, "reserved"),
        (3, "paper"),
        (4, "reserved"),
        (5, "paper"),
    ]
    assert lines[1].entry.note == "công văn giấy"
    assert tables.do(registers.gaps, OURS, IN, 2026) == ()


@pytest.mark.parametrize(
    ("number", "why"),
    [(1, "a document has it"), (3, "it is recorded already"), (9, "nobody reserved it")],
)
def test_paper_takes_reserved_numbers_only(tables: Tables, number: int, why: str) -> None:
    tables.do(registers.enter, OURS, entry(tables.document()))
    tables.do(registers.reserve, OURS, for_paper(), 2)
    tables.do(registers.record_paper, OURS, for_paper(), 3)
    with pytest.raises(StateError, match="number-not-reserved"):
        tables.do(registers.record_paper, OURS, for_paper(), number)


def test_a_reserved_number_of_one_year_is_none_of_another(tables: Tables) -> None:
    tables.do(registers.reserve, OURS, for_paper(), 1)
    with pytest.raises(StateError, match="number-not-reserved"):
        tables.do(registers.record_paper, OURS, for_paper(year=2027), 1)
    with pytest.raises(StateError, match="number-not-reserved"):
        tables.do(registers.record_paper, OTHERS, for_paper(), 1)


def test_a_number_without_a_document_says_why_l_20(tables: Tables) -> None:
    with pytest.raises(StateError, match="note-required"):
        tables.do(registers.reserve, OURS, for_paper("  "), 1)
    with pytest.raises(StateError, match="note-required"):
        tables.do(registers.record_paper, OURS, for_paper(""))


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_an_absurd_reservation_is_refused(tables: Tables, count: int) -> None:
    with pytest.raises(StateError, match="reservation-unfit"):
        tables.do(registers.reserve, OURS, for_paper(), count)


def test_a_missing_line_shows_as_a_gap_l_20(tables: Tables) -> None:
    for _ in range(4):
        tables.do(registers.enter, OURS, entry(tables.document()))
    for number in (2, 4):
        tables.do(lambda conn, n: conn.execute(
            delete(register_entries).where(register_entries.c.number == n)
        ), number)  # fmt: skip
    assert tables.do(registers.gaps, OURS, IN, 2026) == (2, 4)
    tables.do(lambda conn: conn.execute(delete(counters)))
    assert tables.do(registers.gaps, OURS, IN, 2026) == (2,)


LINE = {
    "agency_id": OURS,
    "register": "incoming",
    "year": 2026,
    "number": 1,
    "kind": "paper",
    "document_ref": None,
    "registered_at": FRIDAY,
    "actor": "van.thu",
    "note": "văn bản giấy",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0},
        {"register": "other"},
        {"kind": "lost"},
        {"kind": "document"},  # without one
        {"note": ""},  # nobody says why
    ],
)
def test_the_tables_refuse_a_wrong_line(tables: Tables, wrong: dict[str, object]) -> None:
    tables.do(lambda conn: conn.execute(insert(register_entries).values(LINE | {"number": 2})))
    with pytest.raises(IntegrityError):
        tables.do(lambda conn: conn.execute(insert(register_entries).values(LINE | wrong)))


def test_the_tables_refuse_a_counter_below_one(tables: Tables) -> None:
    row = {"agency_id": OURS, "series": "incoming", "year": 2026, "last": 0}
    with pytest.raises(IntegrityError):
        tables.do(lambda conn: conn.execute(insert(counters).values(row)))


ACTS = st.lists(
    st.one_of(
        st.just(("enter", 0)),
        st.just(("fail", 0)),
        st.tuples(st.just("reserve"), st.integers(1, 3)),
        st.just(("paper", 0)),
    ),
    max_size=12,
)


@given(acts=ACTS, year=st.integers(2000, 2900))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_mixture_of_acts_leaves_a_book_without_gaps_l_20(
    tables: Tables, acts: list[tuple[str, int]], year: int
) -> None:
    tables.do(lambda conn: conn.execute(delete(register_entries)))
    tables.do(lambda conn: conn.execute(delete(counters)))

    def fail(conn: Connection) -> None:
        registers.next_number(conn, OURS, IN, year)
        raise RolledBackError

    used = 0
    for act, count in acts:
        if act == "enter":
            tables.do(registers.enter, OURS, entry(tables.document(), year))
        elif act == "reserve":
            tables.do(registers.reserve, OURS, for_paper(year=year), count)
        elif act == "paper":
            tables.do(registers.record_paper, OURS, for_paper(year=year))
        else:
            with pytest.raises(RolledBackError):
                tables.do(fail)
        used += {"enter": 1, "paper": 1, "reserve": count, "fail": 0}[act]
    assert numbers(tables, year) == list(range(1, used + 1))
    assert tables.do(registers.gaps, OURS, IN, year) == ()


# Assigned identifiers


def wanted(key: str, year: int = 2026) -> assigned.Assignment:
    return assigned.Assignment(key=key, year=year, at=FRIDAY)


def test_the_same_key_gets_the_same_id_for_ever_l_73(tables: Tables) -> None:
    def make(ordinal: int) -> str:
        return f"H99.02,2026,{ordinal}"

    first = tables.do(assigned.assign_document_id, OURS, wanted("issue:a"), make)
    other = tables.do(assigned.assign_document_id, OURS, wanted("issue:b"), make)
    again = tables.do(
        assigned.assign_document_id,
        OURS,
        assigned.Assignment(key="issue:a", year=2027, at=after(10)),
        make,
    )
    assert (first, other, again) == ("H99.02,2026,1", "H99.02,2026,2", "H99.02,2026,1")


def test_ordinals_restart_with_the_year_and_agencies_count_apart_l_73(tables: Tables) -> None:
    ids = [
        tables.do(
            assigned.assign_document_id,
            agency,
            wanted(key, year),
            lambda ordinal, year=year: f"{year}-{ordinal}",
        )
        for agency, key, year in [
            (OURS, "a", 2026),
            (OURS, "b", 2027),
            (OURS, "c", 2026),
            (OTHERS, "a", 2026),
        ]
    ]
    assert ids == ["2026-1", "2027-1", "2026-2", "2026-1"]


def test_a_failed_issue_burns_no_ordinal_l_73(tables: Tables) -> None:
    def fail(ordinal: int) -> str:
        raise RolledBackError

    with pytest.raises(RolledBackError):
        tables.do(assigned.assign_document_id, OURS, wanted("a"), fail)
    assert tables.do(assigned.assign_document_id, OURS, wanted("a"), str) == "1"


def test_an_id_is_given_to_one_key(tables: Tables) -> None:
    tables.do(assigned.assign_document_id, OURS, wanted("a"), lambda _: "H99.02,2026,1")
    with pytest.raises(StateError, match="document-id-taken"):
        tables.do(assigned.assign_document_id, OURS, wanted("b"), lambda _: "H99.02,2026,1")


def test_concurrent_tries_of_one_key_get_one_id_and_one_ordinal_l_73(tables: Tables) -> None:
    together = Barrier(4)

    def assign(key: str) -> str:
        together.wait()
        return tables.do(assigned.assign_document_id, OURS, wanted(key), str)

    with ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(assign, ["same"] * 4))
    assert ids == ["1"] * 4
    assert tables.do(assigned.assign_document_id, OURS, wanted("next"), str) == "2"
