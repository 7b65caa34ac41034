"""What the shell works with: every port, and every agency with its own partners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import SettingsError
from gateway.model.organ import AgencyId, Organ, OrganId
from gateway.ports import Alarms, AxisClient, Clock, Examiner, Ids, Payloads, Qlvb, Store, Vault
from gateway.rules.admission import AdmissionPolicy
from gateway.rules.receipt_time import ReceiptRule, WorkingCalendar
from gateway.service.settings import AgencySettings, ReceiptCountsFrom
from gateway.storage.quarantine import Quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One agency with everything that is its own; credentials stay inside its axis clients."""

    id: AgencyId
    settings: AgencySettings
    calendar: WorkingCalendar
    calendar_text: str  # as read; stored once per version, to prove a receipt time
    policy: AdmissionPolicy
    axes: Mapping[str, AxisClient]
    qlvb: Qlvb | None

    @property
    def organ(self) -> Organ:
        """Return the agency as it names itself on the wire."""
        return Organ(organ_id=OrganId(self.settings.organ_id), organ_name=self.settings.organ_name)

    @property
    def own_codes(self) -> frozenset[OrganId]:
        """Return every code under which a document is ours (L-98: listed, never computed)."""
        return frozenset(map(OrganId, (self.settings.organ_id, *self.settings.also_known_as)))

    @property
    def receipt_rule(self) -> ReceiptRule:
        """Return the rule that gives the effective receipt."""
        return ReceiptRule(self.settings.receipt_rule)

    @property
    def counts_from_qlvb(self) -> bool:
        """Tell whether receipt counts from the instant the QLVB took the document over."""
        return self.settings.receipt_counts_from is ReceiptCountsFrom.QLVB

    def axis(self, name: str) -> AxisClient:
        """Return the client of an axis; SettingsError when it is not configured any more."""
        client = self.axes.get(name)
        if client is None:
            raise SettingsError(
                "axis-not-configured",
                vi=f"Trục {name} không còn trong cấu hình của đơn vị {self.id}.",
                en=f"axis {name} is not configured for agency {self.id} any more",
            )
        return client


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything the shell acts through."""

    store: Store
    payloads: Payloads
    quarantine: Quarantine
    examiner: Examiner
    alarms: Alarms
    vault: Vault
    clock: Clock
    ids: Ids
    agencies: Mapping[AgencyId, Agency]

    def agency(self, agency: AgencyId) -> Agency:
        """Return the agency; SettingsError when it is not configured any more."""
        found = self.agencies.get(agency)
        if found is None:
            raise SettingsError(
                "agency-not-configured",
                vi=f"Đơn vị {agency} không còn trong cấu hình.",
                en=f"agency {agency} is not configured any more",
            )
        return found
