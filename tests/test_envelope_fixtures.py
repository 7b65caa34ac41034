"""Every fixture gives exactly what its sidecar says, and every writable one survives writing."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.envelope.check import check_envelope
from gateway.envelope.json_form import envelope_from_json, envelope_to_json
from gateway.envelope.writer import NotWritableError
from gateway.errors import EnvelopeError
from gateway.model.envelope import DocumentEnvelope
from tests.support.envelope_fixtures import FOLDER, Fixture, all_fixtures
from tests.support.envelopes import PDF, TODAY, File, MemoryStore, read, written, xml_of

FIXTURES = all_fixtures()
TROUBLES = {f"T{number:02d}" for number in (*range(1, 24), *range(33, 37), 52, 58, 59)} - {"T18"}


def by_name(fixture: Fixture) -> str:
    return fixture.name


@pytest.mark.parametrize("fixture", FIXTURES, ids=by_name)
def test_files_are_as_declared(fixture: Fixture) -> None:
    assert fixture.path.read_bytes() == fixture.content
    assert fixture.path.with_suffix(".toml").read_text(encoding="utf-8") == fixture.sidecar


def test_no_file_is_undeclared() -> None:
    declared = {path for f in FIXTURES for path in (f.path, f.path.with_suffix(".toml"))}
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == declared


def test_every_trouble_has_a_fixture() -> None:
    """T18 (a text over ten million characters) is made in test_envelope_hostile instead."""
    assert {fixture.rule for fixture in FIXTURES} >= TROUBLES


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.edxml")), ids=lambda p: p.stem)
def test_check_says_what_the_sidecar_says(path: Path) -> None:
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    with path.open("rb") as source:
        outcome = check_envelope(source, MemoryStore().sink, today=TODAY)
    assert outcome.ok is expected["ok"]
    assert outcome.kind == expected.get("kind")
    assert [item.code for item in outcome.faults] == expected["faults"]
    assert [item.code for item in outcome.warnings] == expected["warnings"]


def comparable(made: dict[str, Any]) -> dict[str, Any]:
    """Leave aside what the contract leaves aside: warnings, ContentId and ContentType."""
    files = [
        {key: value for key, value in item.items() if key not in {"ContentId", "ContentType"}}
        for item in made["attachments"]
    ]
    return {**made, "attachments": files, "warnings": None}


@pytest.mark.parametrize("fixture", [f for f in FIXTURES if f.writable], ids=by_name)
def test_show_build_show_is_the_identity(fixture: Fixture) -> None:
    store = MemoryStore()
    first = envelope_to_json(read(fixture.content, store))
    again = read(written(envelope_from_json(first), store), store)
    assert comparable(envelope_to_json(again)) == comparable(first)


@pytest.mark.parametrize("fixture", [f for f in FIXTURES if not f.writable], ids=by_name)
def test_the_others_cannot_be_written_or_lose_something(fixture: Fixture) -> None:
    store = MemoryStore()
    try:
        envelope = read(fixture.content, store)
        again = read(written(envelope, store), store)
    except (EnvelopeError, NotWritableError):
        return
    same = comparable(envelope_to_json(again)) == comparable(envelope_to_json(envelope))
    is_flagged = {"office-macro", "executable", "pdf-active-content", "zip-nested"}
    assert not same or is_flagged & {note.code for note in envelope.warnings}


@pytest.mark.parametrize("fixture", FIXTURES, ids=by_name)
def test_json_form_loses_nothing(fixture: Fixture) -> None:
    try:
        envelope = read(fixture.content)
    except EnvelopeError:
        return
    assert envelope_from_json(envelope_to_json(envelope)) == envelope


def test_one_broken_attachment_never_loses_the_others() -> None:
    """T12, T22: three files, each broken in turn; the other two stay whole."""
    for broken in range(3):
        files = [
            File(name=f"{n}.pdf", content_id=str(n), text="****" if n == broken else None)
            for n in range(3)
        ]
        store = MemoryStore()
        envelope = read(xml_of(files=files), store)
        assert isinstance(envelope, DocumentEnvelope)
        assert [item.fault for item in envelope.attachments].count("base64-invalid") == 1
        whole = [item.digest for item in envelope.attachments if item.fault is None]
        assert [store.blobs[digest or ""] for digest in whole] == [PDF, PDF]


def test_source_position_is_where_the_envelope_starts() -> None:
    source = io.BytesIO(b"xx" + FIXTURES[0].content)
    source.seek(2)
    assert check_envelope(source, MemoryStore().sink).ok
