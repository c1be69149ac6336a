"""The way in: one ledger, its log, its books and its keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from ledger.log.append import Appender
from ledger.log.books import found
from ledger.log.directory import Directory
from ledger.log.engine import writer_engine
from ledger.log.group_commit import GroupCommit
from ledger.log.identity import Identity, read_identity
from ledger.log.migrations import upgrade
from ledger.log.reader import Reader
from ledger.log.rows import Attempt, Receipt
from ledger.log.wakeups import Listener, Notifier
from ledger.sealed import KeyStore

BOOKS = 17  # the platform's own and 16 for merchants; a ledger meant for several nodes starts with 64


class NotADemonstration(Exception):
    """Only a ledger founded for demonstration takes its clock from a scenario; what is recorded in another one stands
    there for good."""

    def __init__(self) -> None:
        super().__init__("This ledger was not founded for demonstration: its clock is the server's, and no scenario's.")


class Ledger:
    """An open ledger: `append` is the only way something gets in. Safe to share between threads."""

    def __init__(self, engine: Engine, *, keys: KeyStore, identity: Identity) -> None:
        self.engine = engine
        self.keys = keys
        self.identity = identity
        self.reader = Reader(engine)
        self.directory = Directory(engine)
        self._commits = GroupCommit(Appender(engine))
        self._notifier = Notifier(engine)

    @classmethod
    def open(cls, url: str, *, keys: KeyStore, books: int = BOOKS, demonstration: bool = False) -> Ledger:
        """Open the ledger of this database, made ready first where it is not: schema, books, identity.

        `books` counts book 0; a ledger that has more keeps them. `demonstration` counts where one is founded here: of a
        ledger that is there, its identity says it. Raises `DatabaseUnreachable`.
        """
        upgrade(url)
        found(url, books=books, demonstration=demonstration)
        engine = writer_engine(url)
        return cls(engine, keys=keys, identity=read_identity(engine))

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        """A receipt for each attempt, in order: one append, shared with those who append to the book meanwhile."""
        receipts = self._commits.submit(book, attempts)
        self._notifier.notify(book)
        return receipts

    def in_scenario(self, clock: Callable[[], datetime]) -> Ledger:
        """This ledger, whose appends have the scenario's time. Closing either closes both.

        Raises `NotADemonstration`.
        """
        if not self.identity.demonstration:
            raise NotADemonstration
        played = copy(self)
        played._commits = GroupCommit(Appender(self.engine, scenario=clock))
        return played

    def listener(self) -> Listener:
        """Waits for books to grow, whichever process appends to them. To be closed."""
        return Listener(self.engine)

    def close(self) -> None:
        self._notifier.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
