"""What can go wrong with an axis, as data: symptom, what it means for another try, words.

One line for each thing that can be seen from outside. Two classes stand on a line, because the
same symptom means different things: a question may simply be asked again (``asking``), while an
envelope whose answer was lost may have been stored already (``sending``): then one must look
before sending again (T28, protocol part 3).

Nothing that an outage can cause is ``PERMANENT``: an outage of a week must not give a document
up. What concerns the connection as a whole (credentials, certificate, address) is ``TEMPORARY``
with ``alarm``: trying again costs nothing and heals by itself once a person has mended it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import AxisError, Retry

_NOT_YET = Retry.TEMPORARY
_NEVER = Retry.PERMANENT
_LOOK = Retry.UNKNOWN


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
    asking: Retry = _NOT_YET
    sending: Retry = _LOOK
    short: bool = False
    alarm: bool = False
    vi: str
    en: str


_NEXT = {
    Retry.TEMPORARY: ("Hệ thống sẽ tự thử lại.", "It will be tried again."),
    Retry.PERMANENT: (
        "Thử lại như cũ cũng vô ích; cần người xem xét.",
        "The same try will fail again; a person must look.",
    ),
    Retry.UNKNOWN: (
        "Chưa biết trục đã nhận hay chưa; hệ thống sẽ tra cứu trước khi gửi lại.",
        "Whether the axis took it is not known; it will be looked up before another try.",
    ),
}

# Nothing left the machine: even an envelope may be sent again without looking.
_BEFORE_SENDING = (
    AxisFault(
        code="axis-connection-refused",
        sending=_NOT_YET,
        short=True,
        vi="Máy chủ của trục từ chối kết nối.",
        en="The axis's machine refuses the connection.",
    ),
    AxisFault(
        code="axis-name-unknown",
        sending=_NOT_YET,
        alarm=True,
        vi="Không tìm thấy tên máy chủ của trục; hãy kiểm tra địa chỉ trục và DNS.",
        en="The name of the axis's machine is not found; check the axis address and DNS.",
    ),
    AxisFault(
        code="axis-network-unreachable",
        sending=_NOT_YET,
        short=True,
        vi="Không có đường mạng tới trục.",
        en="There is no network route to the axis.",
    ),
    AxisFault(
        code="axis-connect-timeout",
        sending=_NOT_YET,
        vi="Quá thời gian chờ khi kết nối tới trục.",
        en="Connecting to the axis took too long.",
    ),
    AxisFault(
        code="axis-certificate",
        sending=_NOT_YET,
        alarm=True,
        vi="Chứng thư TLS của trục không được tin cậy; hãy báo quản trị.",
        en="The axis's TLS certificate is not trusted; tell the operator.",
    ),
    AxisFault(
        code="axis-tls",
        sending=_NOT_YET,
        alarm=True,
        vi="Không lập được kết nối TLS với trục.",
        en="No TLS connection with the axis could be made.",
    ),
    AxisFault(
        code="axis-connect-failed",
        sending=_NOT_YET,
        short=True,
        vi="Không kết nối được tới trục.",
        en="The axis could not be connected to.",
    ),
    AxisFault(
        code="axis-address-wrong",
        sending=_NOT_YET,
        alarm=True,
        vi="Địa chỉ của trục trong cấu hình không hợp lệ.",
        en="The axis address in the settings is not valid.",
    ),
)

# Our own side refuses before anything is sent; the same envelope will be refused again.
_REFUSED_BY_US = (
    AxisFault(
        code="axis-header-not-ascii",
        asking=_NEVER,
        sending=_NEVER,
        vi="Mã gửi kèm lên trục có ký tự ngoài ASCII; trục không nhận được giá trị này.",
        en="A value for the axis holds characters outside ASCII, which it cannot take.",
    ),
    AxisFault(
        code="axis-header-too-long",
        asking=_NEVER,
        sending=_NEVER,
        vi="Danh sách nơi nhận quá dài cho một lần gửi lên trục; hãy chia thành nhiều lần.",
        en="The list of recipients is too long for one call to the axis; split it.",
    ),
    AxisFault(
        code="axis-envelope-too-large",
        asking=_NEVER,
        sending=_NEVER,
        vi="Gói tin lớn hơn mức trục nhận; hãy giảm dung lượng tệp đính kèm.",
        en="The envelope is larger than the axis takes; make the attachments smaller.",
    ),
    AxisFault(
        code="axis-message-type",
        asking=_NEVER,
        sending=_NEVER,
        vi="Loại gói tin không phải edoc hay status; trục không nhận loại này.",
        en="The message type is neither edoc nor status; the axis does not take it.",
    ),
    AxisFault(
        code="axis-client-closed",
        sending=_NOT_YET,
        vi="Kết nối tới trục đã được đóng vì dịch vụ đang dừng.",
        en="The connection to the axis was closed because the service is stopping.",
    ),
)

# The request left; the answer did not come, or came in pieces.
_LOST = (
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
_HTTP = (
    AxisFault(
        code="axis-redirect",
        alarm=True,
        vi="Trục chuyển hướng sang địa chỉ khác; cổng không đi theo. Hãy kiểm tra địa chỉ trục.",
        en="The axis redirects elsewhere, which is not followed; check the axis address.",
    ),
    AxisFault(
        code="axis-http-400",
        asking=_NEVER,
        sending=_NEVER,
        vi="Trục báo yêu cầu sai dạng (HTTP 400).",
        en="The axis says that the request is malformed (HTTP 400).",
    ),
    AxisFault(
        code="axis-denied",
        sending=_NOT_YET,
        alarm=True,
        vi="Trục không cho phép truy cập; hãy kiểm tra mã hệ thống và khóa kết nối.",
        en="The axis denies access; check system id and secret.",
    ),
    AxisFault(
        code="axis-not-found",
        sending=_NOT_YET,
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
        asking=_NEVER,
        sending=_NEVER,
        vi="Trục báo gói tin quá lớn (HTTP 413); hãy giảm dung lượng tệp đính kèm.",
        en="The axis says that the envelope is too large (HTTP 413); make it smaller.",
    ),
    AxisFault(
        code="axis-busy",
        sending=_NOT_YET,
        short=True,
        vi="Trục báo bị gọi quá nhiều (HTTP 429).",
        en="The axis says that it is called too often (HTTP 429).",
    ),
    AxisFault(
        code="axis-http-431",
        asking=_NEVER,
        sending=_NEVER,
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

# HTTP 200 and rubbish: never success, whatever else the answer says (T24 to T26).
_BODY = (
    AxisFault(
        code="axis-answer-empty",
        short=True,
        vi="Trả lời của trục trống.",
        en="The axis's answer is empty.",
    ),
    AxisFault(
        code="axis-answer-html",
        vi="Trục trả về một trang HTML thay cho trả lời.",
        en="The axis answers with an HTML page instead of an answer.",
    ),
    AxisFault(
        code="axis-answer-not-utf8",
        vi="Trả lời của trục không phải UTF-8.",
        en="The axis's answer is not UTF-8.",
    ),
    AxisFault(
        code="axis-answer-not-json",
        vi="Trả lời của trục không phải JSON.",
        en="The axis's answer is not JSON.",
    ),
    AxisFault(
        code="axis-answer-truncated",
        short=True,
        vi="JSON trong trả lời của trục bị cụt.",
        en="The JSON of the axis's answer is cut off.",
    ),
    AxisFault(
        code="axis-answer-trailing",
        vi="Sau JSON trong trả lời của trục còn nội dung thừa.",
        en="Something stands behind the JSON of the axis's answer.",
    ),
    AxisFault(
        code="axis-answer-ambiguous",
        vi="Trả lời của trục có hai thành phần cùng tên.",
        en="The axis's answer names a member twice.",
    ),
    AxisFault(
        code="axis-answer-too-deep",
        vi="JSON trong trả lời của trục lồng quá sâu.",
        en="The JSON of the axis's answer is nested too deeply.",
    ),
    AxisFault(
        code="axis-answer-not-object",
        vi="Trả lời của trục không phải đối tượng JSON.",
        en="The axis's answer is not a JSON object.",
    ),
    AxisFault(
        code="axis-member-missing",
        vi="Trả lời của trục thiếu status, ErrorCode hoặc ErrorDesc.",
        en="The axis's answer lacks status, ErrorCode or ErrorDesc.",
    ),
    AxisFault(
        code="axis-member-null",
        vi="Trong trả lời của trục, status, ErrorCode hoặc ErrorDesc là null.",
        en="In the axis's answer status, ErrorCode or ErrorDesc is null.",
    ),
    AxisFault(
        code="axis-member-type",
        vi="Một thành phần trong trả lời của trục sai kiểu.",
        en="A member of the axis's answer has the wrong type.",
    ),
    AxisFault(
        code="axis-answer-contradicts",
        vi="Trả lời của trục tự mâu thuẫn: mã lỗi 0 nhưng trạng thái FAIL.",
        en="The axis's answer contradicts itself: error code 0 with status FAIL.",
    ),
    AxisFault(
        code="axis-data-missing",
        vi="Trả lời của trục thiếu data.",
        en="The axis's answer lacks data.",
    ),
    AxisFault(
        code="axis-data-null",
        vi="Trong trả lời của trục, data là null.",
        en="In the axis's answer data is null.",
    ),
    AxisFault(
        code="axis-data-type",
        vi="Trong trả lời của trục, data sai kiểu.",
        en="In the axis's answer data has the wrong type.",
    ),
    AxisFault(
        code="axis-document-empty",
        vi="Trục trả về một gói tin rỗng.",
        en="The axis hands over an empty envelope.",
    ),
    AxisFault(
        code="axis-document-damaged",
        vi="Nội dung gói tin trục trả về không phải base64 hợp lệ.",
        en="The envelope handed over by the axis is not valid base64.",
    ),
    AxisFault(
        code="axis-document-too-large",
        asking=_NEVER,
        vi="Gói tin trên trục lớn hơn mức cổng nhận; hãy nâng giới hạn hoặc báo bên gửi.",
        en="The envelope on the axis is larger than the limit; raise it or tell the sender.",
    ),
    AxisFault(
        code="axis-list-too-large",
        alarm=True,
        vi="Danh sách của trục lớn hơn giới hạn đọc của cổng; hãy nâng giới hạn.",
        en="The axis's list is larger than the limit for reading it; raise the limit.",
    ),
    AxisFault(
        code="axis-answer-too-large",
        vi="Trả lời của trục dài bất thường.",
        en="The axis's answer is absurdly long.",
    ),
    AxisFault(
        code="axis-id-missing",
        vi="Trục báo thành công nhưng không trả mã gói tin.",
        en="The axis reports success without the id of the envelope.",
    ),
)

# The axis understood and says no.
_REFUSALS = (
    AxisFault(
        code="axis-refused",
        asking=_NEVER,
        sending=_NEVER,
        vi="Trục từ chối yêu cầu.",
        en="The axis refuses the request.",
    ),
    AxisFault(
        code="axis-refuses-us",
        sending=_NOT_YET,
        alarm=True,
        vi="Trục từ chối cả yêu cầu vô hại; hãy kiểm tra mã hệ thống và khóa kết nối.",
        en="The axis refuses even a harmless request; check system id and secret.",
    ),
)

FAULTS: dict[str, AxisFault] = {
    fault.code: fault
    for group in (_BEFORE_SENDING, _REFUSED_BY_US, _LOST, _HTTP, _BODY, _REFUSALS)
    for fault in group
}
"""Every symptom by its code."""

_HTTP_STATUS = {
    400: "axis-http-400",
    401: "axis-denied",
    403: "axis-denied",
    404: "axis-not-found",
    405: "axis-not-found",
    407: "axis-denied",
    408: "axis-http-timeout",
    411: "axis-http-400",
    413: "axis-http-413",
    414: "axis-http-431",
    429: "axis-busy",
    431: "axis-http-431",
    500: "axis-http-500",
    501: "axis-not-found",
    502: "axis-unavailable",
    503: "axis-unavailable",
    504: "axis-http-timeout",
}

DOUBTED = frozenset({"axis-refused", "axis-http-400"})
"""Refusals that a broken connection may also cause: believed only after a harmless question."""


def http_fault(status: int) -> str:
    """Return the code for an HTTP status other than 200 and 201 without a proper answer."""
    if status in range(300, 400):
        return "axis-redirect"
    return _HTTP_STATUS.get(status, "axis-http-other")


def axis_error(code: str, *, sending: bool, detail: str = "") -> AxisError:
    """Return the error for a symptom.

    Args:
        code: A key of :data:`FAULTS`.
        sending: Whether the call hands an envelope over.
        detail: What the axis itself said, made harmless by the caller; "" for nothing.

    """
    fault = FAULTS[code]
    retry = fault.sending if sending else fault.asking
    next_vi, next_en = _NEXT[retry]
    said_vi = f" Trục báo: {detail}." if detail else ""
    said_en = f" The axis says: {detail}." if detail else ""
    return AxisError(
        code,
        vi=f"{fault.vi}{said_vi} {next_vi}",
        en=f"{fault.en}{said_en} {next_en}",
        retry=retry,
    )
