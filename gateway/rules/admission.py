"""May we take it: every objection with its clause, and what becomes of the arrival.

    L-57, L-32   completeness, integrity and authenticity are checked before acceptance
    L-33, L-52   what fails is given back with reasons, by a person or by a stated policy only
    L-02, L-01   unsigned is for information only; one signature of two makes no original
    L-120        what is undecided is neither shown as valid nor refused by itself
    L-60         a secrecy mark outweighs everything else
    L-41, L-58   what we hold already, or destroyed, is shown to a person
    L-125, L-126 formats and sizes are the agency's settings
    L-03, L-59   what is merely odd or missing is a remark and goes along

The default policy is the contract's: valid and unsigned documents are relayed, everything else
waits for a person, and no refusal leaves by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.errors import SettingsError
from gateway.model.document import Attachment, BusinessType
from gateway.model.envelope import DocumentEnvelope
from gateway.model.incoming import Objection
from gateway.model.signature import FileVerdict, Integrity, SignatureSet, Verdict
from gateway.rules.addressing import Addressed, Addressee
from gateway.rules.duplicates import NEW, DestroyedBefore, Finding, SameIdentityChanged, SameNumber
from gateway.rules.formats import DEFAULT_FORMATS, PDF, is_taken
from gateway.rules.objections import GROUNDS, Objections, Outcome, objection, outcome_of
from gateway.rules.secrecy import SecrecyMark, secrecy_of

MAX_FILE_BYTES = 50 * 1024 * 1024  # L-126; larger files also fail at other receivers (T37)
COMPETENCES = frozenset({"", "TM.", "Q.", "KT.", "TL.", "TUQ."})  # L-03; none for the head himself
UNSAFE = frozenset({"executable", "office-macro"})  # remarks of the envelope's reader
REASONS_QUOTED = 3  # of a verdict in one sentence; the whole list stands in the verdict
BY_POLICY = frozenset(code for code, ground in GROUNDS.items() if ground.by_policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPolicy:
    """What an agency takes, and what it lets be refused without a person.

    Attributes:
        allowed_formats: File name endings, lower case, without the dot (L-125).
        max_file_bytes: Largest file taken, this size included (L-126).
        max_name_chars: Longest file name taken without a remark; None checks nothing (L-126).
        refusal_codes: Objections on which 02 leaves by this policy; empty by default.
        parked_applications: Beginnings of ApplicationType that are no documents (T50).

    Raises:
        SettingsError: A refusal code that a policy may not decide, or an unknown one.

    """

    allowed_formats: frozenset[str] = DEFAULT_FORMATS
    max_file_bytes: int = MAX_FILE_BYTES
    max_name_chars: int | None = None
    refusal_codes: frozenset[str] = frozenset()
    parked_applications: tuple[str, ...] = ("MCDT",)

    def __post_init__(self) -> None:
        wrong = sorted(self.refusal_codes - BY_POLICY)
        if wrong:
            raise SettingsError(
                "refusal-code-not-allowed",
                vi=f"Không thể tự động từ chối theo mã {', '.join(wrong)}; chỉ dùng các mã: "
                f"{', '.join(sorted(BY_POLICY))}.",
                en=f"No refusal by policy on {', '.join(wrong)}; only on: "
                f"{', '.join(sorted(BY_POLICY))}.",
            )


DEFAULT_POLICY = AdmissionPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedFile:
    """One attachment and what its examination brought.

    Attributes:
        verdict: None for what is no PDF, or could not be examined at all.
        marks, doubtful_marks: Secrecy marks seen on the page.

    """

    attachment: Attachment
    verdict: FileVerdict | None = None
    marks: tuple[str, ...] = ()
    doubtful_marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Everything admission looks at.

    Attributes:
        files: One for each attachment of the envelope, in its order.
        addressed: Whom the envelope is for.
        duplicate: What we hold of it; repeats are dealt with before and raise nothing here.

    """

    envelope: DocumentEnvelope
    files: tuple[ExaminedFile, ...]
    addressed: Addressed
    duplicate: Finding = NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What becomes of an arrival.

    Attributes:
        objections: Everything that speaks against taking it; empty when admitted.
        remarks: What goes along with it, whatever the outcome.
        refusal_proposed: The clerk is shown "refuse" as the proposal.
        refused_by_policy: Codes on which the agency lets 02 leave by itself; empty otherwise.
        is_information_only: The main document bears no signature (L-02).

    """

    outcome: Outcome
    objections: Objections = ()
    remarks: Objections = ()
    refusal_proposed: bool = False
    refused_by_policy: tuple[str, ...] = ()
    is_information_only: bool = False

    def reason(self, lang: str) -> str:
        """Return what justifies a refusal as one text for the sender (L-52)."""
        refusing = [each for each in self.objections if each.refuses]
        return " ".join(each.en if lang == "en" else each.vi for each in refusing)


def admission(examined: Examined, policy: AdmissionPolicy = DEFAULT_POLICY) -> Admission:
    """Return what becomes of an arrival under ``policy``."""
    found = objections(examined, policy)
    against = tuple(each for each in found if outcome_of(each) is not Outcome.ADMIT)
    order = tuple(Outcome)
    return Admission(
        outcome=max(map(outcome_of, against), key=order.index, default=Outcome.ADMIT),
        objections=against,
        remarks=tuple(each for each in found if outcome_of(each) is Outcome.ADMIT),
        refusal_proposed=any(each.refuses for each in against),
        refused_by_policy=tuple(
            dict.fromkeys(each.code for each in against if each.code in policy.refusal_codes)
        ),
        is_information_only=any(each.code == "information-only" for each in found),
    )


def objections(examined: Examined, policy: AdmissionPolicy = DEFAULT_POLICY) -> Objections:
    """Return every objection and remark, the heaviest kinds first; nothing is left out."""
    envelope = examined.envelope
    return (
        *_secrecy(examined),
        *_addressee(examined.addressed),
        *_kind(envelope, policy),
        *_duplicate(examined.duplicate),
        *(each for at, file in enumerate(examined.files, 1) for each in _signature(at, file)),
        *(each for at, file in enumerate(examined.files, 1) for each in _file(at, file, policy)),
        *_unsafe(envelope),
        *_main(examined.files),
        *_fields(envelope),
    )


def main_file(files: Sequence[ExaminedFile]) -> ExaminedFile | None:
    """Return the main document: the first PDF, else the first file (axes 3.9)."""
    pdfs = (file for file in files if file.attachment.media_type == PDF)
    return next(pdfs, files[0] if files else None)


def _secrecy(examined: Examined) -> Iterator[Objection]:
    fields = secrecy_of(examined.envelope)
    pages = list(enumerate(examined.files, 1))
    certain = [_at_element(mark) for mark in fields.marks]
    certain += [_at_file(at) for at, file in pages if file.marks]
    doubtful = [_at_element(mark) for mark in fields.doubtful]
    doubtful += [_at_file(at) for at, file in pages if file.doubtful_marks]
    if certain:
        yield objection("secrecy-mark", place=_joined(certain))
    if doubtful:
        yield objection("secrecy-doubtful", place=_joined(doubtful))


def _at_element(mark: SecrecyMark) -> tuple[str, str]:
    return mark.element, mark.element


def _at_file(at: int) -> tuple[str, str]:
    return f"tệp thứ {at}", f"file {at}"


def _joined(places: Sequence[tuple[str, str]]) -> tuple[str, str]:
    return ", ".join(vi for vi, _ in places), ", ".join(en for _, en in places)


_ADDRESSEES = {
    Addressee.OTHERS: "wrong-addressee",
    Addressee.PLATFORM: "addressee-is-platform",
    Addressee.NOBODY: "addressee-missing",
}


def _addressee(addressed: Addressed) -> Iterator[Objection]:
    code = _ADDRESSEES.get(addressed.addressee)
    if code is not None:
        yield objection(code)


def _kind(envelope: DocumentEnvelope, policy: AdmissionPolicy) -> Iterator[Objection]:
    kind = envelope.business_type
    if kind is None:
        yield objection("kind-unknown")
    elif kind is not BusinessType.NEW:
        yield objection("kind-not-handled", kind=kind.value)
    application = (envelope.application_type or "").strip().upper()
    if application.startswith(tuple(each.upper() for each in policy.parked_applications)):
        yield objection("one-stop-dossier")
    elif application:
        yield objection("application-type-unknown")


def _duplicate(finding: Finding) -> Iterator[Objection]:
    if isinstance(finding, SameIdentityChanged):
        yield objection("identity-repeated")
    elif isinstance(finding, SameNumber):
        yield objection("number-repeated")
    elif isinstance(finding, DestroyedBefore):
        yield objection("destroyed-before")


_INTEGRITY = {
    Integrity.MODIFIED: "signature-modified",
    Integrity.BROKEN: "signature-broken",
    Integrity.UNREADABLE: "signature-unreadable",
}


def _signature(at: int, file: ExaminedFile) -> Iterator[Objection]:
    """Yield what one file's verdict says; appendices are judged like the main document."""
    verdict = file.verdict
    if verdict is None:
        if file.attachment.media_type == PDF and file.attachment.fault is None:
            yield objection("file-not-examined", file=at)
        return
    why = _why(verdict)
    code = _INTEGRITY.get(verdict.integrity)
    if code is not None:
        yield objection(code, file=at, why=why)
    if verdict.is_revoked:
        yield objection("certificate-revoked", file=at, why=why)
    elif code is None and verdict.verdict is Verdict.INVALID:
        yield objection("signature-invalid", file=at, why=why)
    elif code is None and verdict.verdict is Verdict.INDETERMINATE:
        yield objection("signature-undecided", file=at, why=why)


