"""What the timers have in common: who asks, how often, and that nothing is asked twice for the same reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import ClassVar, TypeVar

from commands.command import Command
from ledger.actors import Actor
from ledger.policies.automation import Automation, Step
from ledger.refusals.catalogue import PolicyNotEffective
from projections.worklists.due_dates import DueDate, Kind, due_dates
from service.app import App
from service.loops.loop import PLATFORM_BOOK, WHOLE, Item, Loop

TIMER = Actor(kind="system", id="timer", role="timer")
PAGE = 500
T = TypeVar("T")


class Timer(ABC):
    """Looks through the books for one kind of thing that falls due. `stop` ends a sweep after the page it is at.

    What was refused is not asked again until its id changes: with every event that may change the answer. `name` is
    what its items are set aside and parked under.
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
        """The policy on what the service does by itself; None where none is in force."""
        try:
            return self.app.bus.reference().policy(Automation, now)[0]
        except PolicyNotEffective:
            return None

    def in_each_book(self, look: Callable[[int], int]) -> int:
        """The sum of what `look` comes to in each book; one in which it fails is set aside."""
        books = self.app.ledger.reader.heads()
        return sum(self.loop.alone(book, f"{WHOLE}{book}", partial(look, book)) or 0 for book in books)

    def pages(self, fetch: Callable[[T | None], Sequence[T]], *, size: int = PAGE) -> Iterator[Sequence[T]]:
        """All rows, page by page until the sweep is to stop. `fetch` finds up to `size` rows behind one, or the first
        ones (None)."""
        last: T | None = None
        while not self.stop.is_set():
            if page := fetch(last):
                yield page
            if len(page) < size:
                return
            last = page[-1]


class DueDateTimer(Timer):
    """A timer over one kind of the view `due_dates`."""

    kind: ClassVar[Kind]

    def look(self) -> int:
        by = self.due_by(self.app.clock())
        return self.in_each_book(lambda book: self._ask(book, by)) if by else 0

    def _ask(self, book: int, by: datetime) -> int:
        return sum(self.loop.ask(self._items(book, page, by)) for page in self.pages(partial(self._page, book, by)))

    def _items(self, book: int, page: Sequence[DueDate], by: datetime) -> Iterator[Item]:
        """The items of a page; what cannot be read of it is set aside under its stream and subject."""
        for due in page:
            yield from self.loop.made(book, item_of(due), partial(self.items, book, due, by))

    def items(self, book: int, due: DueDate, by: datetime) -> Iterator[Item]:
        """What is to be asked for; one item, unless the timer says otherwise."""
        yield Item(book, item_of(due), partial(self.command, due, by))

    def due_by(self, now: datetime) -> datetime | None:
        """Up to which instant of the view it is due; None where no policy says so."""
        return now

    def command(self, due: DueDate, by: datetime) -> Command:
        """What to ask for: an id that is the same wherever it is asked for."""
        raise NotImplementedError

    def _page(self, book: int, by: datetime, last: DueDate | None) -> list[DueDate]:
        return due_dates(self.app.views, self.kind, book, by=by, after=last, limit=PAGE)


def item_of(due: DueDate) -> str:
    """What a thing that is due is set aside and parked under: its stream and subject."""
    return f"{due.stream}#{due.subject}".removesuffix("#")
