"""Codes, rules and sentences about envelopes: one entry a code, in Vietnamese and English.

The list is closed: a new code gets its entry here, its line in ``docs/errors.md`` and a test.
"""

from __future__ import annotations

from gateway.envelope.catalogue_faults import ATTACHMENT_FAULTS, UNREADABLE, Entry

ATTACHMENT_REMARKS: dict[str, Entry] = {
    "base64-urlsafe": (
        "T13",
        "Nội dung tệp dùng bảng base64 cho địa chỉ web; đã đọc được.",
        "The content uses the URL alphabet of base64; it was read.",
    ),
    "base64-unpadded": (
        "T13",
        "Nội dung base64 thiếu dấu = ở cuối; đã đọc được.",
        "The base64 content lacks its closing padding; it was read.",
    ),
    "zip-several": (
        "T15",
        "Tệp nén chứa {count} mục; giữ nguyên cả tệp nén.",
        "The archive holds {count} entries; it is kept whole.",
    ),
    "zip-nested": (
        "S4",
        "Trong tệp nén còn tệp nén khác; chỉ mở một cấp.",
        "There is an archive within the archive; only one level is opened.",
    ),
    "zip-not-examined": (
        "T15",
        "Tệp nén có mật khẩu hoặc dùng cách nén lạ; giữ nguyên, chưa xem được bên trong.",
        "The archive is enciphered or packed in an unknown way; kept whole, not looked into.",
    ),
    "zip-inconsistent": (
        "T15",
        "Mục lục của tệp nén không khớp nội dung; giữ nguyên cả tệp nén.",
        "The archive's directory does not match its content; it is kept whole.",
    ),
    "type-mismatch": (
        "T14",
        "Đuôi tên tệp không đúng với nội dung (nội dung là {media}).",
        "The file name's extension does not fit the content (which is {media}).",
    ),
    "office-macro": (
        "S3",
        "Tệp văn phòng có chứa macro; chưa quét mã độc, không mở khi chưa kiểm tra.",
        "The office file contains macros; not scanned for malware, do not open it unchecked.",
    ),
    "executable": (
        "S3",
        "Tệp là chương trình hoặc tập lệnh chạy được; chưa quét mã độc, không mở.",
        "The file is a program or script; not scanned for malware, do not open it.",
    ),
    "pdf-active-content": (
        "S3",
        "Tệp PDF có mã lệnh hoặc tệp nhúng bên trong; chưa quét mã độc, cần kiểm tra trước khi mở.",
        "The PDF contains scripts, launch actions or embedded files; not scanned for malware.",
    ),
    "name-missing": (
        "T12",
        "Tệp đính kèm không có tên.",
        "The attachment has no name.",
    ),
    "name-unsafe": (
        "T16",
        "Tên tệp có đường dẫn hoặc ký tự nguy hiểm; chỉ dùng làm dữ liệu, khi xuất sẽ đổi tên.",
        "The file name has path parts or dangerous characters; it is data only, renamed on export.",
    ),
    "name-mojibake": (
        "T52",
        "Tên tệp bị lỗi phông chữ; khi xuất sẽ dùng tên đã phục hồi.",
        "The file name is garbled; the repaired form is used on export.",
    ),
    "not-in-manifest": (
        "T12",
        "Tệp có trong gói tin nhưng không có trong danh mục; vẫn giữ như phụ lục.",
        "The file is not in the manifest; it is kept as an annex.",
    ),
    "attachments-misplaced": (
        "protocol 2.4",
        "Phần tệp đính kèm đặt sai chỗ (trong edXMLEnvelope); vẫn đọc.",
        "The attachments stand in the wrong place (inside edXMLEnvelope); they were read.",
    ),
    "content-id-repeated": (
        "protocol 2.4",
        "Nhiều tệp dùng chung một mã nội dung; giữ tất cả theo thứ tự.",
        "Several files share one content id; all are kept in order.",
    ),
}

