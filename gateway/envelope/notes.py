"""The closed list of what can be said about an envelope, with its sentences (docs/errors.md).

A code says what is wrong, not how bad it is: a note in ``warnings`` is a remark, the same note
raised as an :class:`~gateway.errors.EnvelopeError` or put on an attachment as ``fault`` refuses.
Sentences name places and shapes, never contents: subjects and names stay out of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.envelope.catalogue import CATALOGUE, FAULTS
from gateway.errors import EnvelopeError
from gateway.model.envelope import EnvelopeNote

__all__ = ["CATALOGUE", "FAULTS", "Place", "fault", "note"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the source: path of the element, and its 1-based line when known."""

    element: str = ""
    line: int | None = None


def note(code: str, place: Place = Place(), /, **values: object) -> EnvelopeNote:
    """Return the note ``code`` about ``place``; ``values`` fill the sentence's gaps."""
    rule, vi, en = CATALOGUE[code]
    return EnvelopeNote(
        code=code,
        element=place.element,
        rule=rule,
        vi=vi.format(**values),
        en=en.format(**values),
        line=place.line,
    )


def fault(code: str, place: Place = Place(), /, **values: object) -> EnvelopeError:
    """Return the error ``code`` about ``place``, ready to be raised."""
    said = note(code, place, **values)
    return EnvelopeError(
        code, vi=said.vi, en=said.en, element=said.element, rule=said.rule, line=said.line
    )
