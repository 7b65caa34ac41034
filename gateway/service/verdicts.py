"""A verdict as it is kept in the store, and back; the whole of it, reasons with their codes.

What people and programs are shown is another form (contract.md, pdf verify); that one is made
from this one, never the other way round.
"""

from __future__ import annotations

from pydantic import TypeAdapter

from gateway.model.signature import FileVerdict

_KEPT: TypeAdapter[FileVerdict] = TypeAdapter(FileVerdict)


def kept_text(verdict: FileVerdict) -> str:
    """Return the verdict as JSON text for the store."""
    return _KEPT.dump_json(verdict).decode("utf-8")


def kept_verdict(text: str) -> FileVerdict:
    """Return the verdict that :func:`kept_text` wrote."""
    return _KEPT.validate_json(text)