def _why(verdict: FileVerdict) -> tuple[str, str]:
    """Return the verdict's first reasons, each once, Vietnamese and English."""
    every = (*verdict.reasons, *(each for sig in verdict.signatures for each in sig.reasons))
    reasons = list({each.code: each for each in every}.values())[:REASONS_QUOTED]
    return (
        "".join(f" {each.vi}" for each in reasons),
        "".join(f" {each.en}" for each in reasons),
    )


def _file(at: int, file: ExaminedFile, policy: AdmissionPolicy) -> Iterator[Objection]:
    attachment = file.attachment
    name = attachment.attachment_name or ""
    if attachment.fault is not None:
        yield objection("attachment-faulty", file=at, fault=attachment.fault)
    elif not is_taken(attachment.media_type, name, policy.allowed_formats):
        yield objection("format-not-allowed", file=at)
    if (attachment.size_bytes or 0) > policy.max_file_bytes:
        yield objection("file-too-large", file=at, limit=policy.max_file_bytes)
    if policy.max_name_chars is not None and len(name) > policy.max_name_chars:
        yield objection("file-name-long", file=at, limit=policy.max_name_chars)


def _unsafe(envelope: DocumentEnvelope) -> Iterator[Objection]:
    codes = dict.fromkeys(note.code for note in envelope.warnings if note.code in UNSAFE)
    if codes:
        yield objection("attachment-unsafe", fault=", ".join(codes))


