"""Do we hold it already: repeated, on another way, changed, or only numbered alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.model.document import (
    AxisDocId,
    BusinessType,
    Code,
    Digest,
    DocumentId,
    DocumentRef,
)
from gateway.model.envelope import Business, DocumentEnvelope, PromulgationInfo
from gateway.model.incoming import IncomingState, KnownDocument
from gateway.model.organ import Organ, OrganId
from gateway.rules.duplicates import (
    NEW,
    Compared,
    DestroyedBefore,
    ExactRepeat,
    Finding,
    LookupKeys,
    OtherWay,
    SameIdentityChanged,
    SameNumber,
    compare,
    compared,
    lookup_keys,
)

SAME, CHANGED = Digest("a" * 64), Digest("b" * 64)
ARRIVED = Compared(
    axis="quốc gia",
    axis_doc_id=AxisDocId("900"),
    business_type=BusinessType.NEW,
    document_id=DocumentId("H99.01,2026,152"),
    sender_codes=frozenset({OrganId("H99.01"), OrganId("000.00.01.H99")}),
    sender_name="UBND tỉnh Mẫu",
    code=Code("12", "QĐ-UBND"),
    promulgation_date=date(2026, 3, 2),
    content_digest=SAME,
)
KNOWN = KnownDocument(
    ref=DocumentRef("d-1"),
    state=IncomingState.ACCEPTED,
    document_id=ARRIVED.document_id,
    sender_id=OrganId("H99.01"),
    sender_name="UBND tỉnh Mẫu",
    code=ARRIVED.code,
    promulgation_date=ARRIVED.promulgation_date,
    content_digest=SAME,
    deliveries=(("quốc gia", AxisDocId("800")),),
)
OTHER_ID = replace(KNOWN, content_digest=CHANGED, document_id=DocumentId("other"))


def found(*known: KnownDocument, **arrived: object) -> Finding:
    return compare(replace(ARRIVED, **arrived), known)


def test_l68_what_resembles_nothing_is_new() -> None:
    assert found() is NEW
    other = replace(OTHER_ID, code=Code("13", "QĐ-UBND"))
    assert found(other) is NEW


def test_l41_the_same_content_on_the_same_axis_is_a_repeat() -> None:
    assert found(KNOWN) == ExactRepeat(KNOWN)
    assert found(KNOWN, axis_doc_id=AxisDocId("800")) == ExactRepeat(KNOWN)
    assert found(replace(KNOWN, document_id=None), document_id=None) == ExactRepeat(
        replace(KNOWN, document_id=None)
    )


def test_t42_the_same_content_on_another_axis_is_another_way() -> None:
    assert found(KNOWN, axis="nội tỉnh") == OtherWay(KNOWN)
    # Its own handle may look the same on another axis and means nothing there.
    assert found(KNOWN, axis="nội tỉnh", axis_doc_id=AxisDocId("800")) == OtherWay(KNOWN)
    assert found(replace(KNOWN, deliveries=())) == OtherWay(replace(KNOWN, deliveries=()))


@pytest.mark.parametrize("state", set(IncomingState) - {IncomingState.DESTROYED})
def test_l41_a_repeat_is_one_wherever_the_document_stands(state: IncomingState) -> None:
    known = replace(KNOWN, state=state)
    assert found(known) == ExactRepeat(known)


def test_l58_a_destroyed_document_comes_back_only_past_a_person() -> None:
    gone = replace(KNOWN, state=IncomingState.DESTROYED)
    assert found(gone) == DestroyedBefore(gone)
    # The very delivery again is a lost acknowledgement and no new sending (T41).
    assert found(gone, axis_doc_id=AxisDocId("800")) == ExactRepeat(gone)
    living = replace(KNOWN, ref=DocumentRef("d-2"))
    assert found(gone, living) == ExactRepeat(living)


def test_l41_the_document_of_the_very_delivery_is_preferred() -> None:
    second = replace(KNOWN, ref=DocumentRef("d-2"), deliveries=(("quốc gia", ARRIVED.axis_doc_id),))
    assert found(KNOWN, second) == ExactRepeat(second)
    elsewhere = replace(KNOWN, ref=DocumentRef("d-0"), deliveries=(("x", AxisDocId("1")),))
    assert found(elsewhere, KNOWN) == ExactRepeat(KNOWN)


def test_l41_l24_the_same_identity_with_other_content_is_shown() -> None:
    changed = replace(KNOWN, content_digest=CHANGED)
    assert found(changed) == SameIdentityChanged((changed,))
    again = replace(changed, ref=DocumentRef("d-2"))
    assert found(changed, again, changed) == SameIdentityChanged((changed, again))


def test_l106_document_ids_are_compared_as_written() -> None:
    spelled = replace(KNOWN, content_digest=CHANGED, document_id=DocumentId("h99.01,2026,152"))
    assert found(spelled) == SameNumber((spelled,))
    assert found(replace(spelled, code=None)) is NEW
    nameless = replace(KNOWN, content_digest=CHANGED, document_id=None, code=None)
    assert found(nameless, document_id=None, code=None) is NEW


@pytest.mark.parametrize(
    ("known", "arrived", "is_same"),
    [
        ({}, {}, True),
        ({"code": Code("012", "qđ-ubnd")}, {}, True),  # spelled otherwise (T09)
        ({"code": Code("12/QĐ-UBND", None)}, {}, True),
        ({"code": None}, {}, False),
        ({"code": None}, {"code": None}, False),  # no number resembles nothing
        ({"code": Code("12", "QĐ-HĐND")}, {}, False),
        ({"promulgation_date": date(2025, 3, 2)}, {}, False),  # numbers restart (L-20)
        ({"promulgation_date": date(2026, 12, 31)}, {}, True),
        ({"promulgation_date": None}, {}, True),
        ({}, {"promulgation_date": None}, True),
        ({"sender_id": OrganId("000.00.01.H99")}, {}, True),  # an older code of it (T67)
        ({"sender_id": OrganId("H98.01")}, {}, False),  # another province, same name
        ({"sender_id": None}, {}, True),  # then the name
        ({"sender_id": None, "sender_name": "ubnd  TỈNH MẪU"}, {}, True),
        ({"sender_id": None, "sender_name": "UBND tỉnh Khác"}, {}, False),
        ({"sender_id": None, "sender_name": None}, {"sender_name": None}, False),
        ({}, {"sender_codes": frozenset()}, True),
        ({"sender_name": "Khác"}, {"sender_codes": frozenset()}, False),
    ],
)
def test_l41_number_notation_and_organ_together(
    known: dict[str, object], arrived: dict[str, object], *, is_same: bool
) -> None:
    other = replace(OTHER_ID, **known)
    assert found(other, **arrived) == (SameNumber((other,)) if is_same else NEW)


@pytest.mark.parametrize(
    "kind", [BusinessType.RECALL, BusinessType.UPDATE, BusinessType.REPLACE, None]
)
def test_l103_what_names_a_held_document_on_purpose_is_no_duplicate(
    kind: BusinessType | None,
) -> None:
    changed = replace(KNOWN, content_digest=CHANGED)
    assert found(changed, business_type=kind) is NEW
    assert found(OTHER_ID, business_type=kind) is NEW
    assert found(KNOWN, business_type=kind) == ExactRepeat(KNOWN)


def test_l41_what_the_store_looks_up() -> None:
    assert lookup_keys(ARRIVED) == LookupKeys(
        delivery=("quốc gia", AxisDocId("900")),
        content_digest=SAME,
        document_id=DocumentId("H99.01,2026,152"),
        number_key="12",
        notation_key="qđ-ubnd",
    )
    bare = lookup_keys(replace(ARRIVED, code=None, document_id=None))
    assert (bare.number_key, bare.notation_key, bare.document_id) == (None, None, None)


def test_l41_what_is_compared_comes_from_the_envelope() -> None:
    envelope = DocumentEnvelope(
        sender=Organ(organ_id=OrganId("H99.01"), organ_name="UBND tỉnh Mẫu"),
        document_id=ARRIVED.document_id,
        code=ARRIVED.code,
        promulgation_info=PromulgationInfo(promulgation_date=date(2026, 3, 2)),
    )
    older = frozenset({OrganId("000.00.01.H99")})
    assert compared(envelope, ("quốc gia", AxisDocId("900")), SAME, older) == ARRIVED
    empty = compared(
        DocumentEnvelope(business=Business(business_type=None)), ("x", AxisDocId("1")), SAME
    )
    assert empty == Compared(
        axis="x",
        axis_doc_id=AxisDocId("1"),
        business_type=None,
        document_id=None,
        sender_codes=frozenset(),
        sender_name=None,
        code=None,
        promulgation_date=None,
        content_digest=SAME,
    )
