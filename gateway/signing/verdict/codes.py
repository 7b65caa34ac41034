"""The closed list of reasons a verdict can have, each in Vietnamese and English.

``docs/verdicts.md`` shows the same list and a test holds the two together. The sentences are
for a records clerk (văn thư) and hold no name and no number, so they may be logged and quoted
to the sender.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Weight(Enum):
    """What a reason does to the verdict of a signature or file."""

    BROKEN = "broken"  # invalid; integrity broken
    MODIFIED = "modified"  # invalid; integrity modified
    UNREADABLE = "unreadable"  # indeterminate; integrity unreadable
    REFUSED = "refused"  # invalid; the bytes are as signed
    UNDECIDED = "undecided"  # indeterminate; the bytes are as signed
    REMARK = "remark"  # worth saying; changes nothing


@dataclass(frozen=True, slots=True)
class CodeText:
    """One code of the list: its weight, and its sentence in both languages."""

    weight: Weight
    vi: str
    en: str


B, M, U = Weight.BROKEN, Weight.MODIFIED, Weight.UNREADABLE
R, D, N = Weight.REFUSED, Weight.UNDECIDED, Weight.REMARK

CODES: dict[str, CodeText] = {
    # The signed bytes, the signature value or its place in the file do not hold.
    "HASH_FAILURE": CodeText(
        B,
        "Nội dung đã ký bị thay đổi: tệp không còn đúng như khi ký.",
        "The signed content was altered: the file is not as it was when signed.",
    ),
    "SIGNATURE_VALUE_WRONG": CodeText(
        B,
        "Chữ ký không khớp với chứng thư số đi kèm.",
        "The signature does not belong to the certificate that comes with it.",
    ),
    "BYTE_RANGE_WRONG": CodeText(
        B,
        "Phạm vi chữ ký khai trong tệp không đúng: không xác định được phần nào đã được ký.",
        "The range declared by the signature is wrong: what it covers cannot be established.",
    ),
    "CONTENTS_MISMATCH": CodeText(
        B,
        "Chữ ký chừa ra một đoạn tệp không phải là chính chữ ký; đoạn đó không được bảo vệ.",
        "The signature leaves out a part of the file that is not the signature itself.",
    ),
    "NOT_ONE_OBJECT": CodeText(
        B,
        "Chữ ký được ghi trong tệp theo cách không chấp nhận được (trùng lặp hoặc giấu).",
        "The signature is stored in the file in a way that cannot be accepted (twice, or hidden).",
    ),
    "REVISION_MISMATCH": CodeText(
        B,
        "Chữ ký không kết thúc đúng ở cuối một phiên bản của tệp.",
        "The signature does not end at the end of a revision of the file.",
    ),
    "CMS_STRUCTURE": CodeText(
        B,
        "Cấu trúc chữ ký số không đúng quy cách.",
        "The structure of the digital signature is not as it must be.",
    ),
    "ALGORITHMS_DISAGREE": CodeText(
        B,
        "Các thuật toán khai trong chữ ký mâu thuẫn với nhau.",
        "The algorithms named in the signature contradict each other.",
    ),
    "CERTIFICATE_MISMATCH": CodeText(
        B,
        "Chứng thư số đi kèm không phải chứng thư mà người ký đã ghi trong chữ ký.",
        "The certificate that comes along is not the one named inside the signature.",
    ),
    # The signed bytes hold, but the file was changed afterwards.
    "MODIFIED_AFTER_SIGNING": CodeText(
        M,
        "Văn bản đã bị sửa sau khi ký: nội dung đang hiển thị không phải nội dung đã ký.",
        "The document was changed after signing: what it shows is not what was signed.",
    ),
    "FORM_CHANGED": CodeText(
        M,
        "Giá trị trong biểu mẫu của văn bản đã bị thay đổi sau khi ký.",
        "A form value of the document was changed after signing.",
    ),
    "TRAILING_BYTES": CodeText(
        M,
        "Sau chữ ký cuối cùng có thêm dữ liệu không được ký.",
        "Behind the last signature stands data that nobody signed.",
    ),
    # Something is there that cannot be examined.
    "SIGNATURE_UNREADABLE": CodeText(
        U,
        "Có chữ ký nhưng không đọc được; cần kiểm tra bằng công cụ khác hoặc đề nghị gửi lại.",
        "There is a signature that cannot be read; check it otherwise or ask for the file again.",
    ),
    "FILE_UNREADABLE": CodeText(
        U,
        "Tệp PDF hỏng hoặc quá phức tạp nên không kiểm tra được hết chữ ký.",
        "The PDF is damaged or too complex, so its signatures could not all be examined.",
    ),
    "FILE_DAMAGED": CodeText(
        U,
        "Tệp PDF hỏng, không mở được theo đúng quy cách.",
        "The PDF is damaged and does not open as it should.",
    ),
    "OVER_LIMIT": CodeText(
        U,
        "Kiểm tra tệp vượt quá giới hạn thời gian hoặc bộ nhớ nên đã dừng.",
        "Examining the file went over the limit of time or memory and was stopped.",
    ),
    "EMPTY_FILE": CodeText(U, "Tệp rỗng.", "The file is empty."),
    "NOT_A_PDF": CodeText(U, "Tệp không phải PDF.", "The file is not a PDF."),
    "SIGNATURE_HIDDEN": CodeText(
        U,
        "Trong tệp có dấu vết một chữ ký không còn hiển thị; có thể đã bị gỡ bỏ.",
        "The file bears traces of a signature that is no longer shown; it may have been removed.",
    ),
    "TOO_MANY_SIGNATURES": CodeText(
        U,
        "Tệp có nhiều chữ ký quá mức bình thường nên không kiểm tra.",
        "The file has more signatures than anybody needs and was not examined.",
    ),
    # The bytes are as signed, but the signature cannot be accepted.
    "REVOKED": CodeText(
        R,
        "Chứng thư số của người ký đã bị thu hồi hoặc tạm dừng trước thời điểm ký.",
        "The signer's certificate was revoked or suspended before the signing time.",
    ),
    "AUTHORITY_REVOKED": CodeText(
        R,
        "Chứng thư số của tổ chức cấp chứng thư đã bị thu hồi trước thời điểm ký.",
        "The certificate of the issuing authority was revoked before the signing time.",
    ),
    "EXPIRED": CodeText(
        R,
        "Chứng thư số đã hết hạn trước thời điểm ký.",
        "The certificate had expired before the signing time.",
    ),
    "NOT_YET_VALID": CodeText(
        R,
        "Chứng thư số chưa có hiệu lực vào thời điểm ký.",
        "The certificate was not yet valid at the signing time.",
    ),
    "PATH_INVALID": CodeText(
        R,
        "Đường dẫn chứng thư từ người ký đến chứng thư gốc không hợp lệ.",
        "The path of certificates from the signer to the root does not hold.",
    ),
    "KEY_USAGE_WRONG": CodeText(
        R,
        "Chứng thư số này không được cấp để ký văn bản.",
        "This certificate was not issued for signing documents.",
    ),
    "WEAK_DIGEST": CodeText(
        R,
        "Chữ ký dùng thuật toán băm đã lạc hậu (như SHA-1), không còn được chấp nhận.",
        "The signature uses an outdated digest (such as SHA-1) that is no longer accepted.",
    ),
    "WEAK_KEY": CodeText(
        R,
        "Khóa của người ký quá ngắn, không còn được chấp nhận.",
        "The signer's key is too short and no longer accepted.",
    ),
    # The bytes are as signed, but what is known does not suffice.
    "NO_TRUST_GIVEN": CodeText(
        D,
        "Chưa khai báo chứng thư gốc tin cậy nên chưa biết chứng thư số này có đáng tin hay không.",
        "No trust anchor was given, so it is not known whether this certificate can be trusted.",
    ),
    "UNKNOWN_ROOT": CodeText(
        D,
        "Chứng thư số không do tổ chức nào trong danh sách tin cậy cấp.",
        "The certificate was not issued by anybody on the list of trust.",
    ),
    "REVOCATION_NOT_CHECKED": CodeText(
        D,
        "Chưa kiểm tra được thu hồi: không có danh sách thu hồi của tổ chức cấp chứng thư.",
        "Revocation was not checked: there is no list of the issuing authority.",
    ),
    "REVOCATION_STALE": CodeText(
        D,
        "Chưa kiểm tra được thu hồi: danh sách thu hồi đang có đã quá hạn.",
        "Revocation was not checked: the list at hand has run out.",
    ),
    "EXPIRED_AT_RECEIPT": CodeText(
        D,
        "Chứng thư số đã hết hạn khi nhận văn bản; thời điểm ký không có dấu thời gian chứng minh.",
        "The certificate had expired at receipt, and no time stamp proves an earlier signing.",
    ),
    "CLAIMED_TIME_AFTER_RECEIPT": CodeText(
        D,
        "Thời điểm ký ghi trong chữ ký muộn hơn thời điểm nhận văn bản.",
        "The signing time written into the signature is later than the receipt.",
    ),
    "CLAIMED_TIME_TOO_EARLY": CodeText(
        D,
        "Thời điểm ký ghi trong chữ ký sớm hơn ngày chứng thư số có hiệu lực.",
        "The signing time written into the signature is before the certificate became valid.",
    ),
    "ALGORITHM_UNKNOWN": CodeText(
        D,
        "Chữ ký dùng thuật toán không có trong danh mục tiêu chuẩn bắt buộc áp dụng.",
        "The signature uses an algorithm that is not on the list of mandatory standards.",
    ),
    "CERTIFICATION_FORBIDS": CodeText(
        D,
        "Chữ ký đầu tiên khai không cho phép thêm gì, nhưng sau đó có chữ ký khác;"
        " cần văn thư xem xét.",
        "The first signature declared that nothing may be added, yet another signature follows;"
        " a clerk must look.",
    ),
    "PICTURE_TOO_LARGE": CodeText(
        D,
        "Hình ảnh của một chữ ký thêm sau rất lớn, có thể che nội dung; cần văn thư xem xét.",
        "The picture of a later signature is very large and may cover text; a clerk must look.",
    ),
    "SET_INCOMPLETE": CodeText(
        D,
        "Văn bản chưa đủ chữ ký của người có thẩm quyền và của cơ quan.",
        "The document lacks the signature of the authorised person or of the organ.",
    ),
    # Worth saying; they change nothing.
    "SIGNATURE_GOOD": CodeText(
        N,
        "Chữ ký hợp lệ; nội dung đúng như khi ký.",
        "The signature is valid; the content is as it was when signed.",
    ),
    "PADDING_V15": CodeText(
        N,
        "Chữ ký dùng kiểu đệm PKCS#1 v1.5; vẫn được chấp nhận, nên chuyển sang RSASSA-PSS.",
        "The signature uses PKCS#1 v1.5 padding; accepted, though RSASSA-PSS is preferred.",
    ),
    "TIME_CLAIMED": CodeText(
        N,
        "Thời điểm ký do máy của người ký ghi, không có dấu thời gian chứng minh.",
        "The signing time comes from the signer's own clock; no time stamp proves it.",
    ),
    "NO_SIGNING_TIME": CodeText(
        N,
        "Chữ ký không ghi thời điểm ký.",
        "The signature does not say when it was made.",
    ),
    "TIME_STAMP_UNPROVEN": CodeText(
        N,
        "Có dấu thời gian nhưng chưa xác nhận được; thời điểm ký lấy theo lúc nhận văn bản.",
        "There is a time stamp that could not be confirmed; the receipt was used instead.",
    ),
    "NO_SIGNATURE": CodeText(
        N,
        "Văn bản không có chữ ký số; chỉ có giá trị thông tin, tham khảo.",
        "The document has no digital signature; it serves as information only.",
    ),
    "SET_PERSON_AND_ORGAN": CodeText(
        N,
        "Đủ hai chữ ký theo Điều 5 Nghị định 30/2020/NĐ-CP; chưa xác minh thẩm quyền người ký.",
        "Both signatures of Article 5 of Decree 30/2020/NĐ-CP are there; the signer's authority"
        " was not verified.",
    ),
    "SET_PERSON_ONLY": CodeText(
        N,
        "Chỉ có chữ ký của cá nhân, chưa có chữ ký của cơ quan.",
        "Only a person's signature is there, not the organ's.",
    ),
    "SET_ORGAN_ONLY": CodeText(
        N,
        "Chỉ có chữ ký của cơ quan, không có chữ ký của người có thẩm quyền.",
        "Only the organ's signature is there, not the authorised person's.",
    ),
    "SET_OTHER": CodeText(
        N,
        "Không xác định được chữ ký nào là của cá nhân, chữ ký nào là của cơ quan.",
        "It cannot be told which signature is a person's and which is an organ's.",
    ),
    "ORGAN_BEFORE_PERSON": CodeText(
        N,
        "Chữ ký của cơ quan không bao trùm chữ ký của cá nhân (sai thứ tự ký).",
        "The organ's signature does not cover the person's (wrong order of signing).",
    ),
}
"""Code to weight and sentences; nothing else may appear among the reasons of a verdict."""
