"""What an envelope lacks or says oddly, beyond types and lengths (L-03, L-101, L-103, T36, T58)."""

from __future__ import annotations

from gateway.envelope.mapping import Reading
from gateway.model.document import BusinessType
from gateway.model.envelope import DocumentEnvelope, ResponseFor, StatusEnvelope
from gateway.model.status import NEEDS_REASON

_COMPETENCES = ("TM.", "Q.", "KT.", "TL.", "TUQ.")  # L-03, NĐ 30 Art. 13
_NEEDS_REASON = frozenset(code.value for code in NEEDS_REASON)
_HEADER = "MessageHeader"
_BUSINESS = "TraceHeaderList/Bussiness"


def remark_on_document(envelope: DocumentEnvelope, reading: Reading) -> None:
    """Remark on a document's envelope."""
    if envelope.sender is None or envelope.sender.organ_id is None:
        reading.remark("sender-missing", f"{_HEADER}/From")
    _remark_on_recipients(envelope, reading)
    if envelope.document_id is None:
        reading.remark("document-id-missing", f"{_HEADER}/DocumentId")
    if envelope.subject is None:
        reading.remark("subject-missing", f"{_HEADER}/Subject")
    _remark_on_code(envelope, reading)
    _remark_on_business(envelope, reading)
    competence = envelope.signer_info.competence if envelope.signer_info else None
    if competence and not competence.strip().upper().startswith(_COMPETENCES):
        reading.remark("competence-unknown", f"{_HEADER}/SignerInfo/Competence")


def _remark_on_recipients(envelope: DocumentEnvelope, reading: Reading) -> None:
    codes = [organ.organ_id for organ in envelope.recipients]
    if not codes:
        reading.remark("recipient-missing", f"{_HEADER}/To")
    for number, code in enumerate(codes, 1):
        at = f"{_HEADER}/To[{number}]"
        if code is None:
            reading.remark("recipient-missing", at)
        elif code in codes[: number - 1]:
            reading.remark("recipient-repeated", at)


def _remark_on_code(envelope: DocumentEnvelope, reading: Reading) -> None:
    if envelope.code is None:
        reading.remark("code-missing", f"{_HEADER}/Code")
        return
    number = envelope.code.code_number
    if number is not None and not (number.isascii() and number.isdigit()):
        reading.remark("code-number-text", f"{_HEADER}/Code/CodeNumber")


def _remark_on_business(envelope: DocumentEnvelope, reading: Reading) -> None:
    business = envelope.business
    if business is None or business.business_type in (BusinessType.NEW, None):
        return
    if business.business_reason is None:
        reading.remark("reason-missing", f"{_BUSINESS}/BussinessDocReason")
    if business.business_type is BusinessType.REPLACE and not any(
        item.document_id and item.organ_ids for item in business.replacements
    ):
        reading.remark("replacement-missing", f"{_BUSINESS}/ReplacementInfoList")


def answers_itself(response: ResponseFor, keywords: dict[str, object]) -> bool:
    """Tell whether ResponseFor names the very document it stands in (T10)."""
    if response.document_id is not None:
        return response.document_id == keywords.get("document_id")
    sender, info = keywords.get("sender"), keywords.get("promulgation_info")
    return (
        response.code is not None
        and response.code == keywords.get("code")
        and response.organ_id == getattr(sender, "organ_id", None)
        and response.promulgation_date == getattr(info, "promulgation_date", None)
    )


def remark_on_status(envelope: StatusEnvelope, reading: Reading) -> None:
    """Remark on a status message."""
    if envelope.sender is None or envelope.sender.organ_id is None:
        reading.remark("sender-missing", f"{_HEADER}/From")
    response = envelope.response_for
    if response is None or (response.document_id is None and response.code is None):
        reading.remark("response-for-missing", f"{_HEADER}/ResponseFor")
    if envelope.status_code is None:
        reading.remark("status-code-missing", f"{_HEADER}/StatusCode")
    if envelope.status_code in _NEEDS_REASON and envelope.description is None:
        reading.remark("status-reason-missing", f"{_HEADER}/Description")
    is_unread = any(path.endswith("/Timestamp") for path, _ in envelope.unread)
    if envelope.stated_at is None and not is_unread:
        reading.remark("timestamp-missing", f"{_HEADER}/Timestamp")
