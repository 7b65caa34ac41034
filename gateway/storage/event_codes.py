"""What an event may say: the closed list of codes, and of the references beside them.

An event names what happened and to which bytes; never a subject, a person's name or content
(contract, fixed meanings). So references are ids, digests, codes and numbers under known keys.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from gateway.errors import DataError

RefValue = str | int | list[str] | list[int]
"""What one reference may be."""


@dataclass(frozen=True, slots=True)
class EventCode:
    """What a code says, in the timeline of a document."""

    vi: str
    en: str


EVENT_CODES: Mapping[str, EventCode] = {
    "received": EventCode("Đã lưu gói tin gốc", "The raw envelope is kept"),
    "acknowledged": EventCode(
        "Đã báo trục là đã nhận gói tin", "The axis was told that we have it"
    ),
    "opened": EventCode("Đã đọc được gói tin", "The envelope was opened"),
    "unreadable": EventCode("Không đọc được gói tin", "The envelope could not be opened"),
    "repeated": EventCode(
        "Nhận lại đúng văn bản đã có; không tạo văn bản mới",
        "The same document came again; no new document was made",
    ),
    "attached": EventCode(
        "Văn bản này còn đến bằng đường khác; đã ghép vào văn bản đã có",
        "The same document came another way; it was attached to the one we hold",
    ),
    "examined": EventCode("Đã kiểm tra chữ ký số", "The signatures were examined"),
    "receipt-set": EventCode(
        "Đã tính thời điểm tiếp nhận theo giờ làm việc", "The effective receipt was computed"
    ),
    "admitted": EventCode("Đủ điều kiện, chờ văn thư tiếp nhận", "Admitted; waits for the clerk"),
    "held": EventCode("Giữ lại để văn thư xem xét", "Held for the clerk to look at"),
    "parked": EventCode("Để riêng, cần người xem", "Parked; a person must look"),
    "quarantined": EventCode(
        "Có dấu hiệu mật, đã cách ly", "It bears a secrecy mark and was quarantined"
    ),
    "replayed": EventCode("Đọc lại gói tin gốc", "The raw envelope was read again"),
    "alarm-raised": EventCode("Đã báo động cho người phụ trách", "An alarm was raised"),
    "relayed": EventCode("Đã chuyển sang QLVB", "Handed over to the QLVB"),
    "qlvb-taken": EventCode("QLVB xác nhận đã nhận", "The QLVB says that it took it over"),
    "times-differ": EventCode(
        "Giờ QLVB nhận lệch hơn 15 phút so với giờ đến cổng",
        "The QLVB took it over more than 15 minutes away from its arrival here",
    ),
    "accepted": EventCode("Văn thư đã tiếp nhận", "Accepted by the clerk"),
    "registered": EventCode("Đã vào sổ và có số đến", "Registered with its number"),
    "refused": EventCode("Từ chối tiếp nhận, trả lại nơi gửi", "Refused and given back"),
    "status-queued": EventCode(
        "Có thông điệp trạng thái cần gửi", "A status message is to be sent"
    ),
    "status-sent": EventCode("Đã gửi thông điệp trạng thái", "A status message was sent"),
    "status-failed": EventCode(
        "Chưa gửi được thông điệp trạng thái", "A status message could not be sent"
    ),
    "status-received": EventCode("Nhận thông điệp trạng thái", "A status message came in"),
    "released": EventCode("Đã đưa ra khỏi khu cách ly", "Released from quarantine"),
    "destroyed": EventCode("Đã hủy nội dung", "The content was destroyed"),
    "job-dead": EventCode(
        "Một việc đã dừng hẳn sau nhiều lần thử", "A piece of work stopped after many tries"
    ),
    "job-put-back": EventCode("Cho chạy lại một việc đã dừng", "Stopped work was put back"),
    "viewed": EventCode("Đã mở xem văn bản", "The document was opened by a person"),
    "downloaded": EventCode("Đã tải tệp của văn bản", "A file of the document was taken"),
}
"""Every code an event may carry."""


class RefKind(Enum):
    """What the value under a key may look like."""

    OWN = "own"  # our ids, digests, codes, instants: ASCII without white space
    NUMBER = "number"
    FOREIGN = "foreign"  # an identifier others made: as received, or its digest when unfit


REF_KINDS: Mapping[str, RefKind] = {
    "alarm": RefKind.OWN,
    "api_key": RefKind.OWN,
    "attempts": RefKind.NUMBER,
    "axis": RefKind.OWN,
    "axis_doc_id": RefKind.FOREIGN,
    "business_type": RefKind.FOREIGN,
    "calendar_version": RefKind.OWN,
    "clauses": RefKind.OWN,
    "codes": RefKind.OWN,
    "content_digest": RefKind.OWN,
    "delivery": RefKind.OWN,
    "digest": RefKind.OWN,
    "digests": RefKind.OWN,
    "document": RefKind.OWN,
    "document_id": RefKind.FOREIGN,
    "effective_receipt_at": RefKind.OWN,
    "error": RefKind.OWN,
    "from_state": RefKind.OWN,
    "integrity": RefKind.OWN,
    "job": RefKind.OWN,
    "key": RefKind.OWN,
    "number": RefKind.NUMBER,
    "ordinal": RefKind.NUMBER,
    "organ_id": RefKind.FOREIGN,
    "proposal": RefKind.OWN,
    "qlvb_taken_at": RefKind.OWN,
    "raw_digest": RefKind.OWN,
    "register": RefKind.OWN,
    "rule": RefKind.OWN,
    "size_bytes": RefKind.NUMBER,
    "state": RefKind.OWN,
    "status": RefKind.OWN,
    "status_code": RefKind.FOREIGN,
    "urgency": RefKind.NUMBER,
    "verdict": RefKind.OWN,
    "year": RefKind.NUMBER,
}
"""Every key a reference may stand under."""

_OWN = re.compile(r"[!-~]{1,300}")
_FOREIGN_LIMIT = 200  # the longest id of a document seen in the wild is under 60


def checked(refs: Mapping[str, RefValue]) -> dict[str, RefValue]:
    """Return the references as they are stored.

    A foreign identifier too long or not printable is replaced by ``sha256:`` and its digest,
    so that nobody can write a text into the audit trail by calling it an identifier.

    Raises:
        DataError: A key that is not in the list, or a value that does not fit its key.

    """
    return {key: _checked(key, value) for key, value in refs.items()}


def _checked(key: str, value: RefValue) -> RefValue:
    if isinstance(value, list):
        return [_single(key, each) for each in value]  # type: ignore[return-value]  # one kind a key
    return _single(key, value)


def _single(key: str, value: str | int) -> str | int:
    kind = REF_KINDS.get(key)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if kind is RefKind.NUMBER and is_number:
        return value
    if kind is RefKind.OWN and isinstance(value, str) and _OWN.fullmatch(value):
        return value
    if kind is RefKind.FOREIGN and isinstance(value, str):
        return _foreign(value)
    # The value itself stays out of the message: it may be what must not be written anywhere.
    raise DataError(
        "event-reference-refused",
        vi=f"Nhật ký sự kiện không nhận tham chiếu {key!r}: chỉ nhận mã, số và giá trị băm",
        en=f"an event takes no reference {key!r} like this: only ids, codes, numbers and digests",
    )


def _foreign(value: str) -> str:
    if len(value) <= _FOREIGN_LIMIT and value.isprintable():
        return value
    return "sha256:" + hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def known_code(code: str) -> str:
    """Return ``code``.

    Raises:
        DataError: It is not in the list.

    """
    if code not in EVENT_CODES:
        raise DataError(
            "event-code-unknown",
            vi=f"Nhật ký sự kiện không có mã {code!r}",
            en=f"there is no event code {code!r}",
        )
    return code
