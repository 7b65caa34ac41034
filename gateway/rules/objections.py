"""What may speak against taking a document: every objection with clause, words and weight.

One table, so that a code means the same to the rule, the clerk, the sender and the settings
(L-33, L-52, L-57).  The sentences name places and kinds, never subjects, names or file names:
a refusal quotes them to the sender, and alarms may be read by others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from gateway.model.incoming import Objection


class Outcome(Enum):
    """What becomes of an arrival, lightest first."""

    ADMIT = "admit"  # relayed to the QLVB as waiting
    HOLD = "hold"  # a person must look
    PARK = "park"  # not for us, or a kind we do not act on
    QUARANTINE = "quarantine"  # bears a secrecy mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One line of the table.

    Attributes:
        outcome: What the objection alone leads to; ADMIT makes it a remark.
        clause: Rule id and article.
        vi, en: Sentences with named gaps.
        refuses: A refusal (02) is proposed on this ground alone.
        by_policy: An agency may let 02 leave without a person's act on this ground; never where
            a person could come to another conclusion (L-120), so it always refuses as well.

    """

    outcome: Outcome
    clause: str
    vi: str
    en: str
    refuses: bool = False
    by_policy: bool = False


_SIGNED = "L-33, NĐ 30/2020 Điều 21(2)"
_UNSURE = "L-120, NĐ 30/2020 Điều 21(2)"
_TWICE = "L-41, NĐ 30/2020 Phụ lục VI Phần I III.1(h)"
_FORMAT = "L-125, L-52, QĐ 28/2018 Điều 5(4)"
_SECRECY = "L-60, QĐ 28/2018 Điều 1(2)"
_WHOLE = "L-57, QĐ 28/2018 Điều 9(1)"
_KIND = "L-103, T43"

_HOLD, _PARK, _ADMIT, _QUARANTINE = Outcome.HOLD, Outcome.PARK, Outcome.ADMIT, Outcome.QUARANTINE

