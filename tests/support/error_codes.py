"""Collects every code a message can carry from the source of ``gateway/``, for docs/errors.md.

Nothing is imported or run: a code counts because it is written down where an error, an objection,
a note or a fault is made. ``python -m tests.support.error_codes`` prints the lines that the page
lacks, made from the sentences in the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "errors.md"

CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
LINE = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)

# What they carry under the name ``code`` is not the code of a message: events have their own
# closed list (storage/event_codes.py), documents their number and notation, exits a number.
OTHER_CODES = {"NewEvent", "Event", "_event", "Exit", "NewStatus", "StatusRow"}
# Closed lists that are written as one dictionary: code -> sentences.
CATALOGUES = {"gateway.envelope.catalogue"}


@dataclass(frozen=True, slots=True)
class Found:
    """A code where it is written; the sentence is empty where it is put together elsewhere."""

    code: str
    module: str
    vi: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One parsed module, with the texts its upper-case names stand for."""

    module: str
    tree: ast.Module
    texts: Mapping[str, str] = field(default_factory=dict)


def collected() -> dict[str, Found]:
    """Return every code, in order of module and line; the first place with a sentence wins."""
    sources = list(_sources())
    makers = {name: at for source in sources for name, at in _makers(source.tree)}
    codes: dict[str, Found] = {}
    for source in sources:
        for found in _found(source, makers):
            if found.code not in codes or not codes[found.code].en:
                codes[found.code] = found
    return codes


def listed() -> list[str]:
    """Return the codes that docs/errors.md names, in its order."""
    return LINE.findall(PAGE.read_text(encoding="utf-8"))


def _sources() -> Iterator[Source]:
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield Source(module, tree, dict(_texts(tree)))


def _texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    yield target.id, node.value.value


def _makers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield functions and classes that take a ``code``, and at which place; -1 by name only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [each.arg for each in node.args.args if each.arg not in {"self", "cls"}]
            if "code" in names and node.name != "__init__":
                yield node.name, names.index("code")
            elif "code" in [each.arg for each in node.args.kwonlyargs]:
                yield node.name, -1
        elif isinstance(node, ast.ClassDef):
            fields = [
                each.target.id
                for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            ]
            if "code" in fields:
                yield node.name, fields.index("code")
            elif (
                any(ast.unparse(base).endswith("Error") for base in node.bases)
                or node.name == "GatewayError"
            ):
                yield node.name, 0


def _found(source: Source, makers: Mapping[str, int]) -> Iterator[Found]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield from _in_call(source, node, makers)
        elif isinstance(node, ast.Dict) and source.module in CATALOGUES:
            yield from _in_catalogue(source, node)


def _in_call(source: Source, call: ast.Call, makers: Mapping[str, int]) -> Iterator[Found]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in makers or name in OTHER_CODES:
        return
    named = {each.arg: each.value for each in call.keywords if each.arg}
    at = makers[name]
    value = named.get("code")
    if value is None and 0 <= at < len(call.args):
        value = call.args[at]
    if value is None:
        return
    vi, en = (_sentence(named[lang]) if lang in named else "" for lang in ("vi", "en"))
    for code in _literals(value, source.texts):
        yield Found(code, source.module, vi, en)


def _literals(value: ast.expr, texts: Mapping[str, str]) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from _literals(value.body, texts)
        yield from _literals(value.orelse, texts)
    elif isinstance(value, ast.Name) and value.id in texts:
        yield texts[value.id]
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value


def _in_catalogue(source: Source, node: ast.Dict) -> Iterator[Found]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(value, ast.Tuple):
            _, vi, en = (_sentence(each) for each in value.elts)
            yield Found(str(key.value), source.module, vi, en)


def _sentence(value: ast.expr) -> str:
    """Return the text with every inserted value as ``…``."""
    if isinstance(value, ast.Constant):
        return re.sub(r"\{[^{}]*\}", "…", str(value.value))
    if isinstance(value, ast.JoinedStr):
        return "".join(
            each.value if isinstance(each, ast.Constant) else "…"  # type: ignore[misc]
            for each in value.values
        )
    if isinstance(value, ast.BinOp):
        return _sentence(value.left) + _sentence(value.right)
    return ""


def missing_lines() -> Iterator[str]:
    """Yield the table lines of every code that the page lacks."""
    known = set(listed()) if PAGE.exists() else set()
    for found in collected().values():
        if found.code not in known:
            yield f"| `{found.code}` | {found.en or '?'} | {found.vi or '?'} |"


if __name__ == "__main__":
    print("\n".join(missing_lines()))  # noqa: T201 - the lines are the output
