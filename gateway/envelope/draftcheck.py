"""What speaks against writing an envelope: everything at once, before a byte is written.

The strict schema says types, lengths and lists; here stands what a schema cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gateway.envelope.json_write import Json, envelope_to_json
from gateway.envelope.notes import Place, note
from gateway.envelope.profile import Profile
from gateway.envelope.schema import strict_findings
from gateway.model.document import BusinessType
from gateway.model.envelope import DocumentEnvelope, Envelope, EnvelopeNote, StatusEnvelope
from gateway.model.status import NEEDS_REASON

# Characters that XML 1.0 cannot carry, lone surrogates among them.
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WRITTEN = ("MessageHeader", "TraceHeaderList", "attachments")
_NEEDS_REASON = frozenset(code.value for code in NEEDS_REASON)
_NUMBERS = re.compile(r"\[\d+\]")


def writing_faults(envelope: Envelope, profile: Profile) -> list[EnvelopeNote]:
    """Return every reason not to write ``envelope`` for the axis of ``profile``."""
    made = envelope_to_json(envelope)
    texts = [pair for name in _WRITTEN for pair in _texts(made.get(name), name)]
    found = [
        note("control-character", Place(path)) for path, text in texts if _CONTROL.search(text)
    ]
    is_clean = not found
    found += _required(made, envelope, profile)
    found += _profile_faults(texts, envelope, profile)
    if isinstance(envelope, DocumentEnvelope):
        found += _document_faults(envelope)
    else:
        found += _status_faults(envelope)
    if is_clean:  # the tree cannot hold what XML cannot
        seen = {item.element for item in found}
        found += [item for item in strict_findings(envelope) if not _is_said(item, seen)]
    return [_as_refusal(item) for item in found]


def _is_said(item: EnvelopeNote, seen: set[str]) -> bool:
    """Tell whether a missing element was named already; the schema names its parent."""
    return item.code == "element-required" and any(
        other.startswith(item.element.partition("/")[0]) for other in seen
    )


def _as_refusal(item: EnvelopeNote) -> EnvelopeNote:
    if item.code != "over-length":
        return item
    limit = "".join(re.findall(r"\d+", item.en)) or "?"
    return note("too-long-to-send", Place(item.element), limit=limit)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, f"{path}/{name}")
    elif isinstance(value, list):
        for number, member in enumerate(value, 1):
            yield from _texts(member, f"{path}[{number}]")


def _required(made: Json, envelope: Envelope, profile: Profile) -> Iterator[EnvelopeNote]:
    is_document = isinstance(envelope, DocumentEnvelope)
    for path in profile.document_required if is_document else profile.status_required:
        outer, *steps = path.split("/")
        for at in _missing(made.get(outer, {}), steps, outer):
            yield note("element-required", Place(at), name=at.rpartition("/")[2] or at)


def _missing(value: Any, steps: list[str], path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the places where ``steps`` leads nowhere; lists must have it in every member."""
    if not steps:
        return
    name, rest = steps[0], steps[1:]
    at = f"{path}/{name}"
    member = value.get(name) if isinstance(value, dict) else None
    if not member:
        yield at
    elif isinstance(member, list):
        for number, item in enumerate(member, 1):
            yield from _missing(item, rest, f"{at}[{number}]")
    else:
        yield from _missing(member, rest, at)


def _profile_faults(
    texts: list[tuple[str, str]], envelope: Envelope, profile: Profile
) -> Iterator[EnvelopeNote]:
    lengths, forbidden = dict(profile.lengths), dict(profile.forbidden)
    for path, text in texts:
        plain = _NUMBERS.sub("", path)
        if len(text) > lengths.get(plain, len(text)):
            yield note("too-long-to-send", Place(path), limit=lengths[plain])
        signs = forbidden.get(plain, "")
        if any(sign in text for sign in signs):
            yield note("sign-forbidden", Place(path), signs=signs)
    if not isinstance(envelope, DocumentEnvelope):
        return
    most = profile.max_recipients
    if most is not None and len(envelope.recipients) > most:
        yield note("recipients-too-many", Place("MessageHeader/To"), limit=most)
    size = sum(item.size_bytes or 0 for item in envelope.attachments)
    if profile.max_attachment_bytes is not None and size > profile.max_attachment_bytes:
        limit = profile.max_attachment_bytes
        yield note("attachments-too-large", Place("AttachmentEncoded"), limit=limit)


def _document_faults(envelope: DocumentEnvelope) -> Iterator[EnvelopeNote]:
    codes = [organ.organ_id for organ in envelope.recipients]
    for number, code in enumerate(codes, 1):
        at = f"MessageHeader/To[{number}]"
        if code is None:
            yield note("recipient-missing", Place(f"{at}/OrganId"))
        elif code in codes[: number - 1]:
            yield note("recipient-repeated", Place(at))
    business = envelope.business
    if business is not None and business.business_type not in (BusinessType.NEW, None):
        at = "TraceHeaderList/Bussiness"
        if not business.business_reason:
            yield note("reason-missing", Place(f"{at}/BussinessDocReason"))
        is_replacement = business.business_type is BusinessType.REPLACE
        if is_replacement and not business.replacements:
            yield note("replacement-missing", Place(f"{at}/ReplacementInfoList"))
    for number, item in enumerate(envelope.attachments, 1):
        at = f"AttachmentEncoded/Attachment[{number}]"
        if item.digest is None or item.fault is not None or item.size_bytes is None:
            yield note("attachment-without-bytes", Place(at), fault=item.fault or "-")
        if not item.attachment_name:
            yield note("attachment-without-name", Place(at))


def _status_faults(envelope: StatusEnvelope) -> Iterator[EnvelopeNote]:
    response = envelope.response_for
    if response is not None and response.code is None and response.document_id is None:
        yield note("response-for-missing", Place("MessageHeader/ResponseFor"))
    if envelope.status_code in _NEEDS_REASON and not (envelope.description or "").strip():
        yield note("status-reason-missing", Place("MessageHeader/Description"))
