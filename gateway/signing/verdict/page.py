"""The text of ``docs/verdicts.md``, made from the list of codes. Pure."""

from __future__ import annotations

from gateway.signing.verdict.codes import CODES, Weight

MEANINGS = {
    Weight.BROKEN: (
        "Không hợp lệ: chữ ký hoặc nội dung đã ký không còn nguyên",
        "`invalid`, integrity `broken`",
    ),
    Weight.MODIFIED: (
        "Không hợp lệ: văn bản bị thay đổi sau khi ký",
        "`invalid`, integrity `modified`",
    ),
    Weight.REFUSED: (
        "Không hợp lệ: nội dung nguyên vẹn nhưng chữ ký không được chấp nhận",
        "`invalid`, integrity as the bytes say",
    ),
    Weight.UNREADABLE: (
        "Chưa đủ thông tin: không kiểm tra được",
        "`indeterminate`, integrity `unreadable`",
    ),
    Weight.UNDECIDED: (
        "Chưa đủ thông tin: văn thư xem xét",
        "`indeterminate`, integrity as the bytes say",
    ),
    Weight.REMARK: ("Ghi chú: không làm thay đổi kết luận", "a remark, changes nothing"),
}

HEAD = """\
# Reasons of a verdict (lý do của kết luận về chữ ký số)

The closed list of `codes` in `edoc-gateway pdf verify --json`, each with the sentence shown to
people. Made from `gateway/signing/verdict/codes.py`; a test compares the two. A file's verdict
is the worst of its signatures' and its own: `invalid`, then `indeterminate`, then `valid`.

What this version does not see:

- scans: a secrecy mark or a seal that is a picture is not read;
- the pages are not compared as pictures: a later signature's picture is judged by its size only;
- `EdocNumber` and `EdocDate` filled after a signature count as `FORM_CHANGED` for now;
- revocation comes from the lists given, not from OCSP answers or lists inside the file;
- some honest updates of other producers are reported as `MODIFIED_AFTER_SIGNING`.
"""


def verdicts_page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for weight, (vi, en) in MEANINGS.items():
        parts.append(f"\n## {vi}\n\nIn the JSON: {en}.\n\n| code | tiếng Việt | English |")
        parts.append("| --- | --- | --- |")
        parts.extend(
            f"| `{code}` | {text.vi} | {text.en} |"
            for code, text in CODES.items()
            if text.weight is weight
        )
    return "\n".join(parts) + "\n"
