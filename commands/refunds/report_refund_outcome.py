"""A provider reports the outcome of a refund: paid, failed, or returned after the payment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal

from pydantic import model_validator

from commands.contradictions import contradiction
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.rates import flagged_if_stale, last_rate, rate_of_fact
from commands.refunds.liability_extinguished import liability_reinstated, with_extinguished_liability
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.refunds import (
    RefundFailed,
    RefundLiabilityReinstated,
    RefundReversed,
    RefundSucceeded,
    RefundSuccessRepeated,
)
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.orders.cases import Case, RefundAttempt
from ledger.streams.orders.order import Order
from ledger.streams.orders.unmatched_refunds import UnmatchedRefundAttempt

_UNKNOWN = "unknown"


class ReportRefundOutcome(OrderReport, name="report_refund_outcome"):
    """Records the outcome of a refund attempt: succeeded, failed or reversed.

    The attempt is found by `attempt_id` (ours) or `psp_refund_ref` (the provider's). A new provider reference belongs
    to the only attempt of that amount on its way. An unknown refund is booked as unmatched, and a break is opened;
    `refund_id`, `payment_id` and `capture_ref` are kept with it.
    """

    psp: Id
    outcome: Literal["succeeded", "failed", "reversed"]
    amount: PositiveMoney
    attempt_id: Id | None = None
    psp_refund_ref: ReferenceOrNothing = ""
    code: str = ""
    refund_id: Id = _UNKNOWN
    payment_id: Reference = _UNKNOWN
    capture_ref: Reference = _UNKNOWN

    @property
    def key(self) -> str:
        """The provider's reference, or our attempt id if there is none."""
        return self.psp_refund_ref or self.attempt_id or _UNKNOWN

    @model_validator(mode="after")
    def _named(self) -> ReportRefundOutcome:
        if not (self.attempt_id or self.psp_refund_ref):
            raise ValueError("a refund's outcome needs our attempt_id or the provider's psp_refund_ref")
        return self


def decide(report: ReportRefundOutcome, order: Order, rules: Rules) -> Iterator[Event]:
    case, attempt = _found(report, order)
    if case is None or attempt is None:
        yield from _unmatched(report, order, rules, kind="fact_contradicts_state", expected="no such refund")
    elif attempt.amount != report.amount:
        yield from _break(report, order, kind="amount_mismatch", expected=str(attempt.amount))
    else:
        yield from _answered(report, order, rules, case, attempt)


def _found(report: ReportRefundOutcome, order: Order) -> tuple[Case | None, RefundAttempt | None]:
    """Returns the case and the attempt of an outcome; none if it was booked as an unmatched refund."""
    if order.unmatched_refunds.holds(report.key):
        return None, None
    for case in order.cases.values():
        for attempt in case.attempts.values():
            ours = attempt.attempt_id == report.attempt_id
            theirs = not report.attempt_id and attempt.psp_refund_ref == report.psp_refund_ref
            if ours or theirs:
                return case, attempt
    return _unnamed(report, order)


def _unnamed(report: ReportRefundOutcome, order: Order) -> tuple[Case | None, RefundAttempt | None]:
    """Returns the only attempt of that amount on its way to that provider, if our id is not given."""
    if report.attempt_id:
        return None, None
    on_their_way = [
        (case, attempt)
        for case in order.cases.values()
        for attempt in case.attempts.values()
        if (attempt.state, attempt.psp, attempt.amount) == ("submitted", report.psp, report.amount)
        and report.capture_ref in (_UNKNOWN, attempt.capture_ref)
    ]
    return on_their_way[0] if len(on_their_way) == 1 else (None, None)


def _answered(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, attempt: RefundAttempt
) -> Iterator[Event]:
    """Applies the outcome by its time, in any order of the reports. At one instant, a return is the later event."""
    submit = _reported_paid if report.outcome == "succeeded" else _reported_unpaid
    yield from with_extinguished_liability(order, list(submit(report, order, rules, case, attempt)))


def _reported_paid(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, attempt: RefundAttempt
) -> Iterator[Event]:
    came_back_at, same_name = attempt.came_back_at, report.psp_refund_ref == attempt.psp_refund_ref
    is_another = bool(report.psp_refund_ref and attempt.psp_refund_ref) and not same_name
    if attempt.state in ("succeeded", "reversed") and is_another:
        yield from _unmatched(report, order, rules, kind="double_refund", expected=attempt.psp_refund_ref)
    elif attempt.state == "succeeded":
        if attempt.is_later_success(report.happened_at):
            yield RefundSuccessRepeated(**_about(report, attempt, case), happened_at=report.happened_at)
    elif came_back_at is not None and report.happened_at <= came_back_at:
        if attempt.state == "failed" and attempt.succeeded_at is None:
            yield from _came_back_since(report, order, rules, case, attempt, came_back_at)
    elif again := liability_reinstated(order, case, attempt):
        yield from _paid_all_the_same(report, order, rules, again)
    elif not case.awaits(attempt.attempt_id, report.amount):
        yield from _unmatched(report, order, rules, kind="double_refund", expected="paid back already")
    else:
        yield from _succeeded(report, order, rules, case, attempt)


def _reported_unpaid(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, attempt: RefundAttempt
) -> Iterator[Event]:
    at, paid_at, came_back_at = report.happened_at, attempt.succeeded_at, attempt.came_back_at
    is_new = came_back_at is not None and came_back_at < at
    if attempt.state == "submitted":
        yield _failure(report, case, attempt)
    elif attempt.state == "succeeded" and paid_at is not None and paid_at <= at:
        yield from _back_and_paid_again(report, order, rules, case, attempt)
    elif is_new or (attempt.state == "succeeded" and came_back_at is None):
        yield _failure(report, case, attempt, without_effect=True)


def _failure(
    report: ReportRefundOutcome, case: Case, attempt: RefundAttempt, *, without_effect: bool = False
) -> RefundFailed:
    about = _about(report, attempt, case)
    return RefundFailed(**about, code=report.code, happened_at=report.happened_at, without_effect=without_effect)


def _succeeded(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, attempt: RefundAttempt
) -> Iterator[Event]:
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from _break(report, order, kind="rate_missing", expected="a book rate of that day")
        return
    yield _success(_about(report, attempt, case), rate, case.carried_of(report.amount), report.happened_at)
    yield from flagged_if_stale(report, order, rate, rules)


def _paid_all_the_same(
    report: ReportRefundOutcome, order: Order, rules: Rules, again: RefundLiabilityReinstated
) -> Iterator[Event]:
    """Reinstates an extinguished liability that was paid after all, and records the payment."""
    later = order.after(again)
    case = later.cases[again.refund_id]
    reported = list(_succeeded(report, later, rules, case, case.attempts[again.attempt_id]))
    if any(isinstance(event, RefundSucceeded) for event in reported):
        yield again
    yield from reported


def _came_back_since(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, attempt: RefundAttempt, came_back_at: datetime
) -> Iterator[Event]:
    """Records a payment whose return was reported before. The present debt and later attempts do not change."""
    rate = rate_of_fact(report, rules, report.amount.currency)
    rate_then = last_rate(rules, report.amount.currency, came_back_at)
    if rate is None or rate_then is None:
        yield from _break(report, order, kind="rate_missing", expected="a book rate of that day")
        return
    about, carried = _about(report, attempt, case), rate.convert(report.amount)
    if case.awaits(attempt.attempt_id, report.amount):
        carried = case.carried_of(report.amount)
    day = accounting_day(came_back_at)
    yield _success(about, rate, carried, report.happened_at)
    yield _reversal(about, attempt.code, rate_then, carried, came_back_at, day)
    yield from flagged_if_stale(report, order, rate, rules)
    yield from flagged_if_stale(report, order, rate_then, rules, at=came_back_at)


def _reversed(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, attempt: RefundAttempt
) -> Iterator[Event]:
    """Records the return: the provider owes us again, and we owe the buyer, at the carrying amount."""
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from _break(report, order, kind="rate_missing", expected="a book rate of that day")
        return
    yield _reversal(_about(report, attempt, case), report.code, rate, attempt.carried, report.happened_at)
    yield from flagged_if_stale(report, order, rate, rules)


def _back_and_paid_again(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, attempt: RefundAttempt
) -> Iterator[Event]:
    """Records the return, and a later success that was reported before it as a new payment."""
    reported, again_at = list(_reversed(report, order, rules, case, attempt)), attempt.paid_again_at
    yield from reported
    if again_at is None or again_at <= report.happened_at or not isinstance(reported[0], RefundReversed):
        return
    if rate := last_rate(rules, report.amount.currency, again_at):
        yield _success(_about(report, attempt, case), rate, attempt.carried, again_at)


def _unmatched(report: ReportRefundOutcome, order: Order, rules: Rules, *, kind: str, expected: str) -> Iterator[Event]:
    """Books a refund that we did not request, at the day's value, and opens a break."""
    flags = _break(report, order, kind=kind, expected=expected)
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from flags
        return
    known = order.unmatched_refunds.by_name.get(report.key) or UnmatchedRefundAttempt()
    reported = list(
        _unmatched_paid(report, rules, known, rate)
        if report.outcome == "succeeded"
        else _unmatched_back(report, known, rate)
    )
    if reported:
        yield from reported
        yield from flagged_if_stale(report, order, rate, rules)
        yield from flags


def _unmatched_paid(
    report: ReportRefundOutcome, rules: Rules, known: UnmatchedRefundAttempt, rate: Rate
) -> Iterator[Event]:
    about, at, carried = _about(report, None, None), report.happened_at, rate.convert(report.amount)
    then = known.came_back_at if known.came_before(at) else None
    if known.is_back and then:  # the return was reported and booked first
        yield _success(about, rate, known.carried, at)
    elif known.is_paid or (then and known.paid_at):
        return  # reported before
    elif then and (rate_then := last_rate(rules, report.amount.currency, then)):
        yield _success(about, rate, carried, at)
        yield _reversal(about, known.code, rate_then, carried, then, accounting_day(then))
    else:
        yield _success(about, rate, known.carried if known.is_back else carried, at)


def _unmatched_back(report: ReportRefundOutcome, known: UnmatchedRefundAttempt, rate: Rate) -> Iterator[Event]:
    about, at = _about(report, None, None), report.happened_at
    is_new, is_known = not known.came_before(at), known.paid_at is not None or known.came_back_at is not None
    if known.is_paid and known.paid_at is not None and known.paid_at <= at:
        yield _reversal(about, report.code, rate, known.carried, at)
    # the return of a payment that nobody reported
    elif is_new and report.outcome == "reversed" and (known.is_paid or not is_known):
        carried = known.carried if known.is_paid else rate.convert(report.amount)
        yield _reversal(about, report.code, rate, carried, at)
    elif is_new:
        yield RefundFailed(**about, code=report.code, happened_at=at, without_effect=is_known)


def _success(about: dict[str, Any], rate: Rate, carried: Money, at: datetime) -> RefundSucceeded:
    base = rate.convert(about["amount"])
    return RefundSucceeded(**about, book_rate=rate, base=base, carried=carried, fx=base - carried, happened_at=at)


def _reversal(
    about: dict[str, Any], code: str, rate: Rate, carried: Money, at: datetime, day: date | None = None
) -> RefundReversed:
    base = rate.convert(about["amount"])
    money = {"book_rate": rate, "base": base, "carried": carried, "fx": carried - base}
    return RefundReversed(**about, **money, code=code, happened_at=at, came_back_on=day)


def _about(report: ReportRefundOutcome, attempt: RefundAttempt | None, case: Case | None) -> dict[str, Any]:
    return {
        "merchant_id": report.merchant_id,
        "order_id": report.order_id,
        "refund_id": case.id if case else report.refund_id,
        "attempt_id": attempt.attempt_id if attempt else report.attempt_id or _UNKNOWN,
        "payment_id": attempt.payment_id if attempt else report.payment_id,
        "capture_ref": attempt.capture_ref if attempt else report.capture_ref,
        "psp": attempt.psp if attempt else report.psp,
        "amount": report.amount,
        "psp_refund_ref": report.psp_refund_ref,
    }


def _break(report: ReportRefundOutcome, order: Order, *, kind: str, expected: str) -> Iterator[Event]:
    yield from contradiction(
        report,
        order,
        kind=kind,
        expected=expected,
        actual=f"{report.outcome}: {report.amount}",
        attempt_id=report.attempt_id or "",
        psp_refund_ref=report.psp_refund_ref,
        outcome=report.outcome,
    )
