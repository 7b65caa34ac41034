"""The tables say no by themselves, belong to one agency each, and come from one migration head."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Engine,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
    make_url,
)
from sqlalchemy.exc import IntegrityError

from gateway.errors import DataError, SettingsError, StorageError
from gateway.storage import migrations
from gateway.storage.migrations.run import revisions
from gateway.storage.postgres import postgres_engine
from gateway.storage.schema import metadata
from gateway.storage.sqlite import WRITER_PRAGMAS, sqlite_engine
from gateway.storage.store import (
    SchemaState,
    migrate,
    open_store,
    schema_is_current,
    schema_state,
)
from tests.support.databases import START, HandClock, MakeUrl

LATER = START + timedelta(hours=1)

# One row of each table that the database takes; "document" makes the row it points to first.
ROWS: dict[str, dict[str, Any]] = {
    "documents": {"ref": "d1", "direction": "in", "state": "opened", "urgency": 0},
    "contents": {"document_ref": "d1", "envelope": "{}"},
    "attachments": {"document_ref": "d1", "ordinal": 0},
    "examinations": {
        "document_ref": "d1",
        "ordinal": 0,
        "examined_at": START,
        "verdict": "{}",
        "evidence": "{}",
    },
    "deliveries": {
        "id": "v1",
        "axis": "vxp",
        "axis_doc_id": "m1",
        "direction": "in",
        "message_type": "edoc",
        "listed_at": START,
    },
    "events": {
        "document_ref": "d1",
        "sequence": 1,
        "at": START,
        "actor": "gateway",
        "code": "arrived",
        "refs": "{}",
        "previous": "",
        "hash": "h",
    },
    "seals": {"number": 1, "sealed_at": START, "heads": "[]", "previous": "", "mac": "m"},
    "statuses": {
        "id": "s1",
        "direction": "out",
        "key": "k",
        "code": "01",
        "noted_at": START,
    },
    "counters": {"series": "incoming", "year": 2026, "last": 1},
    "register_entries": {
        "register": "incoming",
        "year": 2026,
        "number": 1,
        "kind": "document",
        "document_ref": "d1",
        "registered_at": START,
        "actor": "van-thu",
    },
    "assigned_ids": {"key": "k", "document_id": "H99.01,2026,1", "assigned_at": START},
    "organs": {
        "organ_id": "H99.01",
        "valid_from": date(2026, 1, 1),
        "organ_name": "UBND tỉnh Mẫu",
        "name_key": "ubnd tinh mau",
        "source": "settings",
    },
    "organ_addresses": {"organ_id": "H99.01", "axis": "vxp", "address": "H99.01"},
    "credentials": {"axis": "vxp", "system_id": "S1", "sealed": b"x", "stored_at": START},
    "api_keys": {
        "key_id": "k1",
        "key_hash": "h",
        "holder": "qlvb",
        "scopes": "[]",
        "created_at": START,
    },
    "calendars": {"version": "v1", "source": "", "first_used_at": START},
    "axis_states": {"axis": "vxp"},
    "breakers": {"axis": "vxp", "receiver": "", "failures": 0},
    "jobs": {
        "id": "j1",
        "pipeline": "intake",
        "key": "k",
        "subject": "s",
        "run_at": START,
        "created_at": START,
    },
}

# What each CHECK refuses; every one of the schema stands here (test below).
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("ck_documents_direction", {"direction": "up"}),
    ("ck_documents_state", {"state": "lost"}),
    ("ck_documents_urgency", {"urgency": 4}),
    ("ck_documents_urgency", {"urgency": -1}),
    ("ck_documents_never_earlier", {"arrived_at": LATER, "effective_receipt_at": START}),
    ("ck_documents_accepted_has_receipt", {"state": "accepted"}),
    ("ck_deliveries_direction", {"direction": ""}),
    ("ck_deliveries_outcome", {"outcome": "eaten"}),
    ("ck_deliveries_kept_before_acknowledged", {"acknowledged_at": START}),
    ("ck_events_sequence", {"sequence": 0}),
    ("ck_statuses_direction", {"direction": "up"}),
    ("ck_counters_last", {"last": 0}),
    ("ck_register_entries_register", {"register": "secret"}),
    ("ck_register_entries_number", {"number": 0}),
    ("ck_register_entries_kind", {"kind": "other"}),
    ("ck_register_entries_kind_fits", {"kind": "paper", "note": "bản giấy"}),
    ("ck_register_entries_kind_fits", {"document_ref": None, "note": "bản giấy"}),
    ("ck_register_entries_explained", {"kind": "reserved", "document_ref": None}),
    ("ck_organs_validity", {"valid_to": date(2025, 12, 31)}),
    ("ck_breakers_failures", {"failures": -1}),
    ("ck_jobs_state", {"state": "stuck"}),
    ("ck_jobs_urgency", {"urgency": 4}),
    ("ck_jobs_counts", {"attempts": -1}),
    ("ck_jobs_counts", {"step": -1}),
    ("ck_jobs_lease_has_owner", {"owner": "w1"}),
    ("ck_jobs_lease_has_owner", {"lease_until": START}),
    ("ck_jobs_only_ready_is_leased", {"state": "done", "owner": "w1", "lease_until": START}),
]


def engine_for(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite_engine(
            Path(parsed.database or ""), begin="BEGIN IMMEDIATE", pragmas=WRITER_PRAGMAS
        )
    return postgres_engine(parsed, size=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """One database for the whole module: every test takes back what it did."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('schema')}/store.db"
        migrate(url)
    else:
        url = request.getfixturevalue("postgres").fresh()
    engine = engine_for(url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        transaction = opened.begin()
        yield opened
        transaction.rollback()


def insert(connection: Connection, table: str, agency: str = "a", **changes: Any) -> None:
    row = {"agency_id": agency, **ROWS[table], **changes}
    connection.execute(metadata.tables[table].insert().values(**row))


def with_document(connection: Connection, table: str, agency: str = "a") -> None:
    if "document_ref" in ROWS[table]:
        insert(connection, "documents", agency)


def table_of(check: str) -> str:
    return next(
        table.name
        for table in metadata.sorted_tables
        if any(constraint.name == check for constraint in table.constraints)
    )


def checks_of(tables: MetaData) -> set[str]:
    return {
        str(constraint.name)
        for table in tables.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }


def test_every_table_and_check_is_tested() -> None:
    assert set(ROWS) == set(metadata.tables)
    assert {check for check, _ in REFUSED} == checks_of(metadata)


@pytest.mark.parametrize("table", ROWS)
def test_a_good_row_is_taken_once_for_each_agency(connection: Connection, table: str) -> None:
    """The same keys in another agency are another row; in the same agency they are refused."""
    for agency in ("a", "b"):
        if table != "documents":
            with_document(connection, table, agency)
        insert(connection, table, agency)
    with pytest.raises(IntegrityError), connection.begin_nested():
        insert(connection, table, "a")


@pytest.mark.parametrize(("check", "changes"), REFUSED, ids=lambda value: str(value)[:60])
def test_the_database_refuses(connection: Connection, check: str, changes: dict[str, Any]) -> None:
    table = table_of(check)
    if table != "documents":
        with_document(connection, table)
    with pytest.raises(IntegrityError, match=check), connection.begin_nested():
        insert(connection, table, **changes)


def foreign_keys() -> list[tuple[str, str]]:
    return [
        (table.name, str(constraint.name))
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
    ]


@pytest.mark.parametrize(("table", "name"), foreign_keys())
def test_no_row_points_nowhere_or_to_another_agency(
    connection: Connection, table: str, name: str
) -> None:
    insert(connection, "documents", "b", ref="d1")
    with pytest.raises(IntegrityError), connection.begin_nested():
        insert(connection, table, "a", document_ref="d1")
    insert(connection, table, "b", document_ref="d1")


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_key_of_every_table_holds_the_agency(table: Table) -> None:
    """A row of one tenant can neither be seen nor be hit by another (contract, agency)."""
    assert not table.c.agency_id.nullable
    keys = [c for c in table.constraints if isinstance(c, PrimaryKeyConstraint | UniqueConstraint)]
    assert keys
    for key in keys:
        assert "agency_id" in key.columns, key.name
    for index in table.indexes:
        assert not index.unique, f"{index.name}: a UNIQUE is a named constraint"
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            assert "agency_id" in constraint.column_keys, constraint.name


def shape(connection: Connection) -> dict[str, Any]:
    """Return everything the database itself knows of our tables, comparable."""
    inspector = inspect(connection)
    return {
        name: {
            "columns": {
                column["name"]: (
                    str(column["type"]),
                    column["nullable"],
                    str(column["default"]),
                )
                for column in inspector.get_columns(name)
            },
            "primary": inspector.get_pk_constraint(name),
            "unique": by_name(inspector.get_unique_constraints(name)),
            "foreign": by_name(inspector.get_foreign_keys(name)),
            "checks": by_name(inspector.get_check_constraints(name)),
            "indexes": by_name(inspector.get_indexes(name)),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def by_name(found: Any) -> dict[str, Any]:
    return {entry["name"]: entry for entry in found}


def test_the_migrations_make_the_tables_of_the_schema(make_url_for: MakeUrl) -> None:
    """Compared by what both databases became, for a comparison of texts misses a CHECK.

    Red after a change of ``schema.py``: run ``python -m tests.support.draft_migration`` while
    nothing is released, else write a new revision.
    """
    migrated, created = engine_for(make_url_for()), engine_for(make_url_for(migrated=False))
    with created.begin() as connection:
        metadata.create_all(connection)
    with migrated.connect() as one, created.connect() as other:
        expected, found = shape(other), shape(one)
    migrated.dispose()
    created.dispose()
    assert set(found) == set(metadata.tables)
    for table, parts in expected.items():
        assert found[table] == parts, table
        assert {str(c.name) for c in metadata.tables[table].constraints if c.name} >= set(
            parts["checks"]
        )


def test_there_is_one_line_of_revisions_with_one_head() -> None:
    scripts = revisions()
    assert scripts.get_heads() == [migrations.HEAD]
    assert len(scripts.get_bases()) == 1
    walked = list(scripts.walk_revisions())
    assert all(not script.is_branch_point and not script.is_merge_point for script in walked)
    assert [script.revision for script in reversed(walked)] == [
        f"{number:04d}" for number in range(1, len(walked) + 1)
    ]


def test_migrating_from_nothing_and_again(make_url_for: MakeUrl) -> None:
    url = make_url_for(migrated=False)
    assert schema_state(url) is SchemaState.EMPTY
    assert not schema_is_current(url)
    with pytest.raises(DataError, match="schema-not-current"):
        open_store(url, HandClock())
    assert migrate(url)
    assert schema_state(url) is SchemaState.CURRENT
    assert not migrate(url), "the second run changes nothing"


def test_a_newer_database_is_left_alone(database_url: str) -> None:
    engine = engine_for(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    assert schema_state(database_url) is SchemaState.OTHER
    with pytest.raises(DataError, match="schema-not-current"):
        open_store(database_url, HandClock())
    with pytest.raises(DataError, match="schema-newer"):
        migrate(database_url)
    assert schema_state(database_url) is SchemaState.OTHER


@pytest.mark.parametrize(
    "address", ["", "x", "sqlite://", "mysql://localhost/x", "postgres://mật-khẩu@máy:x/"]
)
def test_a_wrong_address_is_refused_without_repeating_it(address: str) -> None:
    for act in (migrate, schema_state, lambda url: open_store(url, HandClock())):
        with pytest.raises(SettingsError, match="database-address") as refused:
            act(address)
        assert "mật-khẩu" not in refused.value.vi + refused.value.en


def test_no_server_is_a_storage_error() -> None:
    for act in (migrate, schema_state, lambda url: open_store(url, HandClock())):
        with pytest.raises(StorageError, match="database-gone"):
            act("postgresql://nobody@127.0.0.1:1/none")


def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"no database at all" * 100)
    for act in (migrate, schema_state):
        with pytest.raises(StorageError, match="database-damaged"):
            act(f"sqlite:///{path}")


def test_the_file_is_for_our_eyes_only(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/folder/store.db")
    assert (tmp_path / "folder" / "store.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 8, 28, 11, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1999, 12, 31, 17, 0, tzinfo=UTC),
    ],
)
def test_instants_come_back_as_they_were(connection: Connection, instant: datetime) -> None:
    insert(connection, "axis_states", last_good_poll_at=instant)
    table = metadata.tables["axis_states"]
    [found] = connection.execute(table.select().with_only_columns(table.c.last_good_poll_at))
    assert found[0] == instant
    assert found[0].utcoffset() == timedelta(0)
