"""Groups of commands that are loaded when they are called, so that every start stays quick."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

GROUPS = {
    "pdf": "gateway.service.cli.pdf",
    "trust": "gateway.service.cli.trust",
    "axis": "gateway.service.cli.axis",
    "qlvb": "gateway.service.cli.qlvb",
    "envelope": "gateway.service.cli.envelope",
    "demo": "gateway.service.cli.demo",
}
"""Name of the command to the module whose ``app`` it is."""


class LazyGroup(TyperGroup):
    """The program's commands, the heavy ones imported on demand."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - the library's class is private
        """Return every command, loaded or not."""
        return sorted({*super().list_commands(ctx), *GROUPS})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - the library's classes are private
        """Return the command, importing its module if need be."""
        module = GROUPS.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        command = typer.main.get_command(importlib.import_module(module).app)
        command.name = cmd_name
        return command
