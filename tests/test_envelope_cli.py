"""The commands ``envelope check|show|extract|build`` (contract)."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.envelope.profile import DEFAULT
from gateway.service.cli import main
from tests.support.envelopes import (
    PDF,
    File,
    MemoryStore,
    attachment,
    document,
    read,
    status,
    written,
    xml_of,
    zip_of,
)


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: bytes
    stderr: bytes


def edoc(*arguments: str | Path, given: bytes = b"") -> Done:
    """Run the program in this process: its start costs more than most of what is tested."""
    streams = [io.TextIOWrapper(io.BytesIO(data), "utf-8") for data in (given, b"", b"")]
    before = sys.argv, sys.stdin
    sys.argv = ["edoc-gateway", *map(str, arguments)]
    sys.stdin = streams[0]
    try:
        with redirect_stdout(streams[1]), redirect_stderr(streams[2]):
            code = ended(main)
    finally:
        sys.argv, sys.stdin = before
    for stream in streams[1:]:
        stream.flush()
    out, err = (stream.buffer.getvalue() for stream in streams[1:])  # type: ignore[attr-defined]
    return Done(code, out, err)


def ended(act: Callable[[], None]) -> int:
    with pytest.raises(SystemExit) as end:
        act()
    assert isinstance(end.value.code, int)
    return end.value.code


def envelope(*arguments: str | Path, given: bytes = b"") -> Done:
    done = edoc("envelope", *arguments, given=given)
    assert b"Traceback" not in done.stderr
    return done


@pytest.fixture
def good(tmp_path: Path) -> Path:
    store = MemoryStore()
    files = (attachment(store), attachment(store, b"1,2\n", "so-lieu.csv"))
    path = tmp_path / "good.edxml"
    path.write_bytes(written(document(attachments=files), store))
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.edxml"
    path.write_bytes(b"1212" + xml_of())
    return path


def test_check_says_yes(good: Path) -> None:
    done = envelope("check", good, "--json")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert said == {"ok": True, "kind": "new", "faults": [], "warnings": []}


def test_check_says_no_with_element_rule_and_line(bad: Path) -> None:
    done = envelope("check", bad, "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert (said["ok"], said["kind"]) == (False, None)
    (fault,) = said["faults"]
    assert set(fault) == {"code", "element", "rule", "text", "line"}
    assert (fault["code"], fault["line"]) == ("text-before-xml", 1)


def test_check_speaks_to_people_in_two_languages(bad: Path) -> None:
    assert "ký tự lạ" in envelope("check", bad).stdout.decode()
    done = edoc("--lang", "en", "envelope", "check", bad)
    assert "stray characters" in done.stdout.decode()


def test_check_names_a_broken_attachment(tmp_path: Path) -> None:
    path = tmp_path / "a.edxml"
    path.write_bytes(xml_of(files=[File(), File(text="****", content_id="2")]))
    done = envelope("check", path, "--json")
    assert done.returncode == 1
    (fault,) = json.loads(done.stdout)["faults"]
    assert fault["code"] == "base64-invalid"
    assert fault["element"] == "AttachmentEncoded/Attachment[2]"


def test_show_json_has_the_members_of_the_contract(good: Path) -> None:
    said = json.loads(envelope("show", good, "--json").stdout)
    assert list(said) == [
        "kind", "MessageHeader", "TraceHeaderList", "unknown", "attachments", "warnings",
    ]  # fmt: skip
    assert said["MessageHeader"]["To"][0]["OrganId"] == "H99.02"
    assert said["MessageHeader"]["DueDate"] == "2026-03-20"
    assert said["TraceHeaderList"]["TraceHeader"][0]["Timestamp"] == "2026-03-02T08:00:05+07:00"
    first = said["attachments"][0]
    assert {"size", "sha256", "mediaType", "fault"} <= set(first)
    assert (first["size"], first["mediaType"]) == (len(PDF), "application/pdf")


def test_warnings_have_three_members(tmp_path: Path) -> None:
    path = tmp_path / "a.edxml"
    path.write_bytes(xml_of("<DueDate>mai</DueDate>"))
    said = json.loads(envelope("show", path, "--json").stdout)
    assert said["MessageHeader"]["DueDateRaw"] == "mai"
    assert all(set(item) == {"code", "element", "text"} for item in said["warnings"])


def test_show_masks_telephone_numbers_and_steers_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.edxml"
    raw = written(document(subject="a\u202eb"))
    path.write_bytes(raw)
    text = envelope("show", path).stdout.decode()
    assert "0900000000" not in text
    assert "•••••••000" in text
    assert "\\u202e" in text
    assert "0900000000" in envelope("show", path, "--full").stdout.decode()


def test_show_of_what_cannot_be_read_is_a_sentence(bad: Path) -> None:
    done = envelope("show", bad, "--json")
    assert done.returncode == 1
    assert done.stdout == b""
    assert "ký tự lạ" in done.stderr.decode()


def test_extract_writes_under_safe_names(tmp_path: Path) -> None:
    """S3, T16: whatever the envelope calls its files, they stay in the folder."""
    path = tmp_path / "a.edxml"
    names = ["../../x.pdf", "/etc/passwd", "C:\\a.pdf", "con.pdf", "x.pdf", None]
    files = [File(name=name, content_id=str(at)) for at, name in enumerate(names)]
    path.write_bytes(xml_of(files=files))
    folder = tmp_path / "out"
    done = envelope("extract", path, "--to", folder)
    assert done.returncode == 0
    found = sorted(entry.name for entry in folder.iterdir())
    assert found == sorted(done.stdout.decode().splitlines())
    assert found == ["_con.pdf", "a.pdf", "passwd", "tep-dinh-kem", "x (2).pdf", "x.pdf"]
    assert {entry.read_bytes() for entry in folder.iterdir()} == {PDF}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.edxml", "out"]


def test_extract_follows_the_manifest_and_overwrites_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "one.txt").write_bytes(b"mine")
    manifest = "".join(f"<Reference><ContentId>{n}</ContentId></Reference>" for n in ("2", "1"))
    files = [
        File(name="two.txt", content=b"two", content_id="1"),
        File(name="one.txt", content=zip_of(("1.txt", b"one")), content_id="2"),
    ]
    path = tmp_path / "a.edxml"
    path.write_bytes(xml_of(files=files, manifest=manifest))
    assert envelope("extract", path, "--to", folder).returncode == 0
    assert {entry.name: entry.read_bytes() for entry in folder.iterdir()} == {
        "one.txt": b"mine",
        "one (2).txt": b"one",
        "two.txt": b"two",
    }


def test_extract_keeps_the_good_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.edxml"
    path.write_bytes(xml_of(files=[File(), File(text="*" * 8, content_id="2")]))
    done = envelope("extract", path, "--to", tmp_path / "out")
    assert done.returncode == 1
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["van-ban.pdf"]


def show(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(envelope("show", path, "--json").stdout)
    for item in made["attachments"]:
        item.pop("ContentId", None)
        item.pop("ContentType", None)
    return {**made, "warnings": []}


def test_build_is_the_inverse_of_show(good: Path, tmp_path: Path) -> None:
    message, again = tmp_path / "m.json", tmp_path / "again.edxml"
    message.write_bytes(envelope("show", good, "--json").stdout)
    envelope("extract", good, "--to", tmp_path / "out")
    attach = [a for path in (tmp_path / "out").iterdir() for a in ("--attach", path)]
    done = envelope("build", message, *attach, "-o", again)
    assert done.returncode == 0, done.stderr
    assert show(again) == show(good)


def test_build_through_standard_streams(tmp_path: Path) -> None:
    path = tmp_path / "s.edxml"
    path.write_bytes(written(status()))
    message = envelope("show", "-", "--json", given=path.read_bytes()).stdout
    built = envelope("build", "-", "-o", "-", given=message)
    assert built.returncode == 0
    assert built.stdout == path.read_bytes()


def test_the_installed_program_does_the_same(good: Path) -> None:
    command = [sys.executable, "-m", "gateway", "envelope", "check", str(good), "--json"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout)["ok"] is True


def test_build_matches_by_name_and_appends_the_rest(good: Path, tmp_path: Path) -> None:
    message = tmp_path / "m.json"
    message.write_bytes(envelope("show", good, "--json").stdout)
    (tmp_path / "van-ban.pdf").write_bytes(PDF + b"% moi\n")
    (tmp_path / "so-lieu.csv").write_bytes(b"1,2\n")
    (tmp_path / "them.txt").write_bytes(b"them")
    attach = [
        a for n in ("them.txt", "van-ban.pdf", "so-lieu.csv") for a in ("--attach", tmp_path / n)
    ]
    out = tmp_path / "o.edxml"
    assert envelope("build", message, *attach, "-o", out).returncode == 0
    said = show(out)["attachments"]
    assert [item["AttachmentName"] for item in said] == ["van-ban.pdf", "so-lieu.csv", "them.txt"]
    assert said[0]["size"] == len(PDF) + 6


def test_build_without_a_file_writes_nothing(good: Path, tmp_path: Path) -> None:
    message, out = tmp_path / "m.json", tmp_path / "o.edxml"
    message.write_bytes(envelope("show", good, "--json").stdout)
    done = envelope("build", message, "-o", out)
    assert done.returncode == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["good.edxml", "m.json"]


def test_build_lists_every_fault(tmp_path: Path) -> None:
    message = tmp_path / "m.json"
    message.write_text(json.dumps({"kind": "new", "MessageHeader": {"SteeringType": "x"}}))
    done = envelope("build", message, "-o", tmp_path / "o.edxml")
    assert done.returncode == 1
    said = done.stderr.decode()
    assert all(name in said for name in ("From", "To", "DocumentId", "SteeringType"))
    assert not (tmp_path / "o.edxml").exists()


def test_build_for_a_narrow_axis(tmp_path: Path) -> None:
    """T33, T35: limits of an axis are data of its profile."""
    message = tmp_path / "m.json"
    made = json.loads(envelope("show", "-", "--json", given=written(document())).stdout)
    made["MessageHeader"]["Code"]["CodeNotation"] = "UBND#TH"
    message.write_text(json.dumps(made))
    out = tmp_path / "o.edxml"
    assert envelope("build", message, "-o", out).returncode == 0
    done = envelope("build", message, "-o", out, "--profile", "edoc-soap")
    assert (done.returncode, "#" in done.stderr.decode()) == (1, True)
    made["MessageHeader"]["Code"]["CodeNotation"] = "UBND-TH"
    message.write_text(json.dumps(made))
    assert envelope("build", message, "-o", out, "--profile", "edoc-soap").returncode == 0
    assert b"http://www.e-doc.vn/Schema/" in out.read_bytes()
    assert show(out)["MessageHeader"] == made["MessageHeader"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("không phải json", 1),
        ("[]", 1),
        ('{"kind": "new", "Message": {}}', 1),
        ('{"MessageHeader": {"Subject": 5}}', 1),
        ('{"MessageHeader": {"DueDate": "2026/03/02"}}', 1),
        ('{"MessageHeader": {"To": {}}}', 1),
        ("[" * 100_000, 1),
        ('{"kind": "update", "MessageHeader": {}}', 1),
    ],
)
def test_build_explains_wrong_json(tmp_path: Path, text: str, code: int) -> None:
    message = tmp_path / "m.json"
    message.write_text(text)
    done = envelope("build", message, "-o", tmp_path / "o.edxml")
    assert done.returncode == code
    assert "message-json" in done.stderr.decode()


@pytest.mark.parametrize("command", ["check", "show"])
def test_missing_file_is_wrong_use(command: str, tmp_path: Path) -> None:
    done = envelope(command, tmp_path / "khong-co.edxml")
    assert done.returncode == 2
    assert "khong-co.edxml" in done.stderr.decode()


def test_unknown_profile_names_those_there_are(good: Path, tmp_path: Path) -> None:
    done = envelope("build", good, "-o", tmp_path / "o", "--profile", "khong-co")
    assert done.returncode in {1, 2}
    assert "qcvn102" in done.stderr.decode()


def test_unknown_elements_are_written_again_on_request(tmp_path: Path) -> None:
    """Protocol 2.5: re-emitted only where a profile asks for it."""
    source = xml_of("<Subject>x</Subject><Moi a='1'>y</Moi>")
    once = read(source)
    envelope_ = replace(document(), unknown=once.unknown)
    plain = written(envelope_)
    assert b"Moi" not in plain
    kept = written(envelope_, profile=replace(DEFAULT, keeps_unknown=True))
    back = read(kept)
    assert [path for path, _ in back.unknown] == ["MessageHeader/Moi"]
