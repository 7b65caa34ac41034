"""The name we give to objects of libraries without types (asn1crypto, parts of pyHanko)."""

from __future__ import annotations

from typing import Any, TypeAlias

Untyped: TypeAlias = Any
"""An object whose type no checker knows; kept inside the functions that meet the library."""
