"""After a lost answer: does the axis hold this very envelope (protocol part 3, T28)?"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.adapters.axis_vxp_rows import sent, sent_id
from gateway.model.document import AxisDocId
from gateway.model.organ import AxisAddress, OrganId
from gateway.ports import OutgoingEnvelope

WANTED = OutgoingEnvelope(
    key="k",
    message_type="edoc",
    path=Path("unused"),
    sender=OrganId("H99.01"),
    recipients=(AxisAddress("A"), AxisAddress("B")),
    marker="12/QĐ-UBND",
)


def row(doc_id: str, to: str | None, notation: str = "12/QĐ-UBND") -> dict[str, str]:
    found = {"senderDocId": doc_id, "notation": notation}
    return found if to is None else found | {"toCode": to}


def looked_up(*listed: dict[str, str], envelope: OutgoingEnvelope = WANTED) -> str | None:
    return sent_id(tuple(sent(listed)), envelope)


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ((row("1", "A"), row("1", "B")), "1"),
        ((row("1", "B"), row("1", "A")), "1"),
        ((row("1", "A;B"),), "1"),  # all in one row
        ((row("1", "A, B"),), "1"),
        ((row("1", "A"), row("1", "B"), row("2", "A"), row("2", "B")), "1"),  # the first
        ((row("1", "A", " 12 / QĐ-UBND"), row("1", "B", "12/QĐ-UBND")), "1"),  # blanks
        ((row("1", "A", unicodedata.normalize("NFD", "12/QĐ-UBND")), row("1", "B")), "1"),  # T52
        ((), None),
        ((row("1", "A"),), None),  # one recipient short: another envelope
        ((row("1", "A"), row("1", "B"), row("1", "C")), None),  # one too many
        ((row("1", "A"), row("2", "B")), None),  # two envelopes
        ((row("1", None),), None),  # not said to whom: in doubt no
        ((row("1", "A", "12/QD-UBND"), row("1", "B", "12/QD-UBND")), None),  # another notation
        ((row("1", "A", "112/QĐ-UBND"), row("1", "B", "112/QĐ-UBND")), None),
        (({"notation": "12/QĐ-UBND", "toCode": "A;B"},), None),  # no id
    ],
)
def test_found_only_when_it_is_the_same(
    listed: tuple[dict[str, str], ...], found: str | None
) -> None:
    assert looked_up(*listed) == found


def test_our_other_envelopes_with_the_same_number_are_passed_over() -> None:
    """A recall has the number and the recipients of what it recalls (protocol 2.3)."""
    recall = replace(WANTED, known=frozenset({AxisDocId("1")}))
    original = (row("1", "A"), row("1", "B"))
    assert looked_up(*original, envelope=recall) is None
    assert looked_up(*original, row("2", "A"), row("2", "B"), envelope=recall) == "2"


def test_rows_are_read_in_full() -> None:
    listed = row("1", "A") | {
        "receiverDocId": "r",
        "title": "t",
        "sendStatus": "s",
        "receiveStatus": "d",
    }
    (found,) = sent((listed,))
    assert (found.sender_doc_id, found.receiver_doc_id, found.to) == ("1", "r", "A")
    assert (found.title, found.send_status, found.receive_status) == ("t", "s", "d")
    assert found.notation == "12/QĐ-UBND"
