"""What a wrong answer looks like on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.simulators.axis_answers import Answer
from gateway.simulators.axis_faults import Fault

_PAGE = b"<!DOCTYPE html><html><head><title>502</title></head><body>Bad Gateway</body></html>"
_HTML = {"Content-Type": "text/html"}
_JSON = {"Content-Type": "application/json"}
_MIN_ERROR = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A wrong answer.

    Attributes:
        whole: False when twice as many bytes are announced, and the connection ends instead.

    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)
    whole: bool = True


def misshapen(answer: Answer | None, fault: Fault) -> Shape:
    """Return what is sent instead of ``answer``, which is None when nothing was done."""
    status = fault.http_status
    if status is not None:
        return Shape(body=_PAGE, status=status, headers=_HTML)
    if fault.shape in _FIXED:
        return _FIXED[fault.shape]
    whole = b"" if answer is None else b"".join(answer.pieces())
    half = whole[: len(whole) // 2]
    if fault.shape == "cut":
        return Shape(body=half, whole=False)
    if fault.shape == "truncated":
        return Shape(body=half)
    return Shape(body=_spoilt(whole, fault.shape))


def _spoilt(whole: bytes, shape: str) -> bytes:
    """Return an answer of the right form with one thing wrong in it."""
    if shape == "trailing":
        return whole + b"\n<!-- proxy -->"
    members = json.loads(whole)
    rows = members.get("data")
    if shape == "null-member":
        members["ErrorDesc"] = None
    elif shape == "no-id":
        members.pop("DocId", None)
    elif isinstance(rows, list) and rows:
        rows[0][list(rows[0])[-1]] = None
    return json.dumps(members).encode()


_FIXED = {
    "redirect": Shape(body=b"", status=302, headers={"Location": "/elsewhere"}),
    "html": Shape(body=_PAGE, headers=_HTML),
    "empty": Shape(body=b""),
}
