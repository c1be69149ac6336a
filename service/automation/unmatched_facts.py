"""Matches unmatched facts whose order is now known. Providers report in any order, for example a dispute before its
capture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from threading import Event

from commands.bus.outcome import Outcome
from commands.command import Command
from ledger.ids import PLATFORM_BOOK, command_id
from ledger.streams.reference_data import UnmatchedItem
from projections.reconciliation.psp_references import PspReference, orders_of
from projections.reconciliation.waiting_references import references_in
from service.app import App
from service.automation.waiting_items import NotWhole, WaitingItems
from service.loops.timer import TIMER
from service.partner_facts.payments import Order
from service.partner_reports.provider_reports import shares
from service.partner_reports.table import report_to
from service.unmatched.fact_matches import FactMatcher, noted_facts, reports_to


class WaitingFacts(WaitingItems):
    """Matches a fact if all its known references belong to one order, or if it concerns all orders of one capture.
    People match the others.
    """

    name = "unmatched_facts"
    what = "fact"

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._facts = FactMatcher(app.ledger, app.bus)

    def match(self, psp: str, items: Mapping[str, UnmatchedItem]) -> int:
        names = {stream: _names(item) for stream, item in items.items()}
        known = self._known(psp, sorted({name for named in names.values() for name in named}))
        done = 0
        for stream, named in names.items():
            found = [{_order(each) for each in known[name]} for name in named if name in known]
            orders = set[Order].intersection(*found) if found else set()
            if (reports := _reports(items[stream], orders, known)) is not None:
                work = partial(self._report, items[stream], reports, sorted(orders))
                outcome = self.loop.alone(PLATFORM_BOOK, stream, work)
                done += outcome is not None and outcome.status == "recorded" and not outcome.repeated
        return done

    def _known(self, psp: str, names: list[str]) -> Mapping[str, Sequence[PspReference]]:
        known, found = orders_of(self.app.views, psp, names), defaultdict[str, list[PspReference]](list)
        if known.held.short_in():
            raise NotWhole
        for each in known.references:
            found[each.reference].append(each)
        return found

    def _report(self, item: UnmatchedItem, reports: Sequence[Command], orders: Sequence[Order]) -> Outcome:
        id = command_id("match", item.name, str(item.version))
        return self._facts.report(item, reports, orders, actor=TIMER, id=id)


def _reports(
    item: UnmatchedItem, orders: set[Order], known: Mapping[str, Sequence[PspReference]]
) -> list[Command] | None:
    """Returns the reports of all facts of the item to these orders; None if it is not known which they concern."""
    if len(orders) == 1:
        return list(reports_to(item, next(iter(orders))))
    reports = list[Command]()
    for fact in noted_facts(item):
        charges = [each for each in known.get(fact.capture_key, ()) if each.kind == "charge"]
        shared = shares(fact, {_order(each): each.amount for each in charges})
        if shared.keys() != orders or not orders:
            return None
        reports += [report for order, each in shared.items() if (report := report_to(each, order))]
    return reports or None


def _order(found: PspReference) -> Order:
    return found.merchant, found.order_id


def _names(item: UnmatchedItem) -> set[str]:
    """Returns the references that the facts noted since the last match name."""
    noted = item.noted[len(item.noted) - item.noted_since :]
    return {reference for note in noted for reference, what in references_in(note) if what == "fact"}
