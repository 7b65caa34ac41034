"""Where an envelope wants to go, and what a list says about it: a quick look, no reading.

The axis is no reader of edXML: it looks for a handful of elements by their local names, in
pieces, and refuses a DOCTYPE. Prefixes need no declaration, as senders in the field leave it
out. Content is otherwise not judged: a simulated axis must be able to deliver rubbish.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

_PIECE = 1 << 18
_MAX_TEXT = 4000  # of one element; longer ones are cut, it is for a list
_DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeFacts:
    """What the axis wants to know.

    Attributes:
        recipients: OrganId of every To; of ResponseFor when there is no To (a status message).
        title: Subject, or "".
        notation: Number and notation joined by ``/``, or "".

    """

    recipients: tuple[str, ...] = ()
    title: str = ""
    notation: str = ""


class UnreadableEnvelopeError(Exception):
    """Not well-formed, or with a DOCTYPE."""


def facts_of(path: Path) -> EnvelopeFacts:
    """Return the facts of the envelope at ``path``.

    Raises:
        UnreadableEnvelopeError: As its name says.

    """
    look = _Look()
    parser = expat.ParserCreate()
    parser.StartElementHandler = look.start
    parser.EndElementHandler = look.end
    parser.CharacterDataHandler = look.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise UnreadableEnvelopeError(str(error)) from error
    return look.facts()


def _refuse_doctype(*_: object) -> None:
    raise UnreadableEnvelopeError("DOCTYPE")


class _Look:
    """Collects the text of the few elements that matter."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._text: list[str] | None = None
        self._found: dict[tuple[str, ...], list[str]] = {}

    def start(self, name: str, _attributes: object) -> None:
        self._path.append(name.rpartition(":")[2])
        self._text = [] if tuple(self._path[-_DEPTH:]) in _WANTED else None

    def text(self, text: str) -> None:
        if self._text is not None and sum(map(len, self._text)) < _MAX_TEXT:
            self._text.append(text)

    def end(self, _name: str) -> None:
        if self._text is not None:
            text = "".join(self._text).strip()
            if text:
                self._found.setdefault(tuple(self._path[-_DEPTH:]), []).append(text)
        self._text = None
        self._path.pop()

    def facts(self) -> EnvelopeFacts:
        to = self._found.get(_TO, [])
        answered = self._found.get(_RESPONSE_TO, [])
        return EnvelopeFacts(
            recipients=tuple(dict.fromkeys(to or answered[:1])),
            title=self._first(_SUBJECT),
            notation="/".join(
                part for part in (self._first(_NUMBER), self._first(_NOTATION)) if part
            )
            or self._first(_RESPONSE_CODE),
        )

    def _first(self, path: tuple[str, ...]) -> str:
        return next(iter(self._found.get(path, [])), "")


_HEADER = "MessageHeader"
_TO = (_HEADER, "To", "OrganId")
_RESPONSE_TO = (_HEADER, "ResponseFor", "OrganId")
_SUBJECT = ("edXMLHeader", _HEADER, "Subject")
_NUMBER = (_HEADER, "Code", "CodeNumber")
_NOTATION = (_HEADER, "Code", "CodeNotation")
_RESPONSE_CODE = (_HEADER, "ResponseFor", "Code")
_WANTED = frozenset({_TO, _RESPONSE_TO, _SUBJECT, _NUMBER, _NOTATION, _RESPONSE_CODE})
