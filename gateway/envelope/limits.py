"""How much of anything an envelope may have; every number says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.envelope.dialects import LATEST_YEAR

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one reading. All counts include the bound itself.

    Attributes:
        total_bytes: The whole file. 768 MiB hold a 500 MB attachment (R15) in base64.
        header_bytes: What is not attachment content. A header with 2,000 recipients, all
            eight fields filled, measures about 1.5 MB; 8 MiB leave room.
        depth: Nesting. The skeleton (protocol 2.1) is 9 deep, its Signature 8.
        elements: 2,000 recipients of nine elements each are 18,000.
        attributes: Of one element. The skeleton never has more than two and namespaces.
        text_chars: Text of one element. The longest field of the tables has 1,000 (L-48).
        token_bytes: Bytes without a complete tag or text: longer is no honest tag.
        attachments: No source shows more than a few dozen; each costs an open sink.
        unpacked_bytes: Of one archive. As much as a file may have unpacked (R15).
        unpacked_ratio: Unpacked by packed size. Deflate reaches 1,032; office files stay
            under 30, blank scans under 100.
        ratio_floor_bytes: Below this much unpacked the ratio does not matter.
        archive_entries: Of one archive; office files have hundreds.
        unknown_chars: How much XML of unknown elements is kept beside the envelope.
        notes: Remarks on one envelope, and unknown elements kept: a person reads no more.
        latest_year: Last year that a date may have (T05); see ``years_around``.

    """

    total_bytes: int = 768 * MIB
    header_bytes: int = 8 * MIB
    depth: int = 32
    elements: int = 30_000
    attributes: int = 32
    text_chars: int = 1_000_000
    token_bytes: int = 256 * 1024
    attachments: int = 200
    unpacked_bytes: int = 512 * MIB
    unpacked_ratio: int = 200
    ratio_floor_bytes: int = 16 * MIB
    archive_entries: int = 10_000
    unknown_chars: int = 200_000
    notes: int = 1_000
    latest_year: int = LATEST_YEAR


DEFAULT_LIMITS = Limits()
