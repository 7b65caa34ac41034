"""VXP requests as values: which headers, in which order, signed how (protocol 1.1 to 1.3).

Pure: a request is built from values and a time, and nothing is sent. All parameters travel as
headers, so they are refused here when they are not printable ASCII: the vendor's own library
destroys other characters on the way, and then no signature fits (protocol 1.2).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from gateway.adapters.axis_faults import axis_error
from gateway.errors import NaiveTimeError
from gateway.model.document import AxisDocId
from gateway.model.organ import AxisAddress, SystemId

VIET_NAM = timezone(timedelta(hours=7), "+07:00")  # the wire names no zone; one all year (L-63)
PREFIX = "XroadVnpt-"
VERSION = "3.0.201608"
USER_AGENT = "JAVASDKAgent/1.0.0 XRoad/VPCP"
JSON_TYPE = "application/json"
BYTES_TYPE = "application/octet-stream"
SERVICE_TYPE = "eDoc"
DOCUMENT = "edoc"
STATUS = "status"
MESSAGE_TYPES = (DOCUMENT, STATUS)

LIST = "getReceivedEdocList"
GET = "getEdoc"
UPDATE = "updateStatus"
SEND = "sendEdoc"
SENT = "getSentEdocList"
AGENCIES = "getAgenciesList"
AGENCIES_QD20 = "getAgenciesListQD20"
UNITS = "getSynchronizeUnit"
DIRECTORIES = (AGENCIES, AGENCIES_QD20, UNITS)

# One header line that common servers still read; 500 recipients need about 9 KB of it, and the
# signed copy as much again (protocol 1.5).
MAX_HEADER_CHARS = 16_000

_INITIAL_BUCKETS = 16  # of a Java HashMap
_LOAD_FACTOR = 0.75
_GSON_BARE = re.compile("[\u2028\u2029]")


def java_hash(text: str) -> int:
    """Return ``String.hashCode`` spread as ``HashMap`` does it, as an unsigned 32-bit number."""
    units = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for at in range(0, len(units), 2):
        value = (31 * value + (units[at] << 8 | units[at + 1])) & 0xFFFFFFFF
    return value ^ value >> 16


def java_order(names: Iterable[str]) -> list[str]:
    """Return ``names``, given in order of insertion, as a Java ``HashMap`` walks them."""
    kept = list(dict.fromkeys(names))
    buckets = _INITIAL_BUCKETS
    while len(kept) > _LOAD_FACTOR * buckets:
        buckets *= 2
    return sorted(kept, key=lambda name: java_hash(name) & (buckets - 1))


def gson_text(value: object) -> str:
    """Return JSON as Gson writes it without HTML escaping: compact, non-ASCII bare."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _GSON_BARE.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)


def signed_text(parameters: Mapping[str, str]) -> str:
    """Return the text of ``sign-header``: the parameters, prefixed, in the order given."""
    return gson_text({PREFIX + name: value for name, value in parameters.items()})


def mac(secret: str, text: str) -> str:
    """Return ``hash-header`` of a ``sign-header`` text, lower-case hex."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def unpadded(digest: bytes) -> str:
    """Return ``hash-file``: every byte in hex without its leading zero; ambiguous, never decode."""
    return "".join(f"{byte:x}" for byte in digest)


def timestamp(instant: datetime) -> str:
    """Return the wire's time: Viet Nam time, and milliseconds in four digits after ``+``.

    Raises:
        NaiveTimeError: ``instant`` carries no zone.

    """
    if instant.utcoffset() is None:
        raise NaiveTimeError(
            "naive-time",
            vi=f"Thời điểm không có múi giờ: {instant.isoformat()}.",
            en=f"instant without a zone: {instant.isoformat()}",
        )
    local = instant.astimezone(VIET_NAM)
    return f"{local:%d%m%YT%H%M%S}+{local.microsecond // 1000:04d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call, unsigned.

    Attributes:
        operation: Last part of the path.
        parameters: In the order a Java client would have inserted them.
        body: What is sent; for ``sendEdoc`` the caller streams the file instead.
        content_type: Signed, and sent twice.

    """

    operation: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = JSON_TYPE

    @property
    def sending(self) -> bool:
        """Tell whether the call hands an envelope over, so that a lost answer must be looked up."""
        return self.operation == SEND


def listing(message_type: str) -> Request:
    """Ask what waits for us."""
    return Request(operation=LIST, parameters=_kind(message_type))


def sent_listing(message_type: str, sender_doc_id: AxisDocId | None = None) -> Request:
    """Ask what we sent; of one envelope when its id is known."""
    known = {} if sender_doc_id is None else {"docId": str(sender_doc_id)}
    return Request(operation=SENT, parameters=_kind(message_type) | known)


def getting(axis_doc_id: AxisDocId) -> Request:
    """Ask for one envelope."""
    return Request(operation=GET, parameters={"docId": str(axis_doc_id)}, body=b"{}")


def acknowledging(axis_doc_id: AxisDocId) -> Request:
    """Say ``done``; the other status words never leave us (contract, receiving)."""
    parameters = {"docid": str(axis_doc_id), "status": "done"}
    return Request(operation=UPDATE, parameters=parameters, body=b"{}")


def agencies(operation: str) -> Request:
    """Ask for the directory by one of :data:`DIRECTORIES`."""
    parameters = {"level": "1"} if operation == AGENCIES_QD20 else {}
    return Request(operation=operation, parameters=parameters)


def sending(
    message_type: str, sender: SystemId, recipients: Sequence[AxisAddress], digest: bytes
) -> Request:
    """Hand an envelope over.

    Args:
        message_type: ``edoc`` or ``status``.
        sender: The connected system: an organ code there has been refused in the field.
        recipients: Addresses, repeated ones are named once (T36); none leaves them to the
            envelope itself.
        digest: SHA-256 of the envelope's bytes, without the CR LF that follows them.

    """
    parameters = _kind(message_type) | {"hash-file": unpadded(digest), "from": str(sender)}
    if recipients:
        parameters["to"] = gson_text(list(dict.fromkeys(str(each) for each in recipients)))
    return Request(operation=SEND, parameters=parameters, content_type=BYTES_TYPE)


def headers(request: Request, system_id: SystemId, secret: str, now: datetime) -> dict[str, str]:
    """Return the headers of a call made at ``now``, signed.

    Raises:
        AxisError: ``axis-header-not-ascii`` or ``axis-header-too-long``; nothing was sent.

    """
    inserted = {
        "systemid": str(system_id),
        "timestamp": timestamp(now),
        **request.parameters,
        "Content-Type": request.content_type,
    }
    parameters = {name: inserted[name] for name in java_order(inserted)}
    text = signed_text(parameters)
    for value in parameters.values():
        _require_header_value(value, sending=request.sending)
    if len(text) > MAX_HEADER_CHARS:
        raise axis_error("axis-header-too-long", sending=request.sending)
    signed = {PREFIX + name: value for name, value in parameters.items()}
    return signed | {
        "Content-Type": request.content_type,
        PREFIX + "sign-header-key": ";".join(parameters),
        PREFIX + "sign-header": text,
        PREFIX + "hash-header": mac(secret, text),
        PREFIX + "version": VERSION,
        "User-Agent": USER_AGENT,
    }


def _kind(message_type: str) -> dict[str, str]:
    return {"servicetype": SERVICE_TYPE, "messagetype": message_type}


def _require_header_value(value: str, *, sending: bool) -> None:
    # HTTP trims the ends while the signed text keeps them: such a value would not verify either.
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise axis_error("axis-header-not-ascii", sending=sending)
