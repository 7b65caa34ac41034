"""Writes the first revision anew from ``schema.py``: ``python -m tests.support.draft_migration``.

Only until the first release; afterwards a change of the tables is a revision of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Table, create_engine

from gateway.storage.migrations.run import HERE
from gateway.storage.schema import Instant, metadata

TARGET = HERE / "versions" / "r0001_first_tables.py"
HEAD = '''"""The first tables.

A revision is frozen with the release that brings it: it repeats the tables as they were then
and does not read ``schema.py``, but for the type of its instants.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.storage.schema import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
'''


def render_item(kind: str, item: object, _context: object) -> str | bool:
    return "Instant()" if kind == "type" and isinstance(item, Instant) else False


def calls() -> str:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
        script = produce_migrations(context, metadata)
        assert script.upgrade_ops is not None
        text = render_python_code(script.upgrade_ops, render_item=render_item)
    engine.dispose()
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith("# ###"))


def functions(text: str) -> str:
    """Cut the calls into one function a table: no function is longer than a screen."""
    names = [table.name for table in metadata.sorted_tables if isinstance(table, Table)]
    blocks: dict[str, list[str]] = {name: [] for name in names}
    current: list[str] = []
    for line in text.splitlines():
        if line.strip().startswith("op.create_table("):
            current = blocks[line.split("'")[1]]
        current.append("    " + line.strip() if not line.startswith("    ") else line)
    main = "".join(f"    _{name}()\n" for name in names)
    bodies = "\n\n".join(f"def _{n}() -> None:\n" + "\n".join(b) + "\n" for n, b in blocks.items())
    return main + "\n\n" + bodies


def main() -> None:
    TARGET.write_text(HEAD + functions(calls()), encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "format", "-q", TARGET], check=True)
    lines = TARGET.read_text(encoding="utf-8").splitlines()
    long = "  # noqa: E501 - one condition, one line"
    marked = [line + long if len(line) > 100 else line for line in lines]
    TARGET.write_text("\n".join(marked) + "\n", encoding="utf-8")
    subprocess.run([ruff, "check", "-q", "--fix", TARGET], check=True)


if __name__ == "__main__":
    main()
