"""One PostgreSQL server for the live tests, as for the contract tests."""

from __future__ import annotations

from tests.support.databases import postgres

__all__ = ["postgres"]
