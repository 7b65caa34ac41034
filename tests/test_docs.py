"""What the documents say is so: files, commands, settings, codes, licences; and nothing secret."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gateway.service import cli
from gateway.service.calendars import calendar_from_file
from gateway.service.settings import read_settings
from gateway.service.settings_doc import settings_page
from tests.support import error_codes, layout_table, tools

ROOT = Path(__file__).parent.parent
OWN = Path(__file__)
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *DOCS.glob("decisions/*.md")])
DECISIONS = sorted(DOCS.glob("decisions/*.md"))
NOT_OURS = {".venv", ".git", "__pycache__", "var", "demo-output", "build", "dist", "htmlcov"}
NOT_TEXT = {".ttf", ".pdf", ".png", ".zip", ".p12", ".der", ".pyc"}


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


@cache
def files() -> tuple[Path, ...]:
    """Every text file of the tree that is ours."""
    return tuple(_files(ROOT))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            is_hidden = path.name.startswith(".") and path.name != ".ci"
            if not is_hidden and path.name not in NOT_OURS and path.suffix != ".egg-info":
                yield from _files(path)
        elif path.suffix not in NOT_TEXT:
            yield path


@cache
def lenient_text_of(path: Path) -> str:
    """Fixtures may be in any encoding, broken on purpose."""
    return path.read_bytes().decode(errors="replace")


# Settings


def test_settings_page_is_made_from_the_settings() -> None:
    assert text_of(DOCS / "settings.md") == settings_page()


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_settings_examples_are_settings(page: str, tmp_path: Path) -> None:
    """Whoever copies an example from the page gets settings and a calendar that are read."""
    examples = blocks(ROOT / page, "toml")
    assert examples
    for number, example in enumerate(examples):
        path = tmp_path / f"{number}.toml"
        path.write_text(example, encoding="utf-8")
        if "timezone" in tomllib.loads(example):
            assert calendar_from_file(path)
        else:
            assert read_settings(path).agency


# Files and commands

LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
PATH = re.compile(
    r"`(?!docs/decisions/NNNN)((?:gateway|tests|docs|schemas|fixtures|benchmarks|\.ci)/[\w./-]+)`"
)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_named_exist(page: Path) -> None:
    links = [(page.parent / link) for link in LINK.findall(text_of(page))]
    paths = [(ROOT / path) for path in PATH.findall(text_of(page))]
    absent = [name for path in [*links, *paths] if not (name := path.resolve()).exists()]
    assert not absent


def test_pages_named_in_code_exist() -> None:
    named = {
        (page, name_of(path))
        for folder in ("gateway", "tests", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for page in re.findall(r"\bdocs/[a-z-]+\.md", text_of(path))
    }
    assert not sorted(each for each in named if not (ROOT / each[0]).exists())


PAGES_WITH_COMMANDS = [ROOT / "README.md", ROOT / "README.vi.md", DOCS / "operations.md"]
MAKE = re.compile(r"^(?:    |`)?make ([a-z]+)|`make ([a-z]+)`", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=name_of)
def test_make_targets_named_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {one or other for one, other in MAKE.findall(text_of(page))}
    assert named <= targets


COMMAND = re.compile(r"edoc-gateway ([a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)?)")
TYPED = re.compile(r"(?:`|^    |/bin/)" + COMMAND.pattern, re.MULTILINE)


def command_line() -> typer.Typer:
    """The program's commands; ``main`` is what the installed script calls."""
    return next(each for each in vars(cli).values() if isinstance(each, typer.Typer))


def is_command(words: list[str]) -> bool:
    found: Any = typer.main.get_command(command_line())
    for word in words:
        if not hasattr(found, "get_command"):
            return True  # the rest are arguments
        found = found.get_command(None, word)
        if found is None:
            return False
    return True


# The changelog also speaks of what is no more.
@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "CHANGELOG.md"], ids=name_of)
def test_commands_named_exist(page: Path) -> None:
    is_sentences = page == error_codes.PAGE  # there commands stand without marks
    named = set((COMMAND if is_sentences else TYPED).findall(text_of(page)))
    assert not sorted(each for each in named if not is_command(each.split()))


# Layout


def test_layout_page_names_every_module_and_no_other() -> None:
    """`python -m tests.support.layout_table` writes the table anew."""
    assert layout_table.parts()[1] == layout_table.table()


# Decisions

SECTIONS = ["Question", "Forces", "Options", "Choice", "Cost", "Reopen when"]


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_decision_has_its_sections(page: Path) -> None:
    """STYLE part 3: the question, what forces an answer, options, choice, cost, reopening."""
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)
    found = re.findall(r"^## (.+)$", text_of(page), re.MULTILINE)
    assert found == SECTIONS


def test_decision_numbers_are_used_once() -> None:
    numbers = [page.name[:4] for page in DECISIONS]
    assert len(numbers) == len(set(numbers))


def test_decisions_named_in_code_exist() -> None:
    numbers = {page.name[:4] for page in DECISIONS}
    named = {
        (number, name_of(path))
        for path in sorted((ROOT / "gateway").rglob("*.py"))
        for number in re.findall(r"decisions/(\d{4})", text_of(path))
    }
    assert not {each for each in named if each[0] not in numbers}


# Codes


def test_every_code_is_explained_and_no_other() -> None:
    """`python -m tests.support.error_codes` writes the tables of docs/errors.md anew."""
    in_code, on_page = set(error_codes.collected()), error_codes.listed()
    assert sorted(in_code - set(on_page)) == [], "not on the page"
    assert sorted(set(on_page) - in_code) == [], "not in the code"
    assert len(on_page) == len(set(on_page)), "named twice"
    assert "| ? |" not in text_of(error_codes.PAGE), "a code without its sentence"


