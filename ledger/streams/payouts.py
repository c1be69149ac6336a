"""The stream of a merchant's payouts, and of holds on its available money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal

from ledger.events.settlement import (
    HoldReleased,
    PayoutCancelled,
    PayoutFailed,
    PayoutInitiated,
    PayoutPaid,
    PayoutReturned,
    PayoutSubmitted,
    ReconciliationBreakOpened,
    SettlementHeld,
)
from ledger.money import Money
from ledger.streams.merchants import PayoutAccount
from ledger.streams.stream import Stream

PayoutState = Literal["initiated", "submitted", "paid", "failed", "cancelled", "returned"]


@dataclass(slots=True)
class Payout:
    """One payout to the merchant. Its money stands in 2140 while it is in flight."""

    id: str
    amount: Money
    account_ref: str
    account_verified_at: datetime
    state: PayoutState = "initiated"
    bank_ref: str = ""

    @property
    def is_in_flight(self) -> bool:
        return self.state in ("initiated", "submitted")

    @property
    def keeps_its_money(self) -> bool:
        """True if its money has left the available balance: in flight, or paid."""
        return self.is_in_flight or self.state == "paid"


@dataclass(slots=True)
class Hold:
    """Money on hold. `amount` is the rest of it in 2130 (CNY)."""

    id: str
    amount: Money
    order_id: str | None
    line_id: str | None
    reason: str
    parcel_id: str | None = None  # of a hold on `qty` units in one parcel
    qty: int | None = None


class Payouts(Stream):
    """The stream `payouts/<merchant>`: payouts, and holds on available money."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.payouts: dict[str, Payout] = {}
        self.bounced: set[tuple[str, datetime]] = set()  # (account, verified_at) whose payout was returned
        self.holds: dict[str, Hold] = {}
        self.breaks: set[str] = set()  # ids of all breaks ever opened, so that none is opened twice

    def has_bounced(self, account: PayoutAccount) -> bool:
        """True if a payout to the account was returned after its last verification (domain §4.5, scenario 8)."""
        return (account.ref, account.verified_at) in self.bounced

    @property
    def in_flight(self) -> Payout | None:
        """The payout that the bank has not answered yet, or None. There is at most one."""
        return next((payout for payout in reversed(self.payouts.values()) if payout.is_in_flight), None)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: PayoutInitiated) -> None:
        self.payouts[event.payout_id] = Payout(
            event.payout_id, event.amount, event.account_ref, event.account_verified_at
        )

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
        payout = self.payouts[event.payout_id]
        self.bounced.add((payout.account_ref, payout.account_verified_at))

    @evolve.register
    def _(self, event: SettlementHeld) -> None:
        self.holds[event.hold_id] = Hold(event.hold_id, event.amount, event.order_id, event.line_id, event.reason)

    @evolve.register
    def _(self, event: HoldReleased) -> None:
        self.holds[event.hold_id].amount -= event.amount

    @evolve.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        self.breaks.add(event.break_id)

    def _move(self, payout_id: str, state: PayoutState, bank_ref: str) -> None:
        payout = self.payouts[payout_id]
        payout.state, payout.bank_ref = state, bank_ref or payout.bank_ref
