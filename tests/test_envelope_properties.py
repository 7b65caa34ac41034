"""Properties: writing then reading gives the same words, whatever they are and however they lie."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.envelope.dialects import VIET_NAM, Years, read_date
from gateway.envelope.digest import content_digest
from gateway.envelope.filenames import display_name, is_unsafe, repaired, safe_name
from gateway.envelope.json_form import envelope_from_json, envelope_to_json
from gateway.model.document import BusinessType, Code, DocumentType
from gateway.model.envelope import (
    Business,
    BusinessDocumentInfo,
    DocumentEnvelope,
    OtherInfo,
    PromulgationInfo,
    Receiver,
    Replacement,
    ResponseFor,
    SignerInfo,
    Staff,
    StatusEnvelope,
    TraceHeader,
    TraceList,
)
from gateway.model.organ import Organ
from tests.support.envelopes import MemoryStore, attachment, document, read, status, written

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyÀẢÃÁẠ0123456789 ,.;:-/&<>\"'()\n\r\t\u0301😀"


def text(longest: int, signs: str = LETTERS) -> st.SearchStrategy[str]:
    """Text that is not blank: blank text is absent (2.1)."""
    return st.text(signs, min_size=1, max_size=longest).filter(lambda s: s.strip(" \t\r\n"))


def trimmed(longest: int) -> st.SearchStrategy[str]:
    return text(longest).map(lambda s: s.strip(" \t\r\n"))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def filled(model: Any, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build ``model`` with at least one field: an empty structure is an absent one."""
    return st.builds(model, **fields).filter(lambda made: made != model())


ORGAN_ID = st.from_regex(r"[A-Z][0-9]{2}(\.[0-9]{2}){0,3}", fullmatch=True)
WHOLE = st.integers(0, 999).map(str)
ZERO_ONE = st.sampled_from("01")
DAYS = st.dates(date(1945, 1, 1), date(2036, 12, 31))
INSTANTS = st.datetimes(datetime(1945, 1, 2), datetime(2036, 12, 30)).map(  # noqa: DTZ001 - zone below
    lambda at: at.replace(microsecond=0, tzinfo=VIET_NAM)
)
ORGANS = st.builds(
    Organ,
    organ_id=ORGAN_ID,
    organization_in_charge=maybe(trimmed(80)),
    organ_name=maybe(trimmed(80)),
    organ_address=maybe(trimmed(80)),
    email=maybe(trimmed(30)),
    telephone=maybe(trimmed(20)),
    fax=maybe(trimmed(20)),
    website=maybe(trimmed(30)),
)
NUMBER = st.from_regex(r"[0-9]{1,4}", fullmatch=True)
NOTATION = st.from_regex(r"[A-ZĐ]{1,5}(-[A-Z]{1,5}){0,2}", fullmatch=True)
CODES = filled(Code, code_number=maybe(NUMBER), code_notation=maybe(NOTATION))
STAFF = filled(
    Staff,
    department=maybe(text(40)),
    department_id=maybe(trimmed(10)),
    staff=maybe(text(40)),
    staff_id=maybe(trimmed(10)),
    mobile=maybe(trimmed(12)),
    email=maybe(trimmed(20)),
)
RESPONSES = filled(
    ResponseFor,
    organ_id=maybe(ORGAN_ID),
    code=maybe(CODES),
    document_id=maybe(text(40).map(lambda s: "khác " + s)),
    promulgation_date=maybe(DAYS),
)
SOME_TEXTS = st.lists(text(20), max_size=3).map(tuple)
TRACES = st.lists(
    filled(TraceHeader, organ_id=maybe(ORGAN_ID), stated_at=maybe(INSTANTS)), max_size=3
).map(tuple)
TRACE_LISTS = maybe(
    filled(TraceList, id=maybe(trimmed(9)), version=maybe(WHOLE), paper=maybe(ZERO_ONE))
)


@st.composite
def businesses(draw: st.DrawFn) -> Business:
    kind = draw(st.sampled_from(BusinessType))
    reason = text(60) if kind is not BusinessType.NEW else maybe(text(60))
    replaced = st.builds(
        Replacement,
        document_id=text(30),
        organ_ids=st.lists(ORGAN_ID, min_size=1, max_size=3).map(tuple),
    )
    least = 1 if kind is BusinessType.REPLACE else 0
    receivers = st.builds(Receiver, organ_id=ORGAN_ID, receiver_type=ZERO_ONE)
    infos = filled(
        BusinessDocumentInfo,
        document_info=maybe(ZERO_ONE),
        document_receiver=maybe(ZERO_ONE),
        receivers=st.lists(receivers, max_size=2).map(tuple),
    )
    return Business(
        business_type=kind,
        business_reason=draw(reason),
        document_id=draw(maybe(text(30))),
        paper=draw(maybe(ZERO_ONE)),
        document_infos=tuple(draw(st.lists(infos, max_size=2))),
        replacements=tuple(draw(st.lists(replaced, min_size=least, max_size=2))),
        staff=tuple(draw(st.lists(STAFF, max_size=2))),
    )


