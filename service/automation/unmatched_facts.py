"""Matches unmatched facts whose order is now known. Providers report in any order, for example a dispute before its
capture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from threading import Event

from commands.bus.outcome import Outcome
from ledger.ids import PLATFORM_BOOK, command_id
from ledger.streams.reference_data import UnmatchedItem
from projections.reconciliation.psp_references import orders_of
from projections.reconciliation.waiting_references import references_in
from service.app import App
from service.automation.waiting_items import NotWhole, WaitingItems
from service.loops.timer import TIMER
from service.unmatched.fact_matches import FactMatcher

Order = tuple[str, str]  # merchant and order


class WaitingFacts(WaitingItems):
    """Matches a fact only if all its known references belong to one order. People match the others."""

    name = "unmatched_facts"
    what = "fact"

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._facts = FactMatcher(app.ledger, app.bus)

    def match(self, psp: str, items: Mapping[str, UnmatchedItem]) -> int:
        names = {stream: _names(item) for stream, item in items.items()}
        known = self._orders(psp, sorted({name for named in names.values() for name in named}))
        done = 0
        for stream, named in names.items():
            orders = [known[name] for name in named if name in known]
            common = set[Order].intersection(*orders) if orders else set()
            if len(common) == 1:
                outcome = self.loop.alone(PLATFORM_BOOK, stream, partial(self._report, items[stream], common.pop()))
                done += outcome is not None and outcome.status == "recorded" and not outcome.repeated
        return done

    def _orders(self, psp: str, names: list[str]) -> Mapping[str, set[Order]]:
        known, orders = orders_of(self.app.views, psp, names), defaultdict[str, set[Order]](set)
        if known.held.short_in():
            raise NotWhole
        for found in known.references:
            orders[found.reference].add((found.merchant, found.order_id))
        return orders

    def _report(self, item: UnmatchedItem, order: Order) -> Outcome:
        _, system, reference = item.name.split("/")
        id = command_id("match", item.name, str(item.version))
        return self._facts.match(system, reference, merchant_id=order[0], order_id=order[1], actor=TIMER, id=id)


def _names(item: UnmatchedItem) -> set[str]:
    """Returns the references that the facts noted since the last match name."""
    noted = item.noted[len(item.noted) - item.noted_since :]
    return {reference for note in noted for reference, what in references_in(note) if what == "fact"}
