"""Symptoms of the call itself: what cannot be reached, was refused by us, broke, or HTTP says.

One line for each thing that can be seen from outside; what follows from a line is told in
:mod:`gateway.adapters.axis_faults`.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import Retry

NOT_YET = Retry.TEMPORARY
NEVER = Retry.PERMANENT
LOOK = Retry.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisFault:
    """One symptom and what follows from it.

    Attributes:
        code: Closed list, ``docs/errors.md``.
        asking: Another try of a call that changes nothing when repeated.
        sending: Another try of a call that hands an envelope over.
        short: True where another try within the same call, moments later, is worth it.
        alarm: True where the connection as a whole is concerned and a person should hear at once.
        vi, en: What was seen; what happens next is added by :func:`axis_error`.

    """

    code: str
    asking: Retry = NOT_YET
    sending: Retry = LOOK
    short: bool = False
    alarm: bool = False
    vi: str
    en: str


# Nothing left the machine: even an envelope may be sent again without looking.
BEFORE_SENDING = (
    AxisFault(
        code="axis-connection-refused",
        sending=NOT_YET,
        short=True,
        vi="Máy chủ của trục từ chối kết nối.",
        en="The axis's machine refuses the connection.",
    ),
    AxisFault(
        code="axis-name-unknown",
        sending=NOT_YET,
        alarm=True,
        vi="Không tìm thấy tên máy chủ của trục; hãy kiểm tra địa chỉ trục và DNS.",
        en="The name of the axis's machine is not found; check the axis address and DNS.",
    ),
    AxisFault(
        code="axis-network-unreachable",
        sending=NOT_YET,
        short=True,
        vi="Không có đường mạng tới trục.",
        en="There is no network route to the axis.",
    ),
    AxisFault(
        code="axis-connect-timeout",
        sending=NOT_YET,
        vi="Quá thời gian chờ khi kết nối tới trục.",
        en="Connecting to the axis took too long.",
    ),
    AxisFault(
        code="axis-certificate",
        sending=NOT_YET,
        alarm=True,
        vi="Chứng thư TLS của trục không được tin cậy; hãy báo quản trị.",
        en="The axis's TLS certificate is not trusted; tell the operator.",
    ),
    AxisFault(
        code="axis-tls",
        sending=NOT_YET,
        alarm=True,
        vi="Không lập được kết nối TLS với trục.",
        en="No TLS connection with the axis could be made.",
    ),
    AxisFault(
        code="axis-connect-failed",
        sending=NOT_YET,
        short=True,
        vi="Không kết nối được tới trục.",
        en="The axis could not be connected to.",
    ),
    AxisFault(
        code="axis-address-wrong",
        sending=NOT_YET,
        alarm=True,
        vi="Địa chỉ của trục trong cấu hình không hợp lệ.",
        en="The axis address in the settings is not valid.",
    ),
)

# Our own side refuses before anything is sent; the same envelope will be refused again.
REFUSED_BY_US = (
    AxisFault(
        code="axis-header-not-ascii",
        asking=NEVER,
        sending=NEVER,
        vi="Mã gửi kèm lên trục có ký tự ngoài ASCII; trục không nhận được giá trị này.",
        en="A value for the axis holds characters outside ASCII, which it cannot take.",
    ),
    AxisFault(
        code="axis-header-too-long",
        asking=NEVER,
        sending=NEVER,
        vi="Danh sách nơi nhận quá dài cho một lần gửi lên trục; hãy chia thành nhiều lần.",
        en="The list of recipients is too long for one call to the axis; split it.",
    ),
    AxisFault(
        code="axis-envelope-too-large",
        asking=NEVER,
        sending=NEVER,
        vi="Gói tin lớn hơn mức trục nhận; hãy giảm dung lượng tệp đính kèm.",
        en="The envelope is larger than the axis takes; make the attachments smaller.",
    ),
    AxisFault(
        code="axis-message-type",
        asking=NEVER,
        sending=NEVER,
        vi="Loại gói tin không phải edoc hay status; trục không nhận loại này.",
        en="The message type is neither edoc nor status; the axis does not take it.",
    ),
    AxisFault(
        code="axis-client-closed",
        sending=NOT_YET,
        vi="Kết nối tới trục đã được đóng vì dịch vụ đang dừng.",
        en="The connection to the axis was closed because the service is stopping.",
    ),
)

# The request left; the answer did not come, or came in pieces.
LOST = (
    AxisFault(
        code="axis-reset",
        short=True,
        vi="Kết nối tới trục bị ngắt giữa chừng.",
        en="The connection to the axis broke.",
    ),
    AxisFault(
        code="axis-disconnected",
        short=True,
        vi="Trục đóng kết nối mà không trả lời.",
        en="The axis closed the connection without an answer.",
    ),
    AxisFault(
        code="axis-read-timeout",
        vi="Trục im lặng quá lâu sau khi nhận yêu cầu.",
        en="The axis stayed silent too long after the request.",
    ),
    AxisFault(
        code="axis-timeout",
        vi="Lượt gọi tới trục vượt tổng thời gian cho phép.",
        en="The call to the axis took longer than allowed in all.",
    ),
    AxisFault(
        code="axis-answer-cut",
        short=True,
        vi="Trả lời của trục bị cắt giữa chừng.",
        en="The axis's answer ended before it was complete.",
    ),
    AxisFault(
        code="axis-answer-not-http",
        vi="Trả lời của trục không đúng giao thức HTTP.",
        en="The axis's answer is not proper HTTP.",
    ),
    AxisFault(
        code="axis-connection-failed",
        short=True,
        vi="Kết nối tới trục hỏng vì nguyên nhân khác.",
        en="The connection to the axis failed in another way.",
    ),
)

# An HTTP status that says more than the body; bodies that are proper answers are read first.
HTTP = (
    AxisFault(
        code="axis-redirect",
        alarm=True,
        vi="Trục chuyển hướng sang địa chỉ khác; cổng không đi theo. Hãy kiểm tra địa chỉ trục.",
        en="The axis redirects elsewhere, which is not followed; check the axis address.",
    ),
    AxisFault(
        code="axis-http-400",
        asking=NEVER,
        sending=NEVER,
        vi="Trục báo yêu cầu sai dạng (HTTP 400).",
        en="The axis says that the request is malformed (HTTP 400).",
    ),
    AxisFault(
        code="axis-denied",
        sending=NOT_YET,
        alarm=True,
        vi="Trục không cho phép truy cập; hãy kiểm tra mã hệ thống và khóa kết nối.",
        en="The axis denies access; check system id and secret.",
    ),
    AxisFault(
        code="axis-not-found",
        sending=NOT_YET,
        alarm=True,
        vi="Địa chỉ trục không có chức năng này; hãy kiểm tra địa chỉ trục.",
        en="The axis address does not know this operation; check the axis address.",
    ),
    AxisFault(
        code="axis-http-timeout",
        short=True,
        vi="Trục hoặc máy chủ trung gian báo hết thời gian chờ.",
        en="The axis or a proxy before it reports a timeout.",
    ),
    AxisFault(
        code="axis-http-413",
        asking=NEVER,
        sending=NEVER,
        vi="Trục báo gói tin quá lớn (HTTP 413); hãy giảm dung lượng tệp đính kèm.",
        en="The axis says that the envelope is too large (HTTP 413); make it smaller.",
    ),
    AxisFault(
        code="axis-busy",
        sending=NOT_YET,
        short=True,
        vi="Trục báo bị gọi quá nhiều (HTTP 429).",
        en="The axis says that it is called too often (HTTP 429).",
    ),
    AxisFault(
        code="axis-http-431",
        asking=NEVER,
        sending=NEVER,
        vi="Trục báo phần đầu yêu cầu quá dài (HTTP 431); hãy chia danh sách nơi nhận.",
        en="The axis says that the headers are too long (HTTP 431); split the recipients.",
    ),
    AxisFault(
        code="axis-http-500",
        vi="Trục gặp lỗi nội bộ (HTTP 500).",
        en="The axis reports an internal error (HTTP 500).",
    ),
    AxisFault(
        code="axis-unavailable",
        short=True,
        vi="Trục tạm ngừng hoặc máy chủ trung gian không tới được trục (HTTP 502, 503).",
        en="The axis is unavailable, or a proxy cannot reach it (HTTP 502, 503).",
    ),
    AxisFault(
        code="axis-http-other",
        vi="Trục trả mã HTTP không dùng trong giao thức.",
        en="The axis answers with an HTTP status that the protocol does not use.",
    ),
)
