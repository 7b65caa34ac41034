"""DocumentIds this agency assigns: made once for each reason, never anew by a retry (L-73)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from gateway.errors import StateError
from gateway.model.document import DocumentId
from gateway.model.organ import AgencyId
from gateway.storage.counting import draw
from gateway.storage.schema import assigned_ids
from gateway.storage.values import insert_into

DOCUMENT_IDS = "document_id"
"""The series of ordinals: one for the whole agency and year (L-73)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Why an identifier is wanted.

    Attributes:
        key: The same key gets the same identifier for ever: fixed before the first try.
        year: Year of issue, Viet Nam time; the ordinal restarts with it.
        at: When.

    """

    key: str
    year: int
    at: datetime


def assign_document_id(
    conn: Connection, agency: AgencyId, wanted: Assignment, make: Callable[[int], str]
) -> DocumentId:
    """Return the DocumentId of ``wanted.key``, made once with the agency's next ordinal.

    ``make`` turns the ordinal into the identifier; it is not called for a key that has one.

    Raises:
        StateError: ``make`` gave an identifier that another key has.

    """
    mine = (assigned_ids.c.agency_id == agency, assigned_ids.c.key == wanted.key)
    # The row goes in before the number is drawn: a second try at the same moment waits here
    # for the first, and then draws none.
    placed = conn.execute(
        insert_into(conn, assigned_ids)
        .values(
            agency_id=agency,
            key=wanted.key,
            document_id=f"\N{HORIZONTAL ELLIPSIS}{wanted.key}",  # never committed
            assigned_at=wanted.at,
        )
        .on_conflict_do_nothing(index_elements=["agency_id", "key"])
        .returning(assigned_ids.c.key)
    ).one_or_none()
    if placed is not None:
        made = make(draw(conn, agency, DOCUMENT_IDS, wanted.year, 1))
        try:
            conn.execute(update(assigned_ids).where(*mine).values(document_id=made))
        except IntegrityError as error:
            raise StateError(
                "document-id-taken",
                vi=f"Mã định danh văn bản {made} đã cấp cho văn bản khác",
                en=f"the document id {made} was given to another document",
            ) from error
    return DocumentId(conn.execute(select(assigned_ids.c.document_id).where(*mine)).scalar_one())
