"""What is remembered of a merchant's payouts: each with its state, and the one in flight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any, Literal

from ledger.events.settlement import (
    PayoutCancelled,
    PayoutFailed,
    PayoutInitiated,
    PayoutPaid,
    PayoutReturned,
    PayoutSubmitted,
    ReconciliationBreakOpened,
)
from ledger.money import Money
from ledger.streams.stream import Stream

PayoutState = Literal["initiated", "submitted", "paid", "failed", "cancelled", "returned"]


@dataclass(slots=True)
class Payout:
    """One transfer to the merchant; while in flight its money is in 2140."""

    id: str
    amount: Money
    account_ref: str
    state: PayoutState = "initiated"
    bank_ref: str = ""

    @property
    def is_in_flight(self) -> bool:
        return self.state in ("initiated", "submitted")


class Payouts(Stream):
    """The stream `payouts/<merchant>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.payouts: dict[str, Payout] = {}
        self.breaks: set[str] = set()  # ever opened: the same contradiction is told once

    @property
    def in_flight(self) -> Payout | None:
        """The payout the bank has not answered yet; there is at most one."""
        return next((payout for payout in reversed(self.payouts.values()) if payout.is_in_flight), None)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: PayoutInitiated) -> None:
        self.payouts[event.payout_id] = Payout(event.payout_id, event.amount, event.account_ref)

    @evolve.register
    def _(self, event: PayoutSubmitted) -> None:
        self._move(event.payout_id, "submitted", event.bank_ref)

    @evolve.register
    def _(self, event: PayoutPaid) -> None:
        self._move(event.payout_id, "paid", event.bank_ref)

    @evolve.register
    def _(self, event: PayoutFailed) -> None:
        self._move(event.payout_id, "failed", event.bank_ref)

    @evolve.register
    def _(self, event: PayoutCancelled) -> None:
        self._move(event.payout_id, "cancelled", event.bank_ref)

    @evolve.register
    def _(self, event: PayoutReturned) -> None:
        self._move(event.payout_id, "returned", event.bank_ref)

    @evolve.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        self.breaks.add(event.break_id)

    def _move(self, payout_id: str, state: PayoutState, bank_ref: str) -> None:
        payout = self.payouts[payout_id]
        payout.state, payout.bank_ref = state, bank_ref or payout.bank_ref
