"""Do we hold it already, the same or changed (trùng lặp).

    L-41   a person is warned when the DocumentId repeats, or when number, notation and issuing
           organ all repeat; what is merely delivered again is absorbed
    L-24   the same identity with other content is no silent correction
    L-68   an electronic message stands for itself unless it is known to be a copy

Axes write envelopes anew on the way, so bytes of envelopes are never compared: the content
digest, over the envelope's meaning and its attachments' digests, decides (protocol 2.5).  The
same document may come by two axes (T42); it is then attached, not doubled.  Numbers start again
every year (L-20), so the same number of another year is no duplicate.

Updates, replacements and recalls name a document we hold on purpose: for them only a repeated
delivery counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from gateway.model.document import AxisDocId, BusinessType, Code, Digest, DocumentId
from gateway.model.envelope import DocumentEnvelope
from gateway.model.incoming import IncomingState, KnownDocument
from gateway.model.organ import OrganId
from gateway.rules.identifiers import CodeForm, code_form, name_form

NO_FORM = CodeForm(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What comparing needs of an arrival.

    Attributes:
        axis, axis_doc_id: The delivery it came by.
        sender_codes: Every code of the sending organ, itself included, as the directory states
            them (``addressing.codes_of_same_organ``); empty when the envelope names none.
        content_digest: As in :class:`gateway.model.incoming.KnownDocument`.

    """

    axis: str
    axis_doc_id: AxisDocId
    business_type: BusinessType | None
    document_id: DocumentId | None
    sender_codes: frozenset[OrganId]
    sender_name: str | None
    code: Code | None
    promulgation_date: date | None
    content_digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupKeys:
    """What the store looks candidates up by; None matches nothing."""

    delivery: tuple[str, AxisDocId]
    content_digest: Digest
    document_id: DocumentId | None
    number_key: str | None
    notation_key: str | None


@dataclass(frozen=True, slots=True)
class New:
    """Nothing we hold resembles it."""


NEW = New()


@dataclass(frozen=True, slots=True)
class ExactRepeat:
    """The same document again on an axis it came by: absorbed, and answered again."""

    document: KnownDocument


@dataclass(frozen=True, slots=True)
class OtherWay:
    """The same document on another axis: the delivery is attached and answered there."""

    document: KnownDocument


@dataclass(frozen=True, slots=True)
class SameIdentityChanged:
    """The DocumentId of documents we hold, with other content: shown to the clerk (L-41)."""

    documents: tuple[KnownDocument, ...]


@dataclass(frozen=True, slots=True)
class SameNumber:
    """Number, notation and organ of documents we hold: shown to the clerk (L-41)."""

    documents: tuple[KnownDocument, ...]


@dataclass(frozen=True, slots=True)
class DestroyedBefore:
    """The same content as a document that was destroyed, sent anew: shown to the clerk."""

    document: KnownDocument


Finding = New | ExactRepeat | OtherWay | SameIdentityChanged | SameNumber | DestroyedBefore


def compared(
    envelope: DocumentEnvelope,
    delivery: tuple[str, AxisDocId],
    content_digest: Digest,
    sender_codes: frozenset[OrganId] = frozenset(),
) -> Compared:
    """Return what comparing needs of ``envelope``, which came by ``delivery``."""
    sender, dated = envelope.sender, envelope.promulgation_info
    own = sender.organ_id if sender else None
    return Compared(
        axis=delivery[0],
        axis_doc_id=delivery[1],
        business_type=envelope.business_type,
        document_id=envelope.document_id,
        sender_codes=sender_codes | ({own} if own else frozenset()),
        sender_name=sender.organ_name if sender else None,
        code=envelope.code,
        promulgation_date=dated.promulgation_date if dated else None,
        content_digest=content_digest,
    )


def lookup_keys(arrived: Compared) -> LookupKeys:
    """Name what the store must fetch before :func:`compare`: candidates, by indexed keys."""
    form = code_form(arrived.code) or NO_FORM
    return LookupKeys(
        delivery=(arrived.axis, arrived.axis_doc_id),
        content_digest=arrived.content_digest,
        document_id=arrived.document_id,
        number_key=form.number,
        notation_key=form.notation,
    )


def compare(arrived: Compared, candidates: Iterable[KnownDocument]) -> Finding:
    """Return what we hold already of ``arrived``; ``candidates`` may repeat and hold others.

    The strongest finding wins: same content, then same DocumentId, then same number.
    """
    held = {known.ref: known for known in candidates}.values()
    same_content = [known for known in held if known.content_digest == arrived.content_digest]
    if same_content:
        return _same_content(arrived, same_content)
    if arrived.business_type is not BusinessType.NEW:
        return NEW
    same_identity = tuple(
        known
        for known in held
        if arrived.document_id is not None and known.document_id == arrived.document_id
    )
    if same_identity:
        return SameIdentityChanged(same_identity)
    same_number = tuple(known for known in held if _has_same_number(arrived, known))
    return SameNumber(same_number) if same_number else NEW


def _same_content(
    arrived: Compared, known: list[KnownDocument]
) -> ExactRepeat | OtherWay | DestroyedBefore:
    """Prefer the document this very delivery belongs to, then one whose content still exists."""
    delivery = (arrived.axis, arrived.axis_doc_id)
    for each in known:
        if delivery in each.deliveries:
            return ExactRepeat(each)
    living = [each for each in known if each.state is not IncomingState.DESTROYED]
    if not living:
        return DestroyedBefore(known[0])
    for each in living:
        if any(axis == arrived.axis for axis, _ in each.deliveries):
            return ExactRepeat(each)
    return OtherWay(living[0])


def _has_same_number(arrived: Compared, known: KnownDocument) -> bool:
    form = code_form(arrived.code)
    if form is None or form != code_form(known.code):
        return False
    return _is_same_organ(arrived, known) and _may_be_same_year(arrived, known)


def _is_same_organ(arrived: Compared, known: KnownDocument) -> bool:
    """Tell whether the issuer is the same: by a code of it, else by its name (L-41).

    Two organs may bear one name (every province has a Sở Tài chính), so where both sides state
    codes the codes decide.
    """
    if arrived.sender_codes and known.sender_id:
        return known.sender_id in arrived.sender_codes
    name = name_form(arrived.sender_name)
    return name is not None and name == name_form(known.sender_name)


def _may_be_same_year(arrived: Compared, known: KnownDocument) -> bool:
    """Tell whether both may be of one year; a missing date leaves it to the person."""
    one, other = arrived.promulgation_date, known.promulgation_date
    return one is None or other is None or one.year == other.year
