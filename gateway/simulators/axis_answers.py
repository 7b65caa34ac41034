"""The simulated axis's answers as values: members in order, a document in pieces behind them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters import axis_vxp_wire as wire
from gateway.model.organ import OrganId
from gateway.simulators.axis_store import Copy

_PIECE = 3 << 18  # a multiple of three, so that pieces of base64 can be joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: JSON members, and the file whose base64 follows as ``data`` or as it is.

    Attributes:
        members: None when the file itself is the answer.

    """

    members: dict[str, object] | None
    file: Path | None = None

    @property
    def size(self) -> int:
        """Return how many bytes :meth:`pieces` yields."""
        bulk = 0 if self.file is None else self.file.stat().st_size
        if self.members is None:
            return bulk
        head, tail = self._around()
        return len(head) + len(tail) + (0 if self.file is None else (bulk + 2) // 3 * 4)

    def pieces(self) -> Iterator[bytes]:
        """Yield the answer's bytes without holding a document in memory."""
        head, tail = self._around() if self.members is not None else (b"", b"")
        yield head
        if self.file is not None:
            with self.file.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece if self.members is None else base64.b64encode(piece)
        yield tail

    def _around(self) -> tuple[bytes, bytes]:
        text = json.dumps(self.members, ensure_ascii=True, separators=(",", ":")).encode()
        return (text, b"") if self.file is None else (text[:-1] + b',"data":"', b'"}')


def refusal(operation: str, code: str, description: str) -> Answer:
    """Return a refusal; ``description`` is ASCII, as the axis writes without accents."""
    members: dict[str, object] = {"status": "FAIL", "ErrorCode": code, "ErrorDesc": description}
    if operation == wire.SEND:
        members["DocId"] = ""
    if operation == wire.GET:
        members["data"] = ""  # an old client loses the error otherwise
    return Answer(members=members)


def done(**members: object) -> Answer:
    """Return a success."""
    common = {"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong"}
    return Answer(members=common | members)


def received_row(copy: Copy) -> dict[str, str]:
    """Return a row of the list of what waits."""
    return {
        "docId": copy.receiver_doc_id,
        "serviceType": wire.SERVICE_TYPE,
        "messageType": copy.message_type,
        "created_time": copy.created_at,
        "updated_time": copy.updated_at,
        "from": copy.from_code,
        "to": copy.to_code,
        "status": copy.status,
        "status_desc": copy.status_desc,
    }


def sent_row(copy: Copy) -> dict[str, str]:
    """Return a row of the list of what was sent."""
    return {
        "serviceType": wire.SERVICE_TYPE,
        "messageType": copy.message_type,
        "senderDocId": copy.sender_doc_id,
        "receiverDocId": copy.receiver_doc_id,
        "fromCode": copy.from_code,
        "toCode": copy.to_code,
        "title": copy.title,
        "notation": copy.notation,
        "sentTime": copy.sent_at,
        "receivedTime": copy.updated_at if copy.status == "done" else "",
        "sendStatus": "done",
        "sendStatusDesc": "",
        "receiveStatus": copy.status,
        "receiveStatusDesc": copy.status_desc,
    }


def agency_row(operation: str, number: int, code: OrganId, name: str) -> dict[str, object]:
    """Return a row of the directory, with the members of that operation."""
    row: dict[str, object] = {"id": str(number), "code": code, "name": name, "mail": ""}
    if operation == wire.AGENCIES_QD20:
        return row | {"code102": code}
    if operation == wire.AGENCIES:
        return row | {"pid": "0"}
    return row | {
        "pid": "0",
        "centerCode": "",
        "version": 1,
        "deleted": False,
        "modifyDate": "",
        "isAgency": True,
    }
