"""Symptoms of the answer: rubbish that looks like success, and the axis's own refusals.

One line for each thing that can be seen from outside; what follows from a line is told in
:mod:`gateway.adapters.axis_faults`.
"""

from __future__ import annotations

from gateway.adapters.axis_faults_calls import NEVER, NOT_YET, AxisFault

# HTTP 200 and rubbish: never success, whatever else the answer says (T24 to T26).
BODY = (
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
        asking=NEVER,
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
REFUSALS = (
    AxisFault(
        code="axis-refused",
        asking=NEVER,
        sending=NEVER,
        vi="Trục từ chối yêu cầu.",
        en="The axis refuses the request.",
    ),
    AxisFault(
        code="axis-refuses-us",
        sending=NOT_YET,
        alarm=True,
        vi="Trục từ chối cả yêu cầu vô hại; hãy kiểm tra mã hệ thống và khóa kết nối.",
        en="The axis refuses even a harmless request; check system id and secret.",
    ),
)
