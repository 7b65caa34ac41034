"""The way of an incoming document: facts in, decision out (L-32 to L-34, L-41, L-52, L-60)."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from gateway import incoming
from gateway.effects import AskClerk, Isolate, RelayToQlvb, SendStatus
from gateway.errors import StateError
from gateway.incoming import Arrival, Facts, Fresh, Held, Opened, Said
from gateway.model.document import (
    Attachment,
    AxisDocId,
    Code,
    Digest,
    DocumentId,
    DocumentRef,
)
from gateway.model.envelope import DocumentEnvelope, OtherInfo, PromulgationInfo
from gateway.model.incoming import IncomingState, KnownDocument
from gateway.model.organ import Organ, OrganId
from gateway.model.signature import FileVerdict, Integrity, SignatureSet, Verdict
from gateway.model.status import StatusCode
from gateway.rules.addressing import Addressed, Addressee
from gateway.rules.admission import AdmissionPolicy, ExaminedFile
from gateway.rules.duplicates import NEW, SameNumber, compared
from gateway.rules.receipt_time import ReceiptRule
from gateway.service.calendars import calendar_from_toml
from gateway.service.demo.settings_text import CALENDAR

VIET_NAM = timezone(timedelta(hours=7))
FRIDAY_EVENING = datetime(2026, 3, 6, 18, 0, tzinfo=VIET_NAM)
MONDAY = datetime(2026, 3, 9, 7, 30, tzinfo=VIET_NAM)
REF = DocumentRef("01900000-0000-7000-8000-000000000001")
OURS = Addressed(addressee=Addressee.OURS, ours=(OrganId("H99.02"),))
PDF = Attachment(
    attachment_name="15.pdf",
    media_type="application/pdf",
    size_bytes=1000,
    digest=Digest("a" * 64),
)
ENVELOPE = DocumentEnvelope(
    sender=Organ(organ_id=OrganId("H99"), organ_name="UBND tỉnh Mẫu"),
    recipients=(Organ(organ_id=OrganId("H99.02")),),
    document_id=DocumentId("H99,2026,15"),
    code=Code("15", "UBND-TH"),
    promulgation_info=PromulgationInfo(promulgation_date=date(2026, 3, 6)),
    subject="Về việc báo cáo",
    attachments=(PDF,),
)
CONTENT = Digest("c" * 64)


def verdict(of: Verdict, integrity: Integrity, found: SignatureSet) -> FileVerdict:
    return FileVerdict(
        verdict=of, integrity=integrity, signature_set=found, reasons=(), signatures=()
    )


VALID = verdict(Verdict.VALID, Integrity.INTACT, SignatureSet.PERSON_AND_ORGAN)
MODIFIED = verdict(Verdict.INVALID, Integrity.MODIFIED, SignatureSet.PERSON_AND_ORGAN)
UNSIGNED = verdict(Verdict.UNSIGNED, Integrity.NONE, SignatureSet.NONE)
UNDECIDED = verdict(Verdict.INDETERMINATE, Integrity.INTACT, SignatureSet.PERSON_AND_ORGAN)


def arrival(found: FileVerdict = VALID, **changes: object) -> Arrival:
    usual = Arrival(
        document=REF,
        envelope=ENVELOPE,
        arrived_at=FRIDAY_EVENING,
        addressed=OURS,
        files=(ExaminedFile(attachment=PDF, verdict=found),),
    )
    return dataclasses.replace(usual, **changes)


def facts(**changes: object) -> Facts:
    usual = Facts(
        calendar=calendar_from_toml(CALENDAR),
        receipt_rule=ReceiptRule.NEXT_OFFICE_PERIOD,
        counts_from_qlvb=False,
        policy=AdmissionPolicy(),
        duplicate=NEW,
    )
    return dataclasses.replace(usual, **changes)


def known(*deliveries: tuple[str, str], content: str = CONTENT) -> KnownDocument:
    return KnownDocument(
        ref=DocumentRef("01900000-0000-7000-8000-000000000009"),
        state=IncomingState.ACCEPTED,
        document_id=ENVELOPE.document_id,
        sender_id=OrganId("H99"),
        sender_name="UBND tỉnh Mẫu",
        code=ENVELOPE.code,
        promulgation_date=date(2026, 3, 6),
        content_digest=Digest(content),
        deliveries=tuple((axis, AxisDocId(each)) for axis, each in deliveries),
    )


def opened(axis: str, axis_doc_id: str, addressed: Addressed = OURS) -> Opened:
    what = compared(ENVELOPE, (axis, AxisDocId(axis_doc_id)), CONTENT)
    return Opened(document=REF, compared=what, addressed=addressed)


def kinds(effects: tuple[object, ...]) -> list[str]:
    return [
        f"alarm {each.topic}" if isinstance(each, AskClerk) else type(each).__name__
        for each in effects
    ]


def test_a_fresh_document_is_answered_01_before_it_is_judged() -> None:
    what = incoming.open_document(opened("tinh", "1"), (), {})
    assert what == Fresh(effects=(SendStatus(document=REF, code=StatusCode.ARRIVED),))


@pytest.mark.parametrize("who", [Addressee.OTHERS, Addressee.PLATFORM, Addressee.NOBODY])
def test_a_document_for_somebody_else_is_not_answered_in_our_name(who: Addressee) -> None:
    what = incoming.open_document(opened("tinh", "1", Addressed(addressee=who)), (), {})
    assert what == Fresh(effects=())


def test_l41_an_exact_repeat_hears_the_old_answers_again_on_the_axis_that_asked() -> None:
    old = known(("tinh", "1"))
    said = {old.ref: (Said(StatusCode.ARRIVED, ""), Said(StatusCode.ACCEPTED, ""))}
    what = incoming.open_document(opened("tinh", "2"), (old,), said)
    assert isinstance(what, Held)
    assert not what.is_other_way
    assert [(e.code.value, e.repeat, e.axis) for e in what.effects] == [
        ("01", 1, "tinh"),
        ("03", 1, "tinh"),
    ]


def test_each_further_repeat_is_a_further_answer() -> None:
    old = known(("tinh", "1"), ("tinh", "2"))
    said = {old.ref: (Said(StatusCode.ARRIVED, ""),)}
    what = incoming.open_document(opened("tinh", "3"), (old,), said)
    assert [each.repeat for each in what.effects] == [2]


def test_t42_the_same_document_by_another_axis_is_attached_and_answered_there() -> None:
    old = known(("tinh", "1"))
    said = {old.ref: (Said(StatusCode.REFUSED, "Thiếu phụ lục"),)}
    what = incoming.open_document(opened("quoc-gia", "7"), (old,), said)
    assert isinstance(what, Held)
    assert what.is_other_way
    assert [(e.code.value, e.reason, e.axis) for e in what.effects] == [
        ("02", "Thiếu phụ lục", "quoc-gia")
    ]


def test_l66_a_sound_document_is_relayed_and_counts_from_the_next_office_period() -> None:
    what = incoming.receive(arrival(), facts())
    assert what.state is IncomingState.WAITING
    assert what.receipt is not None
    assert what.receipt.arrived_at == FRIDAY_EVENING
    assert what.receipt.effective_receipt_at == MONDAY
    assert kinds(what.effects) == ["RelayToQlvb", "alarm same-day"]
    assert not what.proposes_refusal


def test_l34_the_reminder_comes_at_the_close_of_the_day_of_receipt() -> None:
    what = incoming.receive(arrival(), facts())
    reminder = next(e for e in what.effects if isinstance(e, AskClerk))
    assert reminder.not_before == datetime(2026, 3, 9, 17, 0, tzinfo=VIET_NAM)


def test_receipt_that_counts_from_the_qlvb_is_not_given_before_it_took_over() -> None:
    assert incoming.receive(arrival(), facts(counts_from_qlvb=True)).receipt is None


def test_l02_an_unsigned_document_is_relayed_for_information_only() -> None:
    what = incoming.receive(arrival(UNSIGNED), facts())
    assert what.state is IncomingState.WAITING
    assert "information-only" in [each.code for each in what.notes]


@pytest.mark.parametrize(
    ("found", "proposes"),
    [(MODIFIED, True), (UNDECIDED, False)],
    ids=["modified: refusal proposed", "undecided: held, never refused by itself (L-120)"],
)
def test_what_fails_is_held_and_uses_no_number(found: FileVerdict, *, proposes: bool) -> None:
    what = incoming.receive(arrival(found), facts())
    assert what.state is IncomingState.HELD
    assert what.proposes_refusal is proposes
    assert what.refusal == ""
    assert kinds(what.effects) == ["alarm held", "alarm same-day"]


def test_a_policy_that_lists_the_code_lets_02_leave_with_its_reasons() -> None:
    held = incoming.receive(arrival(MODIFIED), facts())
    listed = AdmissionPolicy(refusal_codes=frozenset({held.notes[0].code}))
    what = incoming.receive(arrival(MODIFIED), facts(policy=listed))
    assert held.notes[0].vi in what.refusal


def test_l41_the_same_number_from_the_same_organ_is_shown_to_the_clerk() -> None:
    what = incoming.receive(arrival(), facts(duplicate=SameNumber((known(),))))
    assert what.state is IncomingState.HELD


def test_every_objection_is_listed_not_only_the_first() -> None:
    what = incoming.receive(arrival(MODIFIED), facts(duplicate=SameNumber((known(),))))
    assert len([each for each in what.notes if each.clause]) >= 2


def test_l33_a_wrong_address_is_parked() -> None:
    elsewhere = Addressed(addressee=Addressee.OTHERS)
    what = incoming.receive(arrival(addressed=elsewhere), facts())
    assert what.state is IncomingState.PARKED
    assert kinds(what.effects) == ["alarm parked"]


def test_l60_a_secrecy_mark_isolates_tells_the_sender_and_relays_nothing() -> None:
    marked = (ExaminedFile(attachment=PDF, verdict=VALID, marks=("MẬT",)),)
    what = incoming.receive(arrival(files=marked), facts())
    assert what.state is IncomingState.QUARANTINED
    assert not [each for each in what.effects if isinstance(each, RelayToQlvb)]
    assert [each for each in what.effects if isinstance(each, Isolate)]
    notice = next(each for each in what.effects if isinstance(each, SendStatus))
    assert notice.code is StatusCode.ARRIVED
    assert ENVELOPE.subject is not None
    assert ENVELOPE.subject not in notice.reason


def test_l60_the_sender_of_a_secret_for_somebody_else_hears_nothing_from_us() -> None:
    marked = (ExaminedFile(attachment=PDF, verdict=VALID, marks=("MẬT",)),)
    elsewhere = Addressed(addressee=Addressee.OTHERS)
    what = incoming.receive(arrival(files=marked, addressed=elsewhere), facts())
    assert not [each for each in what.effects if isinstance(each, SendStatus)]


def test_l54_an_urgent_document_raises_an_alarm_at_once_also_at_night() -> None:
    urgent = dataclasses.replace(ENVELOPE, other_info=OtherInfo(priority="3"))
    what = incoming.receive(arrival(envelope=urgent), facts())
    alarm = next(e for e in what.effects if isinstance(e, AskClerk) and e.topic == "urgent")
    assert alarm.not_before is None
    assert what.receipt is not None
    assert what.receipt.effective_receipt_at == MONDAY  # urgency never changes the rule


def test_effects_of_one_decision_have_keys_of_their_own() -> None:
    marked = (ExaminedFile(attachment=PDF, verdict=VALID, marks=("MẬT",)),)
    keys = [each.key for each in incoming.receive(arrival(files=marked), facts()).effects]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("state", [IncomingState.WAITING, IncomingState.HELD])
def test_accepting_answers_03(state: IncomingState) -> None:
    what = incoming.accept(REF, state, "vanthu.mau")
    assert what.state is IncomingState.ACCEPTED
    assert [each.code for each in what.effects] == [StatusCode.ACCEPTED]


@pytest.mark.parametrize(
    "state", [IncomingState.OPENED, IncomingState.PARKED, IncomingState.QUARANTINED]
)
def test_l32_nothing_is_accepted_before_a_verdict_or_from_quarantine(state: IncomingState) -> None:
    with pytest.raises(StateError):
        incoming.accept(REF, state, "vanthu.mau")


def test_l52_a_refusal_carries_its_reason_to_the_sender() -> None:
    what = incoming.refuse(REF, IncomingState.HELD, "vanthu.mau", "  Sai nơi nhận ")
    assert what.state is IncomingState.REFUSED
    assert [(e.code, e.reason) for e in what.effects] == [(StatusCode.REFUSED, "Sai nơi nhận")]


@pytest.mark.parametrize("reason", ["", "   "])
def test_l52_a_refusal_without_a_reason_is_impossible(reason: str) -> None:
    with pytest.raises(StateError):
        incoming.refuse(REF, IncomingState.HELD, "vanthu.mau", reason)


@pytest.mark.parametrize("person", ["", " "])
def test_l160_every_act_is_one_persons(person: str) -> None:
    with pytest.raises(StateError):
        incoming.accept(REF, IncomingState.WAITING, person)
    with pytest.raises(StateError):
        incoming.refuse(REF, IncomingState.WAITING, person, "Sai nơi nhận")


def test_an_arrival_told_in_utc_counts_the_same() -> None:
    what = incoming.receive(arrival(arrived_at=FRIDAY_EVENING.astimezone(UTC)), facts())
    assert what.receipt is not None
    assert what.receipt.effective_receipt_at == MONDAY
