"""The values of a JSON document given from outside, checked one by one; used by ``json_form``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from gateway.envelope.dialects import VIET_NAM
from gateway.envelope.notes import Place, fault
from gateway.errors import EnvelopeError

Json = dict[str, Any]
T = TypeVar("T")


def wrong(path: str, detail: str) -> EnvelopeError:
    """Return the error about the member at ``path``."""
    return fault("message-json", Place(path), detail=f"{path or 'the whole'}: {detail}")


def as_object(value: object, path: str) -> Json:
    """Return ``value`` when it is a JSON object."""
    if not isinstance(value, Mapping) or any(not isinstance(key, str) for key in value):
        raise wrong(path, "must be an object")
    return dict(value)


def only(given: Json, path: str, allowed: frozenset[str]) -> None:
    """Refuse members that are not allowed: a misspelt one would be lost silently."""
    for name in given:
        if name not in allowed:
            raise wrong(f"{path}/{name}" if path else name, "no such member")


def only_member(value: object, name: str, path: str) -> object:
    """Return the one member of a wrapper such as ``ToPlaces``."""
    given = as_object(value, path)
    only(given, path, frozenset({name}))
    return given.get(name, [])


def string(value: object, path: str) -> str:
    """Return ``value`` when it is text."""
    if not isinstance(value, str):
        raise wrong(path, "must be text")
    return value


def strings(value: object, path: str) -> tuple[str, ...]:
    """Return ``value`` when it is a list of texts."""
    if not isinstance(value, list):
        raise wrong(path, "must be a list of texts")
    return tuple(string(item, f"{path}[{number}]") for number, item in enumerate(value, 1))


def optional(given: Json, name: str, path: str) -> str | None:
    """Return a text member, or None where it is absent or null."""
    value = given.get(name)
    return None if value is None else string(value, f"{path}/{name}")


def listed(root: Json, name: str, read: Callable[[Json, str], T]) -> tuple[T, ...]:
    """Return a list member, each object read by ``read``."""
    value = root.get(name, [])
    if not isinstance(value, list):
        raise wrong(name, "must be a list")
    return tuple(
        read(as_object(item, f"{name}[{number}]"), f"{name}[{number}]")
        for number, item in enumerate(value, 1)
    )


def day(value: object, path: str) -> date:
    """Return the day written ``yyyy-mm-dd``."""
    try:
        return date.fromisoformat(string(value, path))
    except ValueError:
        raise wrong(path, "must be a day, yyyy-mm-dd") from None


def instant(value: object, path: str) -> datetime:
    """Return the instant, in Viet Nam time; without an offset it is refused."""
    try:
        when = datetime.fromisoformat(string(value, path))
    except ValueError:
        raise wrong(path, "must be an instant, ISO 8601 with offset") from None
    if when.utcoffset() is None:
        raise wrong(path, "must carry an offset, +07:00")
    return when.astimezone(VIET_NAM)
