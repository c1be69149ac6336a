"""What an order remembers of its payments: what was authorised and captured, and what of it belongs to the order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal

from ledger.events.payment_requests import PaymentCaptureRequested, PaymentVoidRequested
from ledger.events.payments import (
    PaymentAllocated,
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentInitiated,
    PaymentVoided,
)
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.fx import CNY, Rate
from ledger.money import Money, share, total
from ledger.streams.evolution import Evolving
from ledger.streams.expectation import Expectation

AuthorizationState = Literal["authorized", "declined", "expired", "voided"]


@dataclass(slots=True)
class Authorization:
    """One payment as the issuer answered it, and what the provider was asked to do with it and has not yet."""

    payment_id: str
    amount: Money
    expires_at: datetime | None = None
    state: AuthorizationState = "authorized"
    psp: str = ""
    psp_ref: str = ""
    requested: dict[str, Money] = field(default_factory=dict)  # captures that are not answered, by request
    asked: int = 0  # by all requests that did not fail, in minor units
    came: int = 0  # captured since the first of them
    requested_at: datetime | None = None  # when a capture was last asked for
    failures: int = 0  # of captures that were asked for
    void_requested: bool = False
    ended: PaymentVoided | PaymentAuthorizationExpired | None = None  # what gave the money back to the buyer, first

    def holds_at(self, instant: datetime) -> bool:
        """Whether a capture at `instant` was to be expected, whatever was reported of later ones before."""
        in_time = self.expires_at is None or instant <= self.expires_at
        return in_time and (self.ended_at is None or instant < self.ended_at)  # a declined payment may be tried again

    @property
    def ended_at(self) -> datetime | None:
        """When the money was given back; None where it is held."""
        return _ended_at(self.ended) if self.ended else None

    def end(self, event: PaymentVoided | PaymentAuthorizationExpired) -> None:
        """The money was given back; of two such facts the earlier counts."""
        if self.ended_at is None or _ended_at(event) < self.ended_at:
            self.ended = event

    @property
    def being_captured(self) -> Money:
        """What the provider was asked to capture and has not answered yet."""
        return Money(sum(amount.minor for amount in self.requested.values()), self.amount.currency)

    def ask(self, request_id: str, amount: Money) -> None:
        """The provider is asked to capture so much."""
        self.requested[request_id] = amount
        self.asked += amount.minor

    def answer(self, captured: Money) -> None:
        """A capture is the answer to the request of its amount, else the rest of those that came short, else to the
        oldest, and to as many as it is for."""
        if not self.asked:
            return
        if captured.currency != self.amount.currency:  # which is a break of its own
            self.refuse(captured)
            return
        short, self.came = self.answered - self.came, self.came + captured.minor
        if self._drop(captured) or captured.minor <= short:
            return
        left = captured.minor - max(0, short)
        while self.requested and left > 0:
            left -= self.requested.pop(next(iter(self.requested))).minor

    def refuse(self, amount: Money) -> None:
        """The request of this amount has failed, else the oldest."""
        if self.requested:
            failed = self._drop(amount) or self.requested.pop(next(iter(self.requested)))
            self.asked -= failed.minor

    def undo(self, amount: Money) -> None:
        """A capture did not happen: the request of it has failed."""
        undone = min(self.came, amount.minor) if amount.currency == self.amount.currency else 0
        self.asked, self.came = self.asked - undone, self.came - undone

    @property
    def answered(self) -> int:
        """What was asked for by the requests that are answered, in minor units."""
        return self.asked - self.being_captured.minor

    @property
    def expectation(self) -> Expectation | None:
        """What the answered requests were for, beside what was captured on them; None where nobody asked."""
        if not self.asked:
            return None
        expected, came = (Money(minor, self.amount.currency) for minor in (self.answered, self.came))
        return Expectation("capture_asked_for", self.payment_id, expected, came, over_is_a_break=True)

    def _drop(self, amount: Money) -> Money | None:
        """The first request of exactly this amount is answered."""
        request_id = next((id for id, asked in self.requested.items() if asked == amount), None)
        return self.requested.pop(request_id) if request_id else None


def _ended_at(event: PaymentVoided | PaymentAuthorizationExpired) -> datetime:
    return event.happened_at if isinstance(event, PaymentVoided) else event.expires_at


@dataclass(slots=True)
class Capture:
    """Money the provider took. `allocated` belongs to the order, `given_back` is owed to the buyer again or lost in a
    dispute, and the rest (`free`) stands in 2220; each with its share of the base.

    `set_aside`: unexpected money, not used for the order; `spare` where that is only because the order was paid, and
    for as long as it is. `paid_back` = refunds of the order submitted on it and not
    failed. `steps` = how often the provider captured under this name. `is_shown`: only a settlement shows it.
    """

    payment_id: str
    capture_ref: str
    psp: str
    amount: Money
    base: Money
    allocated: Money
    allocated_base: Money
    paid_back: Money
    given_back: Money
    given_back_base: Money
    book_rate: Rate
    captured_at: datetime
    steps: int = 1
    is_shown: bool = False
    set_aside: bool = False
    spare: bool = False
    failed: bool = False
    borne: Money | None = None  # of one that failed: what others relied on, with `borne_base`
    borne_base: Money = field(default_factory=lambda: Money(0, CNY))
    taken_back: Money | None = None  # of that, what nobody was paid in the end
    taken_back_base: Money = field(default_factory=lambda: Money(0, CNY))

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
            given_back=nothing,
            given_back_base=Money(0, CNY),
            book_rate=event.book_rate,
            captured_at=event.counts_from(event.captured_at),
            is_shown=event.shown_by is not None,
        )

    def grow(self, event: PaymentCaptured) -> None:
        """The provider captured more under the same name."""
        self.amount, self.base, self.steps = self.amount + event.amount, self.base + event.base, self.steps + 1

    @property
    def free(self) -> Money:
        """What of it belongs to nobody yet."""
        nothing = Money(0, self.amount.currency)
        return nothing if self.failed else self.amount - self.allocated - self.given_back

    @property
    def free_base(self) -> Money:
        return Money(0, CNY) if self.failed else self.base - self.allocated_base - self.given_back_base

    def base_of(self, part: Money) -> Money:
        """The base of a part of what is free; of the last part, all that is left."""
        return share(self.free_base, upto=part.minor, of=self.free.minor, already=Money(0, CNY))

    def give_back(self, amount: Money, base: Money) -> None:
        """So much of what was free is owed to the buyer, or lost to them."""
        self.given_back, self.given_back_base = self.given_back + amount, self.given_back_base + base

    def fail(self, event: PaymentCaptureFailed) -> None:
        """It did not happen: what others relied on is lost, except for what is no longer owed."""
        self.failed = True
        self.borne, self.borne_base = event.amount - event.unallocated, event.base - event.unallocated_base
        self.taken_back = total([refund.amount for refund in event.owed], self.amount.currency)
        self.taken_back_base = event.fx + total([refund.carried for refund in event.owed], CNY)

    @property
    def loss(self) -> Money:
        """What the platform bears of it, because it failed."""
        if self.borne is None or self.taken_back is None:
            return Money(0, self.amount.currency)
        return self.borne - self.taken_back

    def loss_base(self, part: Money) -> Money:
        """What so much less (or, where negative, more) of the loss comes to in CNY; the parts add up."""
        if self.borne is None or self.taken_back is None:
            return Money(0, CNY)
        upto = (self.taken_back + part).minor
        return share(self.borne_base, upto=upto, of=self.borne.minor, already=self.taken_back_base)

    def take_back(self, amount: Money, base: Money) -> None:
        """So much of the loss is none after all; with the other sign, it is one again."""
        if self.taken_back is not None:
            self.taken_back, self.taken_back_base = self.taken_back + amount, self.taken_back_base + base

    @property
    def refundable(self) -> Money:
        """What can still be paid back to the buyer through this capture."""
        return Money(0, self.amount.currency) if self.failed else self.allocated - self.paid_back


class Payments(Evolving):
    """The payments of one order."""

    def __init__(self) -> None:
        self.initiated: set[str] = set()
        self.authorizations: dict[str, Authorization] = {}
        self.captures: dict[str, Capture] = {}
        self.allocation: PaymentAllocated | None = None
        self.failed_before: set[str] = set()  # captures that were said to have failed before they were reported

    def usable(self, currency: str) -> Iterator[Capture]:
        """Captures that can pay for an order in `currency`, in the order they became known."""
        for capture in self.captures.values():
            if not (capture.failed or capture.set_aside) and capture.amount.currency == currency:
                yield capture

    def captured_of(self, payment_id: str, currency: str) -> Money:
        """The sum of one payment's captures."""
        captures = (c for c in self.captures.values() if c.payment_id == payment_id and not c.failed)
        return Money(sum(c.amount.minor for c in captures if c.amount.currency == currency), currency)

    def under_way(self, currency: str, at: datetime) -> str | None:
        """A payment whose money is captured for the order, or held for it at that instant; None where there is none."""
        held = [
            hold.payment_id for hold in self.authorizations.values() if hold.state == "authorized" and hold.holds_at(at)
        ]
        return next(iter((*(capture.payment_id for capture in self.usable(currency)), *held)), None)

    def set_aside(self, capture_ref: str) -> None:
        """The money is not what anybody expected: it stays where it is until a person decides."""
        capture = self.captures.get(capture_ref)
        if capture and capture.steps == 1:  # of several steps, the first may pay for the order already
            hold = self.authorizations.get(capture.payment_id)
            capture.set_aside = True
            capture.spare = bool(self.allocation) and (hold is None or hold.holds_at(capture.captured_at))

    def contradicted(self, event: ReconciliationBreakOpened) -> None:
        """A failure of a capture nobody had reported: providers report in any order."""
        if event.kind == "fact_contradicts_state" and event.refs.get("fact") == "report_payment_failed":
            self.failed_before |= {event.refs["capture_ref"]} - self.captures.keys()

    @property
    def was_asked_for(self) -> bool:
        """True if a provider was ever asked to capture."""
        return any(hold.asked for hold in self.authorizations.values())

    def expectations(self) -> Iterator[Expectation]:
        """What providers were asked to capture, and have."""
        for hold in self.authorizations.values():
            if expectation := hold.expectation:
                yield expectation

    @property
    def known(self) -> set[str]:
        """The payments we have heard of in any way."""
        captured = {capture.payment_id for capture in self.captures.values()}
        return self.initiated | self.authorizations.keys() | captured

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Remember a payment event."""

    @evolve.register
    def _(self, event: PaymentInitiated) -> None:
        self.initiated.add(event.payment_id)

    @evolve.register
    def _(self, event: PaymentAuthorized) -> None:
        self.authorizations[event.payment_id] = Authorization(
            event.payment_id, event.amount, event.expires_at, psp=event.psp, psp_ref=event.psp_ref
        )

    @evolve.register
    def _(self, event: PaymentDeclined) -> None:
        hold = self.authorizations.get(event.payment_id)
        if hold and hold.requested:  # the capture failed, the issuer still holds the money
            hold.refuse(event.amount)
            hold.failures += 1
        else:
            self._close(event.payment_id, event.amount, "declined")

    @evolve.register
    def _(self, event: PaymentCaptureRequested) -> None:
        hold = self.authorizations[event.payment_id]
        hold.ask(event.request_id, event.amount)
        hold.requested_at = event.requested_at

    @evolve.register
    def _(self, event: PaymentVoidRequested) -> None:
        self.authorizations[event.payment_id].void_requested = True

    @evolve.register
    def _(self, event: PaymentAuthorizationExpired) -> None:
        self._close(event.payment_id, event.amount, "expired").end(event)

    @evolve.register
    def _(self, event: PaymentVoided) -> None:
        self._close(event.payment_id, event.amount, "voided").end(event)

    @evolve.register
    def _(self, event: PaymentCaptured) -> None:
        if known := self.captures.get(event.capture_ref):
            known.grow(event)
        else:
            self.captures[event.capture_ref] = Capture.of(event)
        if hold := self.authorizations.get(event.payment_id):
            hold.answer(event.amount)

    @evolve.register
    def _(self, event: PaymentAllocated) -> None:
        self.allocation = event
        self._allocate(event, 1)

    @evolve.register
    def _(self, event: PaymentCaptureFailed) -> None:
        capture = self.captures[event.capture_ref]
        capture.fail(event)
        if hold := self.authorizations.get(capture.payment_id):
            hold.undo(event.amount)
        if event.undone:
            self.allocation = None
            self._allocate(event.undone, -1)
            for capture in self.captures.values():
                capture.set_aside = capture.set_aside and not capture.spare

    def _allocate(self, event: PaymentAllocated, sign: int) -> None:
        for part in event.parts:
            capture = self.captures[part.capture_ref]
            capture.allocated += part.amount * sign
            capture.allocated_base += part.base * sign

    def _close(self, payment_id: str, amount: Money, state: AuthorizationState) -> Authorization:
        known = self.authorizations.setdefault(payment_id, Authorization(payment_id, amount))
        known.state = state
        return known
