"""Payments of an order: authorisations, captures, and the allocation to the order."""

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
from ledger.folds.evolution import Evolving
from ledger.fx import CNY, NO_CNY, Rate
from ledger.money import Money, share, total
from ledger.streams.expectation import Expectation

AuthorizationState = Literal["authorized", "declined", "expired", "voided"]


@dataclass(slots=True)
class Authorization:
    """One payment as the issuer authorised it, and the open requests to the provider."""

    payment_id: str
    amount: Money
    expires_at: datetime | None = None
    state: AuthorizationState = "authorized"
    psp: str = ""
    psp_ref: str = ""
    requested: dict[str, Money] = field(default_factory=dict)  # unanswered captures, by request
    asked: int = 0  # sum of all requests that did not fail, in minor units
    came: int = 0  # captured since the first request, in minor units
    requested_at: datetime | None = None  # of the last capture
    failures: int = 0  # number of requested captures that failed
    void_requested: bool = False
    ended: PaymentVoided | PaymentAuthorizationExpired | None = None  # the earliest void or expiry
    is_reported: bool = False  # False if only its end or its decline is known

    def holds_at(self, instant: datetime) -> bool:
        """True if a capture at `instant` was to be expected, whatever was reported of later instants."""
        in_time = self.expires_at is None or instant <= self.expires_at
        return in_time and (
            self.ended_at is None or instant < self.ended_at
        )  # a declined payment may be authorised again

    @property
    def ended_at(self) -> datetime | None:
        """The instant when the money was given back, or None."""
        return _ended_at(self.ended) if self.ended else None

    def end(self, event: PaymentVoided | PaymentAuthorizationExpired) -> None:
        """Records a void or expiry. The earliest one counts."""
        if self.ended_at is None or _ended_at(event) < self.ended_at:
            self.ended = event

    @property
    def being_captured(self) -> Money:
        """The sum of unanswered captures."""
        return Money(sum(amount.minor for amount in self.requested.values()), self.amount.currency)

    def ask(self, request_id: str, amount: Money) -> None:
        """Records a request to capture `amount`."""
        self.requested[request_id] = amount
        self.asked += amount.minor

    def answer(self, captured: Money) -> None:
        """Applies a capture to the requests.

        It answers the request of its exact amount, else the shortfall of answered requests, else the oldest requests
        until the amount is used up.
        """
        if not self.asked:
            return
        if captured.currency != self.amount.currency:  # which has its own break
            self.refuse(captured)
            return
        short, self.came = self.answered - self.came, self.came + captured.minor
        if self._drop(captured) or captured.minor <= short:
            return
        left = captured.minor - max(0, short)
        while self.requested and left > 0:
            left -= self.requested.pop(next(iter(self.requested))).minor

    def refuse(self, amount: Money) -> None:
        """Records that the request of this amount failed, or else the oldest request."""
        if self.requested:
            failed = self._drop(amount) or self.requested.pop(next(iter(self.requested)))
            self.asked -= failed.minor

    def undo(self, amount: Money) -> None:
        """Records that a capture did not happen: its request has failed."""
        undone = min(self.came, amount.minor) if amount.currency == self.amount.currency else 0
        self.asked, self.came = self.asked - undone, self.came - undone

    @property
    def answered(self) -> int:
        """The sum of answered requests, in minor units."""
        return self.asked - self.being_captured.minor

    @property
    def expectation(self) -> Expectation | None:
        """The answered requests and the money captured on them, as an expectation; None without a request."""
        if not self.asked:
            return None
        expected, came = (Money(minor, self.amount.currency) for minor in (self.answered, self.came))
        return Expectation("capture_asked_for", self.payment_id, expected, came, over_is_a_break=True)

    def _drop(self, amount: Money) -> Money | None:
        """Removes the first request of exactly this amount and returns it, or None."""
        request_id = next((id for id, asked in self.requested.items() if asked == amount), None)
        return self.requested.pop(request_id) if request_id else None


