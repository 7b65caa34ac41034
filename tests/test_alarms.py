"""Alarms reach people by every channel, made of codes and ids only."""

# ruff: noqa: ARG002, N802 - names and arguments of handlers are aiosmtpd's

from __future__ import annotations

import asyncio
import email
import email.policy
import io
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import structlog
from aiohttp import web
from aiosmtpd.smtp import SMTP

from gateway.adapters import qlvb_webhook_wire as wire
from gateway.adapters.qlvb_webhook import WebhookPoster
from gateway.errors import Retry, WorldError
from gateway.model.document import DocumentRef
from gateway.model.organ import AgencyId
from gateway.ports import Alarm
from gateway.service.alarms import (
    TOPICS,
    AllAlarms,
    LogChannel,
    MailChannel,
    MailServer,
    Tls,
    WebhookChannel,
    text,
    title,
)
from gateway.service.clock import SimulatedClock
from gateway.service.logs import start_logging
from tests.support.web import serving
from tests.test_webhook import endpoint
from tests.test_webhook_wire import NEW

NOW = datetime(2026, 8, 31, 0, 30, tzinfo=UTC)
REF = DocumentRef("0190a000-0000-7000-8000-000000000001")
ALARM = Alarm(
    key=f"alarm:held:{REF}",
    agency=AgencyId("h99-01"),
    topic="held",
    at=NOW,
    document=REF,
    codes=("signature-expired", "HASH_FAILURE"),
)
SUBJECT = "Về việc bổ nhiệm Trần Thị Mẫu"


class Mailbox:
    """A mail server's handler: keeps what comes, or answers as a test says."""

    def __init__(self, reply: str = "250 OK", refuses: str = "") -> None:
        self.reply = reply
        self.refuses = refuses
        self.mails: list[bytes] = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses and address.startswith(self.refuses):
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope.content)
        return self.reply


@asynccontextmanager
async def mail_server(box: Mailbox) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, hostname="mail.mau.example", loop=loop), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def channel(port: int, **more) -> MailChannel:
    server = MailServer(host="127.0.0.1", port=port, tls=Tls.NONE, timeout_seconds=2, **more)
    return MailChannel(server, "cong@mau.example", ["vanthu@mau.example", "truc@mau.example"])


def mailed(box: Mailbox, alarm: Alarm = ALARM) -> None:
    async def story() -> None:
        async with mail_server(box) as port:
            await channel(port).send(alarm)

    asyncio.run(story())


def test_a_mail_arrives_readable_and_without_content() -> None:
    box = Mailbox()
    mailed(box)
    mail = email.message_from_bytes(box.mails[0], policy=email.policy.default)
    assert mail["Subject"] == f"[edoc-gateway] {TOPICS['held'][0]}"
    assert mail["To"] == "vanthu@mau.example, truc@mau.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    body = mail.get_content().replace("\r\n", "\n")
    assert body == text(ALARM)
    assert f"edoc-gateway documents show {REF}" in body
    assert "Thời điểm: 2026-08-31T07:30:00+07:00" in body
    assert "signature-expired, HASH_FAILURE" in body


def test_a_repeated_mail_can_be_seen_as_one() -> None:
    box = Mailbox()
    mailed(box)
    mailed(box)
    ids = {email.message_from_bytes(each)["Message-ID"] for each in box.mails}
    assert len(ids) == 1


def test_an_urgent_alarm_says_so_first() -> None:
    box = Mailbox()
    mailed(box, replace(ALARM, topic="urgent", urgent=True))
    mail = email.message_from_bytes(box.mails[0], policy=email.policy.default)
    assert mail["Subject"].startswith("[edoc-gateway] KHẨN: ")
    assert mail["Importance"] == "high"


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_every_topic_has_its_words_in_both_languages(topic: str) -> None:
    vi, en = title(replace(ALARM, topic=topic))
    assert vi != en
    assert text(replace(ALARM, topic=topic)).startswith(vi)
    assert vi not in {words[0] for other, words in TOPICS.items() if other != topic}


def test_an_unknown_topic_still_reaches_people() -> None:
    assert "cần người xem" in text(replace(ALARM, topic="something-new"))


def test_what_is_no_code_is_not_passed_on() -> None:
    """Someone passes a subject where a code belongs: it does not leave the machine."""
    wrong = replace(
        ALARM,
        codes=(SUBJECT, "a\nBcc: x@mau.example"),
        document=DocumentRef(SUBJECT),
        topic=SUBJECT,
    )
    box = Mailbox()
    mailed(box, wrong)
    for sent in (text(wrong), email.message_from_bytes(box.mails[0]).as_string()):
        assert "Mẫu" not in sent
        assert "Bcc" not in sent


