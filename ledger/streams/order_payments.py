"""What an order remembers of its payments: what was authorised and captured, and what of it belongs to the order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal

from ledger.events.payment import (
    PaymentAllocated,
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentVoided,
)
from ledger.fx import CNY
from ledger.money import Money
from ledger.streams.evolving import Evolving

AuthorizationState = Literal["authorized", "declined", "expired", "voided"]


@dataclass(slots=True)
class Authorization:
    """One payment as the issuer answered it."""

    payment_id: str
    amount: Money
    expires_at: datetime | None = None
    state: AuthorizationState = "authorized"

    def holds_at(self, instant: datetime) -> bool:
        """Whether a capture at `instant` was to be expected."""
        in_time = self.expires_at is None or instant <= self.expires_at
        return in_time and self.state in ("authorized", "declined")  # a declined payment may be tried again


@dataclass(slots=True)
class Capture:
    """Money the provider took. `allocated` and `allocated_base` belong to the order, the rest stands in 2220.

    `set_aside`: unexpected money, never used for the order. `paid_back` = refunds submitted on it and not failed.
    """

    payment_id: str
    capture_ref: str
    psp: str
    amount: Money
    base: Money
    allocated: Money
    allocated_base: Money
    paid_back: Money
    set_aside: bool = False
    failed: bool = False

    @classmethod
    def of(cls, event: PaymentCaptured) -> Capture:
        nothing = Money(0, event.amount.currency)
        return cls(
            payment_id=event.payment_id,
            capture_ref=event.capture_ref,
            psp=event.psp,
            amount=event.amount,
            base=event.base,
            allocated=nothing,
            allocated_base=Money(0, CNY),
            paid_back=nothing,
        )

    @property
    def refundable(self) -> Money:
        """What can still be paid back to the buyer through this capture."""
        return Money(0, self.amount.currency) if self.failed else self.allocated - self.paid_back


class Payments(Evolving):
    """The payments of one order."""

    def __init__(self) -> None:
        self.authorizations: dict[str, Authorization] = {}
        self.captures: dict[str, Capture] = {}
        self.allocation: PaymentAllocated | None = None

    def usable(self, currency: str) -> Iterator[Capture]:
        """Captures that can pay for an order in `currency`, in the order they became known."""
        for capture in self.captures.values():
            if not (capture.failed or capture.set_aside) and capture.amount.currency == currency:
                yield capture

    def captured_of(self, payment_id: str, currency: str) -> Money:
        """The sum of one payment's captures."""
        captures = (c for c in self.captures.values() if c.payment_id == payment_id and not c.failed)
        return Money(sum(c.amount.minor for c in captures if c.amount.currency == currency), currency)

    def set_aside(self, capture_ref: str) -> None:
        """The money is not what anybody expected: it stays where it is until a person decides."""
        if capture_ref in self.captures:
            self.captures[capture_ref].set_aside = True

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Remember a payment event."""

    @evolve.register
    def _(self, event: PaymentAuthorized) -> None:
        self.authorizations[event.payment_id] = Authorization(event.payment_id, event.amount, event.expires_at)

    @evolve.register
    def _(self, event: PaymentDeclined) -> None:
        self._close(event.payment_id, event.amount, "declined")

    @evolve.register
    def _(self, event: PaymentAuthorizationExpired) -> None:
        self._close(event.payment_id, event.amount, "expired")

    @evolve.register
    def _(self, event: PaymentVoided) -> None:
        self._close(event.payment_id, event.amount, "voided")

    @evolve.register
    def _(self, event: PaymentCaptured) -> None:
        self.captures[event.capture_ref] = Capture.of(event)

    @evolve.register
    def _(self, event: PaymentAllocated) -> None:
        self.allocation = event
        self._allocate(event, 1)

    @evolve.register
    def _(self, event: PaymentCaptureFailed) -> None:
        self.captures[event.capture_ref].failed = True
        if event.undone:
            self.allocation = None
            self._allocate(event.undone, -1)

    def _allocate(self, event: PaymentAllocated, sign: int) -> None:
        for part in event.parts:
            capture = self.captures[part.capture_ref]
            capture.allocated += part.amount * sign
            capture.allocated_base += part.base * sign

    def _close(self, payment_id: str, amount: Money, state: AuthorizationState) -> None:
        known = self.authorizations.setdefault(payment_id, Authorization(payment_id, amount))
        known.state = state
