"""Founds a ledger: its identity, and the books it is a set of. Done as the owner, and again without effect."""

from __future__ import annotations

from sqlalchemy import text

from ledger.log.engine import owner_engine

ACCOUNTING_ZONE = "Asia/Shanghai"  # of the accounting days, fixed when a ledger is made
_HAS = "SELECT count(*) >= :books FROM log.heads WHERE EXISTS (SELECT FROM log.identity)"


def found(url: str, *, books: int, demonstration: bool = False) -> None:
    """Give the ledger an identity if it has none, and make sure that books 0 … `books` - 1 exist.

    Whether it is for demonstration is part of the identity: a ledger that has one keeps it.
    """
    engine = owner_engine(url)
    try:
        with engine.begin() as connection:
            if connection.execute(text(_HAS), {"books": books}).scalar():
                return
            connection.execute(
                text(
                    "INSERT INTO log.identity (ledger_id, epoch, zone, created_at, demonstration, leaf)"
                    " SELECT id, 1, :zone, now(), :demonstration,"
                    " log.identity_leaf(id, 1, :zone, now(), :demonstration) FROM gen_random_uuid() AS id"
                    " ON CONFLICT DO NOTHING"
                ),
                {"zone": ACCOUNTING_ZONE, "demonstration": demonstration},
            )
            connection.execute(text("SELECT log.create_books(:books)"), {"books": books})
    finally:
        engine.dispose()


def create_books(url: str, *, books: int) -> None:
    """Add books up to `books` in all, for merchants to come; those there are keep their book."""
    found(url, books=books)
