"""A provider says what became of a refund: paid back, failed, or come back after it had been paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal

from pydantic import model_validator

from commands.contradictions import contradiction
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.rates import flagged_if_stale, last_rate, rate_of_fact
from commands.refunds.liability_extinguished import owed_again, with_what_nobody_is_owed
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.refunds import RefundFailed, RefundOwedAgain, RefundReversed, RefundSucceeded, RefundSuccessNoted
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.orders.cases import Case, Submission
from ledger.streams.orders.order import Order
from ledger.streams.orders.unmatched_refunds import StrayRefund

_UNKNOWN = "unknown"


class ReportRefundOutcome(OrderReport, name="report_refund_outcome"):
    """Found by `submission_id`, ours, or by `psp_refund_ref`, the provider's; one of them is needed. A provider's that
    is new is of the one refund of that amount that is on its way.

    `refund_id`, `payment_id` and `capture_ref` are kept with an outcome of a refund that we never submitted.
    """

    psp: Id
    outcome: Literal["succeeded", "failed", "reversed"]
    amount: PositiveMoney
    submission_id: Id | None = None
    psp_refund_ref: ReferenceOrNothing = ""
    code: str = ""
    refund_id: Id = _UNKNOWN
    payment_id: Reference = _UNKNOWN
    capture_ref: Reference = _UNKNOWN

    @property
    def key(self) -> str:
        """What the provider, or else we, call it."""
        return self.psp_refund_ref or self.submission_id or _UNKNOWN

    @model_validator(mode="after")
    def _named(self) -> ReportRefundOutcome:
        if not (self.submission_id or self.psp_refund_ref):
            raise ValueError("a refund's outcome names our submission_id or the provider's psp_refund_ref")
        return self


def decide(report: ReportRefundOutcome, order: Order, rules: Rules) -> Iterator[Event]:
    case, submission = _found(report, order)
    if case is None or submission is None:
        yield from _stray(report, order, rules, kind="fact_contradicts_state", expected="no such refund")
    elif submission.amount != report.amount:
        yield from _break(report, order, kind="amount_mismatch", expected=str(submission.amount))
    else:
        yield from _answered(report, order, rules, case, submission)


def _found(report: ReportRefundOutcome, order: Order) -> tuple[Case | None, Submission | None]:
    """The submission that an outcome is about; what went to the buyer as a stray is none."""
    if order.stray_refunds.holds(report.key):
        return None, None
    for case in order.cases.values():
        for submission in case.submissions.values():
            ours = submission.submission_id == report.submission_id
            theirs = not report.submission_id and submission.psp_refund_ref == report.psp_refund_ref
            if ours or theirs:
                return case, submission
    return _unnamed(report, order)


def _unnamed(report: ReportRefundOutcome, order: Order) -> tuple[Case | None, Submission | None]:
    """The one submission of that amount on its way to that provider, where the provider does not say our name of it."""
    if report.submission_id:
        return None, None
    on_their_way = [
        (case, submission)
        for case in order.cases.values()
        for submission in case.submissions.values()
        if (submission.state, submission.psp, submission.amount) == ("submitted", report.psp, report.amount)
        and report.capture_ref in (_UNKNOWN, submission.capture_ref)
    ]
    return on_their_way[0] if len(on_their_way) == 1 else (None, None)


def _answered(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission
) -> Iterator[Event]:
    """Outcomes are judged by when they happened, in whatever order they are told; of one instant, the money came back
    last."""
    tell = _told_paid if report.outcome == "succeeded" else _told_unpaid
    yield from with_what_nobody_is_owed(order, list(tell(report, order, rules, case, submission)))


def _told_paid(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission
) -> Iterator[Event]:
    came_back_at, same_name = submission.came_back_at, report.psp_refund_ref == submission.psp_refund_ref
    is_another = bool(report.psp_refund_ref and submission.psp_refund_ref) and not same_name
    if submission.state in ("succeeded", "reversed") and is_another:
        yield from _stray(report, order, rules, kind="double_refund", expected=submission.psp_refund_ref)
    elif submission.state == "succeeded":
        if submission.is_later_success(report.happened_at):
            yield RefundSuccessNoted(**_about(report, submission, case), happened_at=report.happened_at)
    elif came_back_at is not None and report.happened_at <= came_back_at:
        if submission.state == "failed" and submission.succeeded_at is None:
            yield from _came_back_since(report, order, rules, case, submission, came_back_at)
    elif again := owed_again(order, case, submission):
        yield from _paid_all_the_same(report, order, rules, again)
    elif not case.awaits(submission.submission_id, report.amount):
        yield from _stray(report, order, rules, kind="double_refund", expected="paid back already")
    else:
        yield from _succeeded(report, order, rules, case, submission)


def _told_unpaid(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission
) -> Iterator[Event]:
    at, paid_at, came_back_at = report.happened_at, submission.succeeded_at, submission.came_back_at
    is_news = came_back_at is not None and came_back_at < at
    if submission.state == "submitted":
        yield _failure(report, case, submission)
    elif submission.state == "succeeded" and paid_at is not None and paid_at <= at:
        yield from _back_and_paid_again(report, order, rules, case, submission)
    elif is_news or (submission.state == "succeeded" and came_back_at is None):
        yield _failure(report, case, submission, only_noted=True)


def _failure(
    report: ReportRefundOutcome, case: Case, submission: Submission, *, only_noted: bool = False
) -> RefundFailed:
    about = _about(report, submission, case)
    return RefundFailed(**about, code=report.code, happened_at=report.happened_at, only_noted=only_noted)


def _succeeded(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission
) -> Iterator[Event]:
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from _break(report, order, kind="rate_missing", expected="a book rate of that day")
        return
    yield _success(_about(report, submission, case), rate, case.carried_of(report.amount), report.happened_at)
    yield from flagged_if_stale(report, order, rate, rules)


def _paid_all_the_same(
    report: ReportRefundOutcome, order: Order, rules: Rules, again: RefundOwedAgain
) -> Iterator[Event]:
    later = order.after(again)
    case = later.cases[again.refund_id]
    told = list(_succeeded(report, later, rules, case, case.submissions[again.submission_id]))
    if any(isinstance(event, RefundSucceeded) for event in told):
        yield again
    yield from told


def _came_back_since(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission, came_back_at: datetime
) -> Iterator[Event]:
    """It was paid, and has come back by what was told before: what is owed and what has been done about it stand."""
    rate = rate_of_fact(report, rules, report.amount.currency)
    rate_then = last_rate(rules, report.amount.currency, came_back_at)
    if rate is None or rate_then is None:
        yield from _break(report, order, kind="rate_missing", expected="a book rate of that day")
        return
    about, carried = _about(report, submission, case), rate.convert(report.amount)
    if case.awaits(submission.submission_id, report.amount):
        carried = case.carried_of(report.amount)
    day = accounting_day(came_back_at)
    yield _success(about, rate, carried, report.happened_at)
    yield _reversal(about, submission.code, rate_then, carried, came_back_at, day)
    yield from flagged_if_stale(report, order, rate, rules)
    yield from flagged_if_stale(report, order, rate_then, rules, at=came_back_at)


def _reversed(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission
) -> Iterator[Event]:
    """It had been paid: the provider owes us again and we owe the buyer, at what it was carried at."""
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from _break(report, order, kind="rate_missing", expected="a book rate of that day")
        return
    yield _reversal(_about(report, submission, case), report.code, rate, submission.carried, report.happened_at)
    yield from flagged_if_stale(report, order, rate, rules)


def _back_and_paid_again(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission
) -> Iterator[Event]:
    """It came back; where a success of a later instant was noted before, that one has paid it anew."""
    told, again_at = list(_reversed(report, order, rules, case, submission)), submission.paid_again_at
    yield from told
    if again_at is None or again_at <= report.happened_at or not isinstance(told[0], RefundReversed):
        return
    if rate := last_rate(rules, report.amount.currency, again_at):
        yield _success(_about(report, submission, case), rate, submission.carried, again_at)


def _stray(report: ReportRefundOutcome, order: Order, rules: Rules, *, kind: str, expected: str) -> Iterator[Event]:
    """Money moved at the provider that we did not ask for: booked as it is, carried at the day's worth, and flagged."""
    flags = _break(report, order, kind=kind, expected=expected)
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from flags
        return
    known = order.stray_refunds.by_name.get(report.key) or StrayRefund()
    told = list(
        _stray_paid(report, rules, known, rate) if report.outcome == "succeeded" else _stray_back(report, known, rate)
    )
    if told:
        yield from told
        yield from flagged_if_stale(report, order, rate, rules)
        yield from flags


