"""Errors as HTTP tells them: RFC 9457 problems, with every fault, in Vietnamese and English.

``code`` and the faults' codes are of the closed list in docs/errors.md; a program reads those, a
person reads ``detail``. No problem tells where in our code something happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import ValidationError

from gateway.errors import DataError, GatewayError, PeerError, Retry, StateError, WorldError
from gateway.service.apikeys import KeyRefusedError, ScopeMissingError
from gateway.service.desk import UnknownArrivalError

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 30  # what a client is told when the fault may pass by itself
MAX_FAULTS = 50  # told at once; a body of 64 KiB can hold thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a request.

    Attributes:
        element: JSON member, query parameter or header, as a path: ``reason``, ``query.limit``.

    """

    code: str
    element: str
    vi: str
    en: str


class RequestError(PeerError):
    """A request that cannot be taken, with all its faults and the status that says so."""

    def __init__(self, status: HTTPStatus, faults: Sequence[Fault]) -> None:
        first = faults[0]
        super().__init__(
            first.code,
            vi=" ".join(fault.vi for fault in faults),
            en=" ".join(fault.en for fault in faults),
            element=first.element,
        )
        self.status = status
        self.faults = tuple(faults)


def single(status: HTTPStatus, code: str, *, element: str, vi: str, en: str) -> RequestError:
    """Return a request error with one fault."""
    return RequestError(status, (Fault(code=code, element=element, vi=vi, en=en),))


def status_of(error: GatewayError) -> HTTPStatus:
    """Return the HTTP status that tells this family of errors."""
    if isinstance(error, RequestError):
        return error.status
    by_family: tuple[tuple[type[GatewayError], HTTPStatus], ...] = (
        (KeyRefusedError, HTTPStatus.UNAUTHORIZED),
        (ScopeMissingError, HTTPStatus.FORBIDDEN),
        (UnknownArrivalError, HTTPStatus.NOT_FOUND),
        (PeerError, HTTPStatus.UNPROCESSABLE_ENTITY),
        (StateError, HTTPStatus.CONFLICT),
        (WorldError, HTTPStatus.SERVICE_UNAVAILABLE),
        (DataError, HTTPStatus.INTERNAL_SERVER_ERROR),
    )
    for family, status in by_family:
        if isinstance(error, family):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def problem_of(error: GatewayError) -> tuple[HTTPStatus, bytes]:
    """Return status and body of the problem that tells ``error``."""
    status = status_of(error)
    faults: Sequence[Fault] = ()
    if isinstance(error, RequestError):
        faults = error.faults
    elif isinstance(error, PeerError) and error.element:
        faults = (Fault(code=error.code, element=error.element, vi=error.vi, en=error.en),)
    return status, problem(status, error.code, vi=error.vi, en=error.en, faults=faults)


def problem(
    status: HTTPStatus, code: str, *, vi: str, en: str, faults: Sequence[Fault] = ()
) -> bytes:
    """Return the body of a problem."""
    body = {
        "type": "about:blank",  # `code` tells the kind; a page of its own for each is not promised
        "title": status.phrase,
        "status": int(status),
        "detail": vi,
        "detail_en": en,
        "code": code,
        "faults": [
            {"code": each.code, "element": each.element, "detail": each.vi, "detail_en": each.en}
            for each in faults
        ],
    }
    return json.dumps(body, ensure_ascii=False).encode(errors="replace")


def headers_of(error: GatewayError) -> Mapping[str, str]:
    """Return the headers that go with the problem."""
    if isinstance(error, KeyRefusedError):
        return {"WWW-Authenticate": 'Bearer realm="edoc-gateway"'}
    if isinstance(error, WorldError) and error.retry is not Retry.PERMANENT:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}


def faults_of(error: ValidationError, place: str = "") -> tuple[Fault, ...]:
    """Return what pydantic found wrong, without repeating any value that was given.

    ``place`` is put before each element: ``query.`` for the query string.
    """
    found = error.errors(include_url=False, include_context=True, include_input=False)
    return tuple(
        _fault(each["type"], place + ".".join(map(str, each["loc"])), each.get("ctx", {}))
        for each in found[:MAX_FAULTS]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """Code and sentences of a fault; ``{name}`` and ``{bound}`` are filled in."""

    code: str
    vi: str
    en: str


def refused_request(status: HTTPStatus) -> bytes:
    """Return the body of a problem that the server itself found: no such path, too large."""
    saying = _BY_STATUS.get(status, _REFUSED)
    return problem(status, saying.code, vi=saying.vi, en=saying.en)


def _fault(kind: str, element: str, limits: Mapping[str, object]) -> Fault:
    name = element[:_NAME_LIMIT] or "body"
    saying = next((told for part, told in _BY_KIND.items() if part in kind), _WRONG)
    bounds = [str(limits[key]) for key in ("max_length", "min_length", "le", "ge") if key in limits]
    filled = {"name": name, "bound": bounds[0] if bounds else ""}
    return Fault(
        code=saying.code,
        element=name,
        vi=saying.vi.format(**filled),
        en=saying.en.format(**filled),
    )


_NAME_LIMIT = 200  # characters of a foreign member's name that are repeated

# Part of pydantic's error type, first match wins.
_BY_KIND = {
    "missing": Saying(code="value-missing", vi="Thiếu «{name}».", en="{name} is missing."),
    "extra_forbidden": Saying(
        code="member-unknown",
        vi="Không có trường «{name}»; hãy bỏ đi hoặc sửa tên.",
        en="{name} is not known; remove or rename it.",
    ),
    "json_invalid": Saying(
        code="body-not-json", vi="Nội dung không phải JSON.", en="the body is not JSON."
    ),
    "_type": Saying(
        code="value-type-wrong",
        vi="«{name}» sai kiểu dữ liệu.",
        en="{name} has the wrong type.",
    ),
    "too_long": Saying(
        code="value-too-long",
        vi="«{name}» dài quá {bound} ký tự.",
        en="{name} is longer than {bound} characters.",
    ),
    "too_short": Saying(
        code="value-too-short",
        vi="«{name}» phải có ít nhất {bound} ký tự.",
        en="{name} needs at least {bound} characters.",
    ),
    "greater_than": Saying(
        code="value-too-small",
        vi="«{name}» phải từ {bound} trở lên.",
        en="{name} must be at least {bound}.",
    ),
    "less_than": Saying(
        code="value-too-large",
        vi="«{name}» không được quá {bound}.",
        en="{name} must be at most {bound}.",
    ),
}
_WRONG = Saying(
    code="value-wrong",
    vi="Giá trị của «{name}» không hợp lệ.",
    en="the value of {name} is not acceptable.",
)
_BY_STATUS = {
    HTTPStatus.NOT_FOUND: Saying(
        code="path-unknown",
        vi="Không có đường dẫn này; xem docs/qlvb.md.",
        en="there is no such path; see docs/qlvb.md",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: Saying(
        code="method-not-allowed",
        vi="Đường dẫn này không dùng phương thức đó; xem tiêu đề Allow.",
        en="this path does not take that method; see the header Allow",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Saying(
        code="body-too-large",
        vi="Nội dung yêu cầu quá lớn (tối đa 64 KiB).",
        en="the request's body is too large (at most 64 KiB)",
    ),
}
_REFUSED = Saying(
    code="request-refused",
    vi="Yêu cầu không đúng giao thức HTTP nên không được nhận.",
    en="the request is not proper HTTP and is not taken",
)
