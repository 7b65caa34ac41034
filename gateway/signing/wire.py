"""What passes between the gateway and its examining worker: length-prefixed JSON.

The worker reads hostile files, so what it says is read strictly: an answer that does not fit is
taken for a crash of the worker.
"""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gateway.model.signature import FileEvidence

LENGTH_BYTES = 4
MAX_MESSAGE_BYTES = 64 * 1024 * 1024  # twenty page pictures at 200 dpi have about 10 MB

EVIDENCE: TypeAdapter[FileEvidence] = TypeAdapter(FileEvidence)
"""Evidence to JSON text and back; also the form that is kept beside the PDF (L-115)."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Strict):
    """One request to the worker.

    Attributes:
        pages: Pages to draw; 0 asks for an examination.
        cpu_seconds: CPU time this file may take; the system ends the worker behind it.

    """

    pdf: Path
    at: datetime | None = None
    anchors: tuple[Path, ...] = ()
    crls: tuple[Path, ...] = ()
    pages: int = 0
    dpi: int = 100
    cpu_seconds: int = 20


class Answer(_Strict):
    """What the worker found.

    Attributes:
        evidence: Evidence as JSON text; "" in an answer with pictures.
        pictures: PNG files in base64.
        failed: Code of what went wrong with the question itself, not with the file.

    """

    evidence: str = ""
    marks: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    pictures: tuple[str, ...] = Field(default=(), repr=False)
    failed: str = ""

    def png_files(self) -> tuple[bytes, ...]:
        """Return the pictures as bytes."""
        return tuple(base64.b64decode(each) for each in self.pictures)


def frame(message: BaseModel) -> bytes:
    """Return the message with its length in front."""
    body = message.model_dump_json().encode()
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
