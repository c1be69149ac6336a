"""Unmatched facts on their way to the order they are about: reported there, and then no longer waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome, first_fault
from commands.command import Command
from commands.unmatched.mark_fact_matched import MarkFactMatched
from ledger.actors import Actor
from ledger.events.platform import MatchedPart
from ledger.ids import derived_id, order_stream, unmatched_stream
from ledger.ledger import Ledger
from ledger.streams.loader import load_stream
from ledger.streams.reference_data import UnmatchedItem
from service.adapters.psp.facts import noted_fact

_PLATFORM_BOOK = 0


class FactMatcher:
    """May be cut off anywhere: what is reported is reported under ids made of the note, and done again."""

    def __init__(self, ledger: Ledger, bus: Bus) -> None:
        self._ledger, self._bus = ledger, bus

    def match(self, system: str, reference: str, *, merchant_id: str, order_id: str, actor: Actor, id: str) -> Outcome:
        """Report all that was noted to this order, as far as it can be reported, and say that it is there.

        A report that failed by a fault leaves it where it is."""
        item = unmatched_item(self._ledger, system, reference)
        streams = (order_stream(merchant_id, order_id),)
        said = MarkFactMatched(id=id, actor=actor, system=system, reference=reference, streams=streams)
        reports = list(reports_to(item, (merchant_id, order_id))) if item.capture is None or item.is_matched else []
        if fault := first_fault(self._bus.submit(reports)):
            return fault
        return self._bus.submit([said])[0]


def unmatched_item(ledger: Ledger, system: str, reference: str) -> UnmatchedItem:
    """What is unmatched under a name; blank where it holds nothing."""
    return load_stream(ledger.reader, _PLATFORM_BOOK, unmatched_stream(system, reference), UnmatchedItem)


def reports_to(item: UnmatchedItem, order: tuple[str, str]) -> Iterator[Command]:
    """What providers said there, as reports to an order."""
    for n, note in enumerate(item.noted):
        fact = noted_fact(note, derived_id("note", note.reference, str(n)))
        if fact and (report := fact.report(order)):
            yield report


def reports_with(item: UnmatchedItem, parts: Sequence[MatchedPart]) -> Iterator[Command]:
    """What was noted of money that goes to these orders: a failure is each one's; the rest is of a single order."""
    for part in parts:
        for n, note in enumerate(item.noted):
            fact = noted_fact(note, derived_id("note", note.reference, str(n)))
            if fact and fact.kind == "failed":
                fact = fact.of(part.amount)
            elif len(parts) > 1:
                continue
            if fact and (report := fact.report((part.merchant_id, part.order_id))):
                yield report
