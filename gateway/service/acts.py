"""A person's acts on an incoming document, each one transaction: accept, refuse.

The acts of the API, of the command line and of a stated policy are these same functions, so
that whoever acts, the number, the register line, the event and the status go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway import incoming
from gateway.errors import PeerError, StateError
from gateway.model.document import DocumentRef
from gateway.model.incoming import IncomingState
from gateway.model.register import NumberedBy, Register, RegisterEntry
from gateway.model.status import StatusCode
from gateway.rules.numbering import check_given_number, register_year
from gateway.rules.receipt_time import effective_receipt
from gateway.service.desk import UnknownArrivalError
from gateway.service.outbox import Outbox
from gateway.service.receipts import kept_receipt
from gateway.service.world import Agency, World
from gateway.storage import documents, events, registers, statuses
from gateway.storage.documents import Move
from gateway.storage.event_codes import RefValue
from gateway.storage.events import NewEvent
from gateway.storage.registers import NewEntry
from gateway.storage.rows import IncomingRow

BY_POLICY = "policy"
"""Actor of acts that a stated policy of the agency performs."""


@dataclass(frozen=True, slots=True)
class Acts:
    """Performs acts inside the caller's transaction."""

    world: World

    def accepts_by_policy(self, agency: Agency, state: IncomingState) -> bool:
        """Tell whether the agency's stated policy accepts admitted documents by itself."""
        own_numbers = agency.settings.numbering is NumberedBy.GATEWAY
        is_waiting = state is IncomingState.WAITING
        return agency.settings.accept_automatically and own_numbers and is_waiting

    def accept(
        self,
        conn: Connection,
        agency: Agency,
        ref: DocumentRef,
        person: str,
        number: int | None,
    ) -> RegisterEntry:
        """Accept, register, and ask for status 03; the number is drawn as the last statement.

        The same act again returns the same line and changes nothing.

        Raises:
            UnknownArrivalError: The agency has no such document.
            StateError: It was decided otherwise, cannot be accepted now, or the number is taken.
            PeerError: A number is missing where the QLVB numbers, or given where we do.

        """
        row = self._row(conn, agency, ref)
        if row.state is IncomingState.ACCEPTED:
            return _same_line(conn, agency, ref, number)
        closed = incoming.accept(ref, row.state, person)
        _check_who_numbers(agency, number)
        now = self.world.clock.now()
        row = self._with_receipt(conn, agency, row, now)
        documents.set_state(
            conn, agency.id, ref, Move(expected=row.state, new=closed.state, closed_at=now)
        )
        events.append(conn, agency.id, self._said(ref, person, "accepted"))
        Outbox(self.world.ids, now).put(conn, agency.id, closed.effects, row.urgency)
        return self._register(conn, agency, row, person, number)

    def _with_receipt(
        self, conn: Connection, agency: Agency, row: IncomingRow, now: datetime
    ) -> IncomingRow:
        """Return the row with a receipt: whoever accepts has taken the document over by then."""
        if row.receipt is not None:
            return row
        computed = effective_receipt(now, agency.calendar, agency.receipt_rule)
        receipt = kept_receipt(conn, agency, computed, now)
        documents.set_qlvb_taken(conn, agency.id, row.ref, now, receipt)
        return self._row(conn, agency, row.ref)

    def _register(
        self,
        conn: Connection,
        agency: Agency,
        row: IncomingRow,
        person: str,
        number: int | None,
    ) -> RegisterEntry:
        now = self.world.clock.now()
        start = row.receipt.effective_receipt_at if row.receipt else now
        new = NewEntry(
            register=Register.INCOMING,
            year=register_year(start),
            document=row.ref,
            registered_at=now,
            actor=person,
        )
        if number is None:
            entry = registers.enter(conn, agency.id, new)
        else:
            held = registers.line_at(conn, agency.id, Register.INCOMING, new.year, number)
            check_given_number(number, new.year, held.entry if held else None)
            entry = registers.enter_given(conn, agency.id, new, number)
        said = self._said(row.ref, person, "registered", number=entry.number, year=entry.year)
        events.append(conn, agency.id, said)
        return entry

    def refuse(
        self, conn: Connection, agency: Agency, ref: DocumentRef, person: str, reason: str
    ) -> None:
        """Refuse with a reason that the sender reads; the same act again changes nothing.

        Raises:
            UnknownArrivalError: The agency has no such document.
            StateError: It was decided otherwise, cannot be refused now, or no reason is given.

        """
        row = self._row(conn, agency, ref)
        if row.state is IncomingState.REFUSED or _was_refused(conn, agency, row):
            return
        closed = incoming.refuse(ref, row.state, person, reason)
        now = self.world.clock.now()
        is_final = closed.state is IncomingState.REFUSED
        move = Move(expected=row.state, new=closed.state, closed_at=now if is_final else None)
        documents.set_state(conn, agency.id, ref, move)
        codes = [each.code for each in row.objections]
        events.append(conn, agency.id, self._said(ref, person, "refused", codes=codes))
        Outbox(self.world.ids, now).put(conn, agency.id, closed.effects, row.urgency)

    def _row(self, conn: Connection, agency: Agency, ref: DocumentRef) -> IncomingRow:
        row = documents.get(conn, agency.id, ref)
        if row is None:
            raise UnknownArrivalError
        return row

    def _said(self, ref: DocumentRef, actor: str, code: str, **refs: RefValue) -> NewEvent:
        at = self.world.clock.now()
        return NewEvent(document=ref, at=at, actor=actor, code=code, refs=refs)


def _was_refused(conn: Connection, agency: Agency, row: IncomingRow) -> bool:
    """Tell whether the sender of a quarantined document was refused before; it stays there."""
    if row.state is not IncomingState.QUARANTINED:
        return False
    said = statuses.history(conn, agency.id, row.ref)
    return any(each.code == StatusCode.REFUSED.value for each in said)


def _check_who_numbers(agency: Agency, number: int | None) -> None:
    by_qlvb = agency.settings.numbering is NumberedBy.QLVB
    if by_qlvb and number is None:
        raise PeerError(
            "number-missing",
            vi="Đơn vị này lấy số đến từ QLVB: phải gửi kèm số (number).",
            en="this agency takes its numbers from the QLVB: give `number`",
            element="number",
            rule="L-35",
        )
    if not by_qlvb and number is not None:
        raise PeerError(
            "number-not-wanted",
            vi="Đơn vị này để cổng cấp số đến: không gửi kèm số (number).",
            en="the gateway gives this agency's numbers: do not send `number`",
            element="number",
            rule="L-35",
        )


def _same_line(
    conn: Connection, agency: Agency, ref: DocumentRef, number: int | None
) -> RegisterEntry:
    entry = registers.entry_of(conn, agency.id, Register.INCOMING, ref)
    if entry is not None and number in (None, entry.number):
        return entry
    raise StateError(
        "accepted-otherwise",
        vi="Văn bản đã được tiếp nhận với số khác.",
        en="the document was accepted under another number before",
    )
