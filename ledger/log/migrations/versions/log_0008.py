"""Rows that no event says get a hash: answers without events, merchants' books, the books, the identity."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for file in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        cursor.execute(file.read_text())
    cursor.close()
