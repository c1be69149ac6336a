"""The log of version 0.1.0: tables, append and read functions, a file of SQL each."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The driver's cursor, without parameters, does not interpret the percent signs and colons of PL/pgSQL.
    cursor = op.get_bind().connection.cursor()
    for file in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        cursor.execute(file.read_text())
    cursor.close()
