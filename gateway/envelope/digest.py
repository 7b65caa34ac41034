"""One digest for the meaning of a document's envelope, whatever the axis did to its bytes (2.5).

An axis writes an envelope anew: other line ends, another order, an own trace, Direction added,
the manifest's type changed. Two deliveries of one document must still be seen as one, so the
digest covers what the sender said and the files' digests, in a canonical form, and leaves out
what axes touch: traces, Signature, Direction, content ids and types, unknown elements.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from gateway.envelope.json_write import envelope_to_json
from gateway.model.document import Digest
from gateway.model.envelope import DocumentEnvelope

# What a document says. Who else receives it differs from one sending of it to the next; names
# and telephone numbers of organs are the directory's.
_SAID = (
    "DocumentId",
    "Code",
    "PromulgationInfo",
    "DocumentType",
    "Subject",
    "Content",
    "SignerInfo",
    "DueDate",
    "DueDateRaw",
    "OtherInfo",
    "ResponseFor",
    "SteeringType",
    "ResponseForTask",
    "ToPlaces",
)
VERSION = 1  # of the canonical form; it is hashed along, so two forms never meet by chance


def content_digest(envelope: DocumentEnvelope) -> Digest:
    """Return the SHA-256 of the envelope's meaning."""
    made = envelope_to_json(envelope)
    said = {name: made["MessageHeader"].get(name) for name in _SAID}
    said["From"] = envelope.sender.organ_id if envelope.sender is not None else None
    said["OtherInfo"] = _without(said["OtherInfo"], "Direction", "")
    said["SteeringType"] = None if said["SteeringType"] == "0" else said["SteeringType"]
    business = made.get("TraceHeaderList", {}).get("Bussiness")
    files = [
        [item.digest, item.attachment_name, item.fault if item.digest is None else None]
        for item in envelope.attachments
    ]
    meaning = {
        "version": VERSION,
        "header": said,
        "business": _without(business, "BussinessDocType", "0"),
        "files": files,
    }
    text = json.dumps(
        _canonical(meaning), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return Digest(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def _without(structure: Any, name: str, default: str) -> Any:  # noqa: ANN401 - JSON
    """Leave a member out: always, or when it says the default that axes fill in."""
    if not isinstance(structure, Mapping):
        return structure
    keeps = bool(default) and structure.get(name) != default
    return {key: member for key, member in structure.items() if key != name or keeps}


def _canonical(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Fold white space and drop what is empty: axes drop empty elements."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Mapping):
        folded = {name: _canonical(member) for name, member in value.items()}
        return {name: member for name, member in folded.items() if member not in ("", {}, [], None)}
    if isinstance(value, list):
        return [_canonical(member) for member in value]
    return value
