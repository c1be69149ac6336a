"""The parts that all timers share: actor, interval, and one command for one reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import ClassVar, TypeVar

from commands.command import Command
from ledger.actors import Actor
from ledger.ids import PLATFORM_BOOK
from ledger.policies.automation import Automation, Step
from ledger.refusals.catalogue import PolicyNotEffective
from projections.worklists.due_dates import DueDate, Kind, due_dates
from service.app import App
from service.loops.loop import WHOLE, Item, Loop

TIMER = Actor(kind="system", id="timer", role="timer")
PAGE = 500
T = TypeVar("T")


class Timer(ABC):
    """A timer that looks through the books for one kind of due item. `stop` ends a sweep after the current page.

    A refused item is not submitted again until its command id changes, that is, until an event that may change the
    answer. `name` is the name of the loop for set-aside and parked items.
    """

    name: ClassVar[Step]
    every: ClassVar[timedelta] = timedelta(seconds=2)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        self.app = app
        self.stop = stop or Event()
        self.loop = Loop(app, self.name, self.stop)

    def sweep(self) -> int:
        """Ask for everything that is due by now; how many commands were recorded. What fails is set aside."""
        self.loop.refresh()
        recorded = self.loop.alone(PLATFORM_BOOK, WHOLE, self.look) or 0
        self.loop.let_go()
        return recorded

    @abstractmethod
    def look(self) -> int:
        """Ask for everything that is due by now; how many commands were recorded."""

    @property
    def is_off(self) -> bool:
        """True if the policy `automation` switches this step off."""
        policy = self.automation(self.app.clock())
        return policy is not None and self.name in policy.off

    def automation(self, now: datetime) -> Automation | None:
        """Returns the policy `automation`, or None if none is in force."""
        try:
            return self.app.bus.reference().policy(Automation, now)[0]
        except PolicyNotEffective:
            return None

    def in_each_book(self, look: Callable[[int], int]) -> int:
        """Returns the sum of the results of `look` in all books at hand. A book in which it fails is set aside."""
        return sum(self.loop.alone(book, f"{WHOLE}{book}", partial(look, book)) or 0 for book in self.loop.books)

    def pages(self, fetch: Callable[[T | None], Sequence[T]], *, size: int = PAGE) -> Iterator[Sequence[T]]:
        """Yields all rows, page by page, until the sweep must stop. `fetch` finds up to `size` rows after a row, or
        the first ones (None)."""
        last: T | None = None
        while not self.stop.is_set():
            if page := fetch(last):
                yield page
            if len(page) < size:
                return
            last = page[-1]


class DueDateTimer(Timer):
    """A timer over one kind of row of the view `due_dates`."""

    kind: ClassVar[Kind]

    def look(self) -> int:
        by = self.due_by(self.app.clock())
        return self.in_each_book(lambda book: self._ask(book, by)) if by else 0

    def _ask(self, book: int, by: datetime) -> int:
        return sum(self.loop.ask(self._items(book, page, by)) for page in self.pages(partial(self._page, book, by)))

    def _items(self, book: int, page: Sequence[DueDate], by: datetime) -> Iterator[Item]:
        """Yields the items of a page. A row that cannot be read is set aside under its stream and subject."""
        for due in page:
            yield from self.loop.made(book, item_of(due), partial(self.items, book, due, by))

    def items(self, book: int, due: DueDate, by: datetime) -> Iterator[Item]:
        """Yields the items of a due row; one, unless a timer overrides it."""
        yield Item(book, item_of(due), partial(self.command, due, by))

    def due_by(self, now: datetime) -> datetime | None:
        """Returns the latest instant of the view that is due now, or None if no policy defines it."""
        return now

    def command(self, due: DueDate, by: datetime) -> Command:
        """Returns the command. Its id is the same on every machine."""
        raise NotImplementedError

    def _page(self, book: int, by: datetime, last: DueDate | None) -> list[DueDate]:
        return due_dates(self.app.views, self.kind, book, by=by, after=last, limit=PAGE)


def item_of(due: DueDate) -> str:
    """Returns the name under which a due row is set aside and parked: its stream and subject."""
    return f"{due.stream}#{due.subject}".removesuffix("#")