GROUNDS: Mapping[str, Ground] = MappingProxyType(
    {
        "signature-modified": Ground(
            outcome=_HOLD,
            clause=_SIGNED,
            vi="Tệp thứ {file} đã bị sửa sau khi ký.{why}",
            en="File {file} was changed after signing.{why}",
            refuses=True,
            by_policy=True,
        ),
        "signature-broken": Ground(
            outcome=_HOLD,
            clause=_SIGNED,
            vi="Chữ ký số của tệp thứ {file} không khớp với nội dung.{why}",
            en="The signature of file {file} does not fit its content.{why}",
            refuses=True,
            by_policy=True,
        ),
        "certificate-revoked": Ground(
            outcome=_HOLD,
            clause="L-111, NĐ 68/2024 Điều 31",
            vi="Chứng thư số dùng để ký tệp thứ {file} đã bị thu hồi.{why}",
            en="The certificate that signed file {file} was revoked.{why}",
            refuses=True,
            by_policy=True,
        ),
        "signature-invalid": Ground(
            outcome=_HOLD,
            clause=_SIGNED,
            vi="Chữ ký số của tệp thứ {file} không hợp lệ.{why}",
            en="The signature of file {file} is not valid.{why}",
        ),
        "signature-undecided": Ground(
            outcome=_HOLD,
            clause=_UNSURE,
            vi="Chưa đủ thông tin để kết luận về chữ ký số của tệp thứ {file}.{why}",
            en="There is not enough to conclude on the signature of file {file}.{why}",
        ),
        "signature-unreadable": Ground(
            outcome=_HOLD,
            clause=_UNSURE,
            vi="Không kiểm tra được chữ ký số của tệp thứ {file}.{why}",
            en="The signature of file {file} cannot be examined.{why}",
        ),
        "file-not-examined": Ground(
            outcome=_HOLD,
            clause="L-32, NĐ 30/2020 Điều 21(2)(a)",
            vi="Tệp PDF thứ {file} chưa được kiểm tra chữ ký số.",
            en="The PDF file {file} was not examined for signatures.",
        ),
        "secrecy-mark": Ground(
            outcome=_QUARANTINE,
            clause=_SECRECY,
            vi="Văn bản có dấu chỉ độ mật ({place}); không được gửi qua trục liên thông.",
            en="The document bears a secrecy mark ({place}); such never travel on the axis.",
            refuses=True,
            by_policy=True,
        ),
        "secrecy-doubtful": Ground(
            outcome=_HOLD,
            clause=_SECRECY,
            vi="Có thể có dấu chỉ độ mật ({place}); văn thư cần xem trước khi chuyển.",
            en="There may be a secrecy mark ({place}); the clerk looks before it goes on.",
        ),
        "wrong-addressee": Ground(
            outcome=_PARK,
            clause=_SIGNED,
            vi="Không có nơi nhận nào trong gói tin là cơ quan này.",
            en="None of the recipients in the envelope is this agency.",
            refuses=True,
            by_policy=True,
        ),
        "addressee-is-platform": Ground(
            outcome=_PARK,
            clause="L-33, T49",
            vi="Gói tin chỉ ghi mã hệ thống, không ghi mã cơ quan nhận.",
            en="The envelope names a connected system only, no receiving organ.",
        ),
        "addressee-missing": Ground(
            outcome=_PARK,
            clause="L-59, T49",
            vi="Gói tin không ghi nơi nhận.",
            en="The envelope names no recipient.",
        ),
        "kind-not-handled": Ground(
            outcome=_PARK,
            clause=_KIND,
            vi="Nghiệp vụ {kind} (thu hồi, cập nhật hoặc thay thế) cần người xử lý.",
            en="Business type {kind} (recall, update or replacement) needs a person.",
        ),
        "kind-unknown": Ground(
            outcome=_PARK,
            clause=_KIND,
            vi="Loại nghiệp vụ của gói tin không có trong danh mục.",
            en="The envelope's business type is not in the list.",
        ),
        "one-stop-dossier": Ground(
            outcome=_PARK,
            clause="T50",
            vi="Gói tin là hồ sơ một cửa, không phải văn bản đến.",
            en="The envelope is a one-stop dossier, no incoming document.",
        ),
        "identity-repeated": Ground(
            outcome=_HOLD,
            clause=_TWICE,
            vi="Mã định danh trùng với văn bản đã có nhưng nội dung khác.",
            en="The DocumentId repeats that of a document held, with other content.",
        ),
        "number-repeated": Ground(
            outcome=_HOLD,
            clause=_TWICE,
            vi="Số, ký hiệu và cơ quan ban hành trùng với văn bản đã có.",
            en="Number, notation and issuing organ repeat those of a document held.",
        ),
        "destroyed-before": Ground(
            outcome=_HOLD,
            clause="L-44, L-58",
            vi="Văn bản này trước đây đã bị hủy, nay được gửi lại.",
            en="This document was destroyed before and has been sent anew.",
        ),
        "sender-unknown": Ground(
            outcome=_HOLD,
            clause="L-59, QĐ 28/2018 Điều 10(2)",
            vi="Gói tin không ghi mã cơ quan gửi nên không trả lời trạng thái được.",
            en="The envelope names no sending organ, so no status can be answered.",
        ),
        "no-attachment": Ground(
            outcome=_HOLD,
            clause=_WHOLE,
            vi="Gói tin không có tệp văn bản nào.",
            en="The envelope carries no file.",
        ),
        "attachment-faulty": Ground(
            outcome=_HOLD,
            clause=_WHOLE,
            vi="Tệp thứ {file} thiếu hoặc hỏng ({fault}).",
            en="File {file} is missing or damaged ({fault}).",
        ),
        "attachment-unsafe": Ground(
            outcome=_HOLD,
            clause=_FORMAT,
            vi="Có tệp là chương trình hoặc chứa macro ({fault}).",
            en="A file is a program or holds macros ({fault}).",
        ),
        "format-not-allowed": Ground(
            outcome=_HOLD,
            clause=_FORMAT,
            vi="Định dạng của tệp thứ {file} không nằm trong danh sách cơ quan nhận.",
            en="The format of file {file} is not among those the agency takes.",
            refuses=True,
            by_policy=True,
        ),
        "file-too-large": Ground(
            outcome=_HOLD,
            clause="L-126, L-52, QĐ 28/2018 Điều 5(4)",
            vi="Tệp thứ {file} lớn hơn mức cơ quan nhận ({limit} byte).",
            en="File {file} is larger than the agency takes ({limit} bytes).",
            refuses=True,
            by_policy=True,
        ),
        "information-only": Ground(
            outcome=_ADMIT,
            clause="L-02, QĐ 28/2018 Điều 4(2)",
            vi="Văn bản không có chữ ký số, chỉ có giá trị thông tin, tham khảo.",
            en="The document has no digital signature and is for information only.",
        ),
        "one-signature": Ground(
            outcome=_ADMIT,
            clause="L-01, NĐ 30/2020 Điều 5",
            vi="Văn bản chưa đủ chữ ký số của người có thẩm quyền và của cơ quan.",
            en="The document lacks the person's or the organ's signature.",
        ),
        "main-not-pdf": Ground(
            outcome=_ADMIT,
            clause="L-125",
            vi="Văn bản chính không phải tệp PDF.",
            en="The main document is no PDF.",
        ),
        "file-name-long": Ground(
            outcome=_ADMIT,
            clause="L-126",
            vi="Tên tệp thứ {file} dài quá {limit} ký tự.",
            en="The name of file {file} is longer than {limit} characters.",
        ),
        "competence-unknown": Ground(
            outcome=_ADMIT,
            clause="L-03, NĐ 30/2020 Điều 13",
            vi="Quyền hạn ký không thuộc TM., Q., KT., TL., TUQ.",
            en="The words of competence are none of TM., Q., KT., TL., TUQ.",
        ),
        "application-type-unknown": Ground(
            outcome=_ADMIT,
            clause="T50",
            vi="Gói tin ghi loại ứng dụng chưa biết.",
            en="The envelope states an application type we do not know.",
        ),
        "field-missing": Ground(
            outcome=_ADMIT,
            clause="L-59, QĐ 28/2018 Điều 10(2)",
            vi="Gói tin thiếu thông tin: {fields}.",
            en="The envelope lacks: {fields}.",
        ),
    }
)
"""Every ground by its code (``docs/errors.md``)."""


Objections = tuple[Objection, ...]


def objection(code: str, **gaps: object) -> Objection:
    """Return the objection of ``code`` with the gaps of its sentences filled."""
    ground = GROUNDS[code]
    vi, en = ({name: _in(value, at) for name, value in gaps.items()} for at in (0, 1))
    return Objection(
        code=code,
        clause=ground.clause,
        vi=ground.vi.format(**vi),
        en=ground.en.format(**en),
        refuses=ground.refuses,
    )


def outcome_of(each: Objection) -> Outcome:
    """Return what one objection alone leads to."""
    return GROUNDS[each.code].outcome


def _in(value: object, language: int) -> object:
    """Return a gap's value in a language: a pair is (Vietnamese, English)."""
    return value[language] if isinstance(value, tuple) else value
