"""Deadlines that run from receipt: the same-day notice, and presenting to the leader."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from gateway.model.document import Urgency
from gateway.model.incoming import IncomingState
from gateway.rules.deadlines import is_same_day_missed, present_by, same_day_deadline
from gateway.rules.receipt_time import VIET_NAM
from gateway.service.calendars import calendar_from_file

OFFICE = calendar_from_file(Path(__file__).parent.parent / "fixtures/calendars/mau.toml")


def vn(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIET_NAM)


@pytest.mark.parametrize(
    ("received", "until"),
    [
        ("2026-03-02T09:00", "2026-03-02T17:00"),
        ("2026-03-09T07:30", "2026-03-09T17:00"),
        ("2026-03-07T10:00", "2026-03-09T17:00"),  # counted from entry, on a Saturday
    ],
)
def test_l34_the_day_of_receipt_closes_with_the_office(received: str, until: str) -> None:
    assert same_day_deadline(vn(received), OFFICE) == vn(until)


@pytest.mark.parametrize(
    ("state", "now", "is_missed"),
    [
        (IncomingState.WAITING, "2026-03-02T16:59:59", False),
        (IncomingState.WAITING, "2026-03-02T17:00:00", True),
        (IncomingState.HELD, "2026-03-02T17:00:00", True),
        (IncomingState.OPENED, "2026-03-02T17:00:00", True),
        (IncomingState.ACCEPTED, "2026-03-02T17:00:00", False),
        (IncomingState.REFUSED, "2026-03-02T17:00:00", False),
        (IncomingState.PARKED, "2026-03-02T17:00:00", False),
        (IncomingState.QUARANTINED, "2026-03-02T17:00:00", False),
    ],
)
def test_l34_the_clerk_is_alarmed_when_nobody_answered(
    state: IncomingState, now: str, *, is_missed: bool
) -> None:
    assert is_same_day_missed(state, vn("2026-03-02T17:00"), vn(now)) is is_missed


@pytest.mark.parametrize(
    ("received", "urgency", "until"),
    [
        ("2026-03-02T09:00", Urgency.NORMAL, "2026-03-03T17:00"),
        ("2026-03-06T09:00", Urgency.NORMAL, "2026-03-09T17:00"),  # over the weekend
        ("2026-08-21T09:00", Urgency.NORMAL, "2026-08-22T17:00"),  # a make-up Saturday
        ("2026-03-02T09:00", Urgency.URGENT, "2026-03-02T09:00"),
        ("2026-03-02T09:00", Urgency.FLASH, "2026-03-02T09:00"),
    ],
)
def test_l37_l39_when_it_is_put_before_the_leader(
    received: str, urgency: Urgency, until: str
) -> None:
    assert present_by(vn(received), urgency, OFFICE) == vn(until)
