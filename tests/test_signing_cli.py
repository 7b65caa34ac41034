"""``pdf verify`` and ``trust`` as the contract promises them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.errors import DataError, NaiveTimeError, SettingsError
from gateway.service.cli.pdf import app as pdf
from gateway.service.cli.trust import app as trust
from gateway.simulators.issuer import tampered_copy
from tests.support import pdfs

AT = "2026-08-28T18:00:00+07:00"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    pdfs.trust_files(folder)
    (folder / "both.pdf").write_bytes(pdfs.by_both())
    (folder / "spoilt.pdf").write_bytes(tampered_copy(pdfs.by_both(), pdfs.OTHER_TEXT))
    (folder / "unsigned.pdf").write_bytes(pdfs.unsigned())
    return folder


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(pdf, ["verify", *arguments])


def trusting(files: Path) -> list[str]:
    return ["--trust", str(files / "anchors"), "--crl", str(files / "crls"), "--at", AT]


@pytest.mark.parametrize(
    ("name", "with_trust", "code", "verdict"),
    [
        ("both.pdf", True, 0, "valid"),
        ("spoilt.pdf", True, 1, "invalid"),
        ("spoilt.pdf", False, 1, "invalid"),  # integrity needs no trust
        ("both.pdf", False, 3, "indeterminate"),
        ("unsigned.pdf", True, 4, "unsigned"),
    ],
)
def test_exit_codes_and_json(
    files: Path, name: str, code: int, verdict: str, *, with_trust: bool
) -> None:
    options = trusting(files) if with_trust else ["--at", AT, "--offline"]
    told = verify(str(files / name), *options, "--json")
    assert told.exit_code == code
    assert json.loads(told.stdout)["verdict"] == verdict


def test_a_person_reads_sentences_and_no_codes(files: Path) -> None:
    told = verify(str(files / "both.pdf"), *trusting(files))
    assert "Kết luận: HỢP LỆ" in told.stdout
    assert "Đủ hai chữ ký theo Điều 5" in told.stdout
    assert "28/08/2026 17:30:00 (+07:00)" in told.stdout
    assert "SIGNATURE_GOOD" not in told.stdout
    english = verify(str(files / "spoilt.pdf"), *trusting(files), "--lang", "en")
    assert "Conclusion: INVALID" in english.stdout
    assert "changed after signing" in english.stdout


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (["none.pdf"], SettingsError, "file-missing"),
        (["both.pdf", "--at", "2026-08-28T18:00:00"], NaiveTimeError, "naive-time"),
        (["both.pdf", "--at", "yesterday"], SettingsError, "instant-unreadable"),
        (["both.pdf", "--trust", "none.pem"], SettingsError, "trust-path-missing"),
        (["both.pdf", "--trust", "unsigned.pdf"], SettingsError, "trust-anchor-unreadable"),
        (["both.pdf", "--crl", "unsigned.pdf"], SettingsError, "crl-unreadable"),
    ],
)
def test_wrong_use_is_told_as_an_error_of_the_caller(
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    error: type[DataError],
    code: str,
) -> None:
    """The program's outermost loop turns these into exit code 2."""
    monkeypatch.chdir(files)
    told = verify(*arguments)
    assert isinstance(told.exception, error)
    assert told.exception.code == code


def test_l117_trust_is_shown_and_confirmed_before_it_is_kept(files: Path, tmp_path: Path) -> None:
    folder = ["--folder", str(tmp_path / "trust")]
    anchor = str(files / "anchors" / "root.pem")
    refused = CliRunner().invoke(trust, ["add", anchor, *folder], input="n\n")
    assert refused.exit_code == 1
    assert "SHA-256: " in refused.output
    assert json.loads(CliRunner().invoke(trust, ["list", *folder, "--json"]).stdout) == {
        "anchors": [],
        "crls": [],
    }
    assert CliRunner().invoke(trust, ["add", anchor, *folder], input="y\n").exit_code == 0
    lists = [str(each) for each in sorted((files / "crls").iterdir())]
    assert CliRunner().invoke(trust, ["import-crl", *lists, *folder]).exit_code == 0
    kept = json.loads(CliRunner().invoke(trust, ["list", *folder, "--json"]).stdout)
    assert len(kept["anchors"]) == 1
    assert len(kept["crls"]) == 2
    assert "CA gốc Mẫu" in CliRunner().invoke(trust, ["list", *folder]).stdout
    mark = kept["anchors"][0]["fingerprint"]
    assert CliRunner().invoke(trust, ["remove", mark, "--yes", *folder]).exit_code == 0
    gone = CliRunner().invoke(trust, ["remove", mark, "--yes", *folder])
    assert isinstance(gone.exception, DataError)
