"""What can become of an order on its way: one function a plot, each telling its steps in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from service.demo.simulator.scenarios.order_steps import Story, captured, paid_back, payment, placed, placed_and_paid
from service.demo.simulator.scenarios.shipments import halves, sent_and_released
from service.demo.simulator.step import PROVIDER, SYSTEM, Step

TO_PAY = timedelta(days=3, minutes=1)  # and the default time to pay has passed


def delivered(story: Story, *, trouble: str = "") -> Iterator[Step]:
    """Paid, sent in one parcel, signed for, released."""
    paid_at = yield from placed_and_paid(story)
    yield from sent_and_released(story, paid_at, "1", story.basket.quantities, trouble=trouble)


def held_by_customs(story: Story) -> Iterator[Step]:
    """As `delivered`, with inspections on both sides."""
    return delivered(story, trouble="customs")


def collected_after_an_attempt(story: Story) -> Iterator[Step]:
    """As `delivered`, after nobody was home."""
    return delivered(story, trouble="attempts")


def in_two_parcels(story: Story) -> Iterator[Step]:
    """Each line, or half of the only one, travels in its own parcel."""
    paid_at = yield from placed_and_paid(story)
    first, second = halves(story.basket.quantities)
    yield from sent_and_released(story, paid_at, "1", first)
    if second:
        yield from sent_and_released(story, paid_at + timedelta(hours=20), "2", second)


def captured_before_the_order(story: Story) -> Iterator[Step]:
    """The provider's message overtakes the order's."""
    at = story.basket.placed_at
    yield captured(story, at - timedelta(minutes=70))
    yield placed(story)
    yield from sent_and_released(story, at, "1", story.basket.quantities)


def told_twice_by_the_provider(story: Story) -> Iterator[Step]:
    """The provider delivers the same capture again under another message."""
    paid_at = yield from placed_and_paid(story)
    yield captured(story, paid_at)
    yield from sent_and_released(story, paid_at, "1", story.basket.quantities)


def cancelled_after_payment(story: Story) -> Iterator[Step]:
    """The merchant is out of stock."""
    paid_at = yield from placed_and_paid(story)
    at = story.later(paid_at, least_h=4, most_h=30)
    yield story.asks(at, "cancel_order", story.merchant, reason="out_of_stock", refund_id=story.refund_id)
    yield from paid_back(story, at, story.refund_id, story.basket.total)


def cancelled_unpaid(story: Story) -> Iterator[Step]:
    """The buyer leaves before paying."""
    at = story.basket.placed_at
    yield placed(story)
    yield story.asks(story.later(at, least_h=1, most_h=5), "cancel_order", story.buyer, reason="changed_mind")


def declined(story: Story) -> Iterator[Step]:
    """The issuer says no, the buyer gives up, and the order expires."""
    at = story.basket.placed_at
    yield placed(story)
    no = {**payment(story), "amount": story.basket.total, "code": "insufficient_funds"}
    yield story.reports(at + timedelta(minutes=2), "report_payment_failed", PROVIDER, **no)
    yield expired(story)


def expired(story: Story) -> Step:
    """The time to pay of the default terms is over."""
    return story.asks(story.basket.placed_at + TO_PAY, "expire_order", SYSTEM)
