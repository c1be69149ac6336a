"""Refunds with their attempts: the amount that is owed, the part that has arrived, and the attempt of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ledger.events.platform_money import UnmatchedFundsRefunded, UnmatchedRefundPaid
from ledger.events.refunds import RefundReversed, RefundSucceeded
from ledger.events.unmatched_money import UnmatchedRefundReversed
from ledger.fx import NO_CNY
from ledger.ids import UNKNOWN
from ledger.money import Money, share
from ledger.references import reference_key
from ledger.streams.refund_attempt import Outcome, RefundAttempt, Submission

_Known = tuple[str, "RefundAttempts", RefundAttempt]  # the refund's id, the refund, and one of its attempts


@dataclass(slots=True, kw_only=True)
class RefundAttempts:
    """Attempts by id. Used as it is, it holds the refunds of a stream that nobody asked for: nothing is owed for them,
    so a payment has the CNY value of its own day in 2210."""

    attempts: dict[str, RefundAttempt] = field(default_factory=dict)  # those we submitted
    unasked: dict[str, RefundAttempt] = field(default_factory=dict)  # those the provider made by itself

    @property
    def known(self) -> tuple[RefundAttempt, ...]:
        return (*self.attempts.values(), *self.unasked.values())

    @property
    def owed(self) -> Money | None:
        """The amount of the refund; None if nothing is owed."""
        return None

    def carried_by_payment(self, amount: Money, base: Money) -> Money:
        """Returns the CNY value in 2210 of a payment that is worth `base` on its day."""
        return base

    def carried_by_return(self, attempt: RefundAttempt) -> Money:
        """Returns the CNY value in 2210 of a payment that came back."""
        return attempt.carried

    def is_exceeded_by(self, amount: Money) -> bool:
        """True if the buyer has more than the refund once this amount is paid."""
        return False

    def submit(self, event: Submission) -> None:
        """Adds an attempt."""
        attempt = RefundAttempt.submitted(event)
        self.attempts[attempt.attempt_id] = attempt

    def answer(self, event: Outcome) -> None:
        """Applies a provider's answer to its attempt."""
        known = self.attempts.get(event.attempt_id) or self.unasked.get(event.attempt_id)
        attempt = known or self.unasked.setdefault(event.attempt_id, RefundAttempt.unknown(event))
        attempt.remember(event)


@dataclass(slots=True, kw_only=True)
class PayableRefund(RefundAttempts):
    """A refund that is owed. `paid` of it has reached the buyer; its CNY value `carried` has left 2210."""

    paid: Money
    by_alternative: Money  # the part of `paid` that no provider paid
    carried: Money = NO_CNY
    liability_extinguished: dict[str, Money] = field(default_factory=dict)  # the part of `paid`, by failed capture

    @property
    def base(self) -> Money:
        """The CNY value of the refund in 2210."""
        raise NotImplementedError

    @property
    def amount_owed(self) -> Money:
        owed = self.owed
        assert owed is not None, "only an approved refund is owed"
        return owed

    @property
    def unsubmitted(self) -> Money:
        """The amount that is owed and that no attempt covers; zero if attempts cover more than is owed."""
        owed = self.amount_owed
        covered = sum(attempt.amount.minor for attempt in self.known if attempt.counts)
        return Money(max(0, owed.minor - covered - self.by_alternative.minor), owed.currency)

    def carried_of(self, part: Money) -> Money:
        """Returns the CNY value in 2210 of the next part to be paid (or, if negative, to come back). It is cumulative:
        all parts sum to `base`, also after a part came back or was paid twice."""
        upto = (self.paid + part).minor
        return share(self.base, upto=upto, of=self.amount_owed.minor, already=self.carried)

    def carried_by_payment(self, amount: Money, base: Money) -> Money:
        return self.carried_of(amount)

    def carried_by_return(self, attempt: RefundAttempt) -> Money:
        return -self.carried_of(-attempt.amount)

    def is_exceeded_by(self, amount: Money) -> bool:
        return self.paid + amount > self.amount_owed

    def answer(self, event: Outcome) -> None:
        RefundAttempts.answer(self, event)
        match event:
            case RefundSucceeded() | UnmatchedRefundPaid():
                self.paid, self.carried = self.paid + event.amount, self.carried + event.carried
            case RefundReversed() | UnmatchedRefundReversed():
                self.paid, self.carried = self.paid - event.amount, self.carried - event.carried

    def reach_otherwise(self, amount: Money, carried: Money) -> None:
        """Records that the buyer has `amount` without a provider's refund; a negative amount takes it back."""
        self.by_alternative = self.by_alternative + amount
        self.paid, self.carried = self.paid + amount, self.carried + carried

    def owe_no_more(self, capture_ref: str, amount: Money, carried: Money) -> None:
        """Extinguishes the liability for `amount`, because its capture failed; a negative amount reinstates it."""
        known = self.liability_extinguished.get(capture_ref)
        self.liability_extinguished[capture_ref] = known + amount if known else amount
        self.reach_otherwise(amount, carried)

    def to_reinstate(self, attempt: RefundAttempt) -> Iterator[tuple[str, Money]]:
        """Yields the parts of the extinguished liability that a payment by this attempt revives, with their captures.

        The capture of the attempt comes first.
        """
        if attempt.counts or not self.liability_extinguished:
            return
        left = attempt.amount - self.unsubmitted
        for capture_ref in sorted(self.liability_extinguished, key=lambda each: each != attempt.capture_ref):
            part = min(left, self.liability_extinguished[capture_ref])
            if part.minor > 0:
                yield capture_ref, part
                left -= part


