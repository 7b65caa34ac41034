"""The clerk's desk in memory: a small implementation of ``service.desk.Desk`` for tests."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime

from gateway.errors import PeerError, StateError
from gateway.model.document import DocumentRef
from gateway.model.incoming import IncomingState
from gateway.model.organ import AgencyId
from gateway.service.apikeys import StoredKey
from gateway.service.desk import (
    Acceptance,
    ArrivalPage,
    ArrivalQuery,
    ArrivalView,
    EventView,
    FileAt,
    FileVerdictView,
    Refusal,
    UnknownArrivalError,
)

DECIDABLE = {IncomingState.WAITING, IncomingState.HELD}


@dataclass
class MemoryDesk:
    """Keeps views by agency and ref; decides as the real desk does, as far as HTTP can see."""

    decided_at: datetime
    views: dict[tuple[str, str], ArrivalView] = field(default_factory=dict)
    envelopes: dict[tuple[str, str], str] = field(default_factory=dict)
    raws: dict[tuple[str, str], FileAt] = field(default_factory=dict)
    files: dict[tuple[str, str, int], FileAt] = field(default_factory=dict)
    reports: dict[tuple[str, str], tuple[FileVerdictView, ...]] = field(default_factory=dict)
    events: dict[tuple[str, str], list[EventView]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, agency: AgencyId, view: ArrivalView) -> None:
        self.views[agency, view.ref] = view
        self.events[agency, view.ref] = []

    async def list_arrivals(self, agency: AgencyId, query: ArrivalQuery) -> ArrivalPage:
        mine = sorted(
            (
                view
                for (owner, ref), view in self.views.items()
                if owner == agency
                and (not query.states or view.state in query.states)
                and (query.after is None or ref > query.after)
            ),
            key=lambda view: view.ref,
        )
        return ArrivalPage(tuple(mine[: query.limit]), more=len(mine) > query.limit)

    async def arrival(self, agency: AgencyId, ref: DocumentRef) -> ArrivalView | None:
        return self.views.get((agency, ref))

    async def envelope_json(self, agency: AgencyId, ref: DocumentRef) -> str | None:
        return self.envelopes.get((agency, ref))

    async def raw_path(self, agency: AgencyId, ref: DocumentRef) -> FileAt | None:
        return self.raws.get((agency, ref))

    async def attachment_path(
        self, agency: AgencyId, ref: DocumentRef, ordinal: int
    ) -> FileAt | None:
        return self.files.get((agency, ref, ordinal))

    async def verdicts(
        self, agency: AgencyId, ref: DocumentRef
    ) -> tuple[FileVerdictView, ...] | None:
        return self.reports.get((agency, ref), ()) if (agency, ref) in self.views else None

    async def timeline(self, agency: AgencyId, ref: DocumentRef) -> tuple[EventView, ...] | None:
        events = self.events.get((agency, ref))
        return None if events is None else tuple(events)

    async def accept(
        self, agency: AgencyId, ref: DocumentRef, acceptance: Acceptance
    ) -> ArrivalView:
        view = self._mine(agency, ref)
        if view.state is IncomingState.ACCEPTED and acceptance.number in {
            None,
            view.arrival_number,
        }:
            return view
        self._decidable(view)
        number = acceptance.number or self.numbers.get(agency, 0) + 1
        if number <= self.numbers.get(agency, 0):
            raise PeerError(
                "number-taken", vi="Số đến đã dùng.", en="number taken", element="number"
            )
        self.numbers[agency] = number
        after = dataclasses.replace(
            view,
            state=IncomingState.ACCEPTED,
            arrival_number=number,
            register_year=self.decided_at.year,
            registered_at=self.decided_at,
            closed_at=self.decided_at,
        )
        return self._decide(agency, after, acceptance.person, "accepted")

    async def refuse(self, agency: AgencyId, ref: DocumentRef, refusal: Refusal) -> ArrivalView:
        view = self._mine(agency, ref)
        if view.state is IncomingState.REFUSED:
            return view
        self._decidable(view)
        after = dataclasses.replace(view, state=IncomingState.REFUSED, closed_at=self.decided_at)
        return self._decide(agency, after, refusal.person, "refused")

    def _mine(self, agency: AgencyId, ref: DocumentRef) -> ArrivalView:
        view = self.views.get((agency, ref))
        if view is None:
            raise UnknownArrivalError
        return view

    def _decidable(self, view: ArrivalView) -> None:
        if view.state not in DECIDABLE:
            raise StateError(
                "decided-already",
                vi=f"Văn bản đã ở trạng thái {view.state.value}.",
                en=f"the document is {view.state.value} already",
            )

    def _decide(self, agency: AgencyId, view: ArrivalView, person: str, code: str) -> ArrivalView:
        self.views[agency, view.ref] = view
        events = self.events[agency, view.ref]
        events.append(
            EventView(
                sequence=len(events) + 1,
                at=self.decided_at,
                actor=person,
                code=code,
                refs="{}",
            )
        )
        return view


@dataclass
class MemoryKeys:
    """A key ring in memory."""

    stored: dict[str, StoredKey] = field(default_factory=dict)

    def add(self, key: StoredKey) -> None:
        self.stored[key.key_id] = key

    async def find(self, key_id: str) -> StoredKey | None:
        return self.stored.get(key_id)
