"""The way of an incoming document (văn bản đến), NĐ 30/2020 Art. 20 to 24.

Read from top to bottom:

    arrive    bytes and a time from the axis         adapters/, service/intake.py
    open      the bytes become an envelope           envelope/
    compare   do we hold it already                  open_document(), rules/duplicates.py
    answer    01 to the sender                       open_document(), effects.py
    examine   what the PDF signatures show           signing/
    judge     what we conclude from the signatures   signing/verdict.py
    admit     relay it or ask the clerk              receive(), rules/admission.py
    time      effective receipt time                 receive(), rules/receipt_time.py
    relay     hand-over to the QLVB, as waiting      receive(), effects.py
    accept    later, by a person: number, then 03    accept(), rules/numbering.py
    refuse    or given back with a reason: 02        refuse()

What stands here waits for nothing, reads no clock and writes nothing. The shell stores each
result and its effects in one transaction, then performs the effects. 01 leaves before the
signatures are judged (contract, "receiving, step by step"); 03 never does (L-32).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.effects import AskClerk, Effect, Isolate, RelayToQlvb, SendStatus
from gateway.errors import StateError
from gateway.model.document import DocumentRef, Urgency
from gateway.model.envelope import DocumentEnvelope
from gateway.model.incoming import IncomingState, KnownDocument, Objection
from gateway.model.signature import FileVerdict
from gateway.model.status import StatusCode
from gateway.rules.addressing import Addressed, Addressee
from gateway.rules.admission import (
    Admission,
    AdmissionPolicy,
    Examined,
    ExaminedFile,
    admission,
    main_file,
)
from gateway.rules.deadlines import same_day_deadline
from gateway.rules.duplicates import Compared, ExactRepeat, Finding, OtherWay, compare
from gateway.rules.lifecycle import STATUS_SAID, IncomingAct, move
from gateway.rules.objections import Outcome
from gateway.rules.receipt_time import (
    ReceiptRule,
    ReceiptTime,
    WorkingCalendar,
    effective_receipt,
)

ISOLATED_NOTICE = (
    "Văn bản có dấu hiệu chứa bí mật nhà nước nên đã được cách ly, không tiếp nhận qua trục. "
    "Đề nghị cơ quan gửi liên hệ trực tiếp với văn thư cơ quan nhận."
)
"""Told to the sender of a quarantined document (L-60); says nothing of its content."""

WAITS_FOR_CLERK = frozenset({IncomingState.WAITING, IncomingState.HELD})


@dataclass(frozen=True, slots=True)
class Said:
    """A status we told the sender of a document before."""

    code: StatusCode
    reason: str
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A delivery whose envelope could be read."""

    document: DocumentRef
    compared: Compared
    addressed: Addressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A document we did not hold."""

    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """We hold it already: the old document stands, the sender hears the old answers.

    Attributes:
        is_other_way: It came by another axis and the delivery is attached (T42).

    """

    document: KnownDocument
    is_other_way: bool
    effects: tuple[Effect, ...]


def open_document(
    opened: Opened,
    candidates: tuple[KnownDocument, ...],
    said: Mapping[DocumentRef, tuple[Said, ...]],
) -> Fresh | Held:
    """Decide whether an opened delivery is a document of its own (L-41), and answer 01.

    ``said`` holds, for each candidate, what its sender was told: a repeat means that our answer
    may have been lost, so it is given again, on the axis that asked. A document for somebody
    else is not answered in our name.
    """
    found = compare(opened.compared, candidates)
    if isinstance(found, ExactRepeat | OtherWay):
        is_other_way = isinstance(found, OtherWay)
        return Held(
            document=found.document,
            is_other_way=is_other_way,
            effects=_answers_again(opened, found, said.get(found.document.ref, ())),
        )
    if opened.addressed.addressee is not Addressee.OURS:
        return Fresh(effects=())
    return Fresh(effects=(SendStatus(document=opened.document, code=StatusCode.ARRIVED),))


def _answers_again(
    opened: Opened, found: ExactRepeat | OtherWay, said: tuple[Said, ...]
) -> tuple[Effect, ...]:
    known = found.document
    delivery = (opened.compared.axis, opened.compared.axis_doc_id)
    before = [each for each in known.deliveries if each != delivery]
    return tuple(
        SendStatus(
            document=known.ref,
            code=each.code,
            reason=each.reason,
            person=each.person,
            repeat=0 if isinstance(found, OtherWay) else len(before),
            axis=opened.compared.axis,
        )
        for each in said
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An opened document, when it came, and what its signatures show."""

    document: DocumentRef
    envelope: DocumentEnvelope
    arrived_at: datetime
    addressed: Addressed
    files: tuple[ExaminedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the agency knows at that moment; read in the deciding transaction.

    Attributes:
        duplicate: What comparing found, the document itself left out.
        counts_from_qlvb: Receipt counts from the instant the QLVB takes it over, so that no
            receipt time can be given yet.

    """

    calendar: WorkingCalendar
    receipt_rule: ReceiptRule
    counts_from_qlvb: bool
    policy: AdmissionPolicy
    duplicate: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What becomes of one arrival.

    Attributes:
        state: WAITING, HELD, PARKED or QUARANTINED.
        notes: Every objection, not only the first, then what is merely odd (remarks).
        proposes_refusal: Status 02 is proposed to the clerk; it leaves only by a person's act.
        refusal: The reason of a refusal that the agency's policy lets leave by itself, or "".
        receipt: None where receipt counts from the QLVB, which has not taken it over.
        verdict: Of the main document; None when it is no PDF.

    """

    state: IncomingState
    notes: tuple[Objection, ...]
    proposes_refusal: bool
    refusal: str
    receipt: ReceiptTime | None
    verdict: FileVerdict | None
    effects: tuple[Effect, ...]


ACT_OF = {
    Outcome.ADMIT: IncomingAct.ADMIT,
    Outcome.HOLD: IncomingAct.HOLD,
    Outcome.PARK: IncomingAct.PARK,
    Outcome.QUARANTINE: IncomingAct.QUARANTINE,
}
TOPIC_OF = {
    Outcome.HOLD: "held",
    Outcome.PARK: "parked",
    Outcome.QUARANTINE: "quarantined",
}


def receive(arrival: Arrival, facts: Facts) -> Decided:
    """Decide what becomes of one arrival (Art. 21(2), 22, 23; contract, "receiving")."""
    examined = Examined(
        envelope=arrival.envelope,
        files=arrival.files,
        addressed=arrival.addressed,
        duplicate=facts.duplicate,
    )
    found = admission(examined, facts.policy)
    receipt = effective_receipt(arrival.arrived_at, facts.calendar, facts.receipt_rule)
    main = main_file(arrival.files)
    return Decided(
        state=move(IncomingState.OPENED, ACT_OF[found.outcome]),
        notes=found.objections + found.remarks,
        proposes_refusal=found.refusal_proposed,
        refusal=found.reason("vi") if found.refused_by_policy else "",
        receipt=None if facts.counts_from_qlvb else receipt,
        verdict=main.verdict if main else None,
        effects=(
            *_first_effects(arrival, found),
            *_alarms(
                arrival, found, same_day_deadline(receipt.effective_receipt_at, facts.calendar)
            ),
        ),
    )


def _first_effects(arrival: Arrival, found: Admission) -> tuple[Effect, ...]:
    """Return the relay of what is admitted, and the isolation of what bears a mark (L-60)."""
    document = arrival.document
    if found.outcome is Outcome.ADMIT:
        return (RelayToQlvb(document=document, urgency=arrival.envelope.urgency),)
    if found.outcome is not Outcome.QUARANTINE:
        return ()
    if arrival.addressed.addressee is not Addressee.OURS:
        return (Isolate(document=document),)
    notice = SendStatus(document=document, code=StatusCode.ARRIVED, reason=ISOLATED_NOTICE)
    return (Isolate(document=document), notice)


def _alarms(arrival: Arrival, found: Admission, closes: datetime) -> tuple[Effect, ...]:
    """Return what a person must be told: at once, or when the day closes unanswered (L-34)."""
    document = arrival.document
    codes = tuple(each.code for each in found.objections)
    alarms: list[Effect] = []
    if found.outcome in TOPIC_OF:
        alarms.append(AskClerk(document=document, topic=TOPIC_OF[found.outcome], codes=codes))
    if arrival.envelope.urgency is not Urgency.NORMAL:  # also outside office hours (contract)
        alarms.append(AskClerk(document=document, topic="urgent"))
    if found.outcome in (Outcome.ADMIT, Outcome.HOLD):
        alarms.append(AskClerk(document=document, topic="same-day", not_before=closes))
    return tuple(alarms)


def waits_for_clerk(state: IncomingState) -> bool:
    """Tell whether a person still has to decide on the document."""
    return state in WAITS_FOR_CLERK


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A person's decision: the state it leads to, and what the sender is told."""

    state: IncomingState
    effects: tuple[Effect, ...]


def accept(document: DocumentRef, state: IncomingState, person: str) -> Closed:
    """Take the document (tiếp nhận): the shell gives the number in this transaction, then 03.

    Raises:
        StateError: The document cannot be accepted where it stands, or nobody is named.

    """
    named(person)
    after = move(state, IncomingAct.ACCEPT)
    code = STATUS_SAID[IncomingAct.ACCEPT]
    return Closed(state=after, effects=(SendStatus(document=document, code=code, person=person),))


def refuse(document: DocumentRef, state: IncomingState, person: str, reason: str) -> Closed:
    """Give the document back (trả lại) with a reason the sender reads (L-33, L-52).

    Raises:
        StateError: The document cannot be refused where it stands, no reason, or nobody named.

    """
    named(person)
    after = move(state, IncomingAct.REFUSE, reason=reason)
    code = STATUS_SAID[IncomingAct.REFUSE]
    said = SendStatus(document=document, code=code, reason=reason.strip(), person=person)
    return Closed(state=after, effects=(said,))


def named(person: str) -> None:
    """Go on only with the person who acts: every act is one person's (L-160).

    Raises:
        StateError: Nobody is named.

    """
    if not person.strip():
        raise StateError(
            "act-without-person",
            vi="Phải ghi rõ người thực hiện; mỗi thao tác gắn với một người.",
            en="Every act needs the person who does it.",
        )
