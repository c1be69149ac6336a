"""Submits the release of merchants' money for each order when it falls due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import text

from commands.command import Command
from commands.settlement.release_settlement import ReleaseSettlement
from ledger.deadlines import earlier, later
from ledger.ids import command_id, order_stream
from ledger.policies.release import Release
from ledger.refusals.catalogue import PolicyNotEffective
from projections.balances.due_releases import DUE, DueReleases, instants_of
from projections.engine.views import Opened
from service.loops.loop import Item
from service.loops.timer import PAGE, TIMER, Timer

_VIEW = DueReleases()

_DUE = """
SELECT merchant, order_id, first_signed_at, signed_at, changed_at_position FROM {table}
WHERE book = :book AND NOT deleted AND first_signed_at <= :signed_by
  AND (first_signed_at, order_id, merchant) > (:after_signed_at, :after_order, :after_merchant)
ORDER BY first_signed_at, order_id, merchant LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order that may have money to release. `changed_at` is the position of the last event that may change the
    answer."""

    merchant: str
    order: str
    first_signed_at: datetime
    signed_at: str  # read only when its own command is made
    changed_at: int

    @property
    def stream(self) -> str:
        return order_stream(self.merchant, self.order)

    def command(self, window: timedelta, now: datetime) -> Command:
        """Returns the release command for the latest deadline that has passed. Every caller makes the same command."""
        due = max(due for signed in instants_of(self.signed_at) if (due := later(signed, window)) <= now)
        return ReleaseSettlement(
            id=command_id("release", self.stream, str(self.changed_at), due.isoformat()),
            actor=TIMER,
            merchant_id=self.merchant,
            order_id=self.order,
        )


class Releases(Timer):
    """A timer of due releases. The policy `release` says when; the command gives the reason if nothing is released."""

    name = "releases"

    def look(self) -> int:
        now = self.app.clock()
        try:
            release, _ = self.app.bus.reference().policy(Release, now)
        except PolicyNotEffective:
            return 0
        return self.in_each_book(lambda book: self._ask(book, release.after_signature, now))

    def _ask(self, book: int, window: timedelta, now: datetime) -> int:
        return sum(
            self.loop.ask(Item(book, found.stream, partial(found.command, window, now)) for found in page)
            for page in self.pages(partial(self._page, book, earlier(now, window)))
        )

    def _page(self, book: int, signed_by: datetime, last: Candidate | None) -> list[Candidate]:
        start = (datetime.min.replace(tzinfo=signed_by.tzinfo), "", "")
        after = (last.first_signed_at, last.order, last.merchant) if last else start

        def query(opened: Opened) -> list[Candidate]:
            values = {
                "book": book,
                "signed_by": signed_by,
                "after_signed_at": after[0],
                "after_order": after[1],
                "after_merchant": after[2],
                "limit": PAGE,
            }
            statement = text(_DUE.format(table=opened.generation.stored_name(DUE)))
            return [Candidate(*row) for row in opened.connection.execute(statement, values)]

        return self.app.views.read(_VIEW, query, books=[book])