@pytest.mark.parametrize(
    ("box", "code", "retry"),
    [
        (Mailbox("451 later"), "alarm-mail-failed", Retry.TEMPORARY),
        (Mailbox("554 no"), "alarm-mail-failed", Retry.PERMANENT),
        (Mailbox(refuses="vanthu"), "alarm-mail-refused", Retry.PERMANENT),  # one of two
        (Mailbox(refuses=""), None, None),
    ],
)
def test_a_mail_servers_answer_decides(box: Mailbox, code, retry) -> None:
    if code is None:
        mailed(box)
        return
    with pytest.raises(WorldError) as told:
        mailed(box)
    assert (told.value.code, told.value.retry) == (code, retry)
    assert "vanthu" not in told.value.vi + told.value.en


def test_every_recipient_refused_is_lasting() -> None:
    class Closed(Mailbox):
        async def handle_RCPT(self, server, session, envelope, address, options):
            return "550 no such box"

    with pytest.raises(WorldError) as told:
        mailed(Closed())
    assert told.value.retry is Retry.PERMANENT


def test_no_mail_server_may_pass() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(WorldError) as told:
            asyncio.run(channel(taken.getsockname()[1]).send(ALARM))
    assert (told.value.code, told.value.retry) == ("alarm-mail-failed", Retry.TEMPORARY)


def test_tls_that_is_asked_for_and_not_there_is_a_failure() -> None:
    async def story() -> None:
        async with mail_server(Mailbox()) as port:
            server = MailServer(host="127.0.0.1", port=port, timeout_seconds=2)
            await MailChannel(server, "a@mau.example", ["b@mau.example"]).send(ALARM)

    with pytest.raises(WorldError, match="alarm-mail-failed"):
        asyncio.run(story())


def test_the_mail_password_shows_nowhere() -> None:
    server = MailServer(host="x", port=25, username="u", password="bi-mat-1")
    assert "bi-mat-1" not in repr(server)


def with_webhook(
    answer: Callable[[web.Request], Awaitable[web.Response]],
    story: Callable[[WebhookChannel], Awaitable[None]],
) -> None:
    async def told() -> None:
        app = web.Application()
        app.router.add_post("/alarms", answer)
        async with serving(app) as base:
            poster = WebhookPoster(endpoint(f"{base}/alarms"), SimulatedClock(NOW))
            webhook = WebhookChannel(poster)
            try:
                await story(webhook)
            finally:
                await webhook.close()

    asyncio.run(told())


def test_a_webhook_alarm_is_a_signed_event() -> None:
    seen: list[tuple[str, bytes]] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        seen.append((wire.verified(request.headers, body, (NEW,), NOW).id, body))
        return web.Response(text="OK")  # any 2xx is a yes here

    async def story(webhook: WebhookChannel) -> None:
        await webhook.send(ALARM)

    with_webhook(answer, story)
    assert seen[0][0] == ALARM.key
    event = json.loads(seen[0][1])
    assert event["type"] == "vn.edoc-gateway.alarm"
    assert event["data"]["codes"] == list(ALARM.codes)
    assert event["data"]["document"] == REF


def test_every_channel_is_tried_and_a_repeat_goes_only_to_the_failed_one() -> None:
    """One broken channel silences no other; the clerk gets no second mail for it."""
    answers = iter([503, 200])
    box = Mailbox()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=next(answers))

    async def story(webhook: WebhookChannel) -> None:
        async with mail_server(box) as port:
            alarms = AllAlarms([webhook, channel(port), LogChannel()])
            with pytest.raises(WorldError) as told:
                await alarms.tell(ALARM)
            assert (told.value.code, told.value.retry) == ("alarm-undelivered", Retry.TEMPORARY)
            assert "webhook" in told.value.vi
            assert "smtp" not in told.value.vi
            await alarms.tell(ALARM)
            await alarms.tell(ALARM)
            await alarms.close()

    with_webhook(answer, story)
    assert len(box.mails) == 1
    assert next(answers, None) is None


def test_failures_that_last_are_lasting() -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=400)

    async def story(webhook: WebhookChannel) -> None:
        with pytest.raises(WorldError) as told:
            await AllAlarms([webhook]).tell(ALARM)
        assert told.value.retry is Retry.PERMANENT

    with_webhook(answer, story)


def test_the_log_has_every_alarm_with_codes_only() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    start_logging(SimulatedClock(NOW), stream)
    try:
        asyncio.run(AllAlarms([LogChannel()]).tell(ALARM))
    finally:
        structlog.reset_defaults()
        root.handlers[:], level = before
        root.setLevel(level)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["topic"], line["document"]) == ("alarm", "held", REF)
    assert line["codes"] == list(ALARM.codes)
