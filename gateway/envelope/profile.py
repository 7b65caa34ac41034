"""What one kind of axis wants of an envelope: data in ``schemas/profiles/*.toml``, not code.

The default is the standard as the vendor's builder writes it (protocol 2.1 to 2.4).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from gateway.envelope.notes import fault
from gateway.envelope.schema import schemas_folder
from gateway.envelope.tree import STANDARD_STYLE, Style

_DOCUMENT_REQUIRED = ("MessageHeader/From/OrganId", "MessageHeader/To", "MessageHeader/DocumentId")
_STATUS_REQUIRED = (
    "MessageHeader/From/OrganId",
    "MessageHeader/ResponseFor",
    "MessageHeader/StatusCode",
    "MessageHeader/Timestamp",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How to write for one kind of axis.

    Attributes:
        document_required, status_required: Paths that must be there, without list numbers.
        lengths: (path, longest in characters), on top of the strict schema's.
        forbidden: (path, signs) that the axis cuts or misreads (T35).
        max_recipients: Of one envelope (T33); None is no limit.
        max_attachment_bytes: Of all attachments together (T37); None is no limit.
        keeps_unknown: Whether unknown elements of a read envelope are written again.

    """

    name: str = "qcvn102"
    style: Style = STANDARD_STYLE
    document_required: tuple[str, ...] = _DOCUMENT_REQUIRED
    status_required: tuple[str, ...] = _STATUS_REQUIRED
    lengths: tuple[tuple[str, int], ...] = ()
    forbidden: tuple[tuple[str, str], ...] = ()
    max_recipients: int | None = None
    max_attachment_bytes: int | None = None
    keeps_unknown: bool = False


DEFAULT = Profile()


def profile_names() -> tuple[str, ...]:
    """Return the names of all profiles."""
    return tuple(sorted(path.stem for path in (schemas_folder() / "profiles").glob("*.toml")))


@cache
def profile(name: str) -> Profile:
    """Return the profile called ``name``.

    Raises:
        EnvelopeError: ``profile-unknown``, listing those there are.

    """
    known = profile_names()
    if name not in known:
        raise fault("profile-unknown", list=", ".join(known))
    text = (schemas_folder() / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
    return _from_toml(name, tomllib.loads(text))


def _from_toml(name: str, given: dict[str, Any]) -> Profile:
    style = given.get("style", {})
    required = given.get("required", {})
    limits = given.get("limits", {})
    return Profile(
        name=name,
        style=Style(
            namespace=style.get("namespace", STANDARD_STYLE.namespace),
            date_pattern=style.get("date_pattern", STANDARD_STYLE.date_pattern),
            instant_pattern=style.get("instant_pattern", STANDARD_STYLE.instant_pattern),
            renames=tuple(style.get("renames", {}).items()),
            types=tuple(style.get("types", {}).items()),
            writes_empty=style.get("writes_empty", False),
        ),
        document_required=(*_DOCUMENT_REQUIRED, *required.get("document", ())),
        status_required=(*_STATUS_REQUIRED, *required.get("status", ())),
        lengths=tuple(given.get("lengths", {}).items()),
        forbidden=tuple(given.get("forbidden", {}).items()),
        max_recipients=limits.get("recipients"),
        max_attachment_bytes=limits.get("attachment_bytes"),
        keeps_unknown=given.get("keeps_unknown", False),
    )
