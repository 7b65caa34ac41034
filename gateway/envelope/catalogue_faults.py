"""Codes, rules and sentences of what must be refused or asked for again; see ``catalogue``."""

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