REMARKS: dict[str, Entry] = {
    "notes-too-many": (
        "S2",
        "Có hơn {limit} lưu ý; phần còn lại không liệt kê.",
        "There are more than {limit} remarks; the rest is not listed.",
    ),
    "blank-before-xml": (
        "T19",
        "Có khoảng trắng đứng trước khai báo XML; đã bỏ qua.",
        "There is white space before the XML declaration; it was skipped.",
    ),
    "encoding-mislabelled": (
        "T19",
        "Bảng mã khai báo không đúng với nội dung; đọc theo nội dung.",
        "The declared encoding does not fit the bytes; they were read as they are.",
    ),
    "namespace-unknown": (
        "T01",
        "Không gian tên khác với QCVN 102:2016; đọc theo tên phần tử.",
        "The namespace is not that of QCVN 102:2016; elements were read by their names.",
    ),
    "namespace-undeclared": (
        "protocol 2.6",
        "Có tiền tố XML chưa khai báo; đọc theo tên phần tử.",
        "An XML prefix is not declared; elements were read by their names.",
    ),
    "element-alias": (
        "T03",
        "Tên phần tử viết khác chuẩn; hiểu là {name}.",
        "The element's name is spelt differently; taken as {name}.",
    ),
    "element-repeated": (
        "protocol 2.2",
        "Phần tử chỉ được có một lần nhưng lặp lại; lấy lần cuối.",
        "A single element is repeated; the last one counts.",
    ),
    "element-unknown": (
        "protocol 2.5",
        "Phần tử không có trong bảng tên đã biết; giữ nguyên văn trong hồ sơ.",
        "The element is not among the known names; it is kept verbatim for the record.",
    ),
    "unknown-too-large": (
        "S2",
        "Các phần tử lạ quá lớn để giữ riêng; xem trong gói tin gốc.",
        "The unknown elements are too large to be kept apart; see the raw envelope.",
    ),
    "date-pattern": (
        "T05",
        "Ngày viết khác dạng chuẩn năm/tháng/ngày; đã hiểu được.",
        "The date is not written in the standard's pattern; it was understood.",
    ),
    "date-unreadable": (
        "T05",
        "Không đọc được ngày; giữ nguyên chữ bên gửi viết, cần văn thư xem.",
        "The date could not be read; its text is kept for the clerk.",
    ),
    "date-out-of-range": (
        "T05",
        "Năm nằm ngoài khoảng hợp lý (từ 1945 đến mười năm tới); không dùng ngày này.",
        "The year is outside what is believable (1945 to ten years ahead); the date is not used.",
    ),
    "document-id-missing": (
        "L-59",
        "Thiếu mã định danh văn bản (DocumentId).",
        "The document's identifier (DocumentId) is missing.",
    ),
    "sender-missing": (
        "L-101",
        "Thiếu mã định danh cơ quan gửi (From/OrganId); không biết gửi trả lời cho ai.",
        "The sender's organ code (From/OrganId) is missing; there is nobody to answer.",
    ),
    "recipient-missing": (
        "L-101",
        "Thiếu mã định danh cơ quan nhận (To/OrganId).",
        "The recipient's organ code (To/OrganId) is missing.",
    ),
    "recipient-repeated": (
        "T36",
        "Một cơ quan nhận được ghi nhiều lần.",
        "A recipient is named more than once.",
    ),
    "subject-missing": (
        "L-101",
        "Thiếu trích yếu nội dung (Subject).",
        "The subject is missing.",
    ),
    "code-missing": (
        "L-59",
        "Thiếu số, ký hiệu văn bản (Code).",
        "The document's number and notation (Code) are missing.",
    ),
    "code-number-text": (
        "T09",
        "Số văn bản (CodeNumber) không phải là số, có thể đã ghi lẫn với ký hiệu.",
        "CodeNumber is not a plain number; it may be mixed up with the notation.",
    ),
    "reason-missing": (
        "L-103",
        "Thu hồi, cập nhật, thay thế mà không nêu lý do (BussinessDocReason).",
        "A recall, update or replacement without a reason (BussinessDocReason).",
    ),
    "business-type-unknown": (
        "L-103",
        "Loại nghiệp vụ (BussinessDocType) không thuộc 0, 1, 2, 3.",
        "BussinessDocType is none of 0, 1, 2, 3.",
    ),
    "replacement-missing": (
        "protocol 2.3",
        "Văn bản thay thế nhưng không nêu văn bản bị thay thế và cơ quan liên quan.",
        "A replacement that does not name the replaced document and the organs concerned.",
    ),
    "competence-unknown": (
        "L-03",
        "Quyền hạn ký không thuộc TM., Q., KT., TL., TUQ.",
        "Competence is none of TM., Q., KT., TL., TUQ.",
    ),
    "priority-unknown": (
        "L-104",
        "Mức độ khẩn (Priority) lạ; tạm coi ít nhất là khẩn.",
        "Priority is unknown; treated as at least urgent.",
    ),
    "response-for-self": (
        "T10",
        "Phần trả lời (ResponseFor) trùng với chính văn bản này; coi như không có.",
        "ResponseFor names this very document; treated as absent.",
    ),
    "response-for-empty": (
        "T10",
        "Phần trả lời (ResponseFor) rỗng; coi như không có.",
        "ResponseFor is empty; treated as absent.",
    ),
    "response-for-missing": (
        "L-101",
        "Trạng thái không nêu văn bản nào (ResponseFor thiếu Code và DocumentId).",
        "The status names no document (ResponseFor lacks Code and DocumentId).",
    ),
    "status-code-missing": (
        "L-101",
        "Gói tin trạng thái thiếu mã trạng thái (StatusCode).",
        "The status message has no StatusCode.",
    ),
    "status-code-unknown": (
        "L-105",
        "Mã trạng thái (StatusCode) không thuộc danh mục; giữ nguyên.",
        "StatusCode is not in the list; it is kept as it is.",
    ),
    "status-code-padded": (
        "T58",
        "Mã trạng thái viết thiếu số 0; hiểu là {code}.",
        "StatusCode lacks its zero; taken as {code}.",
    ),
    "status-reason-missing": (
        "L-33",
        "Trạng thái này phải nêu lý do (Description) nhưng không có.",
        "This status must give a reason (Description) and does not.",
    ),
    "timestamp-missing": (
        "L-100",
        "Trạng thái không có thời điểm (Timestamp).",
        "The status has no Timestamp.",
    ),
    "kind-mixed": (
        "T04",
        "Gói tin vừa có mã trạng thái vừa có phần của văn bản; đọc như trạng thái.",
        "The envelope has a StatusCode and parts of a document; read as a status.",
    ),
    "header-repeated": (
        "protocol 2.2",
        "Có nhiều phần tử edXMLHeader; lấy phần đầu tiên.",
        "There are several edXMLHeader elements; the first one counts.",
    ),
    "signature-token": (
        "T20",
        "Phần chữ ký chứa mã bí mật thay cho chữ ký; đã cắt bỏ trước khi lưu.",
        "The Signature holds a shared secret in place of a signature; it was cut before storing.",
    ),
    "over-length": (
        "L-50",
        "Nội dung dài quá {limit} ký tự; giữ đủ, nhưng nơi khác có thể cắt bớt.",
        "The text is longer than {limit} characters; kept whole, but others may cut it.",
    ),
    "not-integer": (
        "protocol 2.2",
        "Giá trị phải là số nguyên.",
        "The value must be an integer.",
    ),
    "not-in-list": (
        "L-100",
        "Giá trị không thuộc danh mục cho phép.",
        "The value is not in the list of allowed values.",
    ),
    "form-unexpected": (
        "L-91",
        "Giá trị không đúng dạng quy định.",
        "The value does not have the prescribed form.",
    ),
    "schema": (
        "L-100",
        "Cấu trúc phần tử không đúng bảng mô tả.",
        "The element's structure does not fit the schema.",
    ),
}