def _stray_paid(report: ReportRefundOutcome, rules: Rules, known: StrayRefund, rate: Rate) -> Iterator[Event]:
    about, at, carried = _about(report, None, None), report.happened_at, rate.convert(report.amount)
    then = known.came_back_at if known.came_before(at) else None
    if known.is_back and then:  # its coming back was told first, and booked
        yield _success(about, rate, known.carried, at)
    elif known.is_paid or (then and known.paid_at):
        return  # told before
    elif then and (rate_then := last_rate(rules, report.amount.currency, then)):
        yield _success(about, rate, carried, at)
        yield _reversal(about, known.code, rate_then, carried, then, accounting_day(then))
    else:
        yield _success(about, rate, known.carried if known.is_back else carried, at)


def _stray_back(report: ReportRefundOutcome, known: StrayRefund, rate: Rate) -> Iterator[Event]:
    about, at = _about(report, None, None), report.happened_at
    is_news, is_known = not known.came_before(at), known.paid_at is not None or known.came_back_at is not None
    if known.is_paid and known.paid_at is not None and known.paid_at <= at:
        yield _reversal(about, report.code, rate, known.carried, at)
    elif is_news and report.outcome == "reversed" and (known.is_paid or not is_known):  # of a payment nobody told us of
        carried = known.carried if known.is_paid else rate.convert(report.amount)
        yield _reversal(about, report.code, rate, carried, at)
    elif is_news:
        yield RefundFailed(**about, code=report.code, happened_at=at, only_noted=is_known)


def _success(about: dict[str, Any], rate: Rate, carried: Money, at: datetime) -> RefundSucceeded:
    base = rate.convert(about["amount"])
    return RefundSucceeded(**about, book_rate=rate, base=base, carried=carried, fx=base - carried, happened_at=at)


def _reversal(
    about: dict[str, Any], code: str, rate: Rate, carried: Money, at: datetime, day: date | None = None
) -> RefundReversed:
    base = rate.convert(about["amount"])
    money = {"book_rate": rate, "base": base, "carried": carried, "fx": carried - base}
    return RefundReversed(**about, **money, code=code, happened_at=at, came_back_on=day)


def _about(report: ReportRefundOutcome, submission: Submission | None, case: Case | None) -> dict[str, Any]:
    return {
        "merchant_id": report.merchant_id,
        "order_id": report.order_id,
        "refund_id": case.id if case else report.refund_id,
        "submission_id": submission.submission_id if submission else report.submission_id or _UNKNOWN,
        "payment_id": submission.payment_id if submission else report.payment_id,
        "capture_ref": submission.capture_ref if submission else report.capture_ref,
        "psp": submission.psp if submission else report.psp,
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
        submission_id=report.submission_id or "",
        psp_refund_ref=report.psp_refund_ref,
        outcome=report.outcome,
    )
