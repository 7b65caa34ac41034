"""Tables to ask questions of: a connection at a time, and rows that stand for something."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
from sqlalchemy import Connection, Engine, make_url

from gateway.model.document import Attachment, Code, Digest, DocumentId, DocumentRef
from gateway.model.envelope import DocumentEnvelope, OtherInfo
from gateway.model.organ import AgencyId, Organ, OrganId
from gateway.storage import documents, registers
from gateway.storage.postgres import postgres_engine
from gateway.storage.rows import NewDocument, Receipt
from gateway.storage.schema import metadata
from gateway.storage.sqlite import WRITER_PRAGMAS, sqlite_engine
from tests.support.databases import PostgresServer

P = ParamSpec("P")
T = TypeVar("T")

OURS = AgencyId("so-tai-chinh-mau")
OTHERS = AgencyId("so-xay-dung-mau")

FRIDAY = datetime(2026, 8, 21, 11, 0, tzinfo=UTC)  # 18:00 in Viet Nam

# The tables are what is asked here, not the disk.
QUICK = (*WRITER_PRAGMAS, "PRAGMA synchronous = OFF")

_refs = count(1)


class Tables:
    """Runs questions in transactions of their own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def do(
        self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with self.engine.begin() as conn:
            return question(conn, *args, **kwargs)

    def document(self, agency: AgencyId = OURS, **kwargs: Any) -> DocumentRef:
        """Store an opened document and return its ref."""
        new = new_document(**kwargs)
        self.do(documents.create, agency, new)
        return new.ref


def after(minutes: float) -> datetime:
    return FRIDAY + timedelta(minutes=minutes)


def digest_of(text: str) -> Digest:
    return Digest(hashlib.sha256(text.encode()).hexdigest())


def new_ref() -> DocumentRef:
    """Return refs that rise, as UUIDv7 do."""
    return DocumentRef(f"01990000-0000-7000-8000-{next(_refs):012x}")


def new_document(  # a document is told by what the test is about; the rest is filled in
    document_id: str | None = "H99.01,2026/08/21,15/UBND-TC",
    *,
    number: str | None = "15",
    notation: str | None = "UBND-TC",
    sender: str = "Ủy ban nhân dân tỉnh Mẫu",
    priority: str | None = None,
    content: str = "",
    attachments: tuple[Attachment, ...] = (),
) -> NewDocument:
    ref = new_ref()
    envelope = DocumentEnvelope(
        sender=Organ(organ_id=OrganId("H99.01"), organ_name=sender),
        document_id=DocumentId(document_id) if document_id is not None else None,
        code=Code(number, notation) if number or notation else None,
        subject="V/v rà soát dự toán",
        other_info=OtherInfo(priority=priority),
        attachments=attachments,
    )
    return NewDocument(
        ref=ref,
        envelope=envelope,
        envelope_text='{"kind":"new"}',
        content_digest=digest_of(content or ref),
        number_key=number,
        notation_key=notation.casefold() if notation else None,
        arrived_at=FRIDAY,
    )


def attachment(text: str, name: str = "van-ban.pdf") -> Attachment:
    return Attachment(
        attachment_name=name,
        content_type="application/pdf",
        media_type="application/pdf",
        size_bytes=len(text),
        digest=digest_of(text),
    )


def receipt(at: datetime) -> Receipt:
    return Receipt(
        effective_receipt_at=at, rule="next-opening", calendar_version="mau-1", reason="ngoài giờ"
    )


def entry(document: DocumentRef, year: int = 2026, **kwargs: Any) -> registers.NewEntry:
    values: dict[str, Any] = {
        "register": registers.Register.INCOMING,
        "registered_at": FRIDAY,
        "actor": "van.thu",
    }
    return registers.NewEntry(document=document, year=year, **(values | kwargs))


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        engine = sqlite_engine(path, begin="BEGIN IMMEDIATE", pragmas=("PRAGMA synchronous = OFF",))
        metadata.create_all(engine)
        engine.dispose()
        return path.read_bytes()


@cache
def _shared(server: PostgresServer) -> str:
    return server.fresh()  # once: making a database takes longer than most of these tests


def opened_tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tables]:
    """Yield empty tables on the kind of database that the parameter of the fixture names."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        path.write_bytes(_empty())
        engine = sqlite_engine(path, begin="BEGIN IMMEDIATE", pragmas=QUICK, size=8)
    else:
        engine = postgres_engine(make_url(_shared(request.getfixturevalue("postgres"))))
        with engine.begin() as conn:
            tables = reversed(metadata.sorted_tables)
            emptied = (f"DELETE FROM {table.name}" for table in tables)  # noqa: S608 - our names
            conn.exec_driver_sql("; ".join(emptied))
    yield Tables(engine)
    engine.dispose()