def _ended_at(event: PaymentVoided | PaymentAuthorizationExpired) -> datetime:
    return event.happened_at if isinstance(event, PaymentVoided) else event.expires_at


@dataclass(slots=True)
class Capture:
    """Money that the provider took. `allocated` belongs to the order. `given_back` is owed to the buyer again, or lost
    in a dispute. The rest (`free`) stands in 2220. Each has its share of the base (CNY).

    `set_aside`: unexpected money that is not used for the order; `spare` if the only reason is that the order is
    already paid, and as long as it is. `paid_back`: refunds of the order submitted on this capture and not failed.
    `steps`: the number of captures under this reference. `is_shown`: only a settlement reports it.
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
    borne: Money | None = None  # of a failed capture: the part that was allocated or given back
    borne_base: Money = NO_CNY
    taken_back: Money | None = None  # the part of `borne` that nobody was paid in the end
    taken_back_base: Money = NO_CNY

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
            allocated_base=NO_CNY,
            paid_back=nothing,
            given_back=nothing,
            given_back_base=NO_CNY,
            book_rate=event.book_rate,
            captured_at=event.counts_from(event.captured_at),
            is_shown=event.shown_by is not None,
        )

    def grow(self, event: PaymentCaptured) -> None:
        """Adds a further capture under the same reference."""
        self.amount, self.base, self.steps = self.amount + event.amount, self.base + event.base, self.steps + 1

    @property
    def free(self) -> Money:
        """The part that is neither allocated nor given back; zero if the capture failed."""
        nothing = Money(0, self.amount.currency)
        return nothing if self.failed else self.amount - self.allocated - self.given_back

    @property
    def free_base(self) -> Money:
        return NO_CNY if self.failed else self.base - self.allocated_base - self.given_back_base

    def base_of(self, part: Money) -> Money:
        """Returns the CNY value of a part of `free`; the last part takes the rest."""
        return share(self.free_base, upto=part.minor, of=self.free.minor, already=NO_CNY)

    def give_back(self, amount: Money, base: Money) -> None:
        """Moves a part of `free` to `given_back`: it is owed to the buyer, or lost in a dispute."""
        self.given_back, self.given_back_base = self.given_back + amount, self.given_back_base + base

    def fail(self, event: PaymentCaptureFailed) -> None:
        """Records that the capture did not happen. The used part is a loss, except liabilities that are
        extinguished."""
        self.failed = True
        self.borne, self.borne_base = event.amount - event.unallocated, event.base - event.unallocated_base
        self.taken_back = total([refund.amount for refund in event.owed], self.amount.currency)
        self.taken_back_base = event.fx + total([refund.carried for refund in event.owed], CNY)

    @property
    def loss(self) -> Money:
        """The platform's loss, because the capture failed; zero otherwise."""
        if self.borne is None or self.taken_back is None:
            return Money(0, self.amount.currency)
        return self.borne - self.taken_back

    def loss_base(self, part: Money) -> Money:
        """Returns the CNY value by which the loss shrinks with `part` (grows, if negative); the parts add up."""
        if self.borne is None or self.taken_back is None:
            return NO_CNY
        upto = (self.taken_back + part).minor
        return share(self.borne_base, upto=upto, of=self.borne.minor, already=self.taken_back_base)

    def take_back(self, amount: Money, base: Money) -> None:
        """Reduces the loss by `amount`; a negative amount increases it."""
        if self.taken_back is not None:
            self.taken_back, self.taken_back_base = self.taken_back + amount, self.taken_back_base + base

    @property
    def refundable(self) -> Money:
        """The amount that can still be refunded through this capture."""
        return Money(0, self.amount.currency) if self.failed else self.allocated - self.paid_back


