"""The commands as an IT officer uses them: exit codes of the contract, sentences, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.simulators.pki import InventedPki

ANSWERS = [
    "--agency", "so-mau", "--organ-id", "H99.05", "--organ-name", "Sở Mẫu",
    "--hours", "07:30-11:30,13:00-17:00", "--numbering", "gateway",
    "--receipt-counts-from", "gateway", "--trust", "trust/anchors", "--seal-mm", "36",
    "--axis", "tinh", "--endpoint", "http://127.0.0.1:9", "--system-id", "H99.05.S01",
]  # fmt: skip


def call(folder: Path, *words: str, secret: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EDOC_")}
    if secret is not None:
        environment["EDOC_AXIS_SECRET"] = secret
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *words],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up installation whose axis is away."""
    folder = tmp_path_factory.mktemp("office")
    InventedPki(datetime.now(UTC)).write(folder / "trust")
    for words in (("init", *ANSWERS), ("migrate",)):
        done = call(folder, *words)
        assert done.returncode == 0, done.stderr
    assert call(folder, "credential", "tinh", secret="bi-mat").returncode == 0
    return folder


def test_nothing_is_overwritten_by_a_second_init(office: Path) -> None:
    before = (office / "edoc-gateway.toml").read_text(encoding="utf-8")
    assert call(office, "init", *ANSWERS).returncode == 2
    assert (office / "edoc-gateway.toml").read_text(encoding="utf-8") == before


def test_the_master_key_is_nobody_elses(office: Path) -> None:
    assert (office / "var/master.key").stat().st_mode & 0o077 == 0


def test_the_secret_of_the_axis_is_not_readable_in_the_store(office: Path) -> None:
    for path in (office / "var").rglob("*.db*"):
        assert b"bi-mat" not in path.read_bytes()


def test_migrating_twice_changes_nothing(office: Path) -> None:
    assert call(office, "migrate").returncode == 0


def test_doctor_says_what_is_wrong_and_ends_with_1(office: Path) -> None:
    done = call(office, "doctor", "--json")
    told = json.loads(done.stdout)
    wrong = [each["name"] for each in told["checks"] if not each["ok"]]
    assert done.returncode == 1
    assert "axis so-mau/tinh" in wrong
    assert "configuration" not in wrong


def test_an_empty_list_is_empty(office: Path) -> None:
    done = call(office, "documents", "list", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


@pytest.mark.parametrize("command", [("show",), ("timeline",), ("accept", "--as", "vanthu.mau")])
def test_a_document_that_is_not_there_is_a_no(office: Path, command: tuple[str, ...]) -> None:
    done = call(office, "documents", command[0], "khong-co", *command[1:])
    assert done.returncode == 1
    assert "Không có văn bản" in done.stderr


def test_numbers_for_paper_are_reserved_and_recorded(office: Path) -> None:
    kept = call(office, "register", "reserve", "2", "--note", "công văn giấy", "--as", "vanthu")
    first, second = kept.stdout.split()
    assert int(second) == int(first) + 1
    words = ("register", "paper", "--note", "công văn giấy", "--as", "vanthu", "--number", first)
    assert call(office, *words).stdout.strip() == first
    assert call(office, *words).returncode == 1


def test_an_api_key_is_shown_once_and_a_wrong_scope_is_wrong_use(office: Path) -> None:
    done = call(office, "api-key", "qlvb", "--scope", "arrivals:read")
    assert done.stdout.startswith("edk_")
    assert call(office, "api-key", "qlvb", "--scope", "moi-thu").returncode == 2


def test_audit_verify_quarantine_and_stopped_work_answer(office: Path) -> None:
    assert call(office, "audit", "verify").returncode == 0
    assert json.loads(call(office, "quarantine", "list", "--json").stdout) == []
    assert json.loads(call(office, "jobs", "dead", "--json").stdout) == []
    assert call(office, "jobs", "put-back", "khong-co").returncode == 1
    assert call(office, "quarantine", "destroy", "khong-co", "--as", "vanthu").returncode == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("run",), 2, "edoc-gateway init"),
        (("doctor",), 2, "edoc-gateway init"),
        (("receipt-time", "2026-03-06T18:00:00+07:00"), 2, "--calendar"),
        (("receipt-time", "2026-03-06T18:00:00", "--calendar", "x.toml"), 2, ""),
        (("khong-co-lenh",), 2, ""),
        (("pdf", "verify", "khong-co.pdf"), 2, ""),
        (("envelope", "check", "khong-co.edxml"), 2, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_use_is_told_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    done = call(tmp_path, *words)
    assert done.returncode == code, done.stderr
    assert done.stderr.strip()
    assert says in done.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "edoc-gateway.toml").write_text('[[agency]]\nid = "x"\nkhac = 1\n', "utf-8")
    done = call(tmp_path, "doctor")
    assert done.returncode == 2
    assert "organ_id" in done.stderr


def test_an_answer_that_is_wrong_leaves_no_half_installation(tmp_path: Path) -> None:
    words = [each.replace("gateway", "nobody") for each in ANSWERS]
    assert call(tmp_path, "init", *words).returncode == 2
    assert call(tmp_path, "init", *ANSWERS).returncode == 0