DOCUMENTS = st.builds(
    DocumentEnvelope,
    sender=ORGANS,
    recipients=st.lists(ORGANS, min_size=1, max_size=3, unique_by=lambda o: o.organ_id).map(tuple),
    document_id=text(60),
    code=maybe(CODES),
    promulgation_info=maybe(
        filled(PromulgationInfo, place=maybe(text(20)), promulgation_date=maybe(DAYS))
    ),
    document_type=maybe(
        filled(DocumentType, type=maybe(WHOLE), type_detail=maybe(WHOLE), type_name=maybe(text(30)))
    ),
    subject=maybe(text(200)),
    content=maybe(text(200)),
    signer_info=maybe(
        filled(
            SignerInfo,
            competence=maybe(text(20)),
            position=maybe(text(30)),
            full_name=maybe(text(30)),
        )
    ),
    due_date=maybe(DAYS),
    to_places=SOME_TEXTS,
    other_info=maybe(
        filled(
            OtherInfo,
            priority=maybe(st.sampled_from("01234")),
            sphere_of_promulgation=maybe(text(20)),
            typer_notation=maybe(text(9)),
            promulgation_amount=maybe(WHOLE),
            page_amount=maybe(WHOLE),
            direction=maybe(st.sampled_from(["true", "false"])),
            reply_fors=SOME_TEXTS,
            reference_codes=SOME_TEXTS,
            appendixes=SOME_TEXTS,
        )
    ),
    response_for=st.lists(RESPONSES, max_size=2).map(tuple),
    steering_type=maybe(WHOLE),
    task_codes=st.lists(trimmed(12), max_size=3).map(tuple),
    application_type=maybe(trimmed(12)),
    trace=TRACES,
    trace_list=TRACE_LISTS,
    business=maybe(businesses()),
).filter(lambda made: made.code is None or made.code not in [r.code for r in made.response_for])
STATUSES = st.builds(
    StatusEnvelope,
    sender=ORGANS,
    response_for=RESPONSES.filter(lambda made: made.code or made.document_id),
    staff=maybe(STAFF),
    status_code=st.sampled_from(["01", "02", "03", "04", "05", "06", "13", "15", "16"]),
    description=text(100),
    stated_at=INSTANTS,
    trace=TRACES,
    trace_list=TRACE_LISTS,
)
RUN = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@RUN
@given(DOCUMENTS)
def test_what_is_written_is_read_back(envelope: DocumentEnvelope) -> None:
    back = read(written(envelope))
    assert replace(back, warnings=()) == envelope
    assert content_digest(replace(envelope)) == content_digest(back)  # type: ignore[arg-type]


@RUN
@given(STATUSES)
def test_what_a_status_says_is_read_back(envelope: StatusEnvelope) -> None:
    assert replace(read(written(envelope)), warnings=()) == envelope


@RUN
@given(DOCUMENTS | STATUSES)
def test_json_is_read_back(envelope: DocumentEnvelope | StatusEnvelope) -> None:
    assert envelope_from_json(envelope_to_json(envelope)) == envelope