def test_codes_have_their_form() -> None:
    assert not [code for code in error_codes.collected() if not error_codes.CODE.fullmatch(code)]


def test_no_drafts_of_the_page_are_left() -> None:
    assert not list(DOCS.glob("errors-*.md"))


# Conformity


def rules_called_tested() -> set[int]:
    """Rule numbers behind ``Tested:`` in docs/conformity.md, as far as it goes."""
    numbers: set[int] = set()
    page = text_of(DOCS / "conformity.md")
    for sentence in re.findall(r"Tested: (.*?)(?:Not built|No claim|\|)", page):
        for first, last in re.findall(r"L-(\d+)(?: to L-(\d+))?", sentence):
            numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def test_rules_called_tested_are_named_by_a_test() -> None:
    tests = "".join(text_of(path) for path in (ROOT / "tests").rglob("*.py") if path != OWN)
    named = {int(each) for each in re.findall(r"(?i)(?<![a-z0-9])L[-_]?(\d{2,3})\b", tests)}
    assert rules_called_tested()
    assert sorted(rules_called_tested() - named) == []


def test_rules_called_tested_are_built() -> None:
    page = text_of(DOCS / "rules.md")
    built = {
        int(each) for each in re.findall(r"^\| L-(\d+) \| gateway \| built", page, re.MULTILINE)
    }
    assert sorted(rules_called_tested() - built) == []


# Licences

NOTICES = text_of(ROOT / "THIRD-PARTY-NOTICES.md")
NOTICED = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([A-Za-z0-9. -]+) \|", NOTICES, re.MULTILINE))


def asked_for() -> list[Requirement]:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    return [Requirement(each) for each in project["dependencies"]]


def brought_along(asked: list[Requirement]) -> set[str]:
    """Names of everything that comes with these on this system, markers considered."""
    seen: set[tuple[str, str]] = set()
    waiting = [(str(canonicalize_name(r.name)), e) for r in asked for e in ("", *r.extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for line in importlib.metadata.requires(name) or []:
            r = Requirement(line)
            if r.marker is None or r.marker.evaluate({"extra": extra}):
                waiting += [(str(canonicalize_name(r.name)), e) for e in ("", *r.extras)]
    return {name for name, _ in seen}


def test_every_runtime_dependency_is_noticed() -> None:
    asked = asked_for()
    assert sorted(brought_along(asked) - set(NOTICED)) == []


def test_licence_is_the_one_the_distribution_states() -> None:
    """Where the metadata has an SPDX expression; older ones have free text, read by a person."""
    for name, licence in NOTICED.items():
        try:
            stated = importlib.metadata.metadata(name).json.get("license_expression")
        except importlib.metadata.PackageNotFoundError:
            continue  # needed on another system only
        assert stated in {None, licence}, name


def test_licence_text_is_whole() -> None:
    licence = text_of(ROOT / "LICENSE")
    assert licence.lstrip().startswith("Apache License\n")
    assert "END OF TERMS AND CONDITIONS" in licence
    assert licence.rstrip().endswith("limitations under the License.")


# CI


def test_ci_installs_what_tests_need() -> None:
    script = text_of(ROOT / ".ci" / "run")
    listed = re.search(r"^packages=\(\n(.*?)^\)", script, re.MULTILINE | re.DOTALL)
    assert listed
    assert set(listed[1].split()) == set(tools.PACKAGES.values())


def test_ci_script_is_a_script() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True, timeout=20)


def test_absent_program_skips_here_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("EDOC_REQUIRE_TOOLS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="poppler-utils"):
        tools.require_tool("pdfsig")
    monkeypatch.setenv("EDOC_REQUIRE_TOOLS", "1")
    with pytest.raises(pytest.fail.Exception, match="poppler-utils"):
        tools.require_tool("pdfsig")


# Nothing secret, nothing of one machine

FORBIDDEN = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\\n\"'(+]*[A-Za-z0-9+/]{32}",
    "registry": r"(?i)\b(?:pypi\.org|pythonhosted\.org|docker\.io|ghcr\.io|quay\.io|npmjs\.)"
    r"|index-url|extra-index",
    "machine path": r"(?<![\w.$}-])/(?:work|root|home|Users)/\w",
    "token": r"\b(?:ghp|gho|ghs|glpat|xox[abps])[_-][A-Za-z0-9]{20,}|\bAKIA[0-9A-Z]{16}\b",
    "web token": r"\beyJ[A-Za-z0-9_-]{16,}\.eyJ",
    "webhook secret": r"whsec_(?!A{8})[A-Za-z0-9+/]{32,}",
    "API key": r"edk_[a-z2-7]{16}_[a-z2-7]{52}",
}


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_nothing_secret_in_the_tree(kind: str) -> None:
    pattern = re.compile(FORBIDDEN[kind])
    found = [
        f"{name_of(path)}:{text[: match.start()].count(chr(10)) + 1}"
        for path in files()
        if path != OWN
        for text in [lenient_text_of(path)]
        for match in pattern.finditer(text)
    ]
    assert not found


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("private key", "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE" + "a1B2" * 8),
        ("registry", "see https://pypi.org/project/x"),
        ("registry", "--extra-index-url x"),
        ("machine path", 'Path("/home/someone/x")'),
        ("token", "ghp_" + "a1B2c3D4" * 4),
        ("web token", "eyJhbGciOiJIUzI1NiJ9AA" + ".eyJzdWIi"),
        ("webhook secret", "whsec_" + "q7Zk" * 8),
        ("API key", "edk_" + "a" * 16 + "_" + "b" * 52),
    ],
)
def test_the_scan_sees(kind: str, line: str) -> None:
    assert re.search(FORBIDDEN[kind], line)
