"""Is this edXML acceptable: the answer of ``envelope check`` (contract).

A fault is what must be refused or asked for again; everything else the reader says is a
warning. So an envelope that only a tolerant reader takes is acceptable, with its warnings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from gateway.envelope.attachments import PayloadSink
from gateway.envelope.catalogue import FAULTS
from gateway.envelope.json_write import kind_of
from gateway.envelope.reader import read_envelope
from gateway.errors import EnvelopeError
from gateway.model.envelope import EnvelopeNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The outcome of one check.

    Attributes:
        kind: As in ``envelope show --json``; None when it could not be read or is unknown.

    """

    kind: str | None
    faults: tuple[EnvelopeNote, ...]
    warnings: tuple[EnvelopeNote, ...]

    @property
    def ok(self) -> bool:
        """Tell whether the envelope may be taken."""
        return not self.faults


def check_envelope(
    source: BinaryIO, open_sink: Callable[[], PayloadSink], *, today: date | None = None
) -> Check:
    """Read the envelope to its end and say everything that was found."""
    try:
        envelope = read_envelope(source, open_sink, today=today)
    except EnvelopeError as error:
        return Check(kind=None, faults=(_as_note(error),), warnings=())
    faults = tuple(item for item in envelope.warnings if item.code in FAULTS)
    others = tuple(item for item in envelope.warnings if item.code not in FAULTS)
    return Check(kind=kind_of(envelope), faults=faults, warnings=others)


def _as_note(error: EnvelopeError) -> EnvelopeNote:
    return EnvelopeNote(
        code=error.code,
        element=error.element,
        rule=error.rule,
        vi=error.vi,
        en=error.en,
        line=error.line,
    )
