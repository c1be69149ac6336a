"""Asks for what falls due: ordinary commands with ids made of what is due, so that two machines may ask at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic

from sqlalchemy import text

from commands.command import Command
from commands.reference_feed import ReferenceFeed
from commands.release_settlement import ReleaseSettlement
from ledger.policies.release import Release
from ledger.refusals import PolicyNotEffective
from ledger.who import Actor
from projections.due_releases import DUE, DueReleases, instants_of
from projections.engine.reading import Opened
from service.app import App

_LOOK_EVERY_S = 2.0
_PAGE = 500
_REMEMBERED = 100_000
_TIMER = Actor(kind="system", id="timer", role="timer")
_VIEW = DueReleases()

_DUE = """
SELECT merchant, order_id, first_signed_at, signed_at, changed_at_position FROM {table}
WHERE book = :book AND NOT deleted AND first_signed_at <= :signed_by
  AND (first_signed_at, order_id, merchant) > (:after_signed_at, :after_order, :after_merchant)
ORDER BY first_signed_at, order_id, merchant LIMIT :limit
"""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order that may have something to release. `changed_at` moves with every event that may change the answer."""

    merchant: str
    order: str
    first_signed_at: datetime
    signed_at: tuple[datetime, ...]
    changed_at: int

    def ask(self, window: timedelta, now: datetime) -> Command:
        """The release that the newest deadline that has passed stands for: the same wherever it is asked for."""
        due = max(signed + window for signed in self.signed_at if signed + window <= now)
        return ReleaseSettlement(
            id=f"release-{self.order[:24]}-{self.changed_at}-{int(due.timestamp() * 1000)}",
            actor=_TIMER,
            merchant_id=self.merchant,
            order_id=self.order,
        )


class TimerWorker:
    """Looks through the books every few seconds, in a thread of its own. What was refused is not asked again until
    something about the order changes or its next deadline passes.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._reference = ReferenceFeed(app.ledger, monotonic=monotonic)
        self._asked: set[str] = set()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="timers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the page it is at."""
        self._stop.set()
        self._thread.join()

    def sweep(self) -> int:
        """Ask for everything that is due by now; how many commands were recorded."""
        now = self._app.clock()
        try:
            release, _ = self._reference.current().policy(Release, now)
        except PolicyNotEffective:
            return 0
        return sum(
            self._ask([candidate.ask(release.after_signature, now) for candidate in page])
            for page in self._pages(now - release.after_signature)
        )

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.sweep()
            except Exception as error:  # the database may be away; the timer outlives it
                _logger.warning("the timer waits: %s: %s", type(error).__name__, error)
            self._stop.wait(_LOOK_EVERY_S)

    def _ask(self, commands: list[Command]) -> int:
        fresh = [command for command in commands if command.id not in self._asked]
        if not fresh:
            return 0
        outcomes = self._app.bus.submit(fresh)
        if len(self._asked) > _REMEMBERED:
            self._asked.clear()
        self._asked.update(command.id for command in fresh)
        return sum(outcome.status == "recorded" and not outcome.repeated for outcome in outcomes)

    def _pages(self, signed_by: datetime) -> Iterator[list[Candidate]]:
        for book in self._app.ledger.reader.heads():
            after = (datetime.min.replace(tzinfo=signed_by.tzinfo), "", "")
            while not self._stop.is_set():
                page = self._page(book, signed_by, after)
                if page:
                    yield page
                if len(page) < _PAGE:
                    break
                after = (page[-1].first_signed_at, page[-1].order, page[-1].merchant)

    def _page(self, book: int, signed_by: datetime, after: tuple[datetime, str, str]) -> list[Candidate]:
        def query(opened: Opened) -> list[Candidate]:
            values = {
                "book": book,
                "signed_by": signed_by,
                "after_signed_at": after[0],
                "after_order": after[1],
                "after_merchant": after[2],
                "limit": _PAGE,
            }
            statement = text(_DUE.format(table=opened.generation.stored_name(DUE)))
            return [
                Candidate(row[0], row[1], row[2], tuple(instants_of(row[3])), row[4])
                for row in opened.connection.execute(statement, values)
            ]

        return self._app.views.read(_VIEW, query)