@dataclass(slots=True, kw_only=True)
class UnmatchedRefund(PayableRefund):
    """A refund of unmatched money, as it was decided."""

    decided: UnmatchedFundsRefunded

    @classmethod
    def of(cls, event: UnmatchedFundsRefunded) -> UnmatchedRefund:
        nothing = event.amount * 0
        refund = cls(decided=event, paid=nothing, by_alternative=nothing)
        refund.submit(event)
        return refund

    @property
    def owed(self) -> Money:
        return self.decided.amount

    @property
    def base(self) -> Money:
        return self.decided.base


class Reported(Protocol):
    """The fields of a report by which its attempt is found."""

    @property
    def psp(self) -> str: ...
    @property
    def amount(self) -> Money: ...
    @property
    def attempt_id(self) -> str | None: ...
    @property
    def psp_refund_ref(self) -> str: ...
    @property
    def refund_id(self) -> str: ...
    @property
    def capture_ref(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...


def refund_of(event: Outcome, refunds: Mapping[str, RefundAttempts], nobodys: RefundAttempts) -> RefundAttempts:
    """Returns the refund that a recorded answer belongs to."""
    return refunds.get(event.refund_id, nobodys)


def attempt_of(report: Reported, refunds: Mapping[str, RefundAttempts], nobodys: RefundAttempts) -> _Known:
    """Returns the attempt of a report, with its refund; a new attempt in the state `unknown` if there is none.

    One reference of the provider is one refund. An attempt is found by the reference, or by our id if its reference is
    the same or not known, or else among the attempts without a reference by provider, capture and amount.
    """
    known = [(id, refund, attempt) for id, refund in refunds.items() for attempt in refund.known]
    known += [(UNKNOWN, nobodys, attempt) for attempt in nobodys.known]
    theirs = report.psp_refund_ref
    ours = [each for each in known if each[2].attempt_id == report.attempt_id]
    found = [each for each in known if theirs and each[2].psp_refund_ref == theirs]
    found += [each for each in ours if not (theirs and each[2].psp_refund_ref)]
    if not (report.attempt_id or found):
        found += _without_reference(report, known)
    return found[0] if found else _unknown(report, refunds, nobodys, ours)


def _without_reference(report: Reported, known: Iterable[_Known]) -> list[_Known]:
    """Returns the last attempt submitted by then, of the only refund and capture that fit; empty if several fit.

    A report that names nothing but its refund is about an attempt of that refund, whatever its amount.
    """
    fits = [(id, refund, attempt) for id, refund, attempt in known if _fits(report, id, attempt)]
    if len({(id, attempt.capture_ref) for id, _, attempt in fits}) != 1:
        return []
    by_then = [each for each in fits if each[2].submitted_at and each[2].submitted_at <= report.happened_at]
    return by_then[-1:] or fits[:1]


def _fits(report: Reported, id: str, attempt: RefundAttempt) -> bool:
    if not attempt.is_asked or report.refund_id not in (UNKNOWN, id):
        return False
    if not report.psp_refund_ref:
        return True
    is_same = (attempt.psp_refund_ref, attempt.psp, attempt.amount) == ("", report.psp, report.amount)
    return is_same and report.capture_ref in (UNKNOWN, attempt.capture_ref)


def _unknown(
    report: Reported, refunds: Mapping[str, RefundAttempts], nobodys: RefundAttempts, ours: list[_Known]
) -> _Known:
    """Returns a new attempt that nobody submitted: of the refund that the report names, if that refund is owed."""
    named = report.psp_refund_ref if ours else report.attempt_id or report.psp_refund_ref or report.refund_id
    attempt = RefundAttempt(str(reference_key(named)), report.psp, report.amount, None, report.capture_ref)
    if ours:
        attempt.payment_id, attempt.capture_ref = ours[0][2].payment_id, ours[0][2].capture_ref
    id = ours[0][0] if ours else report.refund_id
    refund = refunds.get(id)
    if refund and refund.owed and refund.owed.currency == report.amount.currency:
        return id, refund, attempt
    return UNKNOWN, nobodys, attempt
