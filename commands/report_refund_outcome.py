"""A provider says what became of a refund: paid back, failed, or come back after it had been paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import model_validator

from commands.order_commands import OrderReport, contradiction, flagged_if_future, flagged_if_stale, rate_of_fact
from commands.rules import Rules
from commands.shapes import PositiveMoney
from ledger.events.event import Event
from ledger.events.refund import RefundFailed, RefundReversed, RefundSucceeded
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money, share
from ledger.streams.order import Order
from ledger.streams.order_cases import Case, Submission

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
    psp_refund_ref: str = ""
    code: str = ""
    refund_id: Id = _UNKNOWN
    payment_id: Id = _UNKNOWN
    capture_ref: Id = _UNKNOWN

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
    if report.key in order.stray_refunds and report.outcome == "succeeded":
        return  # told before
    case, submission = _found(report, order)
    if case is None or submission is None:
        yield from _stray(report, order, rules, kind="fact_contradicts_state", expected="no such refund")
    elif submission.amount != report.amount:
        yield from _break(report, order, kind="amount_mismatch", expected=str(submission.amount))
    else:
        yield from _answered(report, order, rules, case, submission)


def _found(report: ReportRefundOutcome, order: Order) -> tuple[Case | None, Submission | None]:
    """The submission that an outcome is about; one that was stray before stays so."""
    if report.key in order.stray_refunds:
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
    match report.outcome, submission.state:
        case "succeeded", "succeeded" | "reversed":
            if report.psp_refund_ref not in ("", submission.psp_refund_ref):
                yield from _stray(report, order, rules, kind="double_refund", expected=submission.psp_refund_ref)
        case "succeeded", _ if not case.awaits(submission.submission_id, report.amount):
            yield from _stray(report, order, rules, kind="double_refund", expected="paid back already")
        case "succeeded", _:
            yield from _succeeded(report, order, rules, case, submission)
        case _, "succeeded":
            yield from _reversed(report, order, rules, case, submission)
        case _, "submitted":
            yield RefundFailed(**_about(report, submission, case), code=report.code)
            yield from flagged_if_future(report, order, submission_id=submission.submission_id)


def _succeeded(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission
) -> Iterator[Event]:
    rate = rate_of_fact(report, rules, report.amount.currency)
    assert case.money is not None, "only an approved case is submitted"
    if rate is None:
        yield from _break(report, order, kind="rate_missing", expected="a book rate of that day")
        return
    upto = (case.paid + report.amount).minor
    carried = share(case.money.base, upto=upto, of=case.money.amount.minor, already=case.carried)
    yield _success(_about(report, submission, case), rate, carried)
    yield from flagged_if_future(report, order, submission_id=submission.submission_id)
    yield from flagged_if_stale(report, order, rate, rules)


def _reversed(
    report: ReportRefundOutcome, order: Order, rules: Rules, case: Case, submission: Submission
) -> Iterator[Event]:
    """It had been paid: the provider owes us again and we owe the buyer, at what it was carried at."""
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from _break(report, order, kind="rate_missing", expected="a book rate of that day")
        return
    yield _reversal(_about(report, submission, case), report.code, rate, submission.carried)
    yield from flagged_if_future(report, order, submission_id=submission.submission_id)
    yield from flagged_if_stale(report, order, rate, rules)


def _stray(report: ReportRefundOutcome, order: Order, rules: Rules, *, kind: str, expected: str) -> Iterator[Event]:
    """Money moved at the provider that we did not ask for: booked as it is, carried at the day's worth, and flagged."""
    flags = list(_break(report, order, kind=kind, expected=expected))
    if not flags:
        return  # told before
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is not None:
        yield _stray_event(report, rate)
        yield from flagged_if_stale(report, order, rate, rules)
    yield from flags


def _stray_event(report: ReportRefundOutcome, rate: Rate) -> Event:
    about = _about(report, None, None)
    carried = rate.convert(report.amount)
    match report.outcome:
        case "succeeded":
            return _success(about, rate, carried)
        case "reversed":
            return _reversal(about, report.code, rate, carried)
        case "failed":
            return RefundFailed(**about, code=report.code)


def _success(about: dict[str, Any], rate: Rate, carried: Money) -> RefundSucceeded:
    base = rate.convert(about["amount"])
    return RefundSucceeded(**about, book_rate=rate, base=base, carried=carried, fx=base - carried)


def _reversal(about: dict[str, Any], code: str, rate: Rate, carried: Money) -> RefundReversed:
    base = rate.convert(about["amount"])
    return RefundReversed(**about, code=code, book_rate=rate, base=base, carried=carried, fx=carried - base)


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
