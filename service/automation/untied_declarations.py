"""Opens breaks for declarations, orders and receipts of payment that still do not agree after some time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from threading import Event

from commands.command import Command
from commands.parcels.flag_customs_tie import FlagCustomsTie
from ledger.deadlines import earlier
from ledger.ids import command_id, order_stream
from projections.worklists.declarations import Declarations, Mismatch, Tie, ties
from service.app import App
from service.loops.followed_view import FollowedView
from service.loops.loop import Item
from service.loops.timer import TIMER, Timer

_LATE = timedelta(days=1)  # customs and carriers may report in another order than things happened


class UntiedDeclarations(Timer):
    """Reads declarations that changed since the last look, or whose first fact has become a day old since."""

    name = "untied_declarations"
    every = timedelta(minutes=10)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._view = FollowedView(app, Declarations())

    def look(self) -> int:
        until = earlier(self.app.clock(), _LATE)
        since = self._view.begin(whole=self.loop.has_to_try_again, due_by=until)
        after = self._view.due_after(*since)
        found = ties(self.app.views, only_mismatches=True, known_until=until, since=since, known_after=after)
        book_of = self.app.ledger.directory.book_of
        recorded = self.loop.ask(item for tie in found for item in _items(book_of(tie.merchant), tie))
        self._view.end_all()
        return recorded


def _items(book: int, tie: Tie) -> Iterator[Item]:
    """Yields the flags of a tie. A parcel without an order is left out: it has a break since its first report."""
    for mismatch in tie.mismatches:
        if mismatch != "no_order":
            name = "#".join((order_stream(tie.merchant, tie.order_id), tie.declaration_no or "-", mismatch))
            yield Item(book, name, partial(_flag, tie, mismatch))


def _flag(tie: Tie, mismatch: Mismatch) -> Command:
    stream = order_stream(tie.merchant, tie.order_id)
    return FlagCustomsTie(
        id=command_id("tie", stream, mismatch, tie.declaration_no or "", *tie.parcels),
        actor=TIMER,
        merchant_id=tie.merchant,
        order_id=tie.order_id,
        parcel_ids=tie.parcels,
        declaration_no=tie.declaration_no,
        mismatch=mismatch,
    )
