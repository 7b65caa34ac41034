"""Agencies as the wire and the directory know them (cơ quan, tổ chức).

Three things that are easily mixed up have three types: who writes (:data:`OrganId`), who
connects (:data:`SystemId`), and where an axis finds an organ (:data:`AxisAddress`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NewType

AgencyId = NewType("AgencyId", str)
"""Our own name of a tenant, from the settings: lower-case letters, digits, hyphens."""

OrganId = NewType("OrganId", str)
"""Identifier code of an organ (mã định danh, QĐ 20/2020, L-91): opaque, compared as written."""

SystemId = NewType("SystemId", str)
"""Identifier of a connected system on an axis; never an organ."""

AxisAddress = NewType("AxisAddress", str)
"""Where one axis finds an organ; often, but not always, spelled like its organ code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organ:
    """An organ as an envelope names it; whatever is absent on the wire is None (T07, T08)."""

    organ_id: OrganId | None = None
    organization_in_charge: str | None = None
    organ_name: str | None = None
    organ_address: str | None = None
    email: str | None = None
    telephone: str | None = None
    fax: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """One line of the directory: a code means this organ from a day to a day (L-98).

    Attributes:
        valid_from: First day of validity, Viet Nam; None when the start is not known.
        valid_to: Last day of validity, included; None while it is valid.
        successor: The code that follows; stated by a catalogue or a person, never computed.
        addresses: (axis name, address on it, system id or None) for every axis that reaches it.

    """

    organ_id: OrganId
    organ_name: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor: OrganId | None = None
    addresses: tuple[tuple[str, AxisAddress, SystemId | None], ...] = ()
