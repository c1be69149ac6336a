"""What can become of a payment: parts, holds that lapse, captures that fail, come twice, too late or for nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

from ledger.money import Money
from service.demo.simulator.scenarios.order_steps import (
    Story,
    authorised,
    captured,
    paid_back,
    payment,
    placed,
    placed_and_paid,
    refund_outcome,
)
from service.demo.simulator.scenarios.scenarios import cancelled_unpaid, expired
from service.demo.simulator.scenarios.shipments import all_sent, sent_and_released
from service.demo.simulator.step import FINANCE, PROVIDER, SYSTEM, Step

_A_MINUTE, _AN_HOUR, _ONE_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def captured_in_parts(story: Story) -> Iterator[Step]:
    """Held at the checkout, captured in two parts as the merchant confirms them."""
    at, total = story.basket.placed_at, story.basket.total
    yield placed(story)
    about = {**payment(story), "amount": total}
    yield story.reports(at + _A_MINUTE, "report_payment_initiated", PROVIDER, **about)
    yield authorised(story, at + 2 * _A_MINUTE)
    first = Money(total.minor // 3, total.currency)
    for n, amount in enumerate((first, total - first), 1):
        asked_at = at + n * 2 * _AN_HOUR
        asked = {"payment_id": story.payment_id, "amount": amount, "request_id": f"cap-{story.order_id}-{n}"}
        yield story.asks(asked_at, "capture_payment", SYSTEM, **asked)
        yield captured(story, asked_at + _AN_HOUR, n=n, amount=amount)
    yield from sent_and_released(story, at + 5 * _AN_HOUR, "1", story.basket.quantities)


def paid_in_two_payments(story: Story) -> Iterator[Step]:
    """A gift card and a bank card pay for one order."""
    at, total = story.basket.placed_at, story.basket.total
    gift = Money(total.minor // 4, total.currency)
    yield placed(story)
    yield captured(story, at + _A_MINUTE, amount=gift, payment_id=f"gift_{story.order_id}")
    yield captured(story, at + 3 * _A_MINUTE, n=2, amount=total - gift)
    yield from sent_and_released(story, at, "1", story.basket.quantities)


def voided(story: Story) -> Iterator[Step]:
    """The buyer leaves while the money is only held, and it is given back."""
    at = story.basket.placed_at
    yield placed(story)
    yield authorised(story, at + 2 * _A_MINUTE)
    yield story.asks(at + 2 * _AN_HOUR, "cancel_order", story.buyer, reason="changed_mind")
    void = {"payment_id": story.payment_id, "reason": "order_cancelled"}
    yield story.asks(at + 3 * _AN_HOUR, "void_payment", SYSTEM, **void)
    told = {**payment(story), "amount": story.basket.total}
    yield story.reports(at + 4 * _AN_HOUR, "report_payment_voided", PROVIDER, **told)


def captured_after_the_hold_lapsed(story: Story) -> Iterator[Step]:
    """The hold lapses, the order expires, and the provider captures all the same: set aside, flagged, given back."""
    at = story.basket.placed_at
    yield placed(story)
    yield authorised(story, at + 2 * _A_MINUTE, days=2)
    told = {**payment(story), "amount": story.basket.total}
    yield story.reports(at + 2 * _ONE_DAY + _AN_HOUR, "report_authorization_expired", SYSTEM, **told)
    yield expired(story)
    captured_at = at + 3 * _ONE_DAY + 2 * _AN_HOUR
    yield captured(story, captured_at)
    yield from given_back(story, captured_at + _ONE_DAY, "authorization_expired")


def captured_after_cancelling(story: Story) -> Iterator[Step]:
    """The buyer cancels and pays in another window."""
    yield from cancelled_unpaid(story)
    at = story.basket.placed_at + 6 * _AN_HOUR
    yield captured(story, at)
    yield from given_back(story, at + _ONE_DAY, "order_cancelled")


def captured_for_no_order(story: Story) -> Iterator[Step]:
    """The provider names an order that never comes."""
    at = story.basket.placed_at
    yield captured(story, at)
    flag = {"capture_ref": story.capture_ref}
    yield story.asks(at + _AN_HOUR, "flag_unallocated_capture", SYSTEM, **flag)
    yield from given_back(story, at + 3 * _ONE_DAY, "no_order")


def captured_twice(story: Story) -> Iterator[Step]:
    """The buyer pressed the button twice, and gets the second capture back."""
    paid_at = yield from placed_and_paid(story)
    yield captured(story, paid_at + 4 * _A_MINUTE, n=2)
    at = paid_at + _ONE_DAY
    approval = {"refund_id": f"DU-{story.order_id}", "capture_ref": f"{story.capture_ref}_2"}
    yield story.asks(at, "approve_duplicate_capture_refund", FINANCE, **approval)
    yield from paid_back(story, at, f"DU-{story.order_id}", story.basket.total)
    yield from sent_and_released(story, paid_at, "1", story.basket.quantities)


def capture_failed_before_dispatch(story: Story) -> Iterator[Step]:
    """The capture did not happen after all; the buyer pays again, and the order goes on."""
    paid_at = yield from placed_and_paid(story)
    yield _failed(story, paid_at + 2 * _AN_HOUR)
    yield captured(story, paid_at + 6 * _AN_HOUR, n=2, payment_id=f"again_{story.order_id}")
    yield from sent_and_released(story, paid_at + 6 * _AN_HOUR, "1", story.basket.quantities)


def capture_failed_after_dispatch(story: Story) -> Iterator[Step]:
    """The goods are on their way by then: the platform bears it, and somebody must look."""
    paid_at = yield from placed_and_paid(story)
    yield from all_sent(story, paid_at)
    yield _failed(story, paid_at + 4 * _ONE_DAY)


def capture_failed_while_a_refund_was_on_its_way(story: Story) -> Iterator[Step]:
    """Nobody is owed it when the refund fails; then the provider says that it has paid all the same."""
    paid_at = yield from placed_and_paid(story)
    at = paid_at + 5 * _AN_HOUR
    yield story.asks(at, "cancel_order", story.merchant, reason="out_of_stock", refund_id=story.refund_id)
    yield story.asks(at + _AN_HOUR, "submit_refund", SYSTEM, refund_id=story.refund_id)
    yield _failed(story, at + _ONE_DAY)
    for days, said in ((2, "failed"), (4, "succeeded")):
        yield refund_outcome(story, at + days * _ONE_DAY, story.refund_id, story.basket.total, said)


def captured_in_a_currency_without_a_rate(story: Story) -> Iterator[Step]:
    """The provider reports euros, for which there is no rate, and corrects itself."""
    at = story.basket.placed_at
    yield placed(story)
    yield captured(story, at + 2 * _A_MINUTE, n=9, amount=Money(story.basket.total.minor, "EUR"))
    yield captured(story, at + _AN_HOUR)
    yield from sent_and_released(story, at, "1", story.basket.quantities)


def captured_at_another_amount(story: Story) -> Iterator[Step]:
    """The same capture is told again, a cent higher."""
    paid_at = yield from placed_and_paid(story)
    yield captured(story, paid_at + _AN_HOUR, amount=story.basket.total + Money(1, story.basket.total.currency))
    yield from sent_and_released(story, paid_at, "1", story.basket.quantities)


def refunded_twice_by_the_provider(story: Story) -> Iterator[Step]:
    """The provider pays a refund, and pays it again under another reference."""
    paid_at = yield from placed_and_paid(story)
    at = paid_at + 5 * _AN_HOUR
    cancel = {"reason": "out_of_stock", "refund_id": story.refund_id}
    yield story.asks(at, "cancel_order", story.merchant, **cancel)
    refunded_at = yield from paid_back(story, at, story.refund_id, story.basket.total)
    again = refund_outcome(story, refunded_at + _ONE_DAY, story.refund_id, story.basket.total, "succeeded")
    again.data["psp_refund_ref"] += "_again"
    yield again
    yield refund_outcome(story, refunded_at + _AN_HOUR, story.refund_id, story.basket.total, "succeeded")


def _failed(story: Story, at: datetime) -> Step:
    told = {"capture_ref": story.capture_ref, "amount": story.basket.total, "code": "capture_failed"}
    return story.reports(at, "report_payment_failed", PROVIDER, **payment(story), **told)


def given_back(story: Story, at: datetime, reason: str, amount: Money | None = None) -> Generator[Step, None, None]:
    """Money that pays for nothing goes back to the buyer: the whole capture, if no other amount is named."""
    asked = {"refund_id": story.refund_id, "capture_ref": story.capture_ref, "reason": reason}
    yield story.asks(at, "refund_buyer_funds", FINANCE, **asked)
    yield from paid_back(story, at, story.refund_id, amount or story.basket.total)
