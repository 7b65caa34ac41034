"""Which organ a code means on a day, where it is reached, and which recipients are ours."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.model.envelope import DocumentEnvelope
from gateway.model.organ import AxisAddress, DirectoryEntry, Organ, OrganId, SystemId
from gateway.rules.addressing import (
    Addressed,
    Addressee,
    CodeMeaning,
    address_on,
    addressed,
    codes_of_same_organ,
    meaning,
    our_recipients,
)

OLD, NEW, MERGED = OrganId("000.00.01.H99"), OrganId("H99.01"), OrganId("H98.01")
DIRECTORY = (
    DirectoryEntry(
        organ_id=OLD, organ_name="Sở Mẫu", valid_to=date(2022, 9, 15), successor=NEW
    ),
    DirectoryEntry(
        organ_id=NEW,
        organ_name="Sở Mẫu",
        valid_from=date(2020, 9, 15),
        valid_to=date(2025, 6, 30),
        successor=MERGED,
        addresses=(("quốc gia", AxisAddress("addr-1"), None),
                   ("nội tỉnh", AxisAddress("addr-2"), SystemId("SYS.99"))),
    ),
    DirectoryEntry(organ_id=MERGED, organ_name="Sở Mẫu mới", valid_from=date(2025, 7, 1)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "day", "kind", "successors"),
    [
        (OLD, date(2022, 9, 15), CodeMeaning.VALID, (NEW, MERGED)),  # the last day counts
        (OLD, date(2022, 9, 16), CodeMeaning.ENDED, (NEW, MERGED)),
        (NEW, date(2020, 9, 15), CodeMeaning.VALID, (MERGED,)),  # the first day counts
        (NEW, date(2020, 9, 14), CodeMeaning.NOT_YET, (MERGED,)),
        (NEW, date(2025, 7, 1), CodeMeaning.ENDED, (MERGED,)),
        (MERGED, date(2026, 3, 2), CodeMeaning.VALID, ()),
        (MERGED, date(2025, 6, 30), CodeMeaning.NOT_YET, ()),
        (OrganId("H99.1"), date(2026, 3, 2), CodeMeaning.UNKNOWN, ()),
        (OrganId("h99.01"), date(2024, 3, 2), CodeMeaning.UNKNOWN, ()),  # as written
    ],
)
def test_l98_the_directory_decides(
    code: OrganId, day: date, kind: CodeMeaning, successors: tuple[OrganId, ...]
) -> None:
    found = meaning(code, day, DIRECTORY)
    assert (found.kind, found.successors) == (kind, successors)
    assert (found.entry is None) is (kind is CodeMeaning.UNKNOWN)
    assert found.entry is None or found.entry.organ_id == code, "a successor never stands in"


def test_l98_two_holders_on_one_day_are_the_directorys_fault() -> None:
    twice = (*DIRECTORY, DirectoryEntry(organ_id=MERGED, organ_name="Khác"))
    found = meaning(MERGED, date(2026, 3, 2), twice)
    assert (found.kind, found.entry) == (CodeMeaning.AMBIGUOUS, None)


def test_l98_a_code_that_was_issued_again_means_who_has_it_that_day() -> None:
    first = DirectoryEntry(organ_id=NEW, organ_name="Một", valid_to=date(2021, 12, 31))
    later = DirectoryEntry(organ_id=NEW, organ_name="Hai", valid_from=date(2023, 1, 1))
    for entries in ((first, later), (later, first)):
        assert meaning(NEW, date(2021, 1, 1), entries).entry == first
        assert meaning(NEW, date(2024, 1, 1), entries).entry == later
        between = meaning(NEW, date(2022, 6, 1), entries)
        assert (between.kind, between.entry) == (CodeMeaning.ENDED, first)
    much_later = DirectoryEntry(organ_id=NEW, organ_name="Ba", valid_from=date(2030, 1, 1))
    before = meaning(NEW, date(2020, 1, 1), (much_later, later))
    assert (before.kind, before.entry) == (CodeMeaning.NOT_YET, later)
    ended = DirectoryEntry(organ_id=NEW, organ_name="Không", valid_to=date(2019, 1, 1))
    assert meaning(NEW, date(2022, 6, 1), (ended, first)).entry == first


def test_l98_a_circle_of_successors_ends() -> None:
    circle = (
        DirectoryEntry(organ_id=OLD, organ_name="A", successor=NEW),
        DirectoryEntry(organ_id=NEW, organ_name="B", successor=MERGED),
        DirectoryEntry(organ_id=MERGED, organ_name="C", successor=NEW),
    )
    assert meaning(OLD, date(2026, 1, 1), circle).successors == (NEW, MERGED)
    assert meaning(NEW, date(2026, 1, 1), circle).successors == (MERGED,)


def test_t67_every_stated_code_of_an_organ_is_found_from_each_of_them() -> None:
    for code in (OLD, NEW, MERGED):
        assert codes_of_same_organ(code, DIRECTORY) == {OLD, NEW, MERGED}
    assert codes_of_same_organ(OrganId("H97.01"), DIRECTORY) == {"H97.01"}


def test_l98_an_address_belongs_to_an_axis() -> None:
    assert address_on(DIRECTORY[1], "quốc gia") == ("addr-1", None)
    assert address_on(DIRECTORY[1], "nội tỉnh") == ("addr-2", "SYS.99")
    assert address_on(DIRECTORY[1], "khác") is None
    assert address_on(DIRECTORY[2], "quốc gia") is None


def to(*codes: str | None) -> DocumentEnvelope:
    return DocumentEnvelope(
        recipients=tuple(Organ(organ_id=OrganId(c) if c is not None else None) for c in codes)
    )


OWN = frozenset({NEW, OLD})
SYSTEMS = frozenset({SystemId("SYS.99"), SystemId("SYS.98")})


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        (to(NEW), Addressed(addressee=Addressee.OURS, ours=(NEW,))),
        (to(OLD), Addressed(addressee=Addressee.OURS, ours=(OLD,))),  # listed as ours
        (to("H97", OLD, NEW, OLD), Addressed(addressee=Addressee.OURS, ours=(OLD, NEW))),
        (to("SYS.99", NEW), Addressed(addressee=Addressee.OURS, ours=(NEW,))),
        (to("H97"), Addressed(addressee=Addressee.OTHERS)),
        (to("h99.01"), Addressed(addressee=Addressee.OTHERS)),  # compared as written
        (to("H99"), Addressed(addressee=Addressee.OTHERS)),  # our parent is not us
        (to("SYS.99", "SYS.98"), Addressed(addressee=Addressee.PLATFORM)),
        (to("SYS.99", "H97"), Addressed(addressee=Addressee.OTHERS)),
        (to("SYS.99", None), Addressed(addressee=Addressee.PLATFORM)),
        (to(), Addressed(addressee=Addressee.NOBODY)),
        (to(None, ""), Addressed(addressee=Addressee.NOBODY)),
    ],
)
def test_l33_t49_whom_an_envelope_is_for(envelope: DocumentEnvelope, expected: Addressed) -> None:
    assert addressed(envelope, OWN, SYSTEMS) == expected
    assert our_recipients(envelope, OWN) == expected.ours


def test_t69_without_known_systems_a_system_is_somebody_else() -> None:
    assert addressed(to("SYS.99"), OWN).addressee is Addressee.OTHERS
