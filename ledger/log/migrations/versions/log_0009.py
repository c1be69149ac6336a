"""Items of loops that failed are set aside, to be tried again later."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for file in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        cursor.execute(file.read_text())
    cursor.close()