WRITING: dict[str, Entry] = {
    "not-writable": (
        "protocol 3",
        "Không lập được gói tin, có {count} lỗi: {list}",
        "The envelope cannot be written, {count} faults: {list}",
    ),
    "element-required": (
        "protocol 3",
        "Thiếu {name}, phần bắt buộc khi gửi.",
        "{name} is missing; it is required for sending.",
    ),
    "too-long-to-send": (
        "L-50",
        "Nội dung dài quá {limit} ký tự; rút ngắn rồi gửi, không tự cắt.",
        "The text is longer than {limit} characters; shorten it, it is never cut silently.",
    ),
    "attachment-without-bytes": (
        "T12",
        "Tệp đính kèm không có nội dung hoặc có lỗi ({fault}), không gửi được.",
        "The attachment has no content or is faulty ({fault}); it cannot be sent.",
    ),
    "attachment-without-name": (
        "protocol 3",
        "Tệp đính kèm không có tên, không gửi được.",
        "The attachment has no name; it cannot be sent.",
    ),
    "attachment-changed": (
        "L-26",
        "Nội dung tệp lấy ra không đúng kích thước đã ghi; dừng lập gói tin.",
        "The stored file does not have its recorded size; writing stopped.",
    ),
    "date-dropped": (
        "T06",
        "Ngày không đọc được trong gói tin gốc nên bị bỏ trống trong gói tin mới.",
        "The date could not be read in the source, so the new envelope goes without it.",
    ),
    "recipients-too-many": (
        "T33",
        "Trục này chỉ nhận tối đa {limit} nơi nhận trong một gói tin; chia thành nhiều gói.",
        "This axis takes at most {limit} recipients in one envelope; split it.",
    ),
    "attachments-too-large": (
        "T37",
        "Các tệp đính kèm vượt giới hạn {limit} byte của trục.",
        "The attachments exceed the axis's limit of {limit} bytes.",
    ),
    "sign-forbidden": (
        "T35",
        "Có ký tự mà trục này cắt bỏ hoặc hiểu sai ({signs}).",
        "The text has a sign that this axis cuts or misreads ({signs}).",
    ),
    "profile-unknown": (
        "protocol 3",
        "Không có hồ sơ trục tên như vậy; hồ sơ hiện có: {list}.",
        "There is no axis profile of that name; there are: {list}.",
    ),
    "message-json": (
        "contract",
        "Tệp JSON mô tả gói tin không đúng: {detail}.",
        "The message JSON is wrong: {detail}.",
    ),
}

FAULTS = frozenset(UNREADABLE) | frozenset(ATTACHMENT_FAULTS)
CATALOGUE: dict[str, Entry] = {
    **UNREADABLE,
    **ATTACHMENT_FAULTS,
    **ATTACHMENT_REMARKS,
    **REMARKS,
    **WRITING,
}
