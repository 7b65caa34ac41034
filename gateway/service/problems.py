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


def _fault(kind: str, element: str, limits: Mapping[str, object]) -> Fault:
    name = element[:200] or "body"
    for part, (code, vi, en) in _SAYINGS.items():
        if part in kind:
            told = {key: str(value)[:200] for key, value in limits.items()}
            bound = next(
                (told[key] for key in ("max_length", "min_length", "le", "ge") if key in told), ""
            )
            return Fault(
                code=code,
                element=name,
                vi=vi.format(name=name, bound=bound),
                en=en.format(name=name, bound=bound),
            )
    return Fault(
        code="value-wrong",
        element=name,
        vi=f"Giá trị của «{name}» không hợp lệ.",
        en=f"the value of {name} is not acceptable.",
    )


# Part of pydantic's error type, first match wins: our code and sentences.
_SAYINGS = {
    "missing": ("value-missing", "Thiếu «{name}».", "{name} is missing."),
    "extra_forbidden": (
        "member-unknown",
        "Không có trường «{name}»; hãy bỏ đi hoặc sửa tên.",
        "{name} is not known; remove or rename it.",
    ),
    "json_invalid": ("body-not-json", "Nội dung không phải JSON.", "the body is not JSON."),
    "_type": ("value-type-wrong", "«{name}» sai kiểu dữ liệu.", "{name} has the wrong type."),
    "too_long": (
        "value-too-long",
        "«{name}» dài quá {bound} ký tự.",
        "{name} is longer than {bound} characters.",
    ),
    "too_short": (
        "value-too-short",
        "«{name}» phải có ít nhất {bound} ký tự.",
        "{name} needs at least {bound} characters.",
    ),
    "greater_than": (
        "value-too-small",
        "«{name}» phải từ {bound} trở lên.",
        "{name} must be at least {bound}.",
    ),
    "less_than": (
        "value-too-large",
        "«{name}» không được quá {bound}.",
        "{name} must be at most {bound}.",
    ),
}
