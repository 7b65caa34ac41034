"""Every gateway rule that is built is named by code and by a test, and no other rule exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN = Path(__file__)
ROW = re.compile(r"^\| L-(\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
RANGE = re.compile(r"(?<![A-Z])L-(\d+) (?:to|bis) L-(\d+)")
SINGLE = re.compile(r"(?<![A-Z])L-(\d+)")
IN_NAME = re.compile(r"_l(\d+)(?:_to_l(\d+))?(?=_)")
CLASSES = {"gateway", "QLVB", "person", "not obtained"}
RESERVED = frozenset(range(78, 91))
LAST = 166

# Gateway rules nobody has built, or built without a test that names them. Taking a number out
# of here and calling it built in docs/rules.md is one change.
NOT_DONE_YET = frozenset(
    {
        4, 5, 6, 7, 8, 9, 10, 13, 16, 19, 23, 26, 28, 30, 31, 42, 43, 44, 47, 53, 54, 62, 65, 67,
        99, 100, 102, 108, 110, 112, 113, 114, 115, 116, 117, 118, 121, 122, 123, 132, 140, 141,
        143, 145, 146, 149, 150, 154, 157, 158, 160, 162, 163, 164, 166,
    }
)  # fmt: skip

RULES = {int(found[1]): found for found in ROW.finditer((ROOT / "docs/rules.md").read_text())}


def named_in(text: str) -> Iterator[int]:
    """Yield the rules a text names; ``L-10 to L-12`` names three."""
    for first, last in RANGE.findall(text):
        yield from range(int(first), int(last) + 1)
    yield from map(int, SINGLE.findall(text))


def named_by_tests(text: str) -> Iterator[int]:
    yield from named_in(text)
    for first, last in IN_NAME.findall(text):
        yield from range(int(first), int(last or first) + 1)


def files(folder: str, suffix: str = ".py") -> list[Path]:
    found = (path for path in (ROOT / folder).rglob(f"*{suffix}") if path != OWN)
    return sorted(path for path in found if "__pycache__" not in path.parts)


CODE = {rule for path in files("gateway") for rule in named_in(path.read_text())}
TESTS = {rule for path in files("tests") for rule in named_by_tests(path.read_text())}
BUILT = sorted(rule for rule, row in RULES.items() if row[3].startswith("built"))


def test_every_rule_has_one_line_and_the_reserved_ones_none() -> None:
    text = (ROOT / "docs/rules.md").read_text()
    assert [int(each) for each in re.findall(r"^\| L-(\d+) ", text, re.MULTILINE)] == [
        rule for rule in range(1, LAST + 1) if rule not in RESERVED
    ]
    assert "L-78 to L-90 are reserved" in text


def test_every_rule_has_a_known_class_and_only_gateway_rules_have_a_state() -> None:
    for rule, row in RULES.items():
        assert row[2] in CLASSES, rule
        is_stated = row[3].startswith("built") or row[3] == "not done yet"
        assert is_stated is (row[2] == "gateway"), rule


def test_what_is_not_done_yet_is_said_the_same_way_twice() -> None:
    assert {rule for rule, row in RULES.items() if row[3] == "not done yet"} == NOT_DONE_YET


@pytest.mark.parametrize("rule", BUILT)
def test_a_built_rule_is_named_by_code_and_by_a_test(rule: int) -> None:
    assert rule in CODE, f"L-{rule} is built, but no module of gateway/ names it"
    assert rule in TESTS, f"L-{rule} is built, but no test names it"


@pytest.mark.parametrize("rule", BUILT)
def test_a_built_rule_stands_where_its_line_says(rule: int) -> None:
    places = re.findall(r"`([^`]+)`", RULES[rule][3])
    assert places, f"L-{rule} says no module"
    for place in places:
        path = ROOT / "gateway" / place
        assert path.exists(), f"L-{rule}: no {place}"
        inside = [path] if path.is_file() else files(f"gateway/{place}")
        named = {each for file in inside for each in named_in(file.read_text())}
        assert rule in named, f"L-{rule} is not named in {place}"


@pytest.mark.parametrize("folder", ["gateway", "tests", "schemas", "fixtures", "docs"])
def test_no_other_rule_is_named_anywhere(folder: str) -> None:
    known = {*RULES, *RESERVED} if folder == "docs" else set(RULES)
    for suffix in (".py", ".md", ".toml", ".xsd", ".wsdl"):
        for path in files(folder, suffix):
            named = named_by_tests if folder == "tests" else named_in
            unknown = set(named(path.read_text())) - known
            assert not unknown, f"{path}: {sorted(unknown)} stand in no line of docs/rules.md"
