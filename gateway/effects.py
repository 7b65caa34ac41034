"""The frozen commands a way asks of the shell.

Each carries a key under which doing it twice equals doing it once. The shell stores an effect
in the transaction of the decision that asked for it, and performs it afterwards as a job.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from gateway.model.document import DocumentRef, Urgency
from gateway.model.status import StatusCode


@dataclass(frozen=True, slots=True, kw_only=True)
class SendStatus:
    """Tell the original sender where the document stands.

    Attributes:
        reason: Goes out verbatim as Description; required for the codes of NEEDS_REASON.
        person: Who acted; None for what the gateway says by itself (01).
        repeat: Number of the repetition: 0 is the first time, a repeated delivery asks again.

    """

    document: DocumentRef
    code: StatusCode
    reason: str = ""
    person: str | None = None
    repeat: int = 0
    axis: str | None = None

    @property
    def key(self) -> str:
        """Return the key under which this message exists once."""
        words = hashlib.sha256(self.reason.encode()).hexdigest()[:8] if self.reason else ""
        return ":".join(
            ("status", self.document, self.code.value, str(self.repeat), *filter(None, [words]))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayToQlvb:
    """Hand the document over to the QLVB, as waiting for acceptance."""

    document: DocumentRef
    urgency: Urgency

    @property
    def key(self) -> str:
        """Return the key under which this relay exists once."""
        return f"relay:{self.document}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskClerk:
    """Raise an alarm for a person; it names codes only, never a subject or a name.

    Attributes:
        topic: ``held``, ``parked``, ``quarantined``, ``urgent``, ``same-day``.
        codes: Codes of the objections, for the alarm's text.

    """

    document: DocumentRef
    topic: str
    codes: tuple[str, ...] = ()
    not_before: datetime | None = None

    @property
    def key(self) -> str:
        """Return the key under which this alarm exists once."""
        return f"alarm:{self.topic}:{self.document}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolate:
    """Move a document with a secrecy mark into encrypted quarantine (L-60)."""

    document: DocumentRef

    @property
    def key(self) -> str:
        """Return the key under which this isolation exists once."""
        return f"isolate:{self.document}"


Effect = SendStatus | RelayToQlvb | AskClerk | Isolate
