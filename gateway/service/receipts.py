"""A receipt time as it is stored, with the calendar that proves it to an auditor (L-70)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from gateway.rules.receipt_time import ReceiptTime
from gateway.service.world import Agency
from gateway.storage import calendars
from gateway.storage.rows import Receipt


def kept_receipt(conn: Connection, agency: Agency, computed: ReceiptTime, at: datetime) -> Receipt:
    """Return the receipt to be stored; its calendar is stored once per version."""
    calendars.keep(conn, agency.id, computed.calendar_version, agency.calendar_text, at)
    return Receipt(
        effective_receipt_at=computed.effective_receipt_at,
        rule=computed.rule.value,
        calendar_version=computed.calendar_version,
        reason=computed.reason_vi,
    )
