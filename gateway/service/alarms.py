"""Tells people that something needs them: by log, by mail, by webhook, whichever are there.

An alarm is made of codes and our own ids and of nothing else: mail travels in the clear and is
kept for years, so no subject, no name and no number of a document goes into it. The reader finds
the document by its ID.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from enum import Enum
from typing import Protocol

import aiosmtplib
import structlog

from gateway.adapters import qlvb_webhook_wire as wire
from gateway.adapters.qlvb_webhook import WebhookPoster
from gateway.errors import Retry, WorldError
from gateway.ports import Alarm

MAIL_SECONDS = 20.0  # for connecting and for every answer of the mail server
_REMEMBERED = 1000  # deliveries of this process that a repeated try does not repeat
_TEMPORARY_REPLIES = range(400, 500)  # SMTP: try again later (RFC 5321 4.2.1)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")

_log = structlog.get_logger()

# Topic: what a clerk reads first, and the same in English.
TOPICS = {
    "held": ("Văn bản đến cần văn thư xem trước khi tiếp nhận", "an arrival is held for the clerk"),
    "parked": ("Có gói tin không xử lý được, cần người xem", "an arrival is parked"),
    "quarantined": (
        "Văn bản đến có dấu chỉ mức độ mật, đã cách ly",
        "an arrival bears a secrecy mark and is quarantined",
    ),
    "urgent": ("Văn bản đến khẩn", "an urgent arrival"),
    "same-day": (
        "Văn bản đến trong ngày chưa được tiếp nhận",
        "an arrival of today is not accepted yet",
    ),
    "axis-down": ("Trục liên thông không trả lời", "the axis does not answer"),
    "qlvb-down": ("QLVB không nhận sự kiện", "the QLVB takes no events"),
    "dead-job": ("Có việc đã thử hết số lần mà chưa xong", "a job ran out of tries"),
}
_OTHER = ("Cổng cần người xem", "the gateway needs a person")


class Channel(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> str:
        """Return a code for the log."""
        ...

    async def send(self, alarm: Alarm) -> None:
        """Deliver; WorldError with ``retry`` when it failed."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class AllAlarms:
    """Tells every channel, whatever becomes of the others. Implements ``ports.Alarms``."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)
        self._done: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def tell(self, alarm: Alarm) -> None:
        """Deliver by all channels; a repeat goes only to those that failed before.

        Raises:
            WorldError: ``alarm-undelivered`` after all were tried; TEMPORARY as long as one of
                the failures may pass.

        """
        failures: list[tuple[str, WorldError]] = []
        for channel in self._channels:
            done = (alarm.key, channel.name)
            if done in self._done:
                continue
            try:
                await channel.send(alarm)
                self._remember(done)
            except WorldError as error:
                _log.warning("alarm-failed", channel=channel.name, topic=alarm.topic, error=error)
                failures.append((channel.name, error))
        if failures:
            raise _undelivered(failures)

    async def close(self) -> None:
        """Let go of every channel."""
        for channel in self._channels:
            await channel.close()

    def _remember(self, done: tuple[str, str]) -> None:
        self._done[done] = None
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)


class LogChannel:
    """The log always has every alarm."""

    name = "log"

    async def send(self, alarm: Alarm) -> None:
        """Write one line; never fails."""
        _log.warning(
            "alarm",
            topic=alarm.topic,
            agency=alarm.agency,
            document=alarm.document,
            codes=alarm.codes,
            urgent=alarm.urgent,
        )

    async def close(self) -> None:
        """Hold nothing."""


class Tls(Enum):
    """How a mail server is met."""

    NONE = "none"  # inside the machine or a closed network only
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in; certificates are always checked."""

    host: str
    port: int
    tls: Tls = Tls.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = MAIL_SECONDS


