"""Webhooks on the wire: signature and event. No I/O.

The signature is that of Standard Webhooks (headers ``webhook-id``, ``webhook-timestamp``,
``webhook-signature``), the body a CloudEvents 1.0 event in structured JSON mode. The id is the
effect's key and stays the same on every try, so that a receiver can drop repeats (T77).

Signing and verifying stand next to each other: the simulated QLVB and the tests use the same
:func:`verified` that a vendor writes in his own language from docs/qlvb.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.errors import DataError, NaiveTimeError, PeerError, SettingsError
from gateway.model.document import DocumentRef, Urgency

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
TYPE_PREFIX = "vn.edoc-gateway."
SECRET_PREFIX = "whsec_"  # noqa: S105 - the public prefix of every secret, not one of them

TOLERANCE_SECONDS = 300  # Standard Webhooks: five minutes, both ways
SECRET_MIN_BYTES, SECRET_MAX_BYTES = 24, 64  # Standard Webhooks, symmetric secrets
MAX_SECRETS = 2  # one in use and one on its way out (rotation)
MAX_SIGNATURES = 8  # what a receiver looks at; more is not rotation

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")

# No full stop: it separates id, timestamp and body in what is signed.
_ID = re.compile(r"[A-Za-z0-9:_/=+-]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_TYPE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Verified:
    """What a receiver may rely on: the sender held a secret and signed exactly this.

    Attributes:
        id: Same on every try of one event; keep it longer than the sender tries.
        signed_at: When this try was signed, UTC.

    """

    id: str
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalWaiting:
    """An incoming document (văn bản đến) waits for the clerk; its files are fetched by the API.

    Attributes:
        verdict: Verdict of the main document, or None when nothing was there to judge.
        state: Where it stands when it is told: a clerk may have been faster than the wire.
        effective_receipt_at: None where receipt counts from the QLVB's taking over.
        information_only: Without a valid signature it may inform but not bind (L-02).
        decided_at: When the gateway admitted it: the same on every try.
        envelope: The JSON of ``envelope show``; None keeps the event thin, for a receiver that
            asks for everything by the API.

    """

    document: DocumentRef
    urgency: Urgency
    arrived_at: datetime
    decided_at: datetime
    state: str = "waiting"
    effective_receipt_at: datetime | None = None
    verdict: str | None = None
    information_only: bool = False
    attachment_count: int = 0
    envelope: Mapping[str, object] | None = None

    def event(self) -> Mapping[str, object]:
        """Return the event as :meth:`gateway.ports.Qlvb.relay` takes it."""
        return {
            "type": "arrival.waiting",
            "subject": self.document,
            "time": local_text(self.decided_at),
            "data": {
                "id": self.document,
                "state": self.state,
                "urgency": self.urgency.name.lower(),
                "arrived_at": local_text(self.arrived_at),
                "effective_receipt_at": self._receipt_text(),
                "verdict": self.verdict,
                "information_only": self.information_only,
                "attachment_count": self.attachment_count,
                "href": f"/v1/arrivals/{self.document}",
                **({} if self.envelope is None else {"envelope": self.envelope}),
            },
        }

    def _receipt_text(self) -> str | None:
        at = self.effective_receipt_at
        return None if at is None else local_text(at)


def local_text(instant: datetime) -> str:
    """Return the instant as ISO 8601 with the offset of Viet Nam (contract).

    Raises:
        NaiveTimeError: ``instant`` carries no zone.

    """
    if instant.utcoffset() is None:
        raise NaiveTimeError(
            "naive-time",
            vi=f"Thời điểm không có múi giờ: {instant.isoformat()}; hãy ghi thêm +07:00.",
            en=f"instant without a zone: {instant.isoformat()}; add its offset",
        )
    return instant.astimezone(VIET_NAM).isoformat()


def cloud_event(key: str, event: Mapping[str, object], source: str) -> bytes:
    """Return the event's body; the same bytes for the same arguments.

    Args:
        key: The effect's key; becomes the id.
        event: ``type`` (``arrival.waiting``, with or without our prefix), ``time`` (text with
            offset), ``data``, and optionally ``subject`` (our id of the document; never its
            trích yếu).
        source: Who speaks: ``/agencies/<agency id>``.

    Raises:
        DataError: ``event-incomplete`` when a member is missing or unfit.

    """
    kind, time = event.get("type"), event.get("time")
    fit = isinstance(kind, str) and _TYPE.fullmatch(kind) and isinstance(time, str)
    unknown = set(event) - {"type", "time", "data", "subject"}
    if not fit or unknown or not isinstance(event.get("data"), Mapping):
        raise DataError(
            "event-incomplete",
            vi="Sự kiện gửi QLVB thiếu hoặc sai type, time, data; đây là lỗi của phần mềm.",
            en=f"event without a fit type, time or data, or with other members: {sorted(unknown)}",
        )
    body = {
        "specversion": "1.0",
        "id": fit_id(key),
        "source": source,
        "type": TYPE_PREFIX + str(kind).removeprefix(TYPE_PREFIX),
        "datacontenttype": "application/json",
        **{name: event[name] for name in ("subject", "time", "data") if name in event},
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def fit_id(key: str) -> str:
    """Return ``key`` when it can be a webhook id.

    Raises:
        DataError: ``webhook-id-unfit`` for characters that would blur what is signed.

    """
    if not _ID.fullmatch(key):
        raise DataError(
            "webhook-id-unfit",
            vi="Mã sự kiện có ký tự không dùng được làm webhook-id; đây là lỗi của phần mềm.",
            en="the effect's key cannot be a webhook id: 1 to 256 of A-Z a-z 0-9 : _ / = + -",
        )
    return key


def secret_bytes(secret: str) -> bytes:
    """Return the key behind ``whsec_`` and base64.

    Raises:
        SettingsError: ``webhook-secret-wrong``; the sentence does not repeat the secret.

    """
    try:
        if not secret.startswith(SECRET_PREFIX):
            raise binascii.Error
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX).encode(), validate=True)
    except ValueError:  # binascii.Error is one; the cause would repeat parts of the secret
        key = b""
    if not SECRET_MIN_BYTES <= len(key) <= SECRET_MAX_BYTES:
        raise SettingsError(
            "webhook-secret-wrong",
            vi=f"Khóa bí mật webhook sai dạng: cần {SECRET_PREFIX} và base64 của "
            f"{SECRET_MIN_BYTES} đến {SECRET_MAX_BYTES} byte.",
            en=f"webhook secret malformed: expected {SECRET_PREFIX} and base64 of "
            f"{SECRET_MIN_BYTES} to {SECRET_MAX_BYTES} bytes",
        )
    return key


def secret_text(key: bytes) -> str:
    """Return ``key`` (24 to 64 random bytes) as a secret to hand over once."""
    secret = SECRET_PREFIX + base64.b64encode(key).decode()
    secret_bytes(secret)
    return secret


def signed_headers(
    key: str, body: bytes, secrets: Sequence[str], signed_at: datetime
) -> dict[str, str]:
    """Return the three signature headers; one signature for each secret, newest first.

    Raises:
        SettingsError: No secret, more than two, or a malformed one.

    """
    if not 1 <= len(secrets) <= MAX_SECRETS:
        raise SettingsError(
            "webhook-secret-count",
            vi=f"Cần một hoặc hai khóa bí mật webhook, đang có {len(secrets)}.",
            en=f"one or two webhook secrets expected, {len(secrets)} given",
        )
    timestamp = str(int(signed_at.timestamp()))
    signatures = (_signature(fit_id(key), timestamp, body, secret) for secret in secrets)
    return {
        ID_HEADER: key,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: " ".join(f"v1,{signature}" for signature in signatures),
    }


def verified(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime
) -> Verified:
    """Return what is certain about a received webhook; the receiver's half of the signature.

    Args:
        headers: Looked up by lower-case name; a case-insensitive mapping serves as well.
        body: Exactly the bytes received, before any parsing.
        secrets: Those valid now; one match is enough. Compared in constant time.
        now: The receiver's clock; five minutes off, either way, are tolerated.

    Raises:
        PeerError: ``webhook-header-missing``, ``webhook-too-old``, ``webhook-from-future`` or
            ``webhook-signature-wrong``.

    """
    names = (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)
    key, timestamp, signatures = (headers.get(name, "") for name in names)
    if not _ID.fullmatch(key) or not _TIMESTAMP.fullmatch(timestamp) or not signatures:
        raise _refused(
            "webhook-header-missing", "Thiếu hoặc sai tiêu đề webhook", "a header is missing or bad"
        )
    if not _is_signed(key, timestamp, body, signatures, secrets):
        raise _refused(
            "webhook-signature-wrong", "Chữ ký webhook không đúng", "no signature fits a secret"
        )
    age_seconds = now.timestamp() - int(timestamp)
    if age_seconds > TOLERANCE_SECONDS:
        raise _refused("webhook-too-old", "Webhook đã quá 5 phút", "signed over 5 minutes ago")
    if age_seconds < -TOLERANCE_SECONDS:
        raise _refused(
            "webhook-from-future", "Webhook ký ở tương lai quá 5 phút", "signed in the future"
        )
    return Verified(key, datetime.fromtimestamp(int(timestamp), UTC))


def _signature(key: str, timestamp: str, body: bytes, secret: str) -> str:
    signed = b".".join((key.encode(), timestamp.encode(), body))
    digest = hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _is_signed(
    key: str, timestamp: str, body: bytes, signatures: str, secrets: Sequence[str]
) -> bool:
    given = [
        entry.removeprefix("v1,").encode(errors="surrogateescape")
        for entry in signatures.split(" ")[:MAX_SIGNATURES]
        if entry.startswith("v1,")
    ]
    expected = [_signature(key, timestamp, body, secret).encode() for secret in secrets]
    # Every pair is compared, so that the time taken does not tell which secret is near.
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    return any(matches)


def _refused(code: str, vi: str, en: str) -> PeerError:
    return PeerError(code, vi=f"{vi}; không nhận.", en=f"{en}; not taken", element="webhook")
