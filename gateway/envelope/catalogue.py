"""Codes, rules and sentences about envelopes: one entry a code, in Vietnamese and English.

The list is closed: a new code gets its entry here, its line in ``docs/errors.md`` and a test.
"""

from __future__ import annotations

Entry = tuple[str, str, str]  # rule, Vietnamese, English

UNREADABLE: dict[str, Entry] = {
    "empty-file": (
        "protocol 2.1",
        "Tệp rỗng, không có gói tin; đề nghị gửi lại.",
        "The file is empty; ask the sender to send it again.",
    ),
    "html-page": (
        "T19",
        (
            "Nội dung là một trang web (HTML), không phải gói tin edXML; thường do trục hoặc máy"
            " trung gian báo lỗi, cần lấy lại."
        ),
        (
            "This is an HTML page, not an edXML envelope; usually an error page of the axis or a"
            " proxy: fetch it again."
        ),
    ),
    "text-before-xml": (
        "protocol 2.6",
        "Có {count} ký tự lạ đứng trước khai báo XML (dòng {at}); phần XML phải ở đầu tệp.",
        (
            "There are {count} stray characters before the XML declaration (line {at}); the XML"
            " must begin the file."
        ),
    ),
    "text-after-xml": (
        "protocol 2.6",
        "Có nội dung thừa sau thẻ đóng cuối cùng của gói tin.",
        "There is something after the envelope's last closing tag.",
    ),
    "doctype-forbidden": (
        "T17",
        "Gói tin có khai báo DOCTYPE; loại khai báo này bị cấm vì có thể đọc tệp của máy nhận.",
        "The envelope has a DOCTYPE; it is forbidden because it can read files of the receiver.",
    ),
    "entity-undeclared": (
        "T17",
        "Gói tin dùng thực thể XML không được khai báo; chỉ dùng năm thực thể có sẵn của XML.",
        "The envelope uses an undeclared XML entity; only the five built-in ones may be used.",
    ),
    "encoding-unsupported": (
        "T19",
        "Bảng mã khai báo không được hỗ trợ; dùng UTF-8.",
        "The declared encoding is not supported; use UTF-8.",
    ),
    "encoding-broken": (
        "protocol 2.6",
        "Có byte không đúng bảng mã của tệp; gói tin bị hỏng khi truyền, đề nghị gửi lại.",
        "Some bytes do not fit the file's encoding; it was damaged on the way, ask for it again.",
    ),
    "control-character": (
        "protocol 2.1",
        "Có ký tự điều khiển mà XML không cho phép; bỏ ký tự đó rồi gửi lại.",
        "There is a control character that XML does not allow; remove it and send again.",
    ),
    "xml-truncated": (
        "protocol 2.6",
        "Gói tin bị cụt: tệp kết thúc giữa chừng; đề nghị gửi lại.",
        "The envelope is cut off: the file ends in the middle; ask the sender to send it again.",
    ),
    "xml-malformed": (
        "protocol 2.6",
        "Gói tin không phải XML đúng cú pháp; bên gửi cần sửa phần mềm tạo gói tin.",
        "The envelope is not well-formed XML; the sender must mend what made it.",
    ),
    "no-envelope": (
        "protocol 2.1",
        "Không tìm thấy phần tử edXMLEnvelope ngay dưới phần tử gốc.",
        "There is no edXMLEnvelope element below the root.",
    ),
    "no-header": (
        "protocol 2.1",
        "Không tìm thấy phần tử edXMLHeader trong edXMLEnvelope.",
        "There is no edXMLHeader element in edXMLEnvelope.",
    ),
    "limit-bytes": (
        "S2",
        "Gói tin lớn hơn giới hạn {limit} byte.",
        "The envelope is larger than the limit of {limit} bytes.",
    ),
    "limit-header": (
        "S2",
        "Phần thông tin (ngoài tệp đính kèm) lớn hơn giới hạn {limit} byte.",
        "What is not attachments is larger than the limit of {limit} bytes.",
    ),
    "limit-depth": (
        "S2",
        "Các phần tử lồng nhau quá {limit} cấp.",
        "Elements are nested deeper than {limit} levels.",
    ),
    "limit-elements": (
        "S2",
        "Gói tin có hơn {limit} phần tử.",
        "The envelope has more than {limit} elements.",
    ),
    "limit-attributes": (
        "S2",
        "Một phần tử có hơn {limit} thuộc tính.",
        "An element has more than {limit} attributes.",
    ),
    "limit-text": (
        "S2",
        "Nội dung một phần tử dài hơn {limit} ký tự.",
        "The text of an element is longer than {limit} characters.",
    ),
    "limit-token": (
        "S2",
        "Một thẻ hoặc thuộc tính dài hơn {limit} byte.",
        "A tag or an attribute is longer than {limit} bytes.",
    ),
    "limit-attachments": (
        "S2",
        "Gói tin có hơn {limit} tệp đính kèm.",
        "The envelope has more than {limit} attachments.",
    ),
}

ATTACHMENT_FAULTS: dict[str, Entry] = {
    "attachment-missing": (
        "T12",
        "Danh mục có khai tệp nhưng gói tin không kèm tệp; đề nghị bên gửi bổ sung.",
        "The manifest names the file but the envelope does not carry it; ask the sender for it.",
    ),
    "attachment-empty": (
        "T12",
        "Tệp đính kèm rỗng; đề nghị bên gửi gửi lại.",
        "The attachment is empty; ask the sender to send it again.",
    ),
    "base64-invalid": (
        "T13",
        "Nội dung tệp có ký tự ngoài bảng base64; tệp bị hỏng, đề nghị gửi lại.",
        "The file's content has characters outside base64; it is damaged, ask for it again.",
    ),
    "base64-truncated": (
        "T13",
        "Nội dung base64 của tệp bị cụt; đề nghị gửi lại.",
        "The file's base64 content is cut off; ask the sender to send it again.",
    ),
    "pdf-text-damaged": (
        "protocol 2.4",
        (
            "Tệp PDF đã bị hỏng do bị xử lý như văn bản UTF-8 trên đường truyền;"
            " không thể phục hồi, đề nghị gửi lại."
        ),
        (
            "The PDF was ruined by being handled as UTF-8 text on the way; it cannot be repaired,"
            " ask the sender to send it again."
        ),
    ),
    "zip-broken": (
        "T14",
        "Tệp nén bị hỏng, không giải nén được; đề nghị gửi lại.",
        "The archive is broken and cannot be unpacked; ask the sender to send it again.",
    ),
    "zip-empty": (
        "protocol 2.4",
        "Tệp nén không chứa tệp nào.",
        "The archive holds no file.",
    ),
    "zip-escapes": (
        "T16",
        "Tệp nén có đường dẫn vượt ra ngoài thư mục giải nén; có dấu hiệu tấn công, không nhận.",
        "The archive has a path that leaves its folder; it looks like an attack and is not taken.",
    ),
    "zip-overlap": (
        "S4",
        "Mục lục của tệp nén trỏ chồng lên nhau; có dấu hiệu tấn công, không nhận.",
        "The archive's directory points to overlapping content; it looks like an attack.",
    ),
    "zip-bomb": (
        "S4",
        "Tệp nén bung ra quá lớn so với giới hạn; không nhận.",
        "The archive unpacks beyond the limit and is not taken.",
    ),
    "zip-entries": (
        "S4",
        "Tệp nén có quá nhiều mục so với giới hạn; không nhận.",
        "The archive has more entries than the limit allows and is not taken.",
    ),
}

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