def _main(files: Sequence[ExaminedFile]) -> Iterator[Objection]:
    main = main_file(files)
    if main is None:
        yield objection("no-attachment")
        return
    verdict = main.verdict
    if main.attachment.media_type != PDF:
        yield objection("main-not-pdf")
        yield objection("information-only")
    elif verdict is not None and verdict.verdict is Verdict.UNSIGNED:
        yield objection("information-only")
    elif verdict is not None and verdict.signature_set is not SignatureSet.PERSON_AND_ORGAN:
        yield objection("one-signature")


def _fields(envelope: DocumentEnvelope) -> Iterator[Objection]:
    """Yield what the envelope should say and does not (L-59), and odd words (L-03)."""
    if envelope.sender is None or not envelope.sender.organ_id:
        yield objection("sender-unknown")
    dated, signer = envelope.promulgation_info, envelope.signer_info
    said = {
        "DocumentId": envelope.document_id,
        "Code": envelope.code and str(envelope.code),
        "PromulgationDate": dated and dated.promulgation_date,
        "Subject": envelope.subject,
    }
    missing = [name for name, value in said.items() if not value]
    if missing:
        yield objection("field-missing", fields=", ".join(missing))
    if signer and (signer.competence or "").strip().upper() not in COMPETENCES:
        yield objection("competence-unknown")