class Payments(Evolving):
    """The payments of one order."""

    def __init__(self) -> None:
        self.initiated: set[str] = set()
        self.authorizations: dict[str, Authorization] = {}
        self.captures: dict[str, Capture] = {}
        self.allocation: PaymentAllocated | None = None
        self.failed_before: set[str] = set()  # captures whose failure was reported before they were

    def usable(self, currency: str) -> Iterator[Capture]:
        """Yields captures that can pay for an order in `currency`, in the order in which they became known."""
        for capture in self.captures.values():
            if not (capture.failed or capture.set_aside) and capture.amount.currency == currency:
                yield capture

    def captured_of(self, payment_id: str, currency: str) -> Money:
        """Returns the sum of one payment's captures in `currency`."""
        captures = (c for c in self.captures.values() if c.payment_id == payment_id and not c.failed)
        return Money(sum(c.amount.minor for c in captures if c.amount.currency == currency), currency)

    def end_contradicted(self, payment_id: str) -> str:
        """Returns the text of what was expected instead of the void or expiry of captured money, or ''.

        The end of the whole authorised amount is that of its rest: some providers name no other. A capture that was
        set aside has a break of its own.
        """
        hold = self.authorizations.get(payment_id)
        if hold is None or hold.ended is None:
            return ""
        ended = hold.ended.amount
        used = [capture for capture in self.usable(ended.currency) if capture.payment_id == payment_id]
        captured = total([capture.amount for capture in used], ended.currency)
        if not hold.is_reported or hold.amount.currency != ended.currency:
            return f"a refund: {captured} are captured" if captured else ""
        left = hold.amount - captured
        is_of_the_rest = left.minor > 0 and ended == hold.amount
        return f"at most {left}" if captured and left < ended and not is_of_the_rest else ""

    def under_way(self, currency: str, at: datetime) -> str | None:
        """Returns a payment whose money is captured for the order, or authorised at that instant, or None."""
        held = [
            hold.payment_id for hold in self.authorizations.values() if hold.state == "authorized" and hold.holds_at(at)
        ]
        return next(iter((*(capture.payment_id for capture in self.usable(currency)), *held)), None)

    def set_aside(self, capture_ref: str) -> None:
        """Sets an unexpected capture aside until a person decides."""
        capture = self.captures.get(capture_ref)
        if capture and capture.steps == 1:  # an earlier step may pay for the order already
            hold = self.authorizations.get(capture.payment_id)
            capture.set_aside = True
            capture.spare = bool(self.allocation) and (hold is None or hold.holds_at(capture.captured_at))

    def contradicted(self, event: ReconciliationBreakOpened) -> None:
        """Records the failure of a capture that was not reported: providers report in any order."""
        if event.kind == "fact_contradicts_state" and event.refs.get("fact") == "report_payment_failed":
            self.failed_before |= {event.refs["capture_ref"]} - self.captures.keys()

    @property
    def was_asked_for(self) -> bool:
        """True if a provider was ever asked to capture."""
        return any(hold.asked for hold in self.authorizations.values())

    def expectations(self) -> Iterator[Expectation]:
        """Yields each payment with requested captures as an expectation."""
        for hold in self.authorizations.values():
            if expectation := hold.expectation:
                yield expectation

    @property
    def known(self) -> set[str]:
        """The ids of all payments with any event."""
        captured = {capture.payment_id for capture in self.captures.values()}
        return self.initiated | self.authorizations.keys() | captured

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies a payment event."""

    @evolve.register
    def _(self, event: PaymentInitiated) -> None:
        self.initiated.add(event.payment_id)

    @evolve.register
    def _(self, event: PaymentAuthorized) -> None:
        self.authorizations[event.payment_id] = Authorization(
            event.payment_id, event.amount, event.expires_at, psp=event.psp, psp_ref=event.psp_ref, is_reported=True
        )

    @evolve.register
    def _(self, event: PaymentDeclined) -> None:
        hold = self.authorizations.get(event.payment_id)
        if hold and hold.requested:  # the capture failed, and the authorisation stands
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
