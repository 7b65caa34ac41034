"""What a QLVB's answer to an event means. No I/O.

A 2xx alone is not a yes: a login page comes with 200 as well, and some QLVBs say no by an id of
-1 or 0 inside a 200 (T78).
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

from gateway.errors import QlvbError, Retry

ANSWER_LIMIT_BYTES = 64 * 1024


def taken_over(body: bytes) -> datetime | None:
    """Read the body of a 2xx answer: when the QLVB took the document over, if it says so.

    Nothing at all, a JSON object, or a bare positive number (the copy's id) is a yes. A member
    ``id``, or the bare number, that is not positive is the QLVB's way to say no (T78).

    Raises:
        QlvbError: ``qlvb-answer-nonsense`` (a login page, a cut answer), ``qlvb-id-not-positive``
            or ``qlvb-taken-at-wrong``.

    """
    if not body.strip():
        return None
    try:
        answer = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _nonsense() from error
    if isinstance(answer, int | float):
        answer = {"id": answer}
    if not isinstance(answer, dict):
        raise _nonsense()
    if "id" in answer and not _is_positive_id(answer["id"]):
        raise QlvbError(
            "qlvb-id-not-positive",
            vi="QLVB trả lời thành công nhưng mã bản ghi không dương: coi như chưa nhận.",
            en="the QLVB answered 2xx with an id that is not positive: it did not take it (T78)",
            retry=Retry.TEMPORARY,
        )
    return _taken_at(answer["taken_at"]) if answer.get("taken_at") is not None else None


ABOUT_THE_EVENT = frozenset({400, 413, 422})
"""Statuses that say that this event will never be taken."""


def answer_fault(status: int) -> QlvbError | None:
    """Return what an HTTP status outside 2xx means, None for 2xx.

    Only what speaks of this very event (400, 413, 422) is final. Everything else may come from an
    outage, a proxy or a secret being changed, and is sent again; a redirect is never followed.
    """
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success, RFC 9110
        return None
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirection
        return QlvbError(
            "qlvb-redirected",
            vi=f"QLVB trả lời chuyển hướng (HTTP {status}); cổng không đi theo, hãy sửa địa chỉ.",
            en=f"the QLVB answered with a redirect (HTTP {status}), never followed; mend the URL",
            retry=Retry.TEMPORARY,
        )
    if 400 <= status < 500 and status not in {408, 425, 429}:  # noqa: PLR2004 - RFC 9110
        return QlvbError(
            "qlvb-refused",
            vi=f"QLVB từ chối sự kiện (HTTP {status}); cần người quản trị QLVB xem.",
            en=f"the QLVB refused the event (HTTP {status}); its operator must look",
            retry=Retry.PERMANENT if status in ABOUT_THE_EVENT else Retry.TEMPORARY,
        )
    return QlvbError(
        "qlvb-unavailable",
        vi=f"QLVB tạm thời không nhận được (HTTP {status}); cổng sẽ gửi lại.",
        en=f"the QLVB cannot take it now (HTTP {status}); it is sent again",
        retry=Retry.TEMPORARY,
    )


def _is_positive_id(value: object) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value > 0 and math.isfinite(value)
    if not isinstance(value, str) or not value.strip():
        return False
    try:
        return int(value) > 0
    except ValueError:
        return True  # an id that is no number at all: opaque, and there


def _taken_at(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        if instant is not None and instant.utcoffset() is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # said below, in one place
    raise QlvbError(
        "qlvb-taken-at-wrong",
        vi="QLVB trả lời taken_at không đọc được hoặc thiếu múi giờ; cần ISO 8601 có +07:00.",
        en="the QLVB's taken_at is unreadable or has no offset; ISO 8601 with offset expected",
        retry=Retry.TEMPORARY,
    )


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _nonsense() -> QlvbError:
    return QlvbError(
        "qlvb-answer-nonsense",
        vi="QLVB trả lời thành công nhưng nội dung không phải JSON: coi như chưa nhận.",
        en="the QLVB answered 2xx, but neither nothing nor JSON: taken as not received",
        retry=Retry.TEMPORARY,
    )
