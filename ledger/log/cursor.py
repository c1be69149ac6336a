"""A cursor: a reader's position in every book, as one opaque token."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.log.identity import Identity


class NotACursor(ValueError):
    """The text is not a token of any ledger."""


class ForeignCursor(ValueError):
    """The token is of another ledger, of another view, or older than a restore: its positions do not apply."""


class CursorAhead(ValueError):
    """The token has positions that this ledger has not reached."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The positions up to which a reader has seen each book. A book that is not named is at position 0.

    `view` names a projection and its version, such as `merchant_balances@3`, if the token is of a view.
    """

    ledger_id: str
    epoch: int
    positions: Mapping[int, int]
    view: str = ""

    @classmethod
    def at(cls, positions: Mapping[int, int], identity: Identity, *, view: str = "") -> Cursor:
        return cls(identity.ledger_id, identity.epoch, dict(positions), view)

    @classmethod
    def parse(cls, token: str, identity: Identity, *, view: str = "") -> Cursor:
        """Returns the cursor of a token. Raises `NotACursor` or `ForeignCursor`."""
        cursor = cls._own(token, identity)
        if cursor.view != view:
            raise ForeignCursor(f"the token is of {cursor.view or 'the log'}, not of {view or 'the log'}")
        return cursor

    @classmethod
    def of_view(cls, token: str, identity: Identity, name: str) -> Cursor:
        """Returns the cursor of a token of any version of a view. Raises `NotACursor` or `ForeignCursor`."""
        cursor = cls._own(token, identity)
        if cursor.view.partition("@")[0] != name:
            raise ForeignCursor(f"the token is of {cursor.view or 'the log'}, not of the view {name}")
        return cursor

    @classmethod
    def _own(cls, token: str, identity: Identity) -> Cursor:
        cursor = _decoded(token)
        if cursor.ledger_id != identity.ledger_id:
            raise ForeignCursor("the token is of another ledger; ask for a new token")
        if cursor.epoch != identity.epoch:
            raise ForeignCursor(
                f"the token is of epoch {cursor.epoch}; a restore raised it to {identity.epoch}; ask for a new token"
            )
        return cursor

    def within(self, books: Collection[int] | None) -> Cursor:
        """Returns the cursor of these books alone; None means all."""
        if books is None:
            return self
        return replace(self, positions={book: at for book, at in self.positions.items() if book in books})

    def expect_recorded(self, heads: Mapping[int, int]) -> None:
        """Raises `CursorAhead` if a position is after the last event of its book.

        Read `heads` after the token has arrived, so that they include every append that the token may know.
        """
        for book, position in self.positions.items():
            if book not in heads:
                raise CursorAhead(f"the token names book {book}, which this ledger does not have; ask for a new token")
            if position > heads[book]:
                raise CursorAhead(
                    f"the token names position {position} of book {book}, whose last is {heads[book]}; ask for a new"
                    " token"
                )

    @property
    def token(self) -> str:
        """The cursor as text for URLs and headers."""
        positions = {str(book): position for book, position in self.positions.items() if position}
        data = {"epoch": self.epoch, "ledger": self.ledger_id, "positions": positions, "view": self.view}
        return urlsafe_b64encode(canonical(data).encode()).rstrip(b"=").decode()

    def has_seen(self, other: Cursor) -> bool:
        """True if this cursor is at or after `other` in every book."""
        return all(self.positions.get(book, 0) >= position for book, position in other.positions.items())

    __ge__ = has_seen


def _decoded(token: str) -> Cursor:
    """Returns the cursor of a token in exactly the form of `Cursor.token`. Raises `NotACursor` for every other text."""
    try:
        data: Any = from_json(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        match data:
            case {"epoch": int(epoch), "ledger": str(ledger), "positions": dict(positions), "view": str(view)}:
                cursor = Cursor(ledger, epoch, {int(book): int(position) for book, position in positions.items()}, view)
                if cursor.token == token and all(position > 0 for position in cursor.positions.values()):
                    return cursor
    except (ValueError, TypeError):
        pass
    raise NotACursor("the text is not a token of a ledger")
