"""The entrance of the package: one ledger with its log, its books and its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import datetime
from functools import cached_property
from time import monotonic
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from ledger.log.account_keys import KeyTable
from ledger.log.append import Appender
from ledger.log.books import found_by
from ledger.log.database_errors import NO_WRITES, DatabaseTrouble
from ledger.log.directory import Directory
from ledger.log.engine import owned, writer_engine
from ledger.log.group_commit import GroupCommit
from ledger.log.identity import Identity, read_identity
from ledger.log.migrations import upgrade_by
from ledger.log.observer import UNOBSERVED, Observer
from ledger.log.placement import is_placed
from ledger.log.reader import Reader
from ledger.log.rows import Attempt, Receipt
from ledger.log.wakeups import Listener, Notifier
from ledger.sealed import KeyStore

_RECENT_S = 10.0
BOOKS = 17  # book 0 and 16 for merchants; a ledger for several nodes starts with 64


class NotADemonstration(Exception):
    """A scenario's clock was asked for in a ledger that was not founded for demonstration."""

    def __init__(self) -> None:
        super().__init__("This ledger was not founded for demonstration, so it cannot take its time from a scenario.")


class Ledger:
    """An open ledger. `append` is the only way to write into it. Threads may share it."""

    def __init__(self, engine: Engine, *, keys: KeyStore, identity: Identity, observer: Observer = UNOBSERVED) -> None:
        self.engine = engine
        self.keys = keys
        self.identity = identity
        self.reader = Reader(engine)
        self.directory = Directory(engine)
        self.account_keys = KeyTable(engine)
        self.observer = observer
        self._commits = GroupCommit(Appender(engine), observer)
        self._notifier = Notifier(engine)
        self._failed: tuple[float, DatabaseTrouble] | None = None  # the last append, if it failed

    @classmethod
    def open(
        cls,
        url: str,
        *,
        keys: KeyStore,
        books: int = BOOKS,
        demonstration: bool = False,
        observer: Observer = UNOBSERVED,
    ) -> Ledger:
        """Opens the ledger of this database. Creates or upgrades schema, books and identity first.

        `books` counts book 0; a ledger with more books keeps them. `demonstration` counts only when the ledger is
        founded: it is part of the identity. Raises `DatabaseUnreachable`.
        """
        with owned(url) as owner:
            upgrade_by(owner)
            found_by(owner, books=books, demonstration=demonstration)
        engine = writer_engine(url)
        return cls(engine, keys=keys, identity=read_identity(engine), observer=observer)

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        """Returns a receipt for each attempt, in order. Concurrent callers of one book share an append."""
        try:
            receipts = self._commits.submit(book, attempts)
        except DatabaseTrouble as trouble:
            self._failed = (monotonic(), trouble)
            raise
        self._failed = None
        self._notifier.notify(book)
        return receipts

    def write_trouble(self) -> DatabaseTrouble | None:
        """Returns why no append of this process succeeds, if the last one failed in the last ten seconds for a reason
        that concerns every append. Older failures are left out, because only a new append shows that they are over.
        """
        failed_at, trouble = self._failed or (0.0, None)
        if trouble is None or trouble.kind not in NO_WRITES or monotonic() - failed_at > _RECENT_S:
            return None
        return trouble

    def in_scenario(self, clock: Callable[[], datetime]) -> Ledger:
        """Returns this ledger with the scenario's clock as the time of its appends. Closing one closes both.

        Raises `NotADemonstration`.
        """
        if not self.identity.demonstration:
            raise NotADemonstration
        played = copy(self)
        played._commits = GroupCommit(Appender(self.engine, scenario=clock), self.observer)
        return played

    @cached_property
    def is_placed(self) -> bool:
        """True if the books are on the servers of a cluster."""
        with self.engine.connect() as connection:
            return is_placed(connection)

    def within(self, books: Iterable[int]) -> Ledger:
        """Returns this ledger with a reader for which it has these books alone. Closing one closes both."""
        narrowed = copy(self)
        narrowed.reader = self.reader.within(books)
        return narrowed

    def listener(self) -> Listener:
        """Returns a listener that wakes when any process appends. The caller closes it."""
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
