"""Rows of VXP lists as our own values: what waits, what was sent, who is there.

Pure and tolerant: a row without an id cannot be acted on and is passed over, everything else is
kept as it came, message types nobody knows included (T43).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from gateway.adapters.axis_vxp_reply import Row
from gateway.adapters.axis_vxp_wire import UNITS
from gateway.model.document import AxisDocId
from gateway.model.organ import AxisAddress, DirectoryEntry, OrganId
from gateway.ports import OutgoingEnvelope, PendingDelivery, SentRow

_BETWEEN_CODES = re.compile(r"[;,\s]+")


def deliveries(rows: Sequence[Row], asked_type: str) -> Iterator[PendingDelivery]:
    """Yield what waits; a row that names no message type has the one that was asked for."""
    for row in rows:
        if row.get("docId", "").strip():
            yield PendingDelivery(
                axis_doc_id=AxisDocId(row["docId"]),
                message_type=row.get("messageType") or asked_type,
                sender=row.get("from"),
                recipient=row.get("to"),
                created_text=row.get("created_time"),
                updated_text=row.get("updated_time"),
                status=row.get("status"),
            )


def sent(rows: Sequence[Row]) -> Iterator[SentRow]:
    """Yield what was sent, one row a recipient."""
    for row in rows:
        if row.get("senderDocId", "").strip():
            receiver = row.get("receiverDocId")
            yield SentRow(
                sender_doc_id=AxisDocId(row["senderDocId"]),
                receiver_doc_id=AxisDocId(receiver) if receiver else None,
                to=row.get("toCode"),
                title=row.get("title"),
                notation=row.get("notation"),
                send_status=row.get("sendStatus"),
                receive_status=row.get("receiveStatus"),
            )


def sent_id(rows: Sequence[SentRow], envelope: OutgoingEnvelope) -> AxisDocId | None:
    """Return the id under which the axis holds ``envelope``, or None.

    The same number and notation, exactly the same recipients, and not one of our other
    envelopes. In doubt None: a document sent twice is absorbed by its receiver, one taken for
    sent is lost.
    """
    wanted = frozenset(str(each) for each in envelope.recipients)
    recipients: dict[AxisDocId, set[str]] = {}
    for row in rows:
        is_same = comparable(row.notation or "") == comparable(envelope.marker)
        if is_same and row.sender_doc_id not in envelope.known:
            codes = recipients.setdefault(row.sender_doc_id, set())
            codes.update(code for code in _BETWEEN_CODES.split(row.to or "") if code)
    return next((doc_id for doc_id, codes in recipients.items() if codes == wanted), None)


def comparable(notation: str) -> str:
    """Return number and notation for comparing: composed letters, no spaces (T52)."""
    return "".join(unicodedata.normalize("NFC", notation).split())


def directory_entries(operation: str, axis: str, rows: Sequence[Row]) -> tuple[DirectoryEntry, ...]:
    """Return the organs of a directory; units marked as deleted and rows without a code are out.

    The identifier of QĐ 20/2020 (``code102``) is the organ's code where the axis gives it; what
    the axis itself listens to stays ``code``. Nothing is converted (L-98).
    """
    return tuple(
        DirectoryEntry(
            organ_id=OrganId(row.get("code102") or row["code"]),
            organ_name=row.get("name", ""),
            addresses=((axis, AxisAddress(row["code"]), None),),
        )
        for row in rows
        if row.get("code") and not (operation == UNITS and row.get("deleted") == "true")
    )
