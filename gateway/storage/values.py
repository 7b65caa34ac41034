"""How values are written into the tables: JSON, text that every database takes, upserts."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from gateway.errors import PeerError


def insert_into(conn: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return the INSERT of this database that knows ON CONFLICT."""
    if conn.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def canonical(value: object) -> str:
    """Return JSON with one spelling for one value: keys sorted, no white space."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def loaded(text: str) -> Any:  # noqa: ANN401 - JSON that this package wrote; callers give it its type
    """Return what :func:`canonical` wrote."""
    return json.loads(text)


def _is_storable(text: str) -> bool:
    return "\x00" not in text and text.isprintable()


def clipped(text: str | None, limit: int) -> str | None:
    """Return a note that fits its column; for texts that decide nothing.

    What no database takes (NUL, half of a surrogate pair) becomes U+FFFD.
    """
    if text is None:
        return None
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
    return whole[:limit]


def identifier(text: str, limit: int, element: str) -> str:
    """Return an identifier unchanged; it is never cut and never mended.

    Raises:
        PeerError: Empty, longer than ``limit`` characters, or not printable.

    """
    if 0 < len(text) <= limit and _is_storable(text):
        return text
    raise PeerError(
        "identifier-unfit",
        vi=f"Mã ở {element} bị trống, dài quá {limit} ký tự hoặc có ký tự không in được;"
        " hãy báo cho bên gửi",
        en=f"the identifier at {element} is empty, longer than {limit} characters or not"
        " printable; tell the sender",
        element=element,
    )


def folded(text: str) -> str:
    """Return ``text`` without Vietnamese marks, case and doubled spaces, for searching.

    ``đ`` is a letter of its own in Unicode and does not decompose, so it is named here.
    """
    bare = unicodedata.normalize("NFD", text).replace("đ", "d").replace("Đ", "d")
    letters = (each for each in bare if not unicodedata.combining(each))
    return " ".join("".join(letters).casefold().split())