@RUN
@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_order_of_elements_does_not_matter(
    envelope: DocumentEnvelope, chance: random.Random
) -> None:
    """2.1: order is not significant; only repeated elements keep theirs among themselves."""
    root = etree.fromstring(written(envelope))
    for element in root.iter():
        children = list(element)
        names = [child.tag for child in children]
        order = list(dict.fromkeys(names))
        chance.shuffle(order)
        by_name = {name: [c for c in children if c.tag == name] for name in order}
        element[:] = [child for name in order for child in by_name[name]]
    back = read(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
    assert replace(back, warnings=()) == envelope


@RUN
@given(DOCUMENTS, st.sampled_from(["none", "other", "prefix", "undeclared"]))
def test_prefixes_do_not_matter(envelope: DocumentEnvelope, how: str) -> None:
    """2.6: everything unprefixed, another prefix, a prefixed root, an undeclared prefix."""
    content = written(envelope).decode()
    if how == "none":
        content = content.replace("edXML:", "").replace(' xmlns:edXML="', ' xmlns:unused="')
    elif how == "other":
        content = content.replace("edXML:", "x:").replace("xmlns:edXML", "xmlns:x")
    elif how == "prefix":
        content = content.replace("<edXML ", "<y:edXML xmlns:y='urn:x' ").replace(
            "</edXML>", "</y:edXML>"
        )
    else:
        content = re.sub(r' xmlns:edXML="[^"]*"', "", content)
    assert replace(read(content.encode()), warnings=()) == envelope


@pytest.mark.parametrize("envelope", [document(), status()])
def test_small_and_large_files_are_read_alike(envelope: DocumentEnvelope | StatusEnvelope) -> None:
    """A file under one chunk without payloads goes another way through the parser."""
    content = written(envelope)
    padded = content.replace(b"<edXML:edXMLHeader>", b" " * 70_000 + b"<edXML:edXMLHeader>")
    assert read(content) == read(padded)
    odd = content.replace(b"<edXML:OrganId>", b"<edXML:OrganId>  ").replace(
        b"edXML:To", b"edXML:to"
    )
    one, other = (
        read(odd),
        read(odd.replace(b"<edXML:edXMLHeader>", b"<!-- --><edXML:edXMLHeader>")),
    )
    assert one == other
    assert [note.line for note in one.warnings] == [note.line for note in other.warnings]


@RUN
@given(st.binary(max_size=2000), st.sampled_from(["a.pdf", "b.xlsx", "c.zip", "d", "e.docx"]))
def test_every_file_comes_out_as_it_went_in(content: bytes, name: str) -> None:
    """L-26: the digest at the receiver is the digest at the sender."""
    if not content or content.startswith((b"PK", b"%PDF")):
        content = b"x" + content
    store = MemoryStore()
    envelope = document(attachments=(attachment(store, content, name),))
    back = read(written(envelope, store))
    assert isinstance(back, DocumentEnvelope)
    (file,) = back.attachments
    assert (file.digest, file.size_bytes, file.fault) == (store.add(content), len(content), None)


@given(st.text(max_size=30))
def test_nothing_but_a_date_is_a_date(words: str) -> None:
    found = read_date(words, Years())
    assert not isinstance(found, date) or re.search(r"\d{4}", words)


@given(DAYS, st.integers(-14, 14))
def test_a_day_means_the_day_in_viet_nam(day: date, hours: int) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=VIET_NAM)
    elsewhere = (midnight + timedelta(hours=12)).astimezone(timezone(timedelta(hours=hours)))
    assert read_date(elsewhere.isoformat(), Years()) == day


NAMES = st.text(max_size=300) | st.sampled_from(
    [
        "../../x",
        "C:\\x\\y.pdf",
        "CON",
        "nul.txt",
        "a\u202egnp.exe",
        "\x00",
        "a/b",
        ".",
        "..",
        "x." * 200,
    ]
)


@given(st.lists(NAMES, max_size=6))
def test_safe_names_are_safe_and_differ(names: list[str]) -> None:
    """T16, T52, S3: no path, no reserved or invisible thing, within 255 bytes, no collision."""
    taken: list[str] = []
    for name in names:
        safe = safe_name(name, taken)
        assert not is_unsafe(safe)
        assert not set(safe) & set('/\\:*?"<>|\0')
        assert safe.strip(" .") == safe != ""
        assert len(safe.encode()) <= 255
        assert safe.casefold() not in {other.casefold() for other in taken}
        taken.append(safe)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Quyết định.pdf", "Quyết định.pdf"),
        ("Ba\u0301o ca\u0301o.pdf", "Báo cáo.pdf"),
        ("Quyết định.pdf".encode().decode("latin-1"), "Quyết định.pdf"),
        ("Ã la carte.pdf", "Ã la carte.pdf"),  # not UTF-8 read wrongly: left alone
        ("văn bản\u202e.pdf", "văn bản.pdf"),
    ],
)
def test_names_for_people(name: str, shown: str) -> None:
    """T52: composed, repaired only when that is sure, without invisible signs."""
    assert display_name(name) == shown


@given(st.text("aáàảãạăâđêôơưỳýỹỷỵ ", max_size=20))
def test_good_vietnamese_names_are_never_repaired(name: str) -> None:
    assert repaired(name) == name


@pytest.mark.parametrize("safe", ["van-ban.pdf", "Quyết định số 1.pdf", "a (1).zip"])
def test_good_names_stay(safe: str) -> None:
    assert safe_name(safe, ()) == safe


def test_collisions_get_a_counter() -> None:
    assert safe_name("A.PDF", ["a.pdf"]) == "A (2).PDF"
    assert safe_name(None, []) == "tep-dinh-kem"
    long = safe_name("ế" * 200 + ".pdf", [])
    assert long.endswith(".pdf")
    assert len(long.encode()) <= 200
