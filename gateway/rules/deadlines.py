"""Deadlines that run from receipt.

    L-34   the sender hears of the receipt the same day; if neither 03 nor 02 was said by the
           close of the day of receipt, the clerk is alarmed
    L-37   the document is put before the person in charge the same day, at the latest the next
           working day; an urgent one at once (also L-39)

Both start from the effective receipt time (L-70), and a day closes when office hours do.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from gateway.model.document import Urgency
from gateway.model.incoming import IncomingState
from gateway.rules.working_calendar import WorkingCalendar, closing_of_day, viet_nam_time

_UNANSWERED = frozenset({IncomingState.OPENED, IncomingState.WAITING, IncomingState.HELD})


def same_day_deadline(effective_receipt_at: datetime, calendar: WorkingCalendar) -> datetime:
    """Return until when 03 or 02 should have been said (L-34), in Viet Nam time.

    Raises:
        NaiveTimeError, CalendarError: As :func:`closing_of_day`.

    """
    return closing_of_day(calendar, effective_receipt_at)


def is_same_day_missed(state: IncomingState, deadline: datetime, now: datetime) -> bool:
    """Tell whether the clerk is to be alarmed: the day closed and nobody decided (L-34).

    Parked and quarantined documents raised their own alarm on arrival and wait for no answer.
    """
    return state in _UNANSWERED and now >= deadline


def present_by(
    effective_receipt_at: datetime, urgency: Urgency, calendar: WorkingCalendar
) -> datetime:
    """Return until when the document is to be put before the person in charge (L-37).

    Raises:
        NaiveTimeError, CalendarError: As :func:`closing_of_day`.

    """
    received = viet_nam_time(effective_receipt_at)
    if urgency is not Urgency.NORMAL:
        return received
    return _closing_of_next_day(closing_of_day(calendar, received).date(), calendar)


def _closing_of_next_day(day: date, calendar: WorkingCalendar) -> datetime:
    opens, _ = next(calendar.periods_from(day + timedelta(days=1)))
    return closing_of_day(calendar, opens)
