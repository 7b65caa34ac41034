"""The module table of docs/layout.md, made from the first sentence of every module's docstring.

``python -m tests.support.layout_table`` writes the table into the page.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "layout.md"
BEGIN, END = "<!-- modules: begin -->\n", "<!-- modules: end -->\n"


def packages() -> list[Path]:
    """Return the folders of ``gateway/`` that hold modules, outer ones first."""
    found = {path.parent for path in (ROOT / "gateway").rglob("*.py")}
    return sorted(found, key=lambda path: path.parts)


def table() -> str:
    """Return the table as Markdown: one section a package, one line a module."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for package in packages():
        yield f"### `{package.relative_to(ROOT)}/`\n"
        yield f"{_first_sentence(package / '__init__.py')}\n"
        modules = [each for each in sorted(package.glob("*.py")) if each.stem != "__init__"]
        if modules:
            yield "| module | what it holds |\n| --- | --- |"
            yield from (f"| `{each.name}` | {_first_sentence(each)} |" for each in modules)
            yield ""


def _first_sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    line = text.split("\n\n")[0].replace("\n", " ").replace("``", "`").replace("|", "\\|")
    return re.sub(r":(?:class|func|meth):`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", line)


def parts() -> tuple[str, str, str]:
    """Return the page before, inside and after the table."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    inside, after = rest.split(END)
    return before, inside, after


if __name__ == "__main__":
    head, _, tail = parts()
    PAGE.write_text(f"{head}{BEGIN}{table()}{END}{tail}", encoding="utf-8")
