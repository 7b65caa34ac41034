"""The arrows of docs/layout.md point down, and the core touches neither world nor clock."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "gateway"

# Lowest first.  A longer prefix wins, so one module can stand apart from its package.
LAYERS = [
    {"errors", ""},
    {"model"},
    {"envelope", "rules", "signing.verdict", "signing.appearance", "signing.images"},
    {"effects"},
    {"incoming", "outgoing", "recalls"},
    {"ports"},
    {"signing", "storage", "adapters"},
    {"simulators"},
    {"service"},
    {"console"},
    {"service.assemble"},
    {"service.demo", "service.doctor"},
    {"service.cli"},
    {"__main__"},
]
CORE = 5  # the layers that touch neither the world nor the clock

WORLD = {
    "aiohttp", "asyncio", "datetime_now", "http", "multiprocessing", "os", "psycopg", "pyhanko",
    "random", "requests", "secrets", "shutil", "socket", "sqlalchemy", "sqlite3", "subprocess",
    "tempfile", "threading", "time", "urllib", "uuid", "zeep", "tenacity", "cryptography",
}  # fmt: skip
CLOCK = {"now", "utcnow", "today", "monotonic", "perf_counter"}

# STYLE part 3, dependencies: a library is imported in one package only.
HOMES = {
    "lxml": {"envelope", "adapters", "simulators"},
    "pyhanko": {"signing", "simulators"},
    "pyhanko_certvalidator": {"signing", "simulators"},
    "cryptography": {"signing", "service.secrets", "simulators"},
    "zeep": {"adapters"},
    "tenacity": {"adapters.retry"},
    "aiohttp": {"adapters", "service", "console", "simulators", "client"},
    "sqlalchemy": {"storage", "ports", "service"},
    "alembic": {"storage"},
    "pypdfium2": {"signing"},
}

MODULES = sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def is_under(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def layer_of(name: str) -> int:
    best = max(
        (
            (len(entry), level)
            for level, entries in enumerate(LAYERS)
            for entry in entries
            if is_under(name, entry)
        ),
        default=None,
    )
    assert best is not None, f"{name} has no place in LAYERS (docs/layout.md)"
    return best[1]


def entry_of(name: str) -> str:
    return max((e for es in LAYERS for e in es if is_under(name, e)), key=len)


def imports_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "gateway" or node.module.startswith("gateway."):
                for alias in node.names:
                    candidate = ROOT / Path(*node.module.split(".")[1:]) / alias.name
                    if candidate.with_suffix(".py").exists() or candidate.is_dir():
                        yield f"{node.module}.{alias.name}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_point_down(path: Path) -> None:
    own = name_of(path)
    level = layer_of(own)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for target in imports_of(tree):
        if target.startswith("gateway."):
            other = target.removeprefix("gateway.")
            same_entry = entry_of(other) == entry_of(own)
            assert same_entry or layer_of(other) < level, f"{own} imports {target}"
        elif level < CORE:
            assert target.split(".")[0] not in WORLD, f"{own} imports {target}"
    if level < CORE:
        calls = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        assert not calls & CLOCK, f"{own} reads the clock: {calls & CLOCK}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_library_has_one_home(path: Path) -> None:
    own = name_of(path)
    for target in imports_of(ast.parse(path.read_text(encoding="utf-8"))):
        homes = HOMES.get(target.split(".")[0])
        if homes is not None:
            assert any(is_under(own, home) for home in homes), f"{own} imports {target}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= 60, f"{path}:{node.lineno} {node.name}: {lines} lines"
