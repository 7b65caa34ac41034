"""VXP answers as values: believed only when they are complete and say what they must.

Two things hide behind HTTP 200 in the field: a proxy's page, and half an answer. The vendor's
library takes both for "no documents" (protocol 1.4). Here an answer is one JSON object and
nothing around it, with ``status``, ``ErrorCode`` and ``ErrorDesc`` in it; everything else is a
fault with a name. Rows of a list are read tolerantly: one odd row never hides the others (T44).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from gateway.adapters.axis_faults import axis_error, http_fault
from gateway.errors import AxisError
from gateway.model.document import AxisDocId

_BOM = b"\xef\xbb\xbf"
_COMMON = ("status", "ErrorCode", "ErrorDesc")
_GOOD_HTTP = (200, 201)
_FIRST_SERVER_ERROR = 500
_SAID_CHARS = 160
# What an axis says may name people; addresses and long numbers are cut out before it is logged.
_PERSONAL = re.compile(r"\S+@\S+|\+?\d(?:[ .-]?\d){8,}")

Members = Mapping[str, object]
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Aside:
    """Where a long string of an answer stands in the spooled bytes: [start, end), still escaped."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, before anybody believes it.

    Attributes:
        http_status: HTTP status code.
        text: The body; long strings may have been replaced by ``NaN``, which JSON does not have.
        asides: The replaced strings, in order.
        sending: Whether it answers ``sendEdoc``.

    """

    http_status: int
    text: bytes
    asides: tuple[Aside, ...] = ()
    sending: bool = False

    def fault(self, code: str, detail: str = "") -> AxisError:
        """Return the error for this answer."""
        return axis_error(code, sending=self.sending, detail=detail)


def members(reply: Reply) -> Members:
    """Return the members of an answer that reports success.

    Raises:
        AxisError: For everything else, by symptom.

    """
    if reply.http_status not in _GOOD_HTTP:
        _refuse_http(reply)
    found = _common(reply)
    code = str(found["ErrorCode"]).strip()
    if code != "0":
        raise reply.fault("axis-refused", said(found))
    if found["status"] == "FAIL":
        raise reply.fault("axis-answer-contradicts", said(found))
    return found


def said(found: Members) -> str:
    """Return the axis's own error code and text, short and without what may name a person."""
    text = f"{found.get('ErrorCode')} {found.get('ErrorDesc')}"
    printable = "".join(each if each.isprintable() else " " for each in text)
    return _PERSONAL.sub("…", printable)[:_SAID_CHARS].strip()


def doc_id(reply: Reply, found: Members) -> AxisDocId:
    """Return the id of an envelope just handed over."""
    value = _text_of(found.get("DocId"))
    if value is None or not value.strip():
        raise reply.fault("axis-id-missing")
    return AxisDocId(value)


def rows(reply: Reply, found: Members) -> tuple[tuple[Row, ...], int]:
    """Return the rows of a list, their nulls left out, and how many were no rows at all."""
    data = _data(reply, found)
    if not isinstance(data, list):
        raise reply.fault("axis-data-type")
    good = tuple(_row(each) for each in data if isinstance(each, dict))
    return good, len(data) - len(good)


def document_text(reply: Reply, found: Members) -> str | Aside:
    """Return the base64 of an envelope, or where it stands in the spooled answer."""
    data = _data(reply, found)
    if isinstance(data, Aside | str):
        return data
    raise reply.fault("axis-data-type")


def _refuse_http(reply: Reply) -> NoReturn:
    """Raise for an HTTP status that is no success, with what the axis says if it says anything."""
    code = http_fault(reply.http_status)
    try:
        found = _common(reply)
    except AxisError:
        raise reply.fault(code) from None
    is_refusal = str(found["ErrorCode"]).strip() != "0"
    if is_refusal and 400 <= reply.http_status < _FIRST_SERVER_ERROR:  # noqa: PLR2004 - HTTP 4xx
        raise reply.fault("axis-refused", said(found))
    raise reply.fault(code, said(found) if is_refusal else "")


def _common(reply: Reply) -> Members:
    found = _object(reply)
    for name in _COMMON:
        if name not in found:
            raise reply.fault("axis-member-missing")
        if found[name] is None:
            raise reply.fault("axis-member-null")
        if _text_of(found[name]) is None:
            raise reply.fault("axis-member-type")
    return found


def _object(reply: Reply) -> Members:
    """Return the one JSON object that the answer must be."""
    text = _decoded(reply)
    asides = iter(reply.asides)
    decoder = json.JSONDecoder(
        object_pairs_hook=_no_double, parse_constant=lambda name: _aside(name, asides)
    )
    try:
        found, end = decoder.raw_decode(text)
    except _DoubleNameError:
        raise reply.fault("axis-answer-ambiguous") from None
    except RecursionError:
        raise reply.fault("axis-answer-too-deep") from None
    except ValueError as error:
        cut = text.startswith("{") and (
            not text.endswith("}") or getattr(error, "pos", 0) >= len(text)
        )
        code = "axis-answer-truncated" if cut else "axis-answer-not-json"
        raise reply.fault(code) from error
    if end != len(text):
        raise reply.fault("axis-answer-trailing")
    if not isinstance(found, dict):
        raise reply.fault("axis-answer-not-object")
    return found


def _decoded(reply: Reply) -> str:
    raw = reply.text.removeprefix(_BOM).strip(b" \t\r\n")
    if not raw:
        raise reply.fault("axis-answer-empty")
    if raw.startswith(b"<"):
        raise reply.fault("axis-answer-html")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise reply.fault("axis-answer-not-utf8") from error


class _DoubleNameError(ValueError):
    """A name stands twice in one object."""


def _no_double(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DoubleNameError
    return found


def _aside(name: str, asides: Iterator[Aside]) -> Aside:
    try:
        return next(asides)
    except StopIteration:
        raise ValueError(f"{name} is not JSON") from None


def _data(reply: Reply, found: Members) -> object:
    if "data" not in found:
        raise reply.fault("axis-data-missing")
    if found["data"] is None:
        raise reply.fault("axis-data-null")
    return found["data"]


def _row(members_of_row: Mapping[str, object]) -> Row:
    texts = ((name, _text_of(value)) for name, value in members_of_row.items())
    return {name: text for name, text in texts if text is not None}


def _text_of(value: object) -> str | None:
    """Return text, number or boolean as text; None for null, lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else None