class MailChannel:
    """Sends alarms as plain-text mail."""

    name = "smtp"

    def __init__(self, server: MailServer, sender: str, recipients: Sequence[str]) -> None:
        self._server = server
        self._sender = sender
        self._recipients = tuple(recipients)

    async def send(self, alarm: Alarm) -> None:
        """Hand the mail in. Its Message-ID is made of the alarm's key: a repeat is seen as one.

        Raises:
            WorldError: ``alarm-mail-failed``.

        """
        server = self._server
        try:
            refused, _ = await aiosmtplib.send(
                self._mail(alarm),
                recipients=list(self._recipients),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.tls is Tls.IMPLICIT,
                start_tls=server.tls is Tls.STARTTLS,
                validate_certs=True,
                timeout=server.timeout_seconds,
                local_hostname="edoc-gateway",
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _mail_failed(error) from error
        if refused:
            raise WorldError(
                "alarm-mail-refused",
                vi=f"Máy chủ thư từ chối {len(refused)} người nhận cảnh báo; hãy sửa cài đặt.",
                en=f"the mail server refused {len(refused)} recipients; mend the settings",
                retry=Retry.PERMANENT,
            )

    async def close(self) -> None:
        """Hold nothing: each mail has its own connection."""

    def _mail(self, alarm: Alarm) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = ", ".join(self._recipients)
        mail["Subject"] = f"[edoc-gateway] {title(alarm)[0]}"
        mail["Date"] = format_datetime(alarm.at)
        mail["Message-ID"] = f"<{_plain(alarm.key).replace(':', '.')}@edoc-gateway.invalid>"
        mail["Auto-Submitted"] = "auto-generated"
        if alarm.urgent:
            mail["Importance"] = "high"
        mail.set_content(text(alarm))
        return mail


class WebhookChannel:
    """Posts alarms as signed events, like the QLVB's (docs/qlvb.md)."""

    name = "webhook"

    def __init__(self, poster: WebhookPoster) -> None:
        self._poster = poster

    async def send(self, alarm: Alarm) -> None:
        """Deliver; the id is the alarm's key on every try.

        Raises:
            QlvbError: As the poster says; any 2xx is a yes.

        """
        event = {
            "type": "alarm",
            "time": wire.local_text(alarm.at),
            "data": {
                "agency": alarm.agency,
                "topic": _plain(alarm.topic),
                "document": alarm.document,
                "codes": [_plain(code) for code in alarm.codes],
                "urgent": alarm.urgent,
                "text": text(alarm),
            },
        }
        source = f"/agencies/{alarm.agency}"
        await self._poster.post(alarm.key, wire.cloud_event(alarm.key, event, source))

    async def close(self) -> None:
        """Let go of connections."""
        await self._poster.close()


def title(alarm: Alarm) -> tuple[str, str]:
    """Return one line in Vietnamese and in English."""
    vi, en = TOPICS.get(alarm.topic, _OTHER)
    return (f"KHẨN: {vi}", f"URGENT: {en}") if alarm.urgent else (vi, en)


def text(alarm: Alarm) -> str:
    """Return the alarm for people: codes, our ids, and what to do."""
    vi, en = title(alarm)
    lines = [f"{vi}.", "", f"Cơ quan: {_plain(alarm.agency)}"]
    lines.append(f"Thời điểm: {wire.local_text(alarm.at)}")
    if alarm.document is not None:
        lines.append(f"Mã văn bản trong cổng: {_plain(alarm.document)}")
        lines.append(f"Xem: edoc-gateway documents show {_plain(alarm.document)}")
    if alarm.codes:
        lines.append(f"Mã lý do: {', '.join(_plain(code) for code in alarm.codes)}")
        lines.append("Ý nghĩa các mã: docs/errors.md và docs/verdicts.md")
    lines += ["", f"({en})", ""]
    return "\n".join(lines)


def _plain(code: str) -> str:
    """Return ``code`` when it looks like one; what does not is not passed on."""
    return code if _CODE.fullmatch(code) else "?"


def _undelivered(failures: Sequence[tuple[str, WorldError]]) -> WorldError:
    names = ", ".join(name for name, _ in failures)
    is_lasting = all(error.retry is Retry.PERMANENT for _, error in failures)
    return WorldError(
        "alarm-undelivered",
        vi=f"Cảnh báo chưa gửi được qua: {names}; hãy kiểm tra cài đặt cảnh báo.",
        en=f"the alarm was not delivered by: {names}; check the alarm settings",
        retry=Retry.PERMANENT if is_lasting else Retry.TEMPORARY,
    )


def _mail_failed(error: Exception) -> WorldError:
    replies = [error.code] if isinstance(error, aiosmtplib.SMTPResponseException) else []
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        replies = [each.code for each in error.recipients]
    may_pass = isinstance(error, OSError) or any(each in _TEMPORARY_REPLIES for each in replies)
    said = f" ({', '.join(map(str, replies))})" if replies else ""
    return WorldError(
        "alarm-mail-failed",
        vi=f"Máy chủ thư không nhận cảnh báo{said}; hãy kiểm tra cài đặt SMTP.",
        en=f"the mail server did not take the alarm{said}: {type(error).__name__}",
        retry=Retry.TEMPORARY if may_pass else Retry.PERMANENT,
    )
