"""Status messages between agencies (trạng thái xử lý, L-105).

Not to be confused with the axis's transport acknowledgement (``done``): that one says that a
system took the bytes, these say what an agency did with the document (T53).
"""

from __future__ import annotations

from enum import Enum


class StatusCode(Enum):
    """StatusCode; text as published, ``"01"`` and never ``1`` (T58)."""

    ARRIVED = "01"  # đã đến
    REFUSED = "02"  # từ chối tiếp nhận, trả lại; a reason is required
    ACCEPTED = "03"  # đã tiếp nhận
    ASSIGNED = "04"  # phân công
    PROCESSING = "05"  # đang xử lý
    FINISHED = "06"  # hoàn thành
    RECALL_REQUESTED = "13"  # yêu cầu lấy lại; the only one the original sender says
    RECALL_AGREED = "15"  # đồng ý lấy lại, cập nhật
    RECALL_REFUSED = "16"  # từ chối lấy lại, cập nhật


SAID_BY_SENDER = frozenset({StatusCode.RECALL_REQUESTED})
"""Codes that the original sender says; all others are the receiver's (L-105)."""

NEEDS_REASON = frozenset(
    {StatusCode.REFUSED, StatusCode.RECALL_REQUESTED, StatusCode.RECALL_REFUSED}
)
"""Codes without a meaning when no reason stands beside them (L-33, L-52, T66)."""
