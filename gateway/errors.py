"""Every error raised on purpose.

Four families, told apart by who can act:

    PeerError    what came from outside cannot be taken      the sender acts
    WorldError   a service did not do its part                nobody yet, then the operator
    StateError   the lifecycle does not permit this now       the caller acts
    DataError    our own settings or data are wrong           the operator acts

Every error has a ``code`` from ``docs/errors.md`` and its sentence in Vietnamese and English.
Neither sentence holds personal data, a secret, or the subject of a document: both may be logged.
"""

from __future__ import annotations

from enum import Enum


class GatewayError(Exception):
    """An error raised on purpose.

    Attributes:
        code: Closed list in ``docs/errors.md``, lower case with hyphens.
        vi: One sentence for the clerk: the thing, the value, the expectation, what to do.
        en: The same in English.

    """

    def __init__(self, code: str, *, vi: str, en: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.vi = vi
        self.en = en

    def text(self, lang: str) -> str:
        """Return the sentence in ``lang`` (``vi`` or ``en``)."""
        return self.en if lang == "en" else self.vi


class PeerError(GatewayError):
    """What came from outside cannot be taken.

    Attributes:
        element: Path of the XML element, JSON member or file concerned; "" when it is the whole.
        rule: Rule id (``L-nn``), article or protocol section; "" when none applies.
        line: Line in the source, 1-based; None where lines mean nothing.

    """

    def __init__(  # noqa: PLR0913 - an error carries its whole story, all by keyword
        self,
        code: str,
        *,
        vi: str,
        en: str,
        element: str = "",
        rule: str = "",
        line: int | None = None,
    ) -> None:
        super().__init__(code, vi=vi, en=en)
        self.element = element
        self.rule = rule
        self.line = line


class EnvelopeError(PeerError):
    """Bytes that are not an acceptable edXML envelope."""


class Retry(Enum):
    """Whether another try makes sense after a :class:`WorldError`."""

    TEMPORARY = "temporary"  # the same call may succeed later
    PERMANENT = "permanent"  # the same call will fail again; a person must look
    UNKNOWN = "unknown"  # the outside may or may not have done it; look before trying again


class WorldError(GatewayError):
    """A service did not do its part.

    Attributes:
        retry: Whether another try makes sense.

    """

    def __init__(self, code: str, *, vi: str, en: str, retry: Retry) -> None:
        super().__init__(code, vi=vi, en=en)
        self.retry = retry


class AxisError(WorldError):
    """The axis refused, answered nonsense, or did not answer."""


class QlvbError(WorldError):
    """The QLVB refused, answered nonsense, or did not answer."""


class StorageError(WorldError):
    """The database or the disk did not do its part."""


class FencedError(WorldError):
    """Another worker took the job over; nothing of this try may be written."""


class StateError(GatewayError):
    """The lifecycle does not permit this now."""


class DataError(GatewayError):
    """Our own settings or data are wrong."""


class SettingsError(DataError):
    """A setting is missing or wrong; the sentence names it."""


class CalendarError(DataError):
    """A working calendar is wrong or does not cover the day asked for."""


class NaiveTimeError(DataError):
    """An instant without a zone; times are never guessed."""
