"""One JSON line a step on standard error, keyed by document; and what is never in one.

Only fields of :data:`ALLOWED_FIELDS` pass, only values that look like codes, ids, numbers and
instants stay as they are, and the event itself is a code. So a subject, a name, a secret or an
address of a person does not reach the log even when somebody passes it by mistake; the line then
says which field was dropped. Lines of libraries keep their origin and lose their text: it may
hold what a stranger sent.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TextIO

import structlog

from gateway.errors import GatewayError, PeerError, WorldError
from gateway.ports import Clock

ALLOWED_FIELDS = frozenset(
    {
        # what happens, to what
        "agency", "axis", "codes", "code", "delivery", "digest", "direction", "document",
        "effect", "job", "key_id", "kind", "message_type", "outcome", "organ_id", "rule",
        "state", "status", "step", "topic", "urgency", "urgent", "verdict",
        # how it goes
        "attempt", "count", "http_status", "lag_seconds", "limit", "method", "number",
        "next_at", "pid", "retry", "route", "run_at", "seconds", "sequence", "size_bytes",
        "started_at", "arrived_at", "effective_receipt_at", "worker", "year",
        # parts of ourselves
        "calendar", "channel", "database", "port", "scope", "setting", "version",
        # faults
        "element", "error", "exception", "frames", "line", "logger", "where",
    }
)  # fmt: skip
"""Names of fields that may be logged. A new one needs a thought: can it hold a person's data?"""

VALUE_LIMIT = 200  # characters of one value; ids and codes are shorter
_ITEM_LIMIT = 20  # of a list
_SENTENCE_LIMIT = 500  # characters of an error's own sentence
_FRAME_LIMIT = 12  # innermost frames of a fault

_CODE = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
# Ids, codes, routes, instants: no spaces, so no sentence; no @, so no address.
_PLAIN = re.compile(r"[A-Za-z0-9_.:,/{}+=<>\[\]#-]*")
_SECRET = re.compile(r"edk_|whsec_|(?i:bearer)|eyJ[A-Za-z0-9_-]{8}")
_MASKED = "***"


def start_logging(clock: Clock, stream: TextIO | None = None, *, level: str = "info") -> None:
    """Send every line of the process through here, our own and the libraries'.

    Args:
        clock: Gives the instants; a simulated one makes simulated instants.
        stream: Where to write; None is standard error as it is at the moment of each line.
        level: ``debug``, ``info``, ``warning`` or ``error``.

    """
    structlog.configure(
        processors=[
            _Stamp(clock),
            safe_fields,
            structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Lines(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Bridge()]
    root.setLevel(logging.WARNING)


def safe_fields(_logger: object, method: str, fields: MutableMapping[str, Any]) -> dict[str, Any]:
    """Return the fields that may be written; a structlog processor."""
    event = fields.pop("event", "")
    at = fields.pop("at", None)
    line: dict[str, Any] = {"at": at} if at is not None else {}
    line["level"] = method
    is_code = isinstance(event, str) and _CODE.fullmatch(event)
    line["event"] = event if is_code else "unnamed"
    fault = fields.pop("exc_info", None) or fields.get("error")
    if isinstance(fault, bool):
        fault = sys.exc_info()[1]
    if isinstance(fault, BaseException):
        fields.pop("error", None)
        line |= _fault(fault)
    dropped = sorted(name for name in fields if name not in ALLOWED_FIELDS)
    line |= {name: _value(value) for name, value in fields.items() if name in ALLOWED_FIELDS}
    if dropped:
        line["dropped"] = [name if _CODE.fullmatch(name) else _MASKED for name in dropped]
    return line


def _value(value: object) -> object:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_value(each) for each in list(items)[:_ITEM_LIMIT]]
    if isinstance(value, str):
        return _text(value)
    return _MASKED


def _text(text: str) -> str:
    if len(text) > VALUE_LIMIT or not _PLAIN.fullmatch(text) or _SECRET.search(text):
        return _MASKED
    return text


def _fault(error: BaseException) -> Mapping[str, object]:
    """Return what may be known of a fault: no message of a library, no value of a variable."""
    told: dict[str, object] = {"exception": type(error).__name__}
    if isinstance(error, GatewayError):
        told["error"] = error.code
        # Our own sentence; errors.py promises that it may be logged. Secrets are looked for anyway.
        told["text"] = _MASKED if _SECRET.search(error.en) else error.en[:_SENTENCE_LIMIT]
    if isinstance(error, PeerError):
        told["element"], told["rule"], told["line"] = (
            _text(error.element),
            _text(error.rule),
            error.line,
        )
    if isinstance(error, WorldError):
        told["retry"] = error.retry.value
    if error.__cause__ is not None:
        told["cause"] = type(error.__cause__).__name__
    frames = traceback.extract_tb(error.__traceback__)[-_FRAME_LIMIT:]
    told["frames"] = [f"{Path(each.filename).name}:{each.lineno}:{each.name}" for each in frames]
    return told


class _Stamp:
    """Puts the instant of our clock on the line."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(
        self, _logger: object, _method: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        fields["at"] = self._clock.now().isoformat(timespec="milliseconds")
        return fields


class _Lines:
    """Makes the loggers that write the lines."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def __call__(self, *_args: object) -> structlog.WriteLogger:
        return structlog.WriteLogger(self._stream if self._stream is not None else sys.stderr)


class _Bridge(logging.Handler):
    """Takes lines of libraries: where they come from, how grave, which exception."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger()
        name = {"CRITICAL": "critical", "ERROR": "error", "WARNING": "warning"}
        say = getattr(logger, name.get(record.levelname, "info"))
        error = record.exc_info[1] if record.exc_info else None
        say(
            "library",
            logger=record.name,
            where=f"{record.module}:{record.lineno}",
            error=error,
        )
