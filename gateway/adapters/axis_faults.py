"""What can go wrong with an axis, as data: symptom, what it means for another try, words.

One line for each thing that can be seen from outside, in ``axis_faults_calls`` and
``axis_faults_answers``. Two classes stand on a line, because the same symptom means different
things: a question may simply be asked again (``asking``), while an envelope whose answer was lost
may have been stored already (``sending``): then one must look before sending again (T28, protocol
part 3).

Nothing that an outage can cause is ``PERMANENT``: an outage of a week must not give a document
up. What concerns the connection as a whole (credentials, certificate, address) is ``TEMPORARY``
with ``alarm``: trying again costs nothing and heals by itself once a person has mended it.
"""

from __future__ import annotations

from gateway.adapters.axis_faults_answers import BODY, REFUSALS
from gateway.adapters.axis_faults_calls import (
    BEFORE_SENDING,
    HTTP,
    LOST,
    REFUSED_BY_US,
    AxisFault,
)
from gateway.errors import AxisError, Retry

_NEXT = {
    Retry.TEMPORARY: ("Hệ thống sẽ tự thử lại.", "It will be tried again."),
    Retry.PERMANENT: (
        "Thử lại như cũ cũng vô ích; cần người xem xét.",
        "The same try will fail again; a person must look.",
    ),
    Retry.UNKNOWN: (
        "Chưa biết trục đã nhận hay chưa; hệ thống sẽ tra cứu trước khi gửi lại.",
        "Whether the axis took it is not known; it will be looked up before another try.",
    ),
}

FAULTS: dict[str, AxisFault] = {
    fault.code: fault
    for group in (BEFORE_SENDING, REFUSED_BY_US, LOST, HTTP, BODY, REFUSALS)
    for fault in group
}
"""Every symptom by its code."""

_HTTP_STATUS = {
    400: "axis-http-400",
    401: "axis-denied",
    403: "axis-denied",
    404: "axis-not-found",
    405: "axis-not-found",
    407: "axis-denied",
    408: "axis-http-timeout",
    411: "axis-http-400",
    413: "axis-http-413",
    414: "axis-http-431",
    429: "axis-busy",
    431: "axis-http-431",
    500: "axis-http-500",
    501: "axis-not-found",
    502: "axis-unavailable",
    503: "axis-unavailable",
    504: "axis-http-timeout",
}

DOUBTED = frozenset({"axis-refused", "axis-http-400"})
"""Refusals that a broken connection may also cause: believed only after a harmless question."""


def http_fault(status: int) -> str:
    """Return the code for an HTTP status other than 200 and 201 without a proper answer."""
    if status in range(300, 400):
        return "axis-redirect"
    return _HTTP_STATUS.get(status, "axis-http-other")


def axis_error(code: str, *, sending: bool, detail: str = "") -> AxisError:
    """Return the error for a symptom.

    Args:
        code: A key of :data:`FAULTS`.
        sending: Whether the call hands an envelope over.
        detail: What the axis itself said, made harmless by the caller; "" for nothing.

    """
    fault = FAULTS[code]
    retry = fault.sending if sending else fault.asking
    next_vi, next_en = _NEXT[retry]
    said_vi = f" Trục báo: {detail}." if detail else ""
    said_en = f" The axis says: {detail}." if detail else ""
    return AxisError(
        code,
        vi=f"{fault.vi}{said_vi} {next_vi}",
        en=f"{fault.en}{said_en} {next_en}",
        retry=retry,
    )
