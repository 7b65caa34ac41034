"""Known deviations of real senders, each tied to a fixture in ``fixtures/envelopes/dialects``.

    names        other spellings of an element                       T03
    namespaces   the standard's, the SOAP axis's, none               T01
    dates        strict patterns tried in order, never a guess       T05, T06

A date is read only by a whole-string match. What no pattern takes is kept as text and shown;
the vendor's own reader turns ``02/03/2026`` into the year 7 without a word.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from gateway.envelope.names import NAMESPACE, XML_WHITE_SPACE

VIET_NAM = timezone(timedelta(hours=7), "+07:00")  # one offset, no summer time (L-63)

SOAP_NAMESPACE = "http://www.e-doc.vn/Schema/"
KNOWN_NAMESPACES = frozenset({NAMESPACE, SOAP_NAMESPACE})

EARLIEST_YEAR = 1945  # T05: no document of this state is older
LATEST_YEAR = 2099  # used only where the caller does not say which day it is
YEARS_AHEAD = 10  # protocol 2.2

# Left: what senders write. Right: the standard's name (T03).
ALIASES = {
    "Business": "Bussiness",
    "BusinessDocType": "BussinessDocType",
    "BusinessDocReason": "BussinessDocReason",
    "BusinessDocumentInfo": "BussinessDocumentInfo",
    "OrganInCharge": "OrganizationInCharge",
    "OrganAddress": "OrganAdd",
    "OrganizationAdd": "OrganAdd",
    "TimeStamp": "Timestamp",
    "TypistNotation": "TyperNotation",
    "TypeNotation": "TyperNotation",
    "Manifest": "edXMLManifest",
}

_TIME = r"(?:[T ]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:\.\d{1,9})?)?)?"
_ZONE = r"(?P<zone> ?Z| ?[+-]\d{2}:?\d{2})?"

STANDARD_DATE = re.compile(r"\d{4}/\d{2}/\d{2}")
STANDARD_INSTANT = re.compile(r"\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}")
_PATTERNS = tuple(
    re.compile(day + _TIME + _ZONE)
    for day in (
        r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})",  # the standard's
        r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})",  # read as the year 7 by the vendor (T06)
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",  # ISO 8601
        r"(?P<d>\d{1,2})-(?P<m>\d{1,2})-(?P<y>\d{4})",
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
    )
)
_LONGEST_DATE = 40  # characters; longer texts are no dates and are not tried


@dataclass(frozen=True, slots=True)
class Years:
    """Which years are believed, both ends included."""

    earliest: int = EARLIEST_YEAR
    latest: int = LATEST_YEAR


@dataclass(frozen=True, slots=True)
class DateFault:
    """Why a text is not taken as a date: ``date-unreadable`` or ``date-out-of-range``."""

    code: str


def years_around(today: date | None) -> Years:
    """Return the years believed on ``today``; None when the caller does not know the day."""
    return Years() if today is None else Years(latest=today.year + YEARS_AHEAD)


def read_date(text: str, years: Years) -> date | DateFault:
    """Return the day that ``text`` names in Viet Nam; a time with an offset is converted first."""
    found = _match(text)
    if found is None:
        return DateFault("date-unreadable")
    day, clock, zone = found
    if zone is not None and clock is not None:
        day = datetime.combine(day, clock, zone).astimezone(VIET_NAM).date()
    return day if years.earliest <= day.year <= years.latest else DateFault("date-out-of-range")


def read_instant(text: str, years: Years) -> datetime | DateFault:
    """Return the instant in Viet Nam time; a text without a time of day is not an instant."""
    found = _match(text)
    if found is None or found[1] is None:
        return DateFault("date-unreadable")
    day, clock, zone = found
    if not years.earliest <= day.year <= years.latest:
        return DateFault("date-out-of-range")
    return datetime.combine(day, clock or time(), zone or VIET_NAM).astimezone(VIET_NAM)


def _match(text: str) -> tuple[date, time | None, timezone | None] | None:
    if len(text) > _LONGEST_DATE or not text.isascii():
        return None
    stripped = text.strip(XML_WHITE_SPACE)
    for pattern in _PATTERNS:
        found = pattern.fullmatch(stripped)
        if found is not None:
            return _values(found)
    return None


def _values(found: re.Match[str]) -> tuple[date, time | None, timezone | None] | None:
    part = found.groupdict()
    try:
        day = date(int(part["y"]), int(part["m"]), int(part["d"]))
        clock = (
            None
            if part["h"] is None
            else time(int(part["h"]), int(part["min"]), int(part["s"] or 0))
        )
        return day, clock, _zone(part["zone"])
    except ValueError:  # 30 February, 25 o'clock: not a date, and never rolled over
        return None


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    text = text.strip()
    if text == "Z":
        return timezone(timedelta(0))
    hours, minutes = int(text[1:3]), int(text[-2:])
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


def canonical_name(local: str, known: Collection[str]) -> str | None:
    """Return the standard's name for ``local`` among ``known``, or None when it is not one."""
    if local in known:
        return local
    if local in ALIASES and ALIASES[local] in known:
        return ALIASES[local]
    folded = local.lower()
    return next((name for name in known if name.lower() == folded), None)
