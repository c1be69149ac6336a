"""Sums up what the log holds of a folder, so that the summary rests on recorded events, not on sent commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Protocol

from ledger.events.event import Event
from ledger.events.orders import OrderPlaced
from ledger.events.payments import PaymentCaptured
from ledger.events.platform import UnmatchedFactReported, UnmatchedPaymentCaptured
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.money import Money, total
from service.demo.olist.asker import SCOPE, subject_of
from service.demo.olist.folder import Folder
from service.demo.olist.reais import NO_REAIS, Reais
from service.demo.olist.source import BRL
from service.demo.olist.unmatched_steps import NO_MONEY

_NOUGHT = Money(0, BRL)
_READ = frozenset(
    kind.name
    for kind in (
        OrderPlaced,
        PaymentCaptured,
        UnmatchedPaymentCaptured,
        UnmatchedFactReported,
        ReconciliationBreakOpened,
    )
)


class Stored(Protocol):
    """The fields of a log row that are used here."""

    @property
    def command_id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def event(self) -> Event: ...


@dataclass(slots=True)
class LogTotals:
    """Amounts in BRL, units of items, events by type and breaks by kind."""

    reais: Reais = NO_REAIS
    units: int = 0
    events: Counter[str] = field(default_factory=Counter)
    breaks: Counter[str] = field(default_factory=Counter)

    def take(self, row: Stored) -> None:
        """Adds an event of the folder."""
        self.events[row.type] += 1
        if row.type not in _READ:
            return
        event = row.event
        self.reais = self.reais + reais_of(event)
        if isinstance(event, OrderPlaced):
            self.units += sum(line.qty for line in event.lines)
        elif isinstance(event, ReconciliationBreakOpened):
            self.breaks[event.kind] += 1


def log_totals(folder: Folder, rows: Iterable[Stored]) -> LogTotals:
    """Returns the totals of the rows that any import of this folder recorded."""
    subjects = {order.order_id for order in folder.orders} | set(folder.sellers) | set(folder.products)
    totals = LogTotals()
    for row in rows:
        if row.command_id.startswith(SCOPE) and subject_of(row.command_id) in subjects:
            totals.take(row)
    return totals


@singledispatch
def reais_of(event: Event) -> Reais:  # noqa: ARG001
    """Returns the source amounts in an event."""
    return NO_REAIS


@reais_of.register
def _(event: OrderPlaced) -> Reais:
    return Reais(
        items=total([line.source_price * line.qty for line in event.lines if line.source_price], BRL),
        freight=total([charge.source_amount for charge in event.charges if charge.source_amount], BRL),
    )


@reais_of.register
def _(event: PaymentCaptured | UnmatchedPaymentCaptured) -> Reais:
    return Reais(payments=event.source_amount or _NOUGHT)


@reais_of.register
def _(event: UnmatchedFactReported) -> Reais:
    return Reais(payments=Money(**event.body["source_amount"])) if event.kind == NO_MONEY else NO_REAIS
