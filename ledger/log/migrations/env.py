"""Runs the revisions on the connection of `ledger.log.migrations.upgrade`."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="log")
with context.begin_transaction():
    context.run_migrations()
