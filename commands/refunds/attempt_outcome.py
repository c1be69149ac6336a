"""The decision on a provider's report about a refund attempt, for orders and for unmatched money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, Self

from pydantic import model_validator

from commands.command import Report
from commands.contradictions import A_RATE
from commands.fields import PositiveMoney
from commands.rates import last_rate
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.fx import CNY, NO_CNY, Rate
from ledger.ids import UNKNOWN, Id
from ledger.money import Money, total
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.payable_refund import PayableRefund, RefundAttempts, attempt_of
from ledger.streams.refund_attempt import PAID, Answer, Recorded, RefundAttempt, Step


class RefundOutcomeReport(Report):
    """The fields of a report about a refund attempt. It names the attempt, the provider's reference or the refund."""

    psp: Id
    outcome: Literal["succeeded", "failed", "reversed"]
    amount: PositiveMoney
    attempt_id: Id | None = None
    psp_refund_ref: ReferenceOrNothing = ""
    code: str = ""
    refund_id: Id = UNKNOWN
    capture_ref: Reference

    @property
    def answer(self) -> Answer:
        return "paid" if self.outcome == "succeeded" else "back"

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not (self.attempt_id or self.psp_refund_ref or self.refund_id != UNKNOWN):
            raise ValueError("a refund's outcome needs our attempt_id, the provider's psp_refund_ref or our refund_id")
        return self


class OutcomeBooks(Protocol):
    """The stream of a report: its refunds, and the events and breaks that it records."""

    @property
    def events(self) -> Mapping[Recorded, Callable[..., Event]]:
        """The event types of a payment, a payment that is repeated, a failure and a return."""

    @property
    def refunds(self) -> Mapping[str, PayableRefund]: ...

    @property
    def nobodys(self) -> RefundAttempts: ...

    @property
    def named(self) -> dict[str, Any]:
        """The fields that each event of this stream has, and the payment's id if the attempt has none."""

    def reinstated(self, about: Mapping[str, Any], carried: Money) -> Event:
        """Returns the event that reinstates an extinguished liability. `about` has the ids of the attempt, and the
        amount."""

    def with_extinguished(self, reported: list[Event]) -> Iterator[Event]:
        """Yields the events, and the liabilities that end because their capture has failed."""

    def flag(self, kind: str, expected: str) -> Iterator[Event]:
        """Opens a break beside the report, once."""

    def flag_stale(self, rate: Rate, at: datetime) -> Iterator[Event]:
        """Opens a break if the rate is older than a decision at that time may use."""


