"""Refunds of a capture that failed: what does not reach the buyer is owed to nobody, and what does is the platform's
loss (P26), in whatever order the two are told."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.event import Event
from ledger.events.refunds import RefundFailed, RefundOwedAgain, RefundOwedNoMore, RefundReversed
from ledger.money import Money
from ledger.streams.orders.cases import Case, Submission
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


def with_what_nobody_is_owed(order: Order, told: list[Event]) -> Iterator[Event]:
    """What came back, and beside it what of that nobody is owed since its capture has failed."""
    yield from told
    for event in told:
        if isinstance(event, RefundFailed | RefundReversed):
            capture = order.payments.captures.get(event.capture_ref)
            if capture and capture.loss:
                yield from _owed_no_more(order.after(*told), capture, event)


def _owed_no_more(later: Order, capture: Capture, event: RefundFailed | RefundReversed) -> Iterator[RefundOwedNoMore]:
    case = later.cases.get(event.refund_id)
    submission = case.submissions.get(event.submission_id) if case else None
    if case is None or case.money is None or submission is None or submission.counts:
        return
    amount = min(event.amount, case.unsubmitted, capture.loss)
    if amount.minor > 0:
        base, carried = capture.loss_base(amount), case.carried_of(amount)
        yield RefundOwedNoMore(**_about(event, amount), carried=carried, base=base, fx=base - carried)


def owed_again(order: Order, case: Case, submission: Submission) -> RefundOwedAgain | None:
    """What was said to be owed no more, where this submission has paid it all the same: so much as is not owed
    besides what other submissions are to pay."""
    capture = order.payments.captures.get(submission.capture_ref)
    no_more = case.owed_no_more.get(submission.capture_ref)
    if capture is None or no_more is None or submission.counts:
        return None
    amount = submission.amount - case.unsubmitted
    if not 0 < amount.minor <= no_more.minor:
        return None
    base, carried = -capture.loss_base(-amount), -case.carried_of(-amount)
    return RefundOwedAgain(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        submission_id=submission.submission_id,
        payment_id=submission.payment_id,
        capture_ref=submission.capture_ref,
        psp=submission.psp,
        amount=amount,
        carried=carried,
        base=base,
        fx=base - carried,
    )


def _about(event: RefundFailed | RefundReversed, amount: Money) -> dict[str, object]:
    names = ("merchant_id", "order_id", "refund_id", "submission_id", "payment_id", "capture_ref", "psp")
    return {name: getattr(event, name) for name in names} | {"amount": amount}
