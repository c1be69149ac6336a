"""What open cases and disputes may still take of merchants' money, in the guards that payouts rest on."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from ledger.log.claims import CLAIMS, asked_of, open_in_cases

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    for file in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        cursor.execute(file.read_text())
    cursor.execute("SELECT book FROM log.heads WHERE position > 0 ORDER BY book")
    for (book,) in cursor.fetchall():
        cursor.execute(CLAIMS, asked_of(book))
        for merchant, (versions, fen) in open_in_cases(cursor.fetchall()).items():
            if versions:
                cursor.execute("SELECT pg_temp.keep_open_cases(%s, %s, %s, %s)", (book, merchant, versions, fen))
    cursor.close()
