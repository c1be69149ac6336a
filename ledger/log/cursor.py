"""A reader's place in the log: one position a book, handed out as one opaque token."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.log.identity import Identity


class NotACursor(ValueError):
    """A token that no ledger handed out."""


class ForeignCursor(ValueError):
    """A token of another ledger, of before a restore, or of another view: its positions mean nothing here."""


class CursorAhead(ValueError):
    """A token of positions that this ledger does not have."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to these positions has been seen. A book that is not named was not looked at: position 0.

    `view` names a projection and its version, as in `merchant_balances@3`, where the token is of a view.
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
        """The cursor of a token that this ledger handed out. Raises `NotACursor` or `ForeignCursor`."""
        cursor = _decoded(token)
        if cursor.ledger_id != identity.ledger_id:
            raise ForeignCursor("the token is of another ledger")
        if cursor.epoch != identity.epoch:
            raise ForeignCursor(
                f"the token is of epoch {cursor.epoch}, the ledger was restored since: {identity.epoch}"
            )
        if cursor.view != view:
            raise ForeignCursor(f"the token is of {cursor.view or 'the log'}, not of {view or 'the log'}")
        return cursor

    def expect_recorded(self, heads: Mapping[int, int]) -> None:
        """Raises `CursorAhead` for a position behind the last of its book: no event was ever there to be seen.

        `heads` are read after the token was received, so that it holds for whatever another process has appended.
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
        """Whether this one is as far as `other` in every book."""
        return all(self.positions.get(book, 0) >= position for book, position in other.positions.items())

    __ge__ = has_seen


def _decoded(token: str) -> Cursor:
    """Reads what `Cursor.token` writes and nothing else: another spelling of it was tampered with."""
    try:
        data: Any = from_json(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        match data:
            case {"epoch": int(epoch), "ledger": str(ledger), "positions": dict(positions), "view": str(view)}:
                cursor = Cursor(ledger, epoch, {int(book): int(position) for book, position in positions.items()}, view)
                if cursor.token == token and all(position > 0 for position in cursor.positions.values()):
                    return cursor
    except (ValueError, TypeError):
        pass
    raise NotACursor("the text is no token of a ledger")