def recorded_outcome(report: RefundOutcomeReport, books: OutcomeBooks, rules: Rules) -> Iterator[Event]:
    """Records the report by the table `STEPS`.

    Another amount than submitted moves nothing and opens a break. So does a missing rate: the money is booked when it
    is reported again.
    """
    refund_id, refund, attempt = attempt_of(report, books.refunds, books.nobodys)
    if attempt.amount != report.amount:
        yield from books.flag("amount_mismatch", str(attempt.amount))
        return
    outcome = _Outcome(report, books, refund_id, refund, attempt, attempt.step(report.answer, report.happened_at))
    rates = {event: last_rate(rules, report.amount.currency, at) for event, at in outcome.movements.items()}
    known = {event: rate for event, rate in rates.items() if rate}
    if len(known) < len(rates):
        yield from books.flag("rate_missing", A_RATE)
        return
    recorded = list(outcome.events(known))
    yield from books.with_extinguished(recorded)
    for event, rate in known.items():
        yield from books.flag_stale(rate, outcome.movements[event])
    yield from outcome.breaks() if recorded else ()
    if report.attempt_id not in (None, attempt.attempt_id) and attempt.is_asked:
        yield from books.flag("fact_contradicts_state", f"attempt {attempt.attempt_id}")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A report, the attempt that it is about, and the step of that attempt."""

    report: RefundOutcomeReport
    books: OutcomeBooks
    refund_id: str
    refund: RefundAttempts
    attempt: RefundAttempt
    step: Step

    @property
    def movements(self) -> dict[Recorded, datetime]:
        """The instant of each movement: of this report, or of an earlier one that it puts into another light."""
        is_paid = self.report.answer == "paid"
        at, paid_again_at, came_back_at = self.report.happened_at, self.attempt.paid_again_at, self.attempt.came_back_at
        instants: dict[Recorded, datetime | None] = {
            "payment": at if is_paid else paid_again_at,
            "return": came_back_at if is_paid else at,
        }
        return {event: instant for event in self.step.events if (instant := instants.get(event))}

    @property
    def revived(self) -> tuple[Money, Money]:
        """The part of an extinguished liability that this payment reinstates, and its CNY value in 2210."""
        parts = list(self._reinstated_parts())
        nothing = self.report.amount * 0
        return total([amount for _, amount, _ in parts], nothing.currency), total([each for *_, each in parts], CNY)

    def _reinstated_parts(self) -> Iterator[tuple[str, Money, Money]]:
        """Yields each part with its capture, in the buyer's currency and at its CNY value in 2210."""
        if self.step != PAID or not isinstance(self.refund, PayableRefund):
            return
        before, carried_before = self.report.amount * 0, NO_CNY
        for capture_ref, part in self.refund.to_reinstate(self.attempt):
            before += part
            carried = -self.refund.carried_of(-before)
            yield capture_ref, part, carried - carried_before
            carried_before = carried

    def events(self, rates: Mapping[Recorded, Rate]) -> Iterator[Event]:
        for capture_ref, amount, carried in self._reinstated_parts():
            yield self.books.reinstated(self._named | {"capture_ref": capture_ref, "amount": amount}, carried)
        for event in self.step.events:
            if event in rates:
                yield self._movement(event, rates[event], self._carried(rates))
            elif self.attempt.is_new(event, self.report.happened_at, self.report.psp_refund_ref):
                yield self._statement(event)

    def breaks(self) -> Iterator[Event]:
        if self.step == PAID and self.refund.is_exceeded_by(self.report.amount - self.revived[0]):
            yield from self.books.flag("double_refund", "paid back already")
        elif not self.attempt.is_asked:
            yield from self.books.flag("fact_contradicts_state", "no such refund")

    @property
    def _named(self) -> dict[str, Any]:
        names = ("attempt_id", "payment_id", "capture_ref", "psp", "amount")
        of_attempt = {name: value for name in names if (value := getattr(self.attempt, name)) is not None}
        return self.books.named | of_attempt | {"refund_id": self.refund_id}

    def _carried(self, rates: Mapping[Recorded, Rate]) -> Money:
        """Returns the CNY value in 2210 of the movement; of two movements, of both, because they cancel out."""
        if self.step.events[0] == "return":
            return self.refund.carried_by_return(self.attempt)
        amount, carried = self.revived
        paid = self.report.amount
        return self.refund.carried_by_payment(paid - amount, rates["payment"].convert(paid)) + carried

    def _movement(self, event: Recorded, rate: Rate, carried: Money) -> Event:
        """Returns a payment, or the return of one. A return that was reported earlier is booked on its own day."""
        base, at = rate.convert(self.report.amount), self.movements[event]
        about = self._named | {"psp_refund_ref": self.report.psp_refund_ref, "happened_at": at}
        money = {"book_rate": rate, "base": base, "carried": carried}
        if event == "payment":
            return self.books.events[event](**about, **money, fx=base - carried)
        is_earlier = self.report.answer == "paid"
        day = {"came_back_on": accounting_day(at)} if is_earlier else {}
        code = self.attempt.code if is_earlier else self.report.code
        return self.books.events[event](**about, **money, **day, fx=carried - base, code=code)

    def _statement(self, event: Recorded) -> Event:
        """Returns an answer that moves no money."""
        report = self.report
        about = self._named | {"psp_refund_ref": report.psp_refund_ref, "happened_at": report.happened_at}
        if event == "repeated":
            return self.books.events[event](**about)
        return self.books.events["failure"](**about, code=report.code, without_effect=event != "failure")
