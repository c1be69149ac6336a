"""The founding of a ledger: its identity and its books. It needs the owner's login, and may run again."""

from __future__ import annotations

from sqlalchemy import Engine, text

from ledger.log.engine import owned

ACCOUNTING_ZONE = "Asia/Shanghai"  # zone of the accounting days, fixed when a ledger is founded
_HAS = "SELECT books >= :books FROM log.identity"  # needs no book, so a ledger opens although some cannot be reached

_IS_PART = "SELECT EXISTS (SELECT FROM log.heads) AND NOT EXISTS (SELECT FROM log.identity)"


class MoveCutOff(Exception):
    """The database holds books of a ledger, and no identity: their move was cut off."""

    def __init__(self) -> None:
        super().__init__(
            "This database holds a part of a ledger, because its move was cut off. Run `redledger cluster move` again:"
            " it goes on where it stood."
        )


def found(url: str, *, books: int, demonstration: bool = False) -> None:
    """Founds the ledger as `found_by` does, with a connection of its own."""
    with owned(url) as owner:
        found_by(owner, books=books, demonstration=demonstration)


def found_by(owner: Engine, *, books: int, demonstration: bool = False) -> None:
    """Creates the identity if there is none, and the missing ones of books 0 to `books` - 1.

    `demonstration` is part of the identity, so it counts only the first time. Raises `MoveCutOff`.
    """
    with owner.begin() as connection:
        if connection.execute(text(_HAS), {"books": books}).scalar():
            return
        if connection.execute(text(_IS_PART)).scalar():
            raise MoveCutOff
        connection.execute(
            text(
                "INSERT INTO log.identity (ledger_id, epoch, zone, created_at, demonstration, books, leaf)"
                " SELECT id, 1, :zone, now(), :demonstration, 0,"
                " log.identity_leaf(id, 1, :zone, now(), :demonstration, 0) FROM gen_random_uuid() AS id"
                " ON CONFLICT DO NOTHING"
            ),
            {"zone": ACCOUNTING_ZONE, "demonstration": demonstration},
        )
        connection.execute(text("SELECT log.create_books(:books)"), {"books": books})


def create_books(url: str, *, books: int) -> None:
    """Adds books up to `books` in all. New merchants are assigned to them; known merchants keep their book."""
    found(url, books=books)
