"""Places in the log: the positions, by book, that a token or an instant means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from ledger.log.cursor import Cursor
from ledger.log.identity import Identity
from ledger.log.reader import Reader

_TICK = timedelta(microseconds=1)  # of the database's clock


class Places(Protocol):
    """The places that a decision may name. Each has a position for every book of the ledger."""

    def end(self) -> Mapping[int, int]:
        """Returns the end of the log."""

    def of_token(self, token: str) -> Mapping[int, int]:
        """Returns the place of a position token. Raises `NotACursor`, `ForeignCursor` and `CursorAhead`."""

    def before(self, instant: datetime) -> Mapping[int, int]:
        """Returns the place before everything that was recorded at this instant or later. Raises ValueError for an
        instant in the future."""


class LogPlaces:
    """The places in one log."""

    def __init__(self, reader: Reader, identity: Identity) -> None:
        self._reader, self._identity = reader, identity

    def end(self) -> Mapping[int, int]:
        return self._reader.heads()

    def of_token(self, token: str) -> Mapping[int, int]:
        cursor = Cursor.parse(token, self._identity)
        heads = self._reader.heads()
        cursor.expect_recorded(heads)
        return {book: cursor.positions.get(book, 0) for book in heads}

    def before(self, instant: datetime) -> Mapping[int, int]:
        return self._reader.positions_as_known_at(instant - _TICK)
