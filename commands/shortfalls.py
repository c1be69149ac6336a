"""Expected amounts that came in part: a break from the first part until the last, whatever they are of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy

from commands.breaks import break_id_of, break_once, explained
from commands.command import Command
from ledger.events.event import Event
from ledger.events.inbox_money import UnallocatedFundsMatched, UnallocatedFundsSettled
from ledger.events.logistics import LogisticsClaimSettled
from ledger.events.psp_settlement import PspSettlementMatched, PspSettlementReceived
from ledger.streams.expectation import Expectation
from ledger.streams.order import Order
from ledger.streams.reference_streams import InboxItem
from ledger.streams.stream import Stream

_KIND = "amount_mismatch"
_PAYMENTS = (
    PspSettlementReceived,
    PspSettlementMatched,
    UnallocatedFundsSettled,
    UnallocatedFundsMatched,
    LogisticsClaimSettled,
)


def shortfalls(command: Command, stream: Stream, events: Sequence[Event]) -> Iterator[Event]:
    """Yields the break of what is short after these events, and the end of one that is short no more."""
    if not isinstance(stream, Order | InboxItem):
        return
    waiting = {name for name, each in stream.known_breaks.items() if each.is_open and "expected_of" in each.opened.refs}
    if not waiting and not any(isinstance(event, _PAYMENTS) for event in events):
        return
    for each in _expectations(stream, events):
        refs = {"in_stream": stream.name, "expected_of": each.kind, "reference": each.reference}
        break_id = break_id_of(_KIND, refs)
        if each.is_short:
            said = {"expected": str(each.expected), "actual": str(each.actual)}
            yield from break_once(stream.known_breaks, kind=_KIND, refs=refs, at=command.decided_at, **said)
        elif break_id in waiting:
            yield explained(command, stream.known_breaks[break_id], "rest_came_later", "has reported the rest")


def _expectations(stream: Order | InboxItem, events: Iterable[Event]) -> Iterator[Expectation]:
    parts = (stream.receivables, stream.logistics) if isinstance(stream, Order) else (stream.receivables,)
    for part in deepcopy(parts):
        for event in events:
            part.remember(event)
        yield from part.expectations()
