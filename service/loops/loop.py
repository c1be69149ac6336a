"""A loop over items: each item is independent. A failed item is set aside and tried again later; the loop continues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Protocol, TypeVar

from commands.bus.fault import fault_of, is_trouble
from commands.bus.outcome import Outcome
from commands.command import Command
from ledger.ids import PLATFORM_BOOK, parking_stream
from ledger.log.set_aside import SetAside, SetAsideItem, item_key
from ledger.streams.loader import load_each
from ledger.streams.parking import Parking
from projections.engine.generations import ViewOutdated
from projections.engine.views import ViewBehind
from service.app import App

T = TypeVar("T")
WHOLE = "*"  # stands for the loop itself in a book, for example when its page cannot be read
_REMEMBERED = 100_000


class Due(Protocol):
    """Makes the command of an item. An exception concerns this item alone."""

    def __call__(self) -> Command: ...


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a loop: its book, the name under which it is set aside or parked, and its command."""

    book: int
    name: str
    command: Due


class Loop:
    """The items of one loop, by its name. A refused item is not submitted again until its command id changes.

    `refresh` reads the books at hand, and their items set aside and parked; call it before each run, and `let_go` after
    it. A book whose server is lost is left out until it is back.
    """

    def __init__(self, app: App, name: str, stop: Event | None = None) -> None:
        self.name, self._app, self._stop = name, app, stop or Event()
        self._table = SetAside(app.ledger.engine)
        self._set_aside: dict[tuple[int, str], SetAsideItem] = {}
        self._parked: set[tuple[int, str]] = set()
        self._answered: set[tuple[str, str]] = set()
        self._seen: set[tuple[int, str]] = set()  # the items of this run
        self.books: tuple[int, ...] = ()

    def refresh(self) -> None:
        """Reads the items that are set aside, and those that two people have parked. If the parking stream of a book
        cannot be read to its end, the items parked after that point are tried again; no loop stops."""
        self.books = tuple(self._app.ledger.reader.heads_at_hand())
        self._set_aside, self._seen = self._table.of_loop(self.name, self.books), set()
        books = {parking_stream(book): book for book in self.books}
        streams = load_each(self._app.ledger.reader, books, Parking)
        self._parked = {
            (books[name], item)
            for name, parking in streams.items()
            for loop, item in parking.items
            if loop == self.name
        }

    def let_go(self) -> None:
        """Removes set-aside items that this run did not find although they were due: another machine has done them.

        Removes nothing if the run did not finish, or in a book that could not be read.
        """
        if self._stop.is_set() or (PLATFORM_BOOK, WHOLE) in self._set_aside:
            return
        for key, found in list(self._set_aside.items()):
            unread = (key[0], f"{WHOLE}{key[0]}") in self._set_aside
            if key not in self._seen and not unread and found.is_due(self._app.clock()):
                self._table.clear(found)
                del self._set_aside[key]

    def ask(self, items: Iterable[Item]) -> int:
        """Submits the commands of items that are not set aside and were not answered before. Returns the number
        recorded."""
        asked: list[tuple[Item, Command]] = []
        for item in items:
            if self._waits(item.book, item.name):
                continue
            try:
                command = item.command()
            except Exception as error:
                self._fail(item.book, item.name, error)
                continue
            if (command.stream, command.id) not in self._answered:
                asked.append((item, command))
        return self._submit(asked) if asked else 0

    def made(self, book: int, name: str, make: Callable[[], Iterable[Item]]) -> list[Item]:
        """Returns the items of one row. If the row cannot be read, it is set aside under its name, and there are
        none."""
        if self._waits(book, name):
            return []
        try:
            items = list(make())
        except Exception as error:
            self._fail(book, name, error)
            return []
        return items if any(item.name == name for item in items) else self._done(book, name, items)

    def alone(self, book: int, item: str, work: Callable[[], T]) -> T | None:
        """Returns the result of `work`. If it fails or its outcome is a fault, sets the item aside and returns None.

        Raises only problems that concern all items: the database, or a view that is behind or outdated.
        """
        if self._stop.is_set() or self._waits(book, item):
            return None
        try:
            done = work()
        except Exception as error:
            self._fail(book, item, error)
            return None
        return (
            None if isinstance(done, Outcome) and self._is_set_aside(book, item, done) else self._done(book, item, done)
        )

    def together(self, book: int, names: Sequence[str], work: Callable[[Sequence[str]], int]) -> int:
        """Returns the result of `work` for all items at once; if that fails, for each item alone."""
        if not (open_ := [name for name in names if not self._waits(book, name)]):
            return 0
        try:
            done = work(open_)
        except Exception as error:
            if is_trouble(error) or isinstance(error, ViewBehind | ViewOutdated):
                raise
            return sum(self.alone(book, name, partial(work, [name])) or 0 for name in open_)
        for name in open_:
            self._done(book, name, done)
        return done

    def tries_again(self, book: int, item: str) -> bool:
        """True if the item was set aside and its next try is due, so that this run must come to it."""
        found = self._set_aside.get((book, item_key(item)))
        return found is not None and found.next_try_at <= self._app.clock()

    @property
    def has_to_try_again(self) -> bool:
        """True if the next try of a set-aside item is due, in any book."""
        return any(self.tries_again(book, item) for book, item in self._set_aside)

    def to_try_again(self, book: int) -> list[str]:
        """Returns the set-aside items of a book whose next try is due."""
        return [item for of_book, item in self._set_aside if of_book == book and self.tries_again(book, item)]

    def _submit(self, asked: Sequence[tuple[Item, Command]]) -> int:
        outcomes = self._app.bus.submit([command for _, command in asked])
        if len(self._answered) > _REMEMBERED:
            self._answered.clear()
        recorded = 0
        for (item, command), outcome in zip(asked, outcomes, strict=True):
            if not self._is_set_aside(item.book, item.name, outcome):
                self._answered.add((command.stream, command.id))
                self._done(item.book, item.name, outcome)
                recorded += outcome.status == "recorded" and not outcome.repeated
        return recorded

    def _waits(self, book: int, item: str) -> bool:
        key = (book, item_key(item))
        self._seen.add(key)
        found = self._set_aside.get(key)
        return key in self._parked or (found is not None and not found.is_due(self._app.clock()))

    def _done(self, book: int, item: str, done: T) -> T:
        if found := self._set_aside.pop((book, item_key(item)), None):
            self._table.clear(found)
        return done

    def _is_set_aside(self, book: int, item: str, outcome: Outcome) -> bool:
        if outcome.status == "fault":
            self._put(book, item, outcome.sentence)
        return outcome.status == "fault"

    def _fail(self, book: int, item: str, error: Exception) -> None:
        if isinstance(error, ViewBehind | ViewOutdated):
            raise error
        fault = fault_of(error, command=f"loop {self.name}", id=item, book=book, stream="")
        self._put(book, item, f"{type(error).__name__}: {fault.reference} in the service's log.")

    def _put(self, book: int, item: str, reason: str) -> None:
        now = self._app.clock()
        self._set_aside[book, item_key(item)] = self._table.put(book, self.name, item, reason=reason, now=now)
