"""A connected system on a VXP axis, as :class:`gateway.ports.AxisClient`.

What is said stands in ``axis_vxp_wire``, how it is carried in ``axis_vxp_http``, what is believed
of the answers in ``axis_vxp_reply``. Here is what follows: ``sendEdoc`` is never repeated, a lost
answer is ``UNKNOWN`` and ``find_sent`` has the word (protocol part 3, T28); the other calls may be
repeated, and their short troubles are. A refusal is believed only when a harmless question is
answered properly, so that a wrong secret or a broken axis never gives a document up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO, TypeVar

from gateway.adapters import axis_vxp_reply as reply
from gateway.adapters import axis_vxp_rows as rows
from gateway.adapters import axis_vxp_spool as spooled
from gateway.adapters import axis_vxp_wire as wire
from gateway.adapters.axis_faults import DOUBTED, axis_error
from gateway.adapters.axis_vxp_http import (
    MIB,
    Limits,
    VxpConnection,
    VxpSettings,
    disk,
    in_thread,
    opened,
)
from gateway.adapters.retry import retried
from gateway.errors import AxisError
from gateway.model.document import AxisDocId
from gateway.model.organ import DirectoryEntry
from gateway.ports import (
    AxisCapabilities,
    Clock,
    OutgoingEnvelope,
    PayloadSink,
    PendingDelivery,
    Randomness,
)

__all__ = ["VxpAxis", "VxpSettings"]

T = TypeVar("T")

_SMALL_ANSWER_BYTES = MIB  # of calls that answer with a few members
# base64 takes a third more; line breaks and escapes in it as much again in the worst real form.
_TRANSFER_FACTOR = 2


class VxpAxis:
    """One connected system on one VXP axis.

    Attributes:
        unusable_rows: Of the latest list of each kind: how many rows could not be read at all.
            They stay on the axis; an operator should hear of them.

    """

    def __init__(
        self, settings: VxpSettings, secret: str, clock: Clock, randomness: Randomness
    ) -> None:
        self._settings = settings
        self._connection = VxpConnection(settings, secret, clock)
        self._randomness = randomness
        self.unusable_rows: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"VxpAxis({self._settings.axis!r}, {self._settings.system_id!r})"

    @property
    def capabilities(self) -> AxisCapabilities:
        """Return what a VXP axis can do (docs/decisions/0030)."""
        return AxisCapabilities(
            acknowledging_sends_01=False,
            one_recipient_per_send=False,
            destructive_reads=False,
            sends_statuses=True,
            can_look_up_sent=True,
            can_look_up_statuses=False,
            max_envelope_bytes=self._settings.max_envelope_bytes,
        )

    async def pending(self) -> Sequence[PendingDelivery]:
        """List what waits, documents and statuses; unknown message types are kept (T43)."""
        found: dict[AxisDocId, PendingDelivery] = {}
        for message_type in self._settings.message_types:
            listed = await self._rows(wire.listing(message_type), message_type)
            for delivery in rows.deliveries(listed, message_type):
                # An axis that ignores the type asked for lists everything twice.
                found.setdefault(delivery.axis_doc_id, delivery)
        return tuple(found.values())

    async def fetch(self, axis_doc_id: AxisDocId, sink: PayloadSink) -> None:
        """Write the envelope's bytes into ``sink``; after an error it may hold a part of them."""
        request = wire.getting(axis_doc_id)
        with self._connection.spool() as spool:
            ask = partial(self._judged, request, spool)
            judged = await self._asked(request, ask)
            limit = self._settings.max_envelope_bytes
            await in_thread(partial(spooled.write_document, judged, spool, sink, limit))

    async def acknowledge(self, axis_doc_id: AxisDocId) -> None:
        """Tell the axis ``done``; safe to repeat."""
        request = wire.acknowledging(axis_doc_id)
        await self._asked(request, partial(self._told, request))

    async def send(self, envelope: OutgoingEnvelope) -> AxisDocId:
        """Hand an envelope over, once; a lost answer is ``UNKNOWN``.

        Raises:
            AxisError: By symptom; ``PERMANENT`` only for this envelope's own sake.
            StorageError: The envelope's file cannot be read; nothing was taken by the axis.

        """
        if envelope.message_type not in wire.MESSAGE_TYPES:
            raise axis_error("axis-message-type", sending=True)
        with opened(envelope.path) as source:
            digest, size = await in_thread(partial(_measured, source))
            if size > self._settings.max_envelope_bytes:
                raise axis_error("axis-envelope-too-large", sending=True)
            sender = self._settings.system_id
            request = wire.sending(envelope.message_type, sender, envelope.recipients, digest)
            return await self._believed(request, partial(self._sent, request, source, size))

    async def find_sent(self, envelope: OutgoingEnvelope) -> AxisDocId | None:
        """Return the axis's id of a document it has already; None for every status message.

        The sent list gives number and notation, recipients, and the axis's id: enough to know a
        document again, when other envelopes with the same number are passed over by their ids.
        Of a status message it gives nothing that is its own: it is sent again as it is, and its
        receiver absorbs the repeat (docs/decisions/0032).
        """
        if envelope.message_type != wire.DOCUMENT or not envelope.marker:
            return None
        listed = await self._rows(wire.sent_listing(envelope.message_type), "sent")
        return rows.sent_id(tuple(rows.sent(listed)), envelope)

    async def directory(self) -> Sequence[DirectoryEntry]:
        """Return the axis's directory, as far as its rows name a code."""
        operation = self._settings.directory
        listed = await self._rows(wire.agencies(operation), "directory")
        return rows.directory_entries(operation, self._settings.axis, listed)

    async def probe(self) -> None:
        """Ask for the list of documents and forget it."""
        await self._rows(wire.listing(wire.DOCUMENT), "probe")

    async def close(self) -> None:
        """Let go of connections; safe twice."""
        await self._connection.close()

    async def _rows(self, request: wire.Request, kind: str) -> tuple[reply.Row, ...]:
        """Return the rows of a list, and remember how many were none."""

        async def ask() -> tuple[tuple[reply.Row, ...], int]:
            status, text = await self._connection.text(request, self._long_list())
            # A directory of megabytes is not read on the loop that everything else runs on.
            return await in_thread(partial(_listed, status, text))

        listed, unusable = await self._asked(request, ask)
        self.unusable_rows[kind] = unusable
        return listed

    async def _told(self, request: wire.Request) -> None:
        """Make a call that answers with the common members only."""
        status, text = await self._connection.text(request, self._small())
        reply.members(reply.Reply(http_status=status, text=text))

    async def _judged(
        self, request: wire.Request, spool: BinaryIO
    ) -> tuple[reply.Reply, str | reply.Aside]:
        """Fetch an answer into ``spool`` and return it when it holds a document."""
        limits = Limits(
            seconds=self._settings.transfer_seconds,
            answer_bytes=self._settings.max_envelope_bytes * _TRANSFER_FACTOR + MIB,
            too_large="axis-document-too-large",
        )
        status = await self._connection.spooled(request, limits, spool)
        return await in_thread(partial(spooled.judge, status, spool))

    async def _sent(self, request: wire.Request, source: BinaryIO, size: int) -> AxisDocId:
        """Send once and return the axis's id."""
        limits = replace(self._small(), seconds=self._settings.transfer_seconds)
        status, text = await self._connection.sent(request, limits, source, size)
        answer = reply.Reply(http_status=status, text=text, sending=True)
        return reply.doc_id(answer, reply.members(answer))

    async def _asked(self, request: wire.Request, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that may be repeated: short troubles are tried again, refusals doubted."""
        again = partial(retried, call, self._settings.short_retry, self._randomness)
        return await self._believed(request, again)

    async def _believed(self, request: wire.Request, call: Callable[[], Awaitable[T]]) -> T:
        """Return what ``call`` returns; a refusal counts only while the axis accepts us at all.

        Raises:
            AxisError: The refusal itself, or as ``TEMPORARY`` what the harmless question met.

        """
        try:
            return await call()
        except AxisError as refusal:
            if refusal.code not in DOUBTED:
                raise
            doubt = await self._doubt(request)
            if doubt is None:
                raise
            raise doubt from refusal

    async def _doubt(self, request: wire.Request) -> AxisError | None:
        """Ask something harmless; return why a refusal is not to be believed, or None."""
        harmless = wire.listing(wire.DOCUMENT)
        if request.operation == harmless.operation:
            return axis_error("axis-refuses-us", sending=False)
        try:
            status, text = await self._connection.text(harmless, self._long_list())
            _listed(status, text)
        except AxisError as error:
            code = "axis-refuses-us" if error.code in DOUBTED else error.code
            return axis_error(code, sending=False)
        return None

    def _small(self) -> Limits:
        return Limits(
            seconds=self._settings.call_seconds,
            answer_bytes=_SMALL_ANSWER_BYTES,
            too_large="axis-answer-too-large",
        )

    def _long_list(self) -> Limits:
        return Limits(
            seconds=self._settings.transfer_seconds,
            answer_bytes=self._settings.max_list_bytes,
            too_large="axis-list-too-large",
        )


def _listed(http_status: int, text: bytes) -> tuple[tuple[reply.Row, ...], int]:
    answer = reply.Reply(http_status=http_status, text=text)
    return reply.rows(answer, reply.members(answer))


def _measured(source: BinaryIO) -> tuple[bytes, int]:
    """Return SHA-256 and size of a file, and stand at its start again."""
    with disk():
        digest = hashlib.file_digest(source, "sha256").digest()  # type: ignore[arg-type]
        size = source.tell()
        source.seek(0)
    return digest, size
