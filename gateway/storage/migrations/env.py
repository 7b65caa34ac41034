"""What Alembic runs: it works on the connection that ``run.upgrade`` hands over."""

from __future__ import annotations

from alembic import context

from gateway.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by building it anew
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
