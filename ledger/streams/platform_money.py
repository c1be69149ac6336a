"""The streams of the platform's own money: payments and exchanges by the bank's reference, and revaluations."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.platform_money import BankFxConverted, FxRevaluationPosted, PartnerInvoicePaid, TaxRemitted
from ledger.money import Money
from ledger.streams.stream import Stream


class BankMovement(Stream):
    """The streams `partner_payment/…`, `tax_payment/…` and `conversion/…`: one movement each, recorded once."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.moved: tuple[Money, Money] | None = None  # the amount paid or bought, and the amount that left the bank

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: PartnerInvoicePaid | TaxRemitted) -> None:
        self.moved = event.amount, event.cash

    @evolve.register
    def _(self, event: BankFxConverted) -> None:
        self.moved = event.bought, event.sold


class Revaluations(Stream):
    """The stream `revaluation/<period>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.posted = 0

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: FxRevaluationPosted) -> None:
        self.posted += 1
