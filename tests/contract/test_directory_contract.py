"""The directory by day, and the small tables of secrets, keys and calendars; both databases."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from gateway.errors import DataError, StateError
from gateway.model.organ import AxisAddress, DirectoryEntry, OrganId, SystemId
from gateway.storage import apikeys, calendars, credentials, directory
from gateway.storage.apikeys import ApiKey
from gateway.storage.credentials import Credential
from gateway.storage.directory import Imported, Source
from gateway.storage.schema import organs
from gateway.storage.values import folded
from tests.support.tables import FRIDAY, OTHERS, OURS, Tables, after, opened_tables

tables = pytest.fixture(params=["sqlite", "postgresql"])(opened_tables)

TODAY = date(2026, 8, 21)
CODE = OrganId("H99.01")
DAY = timedelta(days=1)


def organ(name: str = "UBND tỉnh Mẫu", code: str = CODE, **kwargs: Any) -> DirectoryEntry:
    return DirectoryEntry(organ_id=OrganId(code), organ_name=name, **kwargs)


def on(day: date = TODAY, name: str = "truc-tinh") -> Source:
    return Source(name=name, day=day)


def take(tables: Tables, *entries: DirectoryEntry, day: date = TODAY) -> Imported:
    return tables.do(directory.upsert, OURS, entries, on(day))


def book(tables: Tables, code: str = CODE) -> list[tuple[str, date | None, date | None]]:
    return [
        (entry.organ_name, entry.valid_from, entry.valid_to)
        for entry in tables.do(directory.entries_for, OURS, [OrganId(code)])
    ]


def named(tables: Tables, day: date, code: str = CODE) -> str | None:
    entry = tables.do(directory.meaning, OURS, OrganId(code), day)
    return None if entry is None else entry.organ_name


# What a code means on a day (L-98)


def test_a_new_code_means_its_organ_on_every_day(tables: Tables) -> None:
    assert take(tables, organ()) == Imported(opened=(CODE,), changed=(), unfit=0)
    assert book(tables) == [("UBND tỉnh Mẫu", None, None)]
    assert named(tables, date(1990, 1, 1)) == named(tables, date(2090, 1, 1)) == "UBND tỉnh Mẫu"


def test_repeating_an_import_changes_nothing(tables: Tables) -> None:
    entries = [organ(), organ("Sở Tài chính tỉnh Mẫu", "H99.01.02", valid_from=date(2020, 1, 1))]
    take(tables, *entries)
    before = book(tables), book(tables, "H99.01.02")
    assert take(tables, *entries, day=TODAY + DAY) == Imported(opened=(), changed=(), unfit=0)
    assert (book(tables), book(tables, "H99.01.02")) == before


def test_a_new_name_counts_from_its_day_and_the_old_one_before_l_98(tables: Tables) -> None:
    take(tables, organ("Sở Tài chính tỉnh Mẫu"), day=date(2024, 1, 1))
    assert take(tables, organ("Sở Tài chính và Kế hoạch")).opened == (CODE,)
    assert named(tables, TODAY - DAY) == "Sở Tài chính tỉnh Mẫu"
    assert named(tables, TODAY) == "Sở Tài chính và Kế hoạch"
    assert book(tables) == [
        ("Sở Tài chính tỉnh Mẫu", None, TODAY - DAY),
        ("Sở Tài chính và Kế hoạch", TODAY, None),
    ]


def test_renamed_twice_on_one_day_keeps_the_later_name(tables: Tables) -> None:
    take(tables, organ("một"), day=date(2024, 1, 1))
    take(tables, organ("hai"))
    assert take(tables, organ("ba")).changed == (CODE,)
    assert book(tables) == [("một", None, TODAY - DAY), ("ba", TODAY, None)]


def test_a_catalogue_states_its_own_days_l_98(tables: Tables) -> None:
    take(
        tables,
        organ("hai", valid_from=date(2025, 7, 1)),
        organ("một", valid_from=date(2020, 1, 1), valid_to=date(2025, 6, 30)),
    )
    assert named(tables, date(2019, 12, 31)) is None
    assert named(tables, date(2020, 1, 1)) == named(tables, date(2025, 6, 30)) == "một"
    assert named(tables, date(2025, 7, 1)) == "hai"


def test_a_future_name_waits_for_its_day(tables: Tables) -> None:
    take(tables, organ("nay"), organ("mai", valid_from=TODAY + 9 * DAY))
    assert take(tables, organ("nay")) == Imported(opened=(), changed=(), unfit=0)
    assert (named(tables, TODAY), named(tables, TODAY + 9 * DAY)) == ("nay", "mai")
    take(tables, organ("khác"))  # a rename meanwhile ends where the future begins
    assert book(tables) == [
        ("nay", None, TODAY - DAY),
        ("khác", TODAY, TODAY + 8 * DAY),
        ("mai", TODAY + 9 * DAY, None),
    ]


def test_a_new_name_does_not_outlive_the_stated_end_of_the_code(tables: Tables) -> None:
    take(tables, organ("cũ", valid_to=TODAY + 9 * DAY))
    take(tables, organ("mới"))
    assert book(tables) == [("cũ", None, TODAY - DAY), ("mới", TODAY, TODAY + 9 * DAY)]


def test_a_catalogue_may_correct_a_line_of_its_own(tables: Tables) -> None:
    start = date(2020, 1, 1)
    take(tables, organ("Sở Tài chinh", valid_from=start))
    assert take(tables, organ("Sở Tài chính", valid_from=start)).changed == (CODE,)
    assert book(tables) == [("Sở Tài chính", start, None)]


def test_a_retired_code_means_nothing_afterwards_and_is_still_shown_l_98(tables: Tables) -> None:
    take(tables, organ("Huyện Mẫu"))
    take(tables, organ("Huyện Mẫu", valid_to=date(2025, 6, 30), successor=OrganId("H99.77")))
    assert named(tables, date(2025, 7, 1)) is None
    (line,) = tables.do(directory.entries_for, OURS, [CODE])
    assert (line.valid_to, line.successor) == (date(2025, 6, 30), "H99.77")


def test_a_code_issued_again_opens_a_new_line_l_98(tables: Tables) -> None:
    take(tables, organ("Huyện cũ", valid_to=date(2025, 6, 30)))
    take(tables, organ("Xã mới"))
    assert book(tables) == [
        ("Huyện cũ", None, date(2025, 6, 30)),
        ("Xã mới", TODAY, None),
    ]
    assert named(tables, date(2025, 12, 1)) is None  # nobody knows what it meant in between


def test_a_list_out_of_date_does_not_revive_a_retired_code_l_98(tables: Tables) -> None:
    take(tables, organ("Huyện cũ", valid_to=date(2025, 6, 30)))
    assert take(tables, organ("Huyện cũ")) == Imported(opened=(), changed=(), unfit=0)
    assert named(tables, TODAY) is None


def test_an_end_without_a_beginning_says_no_more_than_it_knows_l_98(tables: Tables) -> None:
    take(tables, organ("Xã mới", valid_from=date(2025, 7, 1)))
    take(tables, organ("Huyện cũ", valid_to=date(2025, 6, 30)))
    assert book(tables) == [
        ("Huyện cũ", date(2025, 6, 30), date(2025, 6, 30)),
        ("Xã mới", date(2025, 7, 1), None),
    ]


def test_a_successor_is_stated_and_never_followed_l_98(tables: Tables) -> None:
    take(
        tables,
        organ("cũ", valid_to=date(2025, 6, 30), successor=OrganId("H99.77")),
        organ("mới", "H99.77", valid_from=date(2025, 7, 1)),
    )
    assert tables.do(directory.meaning, OURS, CODE, TODAY) is None
    take(tables, organ("cũ", valid_to=date(2025, 6, 30)))  # silence does not unsay it
    assert tables.do(directory.entries_for, OURS, [CODE])[-1].successor == "H99.77"


@pytest.mark.parametrize("other", ["000.00.01.H99", "h99.01", "H99.01 ", "H99.1"])
def test_a_code_is_compared_as_written_and_never_converted_l_98(tables: Tables, other: str) -> None:
    take(tables, organ())
    assert tables.do(directory.meaning, OURS, OrganId(other), TODAY) is None
    assert tables.do(directory.entries_for, OURS, [OrganId(other)]) == ()


def test_what_an_import_leaves_out_stays(tables: Tables) -> None:
    take(tables, organ(), organ("khác", "H99.02"))
    take(tables, organ())
    assert named(tables, TODAY, "H99.02") == "khác"


def test_agencies_have_directories_of_their_own(tables: Tables) -> None:
    take(tables, organ(addresses=(("truc-tinh", AxisAddress("A"), None),)))
    assert tables.do(directory.meaning, OTHERS, CODE, TODAY) is None
    assert tables.do(directory.search, OTHERS, "mau", 9) == ()
    tables.do(directory.upsert, OTHERS, [organ("tên khác")], on())
    assert named(tables, TODAY) == "UBND tỉnh Mẫu"
    (line,) = tables.do(directory.entries_for, OTHERS, [CODE])
    assert line.addresses == ()


def test_addresses_are_kept_for_each_axis(tables: Tables) -> None:
    provincial = ("truc-tinh", AxisAddress("H99.01"), SystemId("he-thong-1"))
    national = ("truc-quoc-gia", AxisAddress("cu-99"), None)
    take(tables, organ(addresses=(provincial,)))
    take(tables, organ(addresses=(national,)))
    moved = ("truc-quoc-gia", AxisAddress("moi-99"), SystemId("he-thong-2"))
    assert take(tables, organ(addresses=(moved,))).changed == ()
    (line,) = tables.do(directory.entries_for, OURS, [CODE])
    assert line.addresses == (moved, provincial)


@pytest.mark.parametrize(
    "unfit",
    [
        organ(code=""),
        organ(code="H" * 65),
        organ(code="H99\x00"),
        organ(""),
        organ("x" * 1001),
        organ(successor=OrganId("")),
        organ(addresses=(("truc-tinh", AxisAddress(""), None),)),
        organ(addresses=(("truc-tinh", AxisAddress("A"), SystemId("x" * 201)),)),
        organ(valid_from=TODAY, valid_to=TODAY - DAY),
    ],
)
def test_an_entry_no_table_can_hold_does_not_stop_the_import(
    tables: Tables, unfit: DirectoryEntry
) -> None:
    result = take(tables, unfit, organ("khác", "H99.02"))
    assert result == Imported(opened=(OrganId("H99.02"),), changed=(), unfit=1)


NAMES = st.sampled_from(["một", "hai", "ba"])
DAYS = st.dates(date(2020, 1, 1), date(2020, 1, 12))
ENTRIES = st.builds(organ, NAMES, valid_from=st.none() | DAYS, valid_to=st.none() | DAYS)


@given(st.lists(st.tuples(ENTRIES, DAYS), max_size=8))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_code_never_means_two_organs_on_one_day_l_98(
    tables: Tables, imports: list[tuple[DirectoryEntry, date]]
) -> None:
    tables.do(lambda conn: conn.execute(delete(organs)))
    for entry, day in imports:
        take(tables, entry, day=day)
    lines = tables.do(
        lambda conn: conn.execute(
            select(organs.c.valid_from, organs.c.valid_to).order_by(organs.c.valid_from)
        ).all()
    )
    for line, following in pairwise(lines):
        assert line.valid_to is not None
        assert line.valid_from <= line.valid_to < following.valid_from
    if imports:
        entry, day = imports[-1]
        if entry.valid_from is None and entry.valid_to is None:
            assert named(tables, day) in {entry.organ_name, None}  # the last word, or retired


def test_ten_thousand_organs_come_in_at_once(tables: Tables) -> None:
    entries = [
        organ(
            f"Đơn vị số {number}",
            f"H99.{number:05}",
            addresses=(("truc-tinh", AxisAddress(f"H99.{number:05}"), None),),
        )
        for number in range(10_000)
    ]
    start = process_time()
    assert len(take(tables, *entries).opened) == 10_000
    assert take(tables, *entries) == Imported(opened=(), changed=(), unfit=0)
    assert process_time() - start < 20  # a bound against a row at a time, not a measurement
    assert named(tables, TODAY, "H99.09999") == "Đơn vị số 9999"


# Searching


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("sở tài chính", True),
        ("SO TAI CHINH", True),
        ("chinh tai", True),  # every word, in any order
        ("sở xây dựng", False),
        ("dong", True),  # đ is found by d
        ("Đồng", True),
        ("H99.01.0", True),
        ("h99.01.0", True),
        ("99.01", False),  # a code is found by how it begins
        ("%", False),
        ("_", False),
        ("  ", False),
    ],
)
def test_search_ignores_marks_and_case(tables: Tables, text: str, *, finds: bool) -> None:
    take(tables, organ("Sở Tài chính Đồng Mẫu", "H99.01.02"))
    found = tables.do(directory.search, OURS, text, 9)
    assert [entry.organ_id for entry in found] == (["H99.01.02"] if finds else [])


def test_present_lines_come_before_past_ones(tables: Tables) -> None:
    take(tables, organ("A Mẫu", valid_to=TODAY - DAY), organ("B Mẫu", "H99.02"))
    found = tables.do(directory.search, OURS, "mau", 9)
    assert [entry.organ_name for entry in found] == ["B Mẫu", "A Mẫu"]
    assert len(tables.do(directory.search, OURS, "mau", 1)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ủy ban nhân dân", "uy ban nhan dan"),
        ("Uỷ  ban\tnhân dân ", "uy ban nhan dan"),
        ("ĐƯỜNG đường", "duong duong"),
        ("Ủy".encode().decode(), "uy"),
        ("U\u0309y", "uy"),  # decomposed, as some systems send it
        ("", ""),
    ],
)
def test_folding(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.text())
def test_folding_is_stable(text: str) -> None:
    assert folded(folded(text)) == folded(text)


# Secrets, keys, calendars


def credential(sealed: bytes = b"\x00sealed\xff", **kwargs: Any) -> Credential:
    values = {"axis": "truc-tinh", "system_id": SystemId("he-thong-1"), "stored_at": FRIDAY}
    return Credential(sealed=sealed, **(values | kwargs))


def test_a_secret_goes_in_and_out_sealed_and_is_never_mixed_t72(tables: Tables) -> None:
    tables.do(credentials.put, OURS, credential())
    tables.do(credentials.put, OTHERS, credential(b"theirs"))
    tables.do(credentials.put, OURS, credential(b"other axis", axis="truc-quoc-gia"))
    assert tables.do(credentials.get, OURS, "truc-tinh") == credential()
    assert tables.do(credentials.axes, OURS) == ("truc-quoc-gia", "truc-tinh")
    assert tables.do(credentials.get, OTHERS, "truc-quoc-gia") is None
    assert "sealed" not in repr(credential())


def test_a_new_secret_replaces_the_old(tables: Tables) -> None:
    tables.do(credentials.put, OURS, credential())
    newer = credential(b"new", system_id=SystemId("he-thong-2"), stored_at=after(1))
    tables.do(credentials.put, OURS, newer)
    assert tables.do(credentials.get, OURS, "truc-tinh") == newer
    tables.do(credentials.remove, OURS, "truc-tinh")
    tables.do(credentials.remove, OURS, "truc-tinh")
    assert tables.do(credentials.get, OURS, "truc-tinh") is None


def api_key(key_id: str = "k1", **kwargs: Any) -> ApiKey:
    values = {
        "agency": OURS,
        "key_hash": "ab" * 32,
        "holder": "qlvb",
        "scopes": frozenset({"documents:read", "documents:accept"}),
        "created_at": FRIDAY,
    }
    return ApiKey(key_id=key_id, **(values | kwargs))


def test_a_key_is_found_by_its_public_part(tables: Tables) -> None:
    tables.do(apikeys.add, OURS, api_key())
    tables.do(apikeys.add, OTHERS, api_key("k2", agency=OTHERS))
    assert tables.do(apikeys.find, "k1") == (api_key(),)
    assert tables.do(apikeys.find, "k3") == ()
    assert tables.do(apikeys.listing, OTHERS) == (api_key("k2", agency=OTHERS),)
    assert "ab" * 32 not in repr(api_key())


def test_two_keys_of_a_holder_are_valid_at_a_time(tables: Tables) -> None:
    tables.do(apikeys.add, OURS, api_key("k1", expires_at=after(10)))
    tables.do(apikeys.add, OURS, api_key("k2"))
    with pytest.raises(StateError, match="too-many-keys"):
        tables.do(apikeys.add, OURS, api_key("k3"))
    tables.do(apikeys.add, OURS, api_key("k4", holder="khác"))
    tables.do(apikeys.add, OURS, api_key("k5", created_at=after(10)))  # k1 is over by then
    assert tables.do(apikeys.revoke, OURS, "k2", after(11))
    assert not tables.do(apikeys.revoke, OURS, "k2", after(12))
    assert not tables.do(apikeys.revoke, OTHERS, "k5", after(12))
    tables.do(apikeys.add, OURS, api_key("k6", created_at=after(12)))
    with pytest.raises(IntegrityError):
        tables.do(apikeys.add, OURS, api_key("k6", holder="người khác"))


def test_a_key_is_good_until_it_is_ended(tables: Tables) -> None:
    tables.do(apikeys.add, OURS, api_key(expires_at=after(10)))
    tables.do(apikeys.used, OURS, "k1", after(3))
    (key,) = tables.do(apikeys.find, "k1")
    assert key.last_used_at == after(3)
    assert (key.is_valid(after(9)), key.is_valid(after(10))) == (True, False)
    tables.do(apikeys.revoke, OURS, "k1", after(4))
    assert not tables.do(apikeys.find, "k1")[0].is_valid(after(4))


def test_a_calendar_version_is_stored_once_and_never_changes_l_70(tables: Tables) -> None:
    tables.do(calendars.keep, OURS, "mau-1", "timezone = ...", FRIDAY)
    tables.do(calendars.keep, OURS, "mau-1", "timezone = ...", after(9))
    tables.do(calendars.keep, OTHERS, "mau-1", "khác", FRIDAY)
    with pytest.raises(DataError, match="calendar-version-changed"):
        tables.do(calendars.keep, OURS, "mau-1", "khác", after(9))
    assert tables.do(calendars.get, OURS, "mau-1") == "timezone = ..."
    assert tables.do(calendars.get, OURS, "mau-2") is None


def test_the_table_refuses_a_line_that_ends_before_it_begins(tables: Tables) -> None:
    row = {
        "agency_id": OURS,
        "organ_id": CODE,
        "valid_from": TODAY,
        "organ_name": "x",
        "name_key": "x",
        "source": "settings",
    }
    with pytest.raises(IntegrityError):
        tables.do(lambda conn: conn.execute(insert(organs).values(row | {"valid_to": TODAY - DAY})))
    tables.do(lambda conn: conn.execute(insert(organs).values(row | {"valid_to": TODAY})))
