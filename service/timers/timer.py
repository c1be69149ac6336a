"""What the timers have in common: who asks, how often, and that nothing is asked twice for the same reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import ClassVar

from commands.command import Command
from commands.reference_feed import ReferenceFeed
from ledger.who import Actor
from projections.due_dates import FIRST, DueDate, Kind, due_dates
from service.app import App

TIMER = Actor(kind="system", id="timer", role="timer")
_PAGE = 500
_REMEMBERED = 100_000


class Timer(ABC):
    """Looks through the books for one kind of thing that falls due. `stop` ends a sweep after the page it is at.

    What was refused is not asked again until its id changes: with every event that may change the answer.
    """

    every: ClassVar[timedelta] = timedelta(seconds=2)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        self.app = app
        self.stop = stop or Event()
        self.reference = ReferenceFeed(app.ledger, monotonic=monotonic)
        self._asked: set[str] = set()

    @abstractmethod
    def sweep(self) -> int:
        """Ask for everything that is due by now; how many commands were recorded."""

    def ask(self, commands: Sequence[Command]) -> int:
        """Submit those that were not asked before; how many were recorded."""
        fresh = [command for command in commands if command.id not in self._asked]
        if not fresh:
            return 0
        outcomes = self.app.bus.submit(fresh)
        if len(self._asked) > _REMEMBERED:
            self._asked.clear()
        answered = (c.id for c, outcome in zip(fresh, outcomes, strict=True) if outcome.status != "fault")
        self._asked.update(answered)
        return sum(outcome.status == "recorded" and not outcome.repeated for outcome in outcomes)


class DueDateTimer(Timer):
    """A timer over one kind of the view `due_dates`."""

    kind: ClassVar[Kind]

    def sweep(self) -> int:
        by = self.due_by(self.app.clock())
        if by is None:
            return 0
        pages = (page for book in self.app.ledger.reader.heads() for page in self._pages(book, by))
        return sum(self.ask([command for due in page for command in self.commands(due, by)]) for page in pages)

    def due_by(self, now: datetime) -> datetime | None:
        """Up to which instant of the view it is due; None where no policy says so."""
        return now

    @abstractmethod
    def commands(self, due: DueDate, by: datetime) -> Iterator[Command]:
        """What to ask for: ids that are the same wherever it is asked for."""

    def _pages(self, book: int, by: datetime) -> Iterator[list[DueDate]]:
        after = FIRST
        while not self.stop.is_set():
            page = due_dates(self.app.views, self.kind, book, by=by, after=after, limit=_PAGE)
            if page:
                yield page
            if len(page) < _PAGE:
                return
            after = page[-1]
