"""Runs the revisions from within the program; no ``alembic.ini`` and no command line needed."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from gateway.errors import DataError
from gateway.storage.migrations import HEAD

HERE = Path(__file__).parent
PEERS_WAIT = 4_711_020_001  # one number for every process of ours: key of the advisory lock


def configuration() -> Config:
    """Return Alembic's configuration, pointing at this package."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def revisions() -> ScriptDirectory:
    """Return the revisions, for tests and for the release notes."""
    return ScriptDirectory.from_config(configuration())


def upgrade(connection: Connection) -> bool:
    """Bring the tables to HEAD inside the caller's transaction; False when they were there.

    Raises:
        DataError: ``schema-newer`` or ``schema-damaged``; the caller's transaction must end.

    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PEERS_WAIT})
    if MigrationContext.configure(connection).get_current_revision() == HEAD:
        return False
    config = configuration()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise _newer() from error
    if connection.dialect.name == "sqlite":
        _check_foreign_keys(connection)
    return True


def _newer() -> DataError:
    return DataError(
        "schema-newer",
        vi="Cơ sở dữ liệu do phiên bản mới hơn tạo ra; hãy cài phiên bản mới hoặc khôi phục bản"
        " sao lưu cũ.",
        en="a newer version made these tables; install that version or restore an older backup",
    )


def _check_foreign_keys(connection: Connection) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise DataError(
            "schema-damaged",
            vi="Nâng cấp làm mất liên kết giữa các bảng nên đã bị hủy; dữ liệu vẫn như cũ.",
            en="the upgrade broke links between tables and was undone; nothing has changed",
        )
