"""Breaks for expected amounts that came only in part, from the first part until the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from commands.command import Command
from commands.contradictions import break_id_of, break_once, explained
from ledger.events.event import Event
from ledger.events.logistics import LogisticsClaimSettled
from ledger.events.payments import PaymentCaptured
from ledger.events.psp_settlement import PspSettlementMatched, PspSettlementReceived
from ledger.events.unmatched_money import UnmatchedFundsMatched, UnmatchedFundsSettled
from ledger.streams.amounts.expectations import payment_expected
from ledger.streams.breaks import Break
from ledger.streams.expectation import Expectation
from ledger.streams.orders.logistics import Logistics
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Payments
from ledger.streams.receivables import Receivables
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.state_copy import state_copy
from ledger.streams.stream import Stream

_KIND, _OF = "amount_mismatch", "expected_of"
_PAYMENTS = (
    PspSettlementReceived,
    PspSettlementMatched,
    UnmatchedFundsSettled,
    UnmatchedFundsMatched,
    LogisticsClaimSettled,
)


def shortfalls(command: Command, stream: Stream, events: Sequence[Event]) -> Iterator[Event]:
    """Yields a break for each amount that is short after these events, and resolves those no longer short."""
    if not isinstance(stream, Order | UnmatchedItem):
        return
    waiting = {name: each for name, each in stream.known_breaks.items() if each.is_open and _OF in each.opened.refs}
    if not waiting and not any(_is_payment(stream, event) for event in events):
        return
    for each in _expectations(stream, events):
        if each.is_over:
            yield from short(command, stream, replace(each, kind=f"{each.kind}_and_more"))
        elif each.is_short:
            yield from short(command, stream, each)
        else:
            yield from _ended(command, stream, each, waiting)
    if isinstance(stream, Order) and any(each.opened.refs[_OF] == "payment" for each in waiting.values()):
        payment = payment_expected(stream.after(*events))
        if payment and payment.actual and not payment.is_short:
            yield from _ended(command, stream, payment, waiting)


def _is_payment(stream: Order | UnmatchedItem, event: Event) -> bool:
    """True if the event is expected money; a capture is, if we requested it from the provider."""
    if isinstance(event, PaymentCaptured):
        hold = stream.payments.authorizations.get(event.payment_id) if isinstance(stream, Order) else None
        return hold is not None and hold.asked > 0
    return isinstance(event, _PAYMENTS)


def short(command: Command, stream: Stream, each: Expectation) -> Iterator[Event]:
    """Opens the break of an amount that came in part, once. `shortfalls` resolves it when the rest comes."""
    yield from break_once(
        stream.known_breaks,
        kind=_KIND,
        expected=str(each.expected),
        actual=str(each.actual),
        refs=_refs(stream, each),
        at=command.decided_at,
    )


def _ended(command: Command, stream: Stream, each: Expectation, waiting: Mapping[str, Break]) -> Iterator[Event]:
    if known := waiting.get(break_id_of(_KIND, _refs(stream, each))):
        yield explained(command, known, "rest_came_later", "has brought the rest")


def _refs(stream: Stream, each: Expectation) -> dict[str, str]:
    return {"in_stream": stream.name, _OF: each.kind, "reference": each.reference}


def _expectations(stream: Order | UnmatchedItem, events: Iterable[Event]) -> Iterator[Expectation]:
    known: list[Receivables | Logistics | Payments] = [stream.receivables]
    if isinstance(stream, Order):
        known += [stream.logistics, stream.payments] if stream.payments.was_asked_for else [stream.logistics]
    for part in state_copy(known):
        for event in events:
            part.remember(event)
        yield from part.expectations()
