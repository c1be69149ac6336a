"""Matches unmatched facts: reports them to their order, then marks them as matched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome, first_fault
from commands.command import Command
from commands.unmatched.mark_fact_matched import MarkFactMatched
from ledger.actors import Actor
from ledger.events.platform import MatchedPart
from ledger.ids import PLATFORM_BOOK, derived_id, order_stream, unmatched_stream
from ledger.ledger import Ledger
from ledger.streams.loader import load_stream
from ledger.streams.reference_data import UnmatchedItem
from service.partner_facts.payments import Order, ProviderFact
from service.partner_reports.noted_facts import noted_fact
from service.partner_reports.provider_reports import shares
from service.partner_reports.table import report_to


class FactMatcher:
    """May be interrupted and run again: the ids of its reports are derived from the notes, so that each is recorded
    once.
    """

    def __init__(self, ledger: Ledger, bus: Bus) -> None:
        self._ledger, self._bus = ledger, bus

    def match(self, system: str, reference: str, *, merchant_id: str, order_id: str, actor: Actor, id: str) -> Outcome:
        """Reports all facts noted under this reference to the order, and marks the item as matched.

        If a report ends in a fault, returns the fault, and the item stays unmatched.
        """
        item = unmatched_item(self._ledger, system, reference)
        return self.report(
            item, reports_to(item, (merchant_id, order_id)), [(merchant_id, order_id)], actor=actor, id=id
        )

    def report(
        self, item: UnmatchedItem, reports: Iterable[Command], orders: Iterable[Order], *, actor: Actor, id: str
    ) -> Outcome:
        """Submits the reports and marks the item as matched with the orders. An item that holds money is refused."""
        _, system, reference = item.name.split("/")
        streams = tuple(order_stream(*order) for order in orders)
        said = MarkFactMatched(id=id, actor=actor, system=system, reference=reference, streams=streams)
        holds_money = item.capture is not None and not item.is_matched
        if fault := first_fault(self._bus.submit([] if holds_money else list(reports))):
            return fault
        return self._bus.submit([said])[0]


def unmatched_item(ledger: Ledger, system: str, reference: str) -> UnmatchedItem:
    """Returns the unmatched item of this reference; an empty one if nothing was recorded under it."""
    return load_stream(ledger.reader, PLATFORM_BOOK, unmatched_stream(system, reference), UnmatchedItem)


def noted_facts(item: UnmatchedItem) -> Iterator[ProviderFact]:
    """Yields the providers' facts of the item; the id of each is derived from its note."""
    for n, note in enumerate(item.noted):
        if fact := noted_fact(note, derived_id("note", note.reference, str(n))):
            yield fact


def reports_to(item: UnmatchedItem, order: Order) -> Iterator[Command]:
    """Yields the providers' facts of the item as reports to an order."""
    for fact in noted_facts(item):
        if report := report_to(fact, order):
            yield report


def reports_with(item: UnmatchedItem, parts: Sequence[MatchedPart]) -> Iterator[Command]:
    """Yields the facts noted with money that is matched to these orders. With several orders, only failures and refunds
    of the whole are reported, each with the order's part; other facts need a single order.
    """
    amounts = {(part.merchant_id, part.order_id): part.amount for part in parts}
    for fact in noted_facts(item):
        alone = {} if len(parts) > 1 else dict.fromkeys(amounts, fact)
        for order, each in (shares(fact, amounts) or alone).items():
            if report := report_to(each, order):
                yield report
