"""A verdict as people and other programs are shown it: the JSON of ``pdf verify``. Pure.

Valid or not is said in Vietnamese, with signer, signing time and integrity (L-118).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.model.signature import FileVerdict, Reason, SignatureVerdict

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")


def shown(verdict: FileVerdict, lang: str = "vi") -> dict[str, object]:
    """Return the verdict in the members of ``contract.md``; instants with +07:00."""
    return {
        "verdict": verdict.verdict.value,
        "integrity": verdict.integrity.value,
        "signature_set": verdict.signature_set.value,
        "reasons": sentences(verdict.reasons, lang),
        "signatures": [_signature(each, lang) for each in verdict.signatures],
    }


def sentences(reasons: Sequence[Reason], lang: str) -> list[str]:
    """Return the reasons as sentences in ``lang`` (``vi`` or ``en``)."""
    return [each.en if lang == "en" else each.vi for each in reasons]


def _signature(verdict: SignatureVerdict, lang: str) -> dict[str, object]:
    return {
        "field": verdict.field,
        "role": verdict.role.value,
        "signer": verdict.signer,
        "organ": verdict.organ,
        "serial": verdict.serial,
        "issuer": verdict.issuer,
        "verdict": verdict.verdict.value,
        "reasons": sentences(verdict.reasons, lang),
        "codes": [each.code for each in verdict.reasons],
        "signed_at": local_text(verdict.signed_at),
        "time_source": verdict.time_source,
        "algorithm": verdict.algorithm,
        "pades": verdict.pades,
        "covers": verdict.covers,
        "changes_after": verdict.changes_after,
        "revocation": {
            "status": verdict.revocation.status,
            "source": verdict.revocation.source,
            "produced_at": local_text(verdict.revocation.produced_at),
        },
    }


def local_text(instant: datetime | None) -> str | None:
    """Return the instant in Viet Nam time, ISO 8601 to the second; None stays None."""
    return instant.astimezone(VIET_NAM).isoformat(timespec="seconds") if instant else None
