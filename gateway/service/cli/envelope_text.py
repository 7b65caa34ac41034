"""``envelope show`` for people: one line a value, telephone numbers masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.envelope.filenames import display_name

_KINDS = {
    "new": ("Văn bản mới", "New document"),
    "revocation": ("Thu hồi văn bản", "Recall"),
    "update": ("Cập nhật văn bản", "Update"),
    "replacement": ("Thay thế văn bản", "Replacement"),
    "status": ("Trạng thái xử lý", "Status message"),
    None: ("Loại nghiệp vụ lạ", "Unknown business type"),
}
_TELEPHONES = frozenset({"Telephone", "Mobile", "Fax"})
_SHOWN_DIGITS = 3
# What a terminal must not be told by a stranger's text: escapes, line breaks, text direction.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def shown(made: Mapping[str, Any], *, lang: str, full: bool) -> Iterator[str]:
    """Yield the lines for ``made``, the JSON form of an envelope."""
    vi, en = _KINDS[made["kind"]]
    yield en if lang == "en" else vi
    for name in ("MessageHeader", "TraceHeaderList"):
        if name in made:
            yield f"{name}:"
            yield from _lines(made[name], "  ", full=full)
    signature = made.get("Signature")
    if signature is not None:
        subject = clean(signature.get("X509SubjectName", ""))
        yield f"Signature: {signature['kind']} {subject}".rstrip()
    for item in made["unknown"]:
        yield f"? {clean(item['element'])}"
    for number, item in enumerate(made["attachments"], 1):
        yield _attachment(number, item)


def _lines(value: Mapping[str, Any], indent: str, *, full: bool) -> Iterator[str]:
    for name, member in value.items():
        for number, item in enumerate(member if isinstance(member, list) else [member], 1):
            label = f"{name}[{number}]" if isinstance(member, list) else name
            if isinstance(item, Mapping):
                yield f"{indent}{label}:"
                yield from _lines(item, indent + "  ", full=full)
            else:
                text = clean(str(item))
                yield f"{indent}{label}: {text if full else masked(name, text)}"


def _attachment(number: int, item: Mapping[str, Any]) -> str:
    name = clean(display_name(item.get("AttachmentName") or "-"))
    said = item["fault"] or f"{item['size']} byte, {item['mediaType'] or '?'}, {item['sha256']}"
    return f"{number}. {name}: {said}"


def clean(text: str) -> str:
    """Return the text without what would steer a terminal; shown as its code instead."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def masked(name: str, text: str) -> str:
    """Return a telephone number with its last digits only; any other text as it is."""
    if name not in _TELEPHONES:
        return text
    digits = sum(sign.isdigit() for sign in text)
    hidden = iter(range(max(digits - _SHOWN_DIGITS, 0)))
    return "".join(
        "•" if sign.isdigit() and next(hidden, None) is not None else sign for sign in text
    )
