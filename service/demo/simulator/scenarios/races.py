"""Requests that come too early, twice, from the wrong people, or after somebody else's: each gets its refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from service.demo.simulator.scenarios.after_sales import first_round
from service.demo.simulator.scenarios.order_steps import (
    Story,
    asked_before_dispatch,
    asks_back,
    paid_back,
    placed_and_paid,
)
from service.demo.simulator.scenarios.shipments import (
    carried,
    dispatched,
    packed,
    released,
    sent_and_released,
    under_way,
)
from service.demo.simulator.step import FINANCE, SERVICE_DESK, Step

_AN_HOUR, _ONE_DAY = timedelta(hours=1), timedelta(days=1)


def asked_while_locked(story: Story) -> Iterator[Step]:
    """The buyer wants it back while it is on its way: after-sales opens when it is signed for."""
    parcel_id, dispatched_at, at = yield from under_way(story, 3)
    yield from asks_back(story, at + _AN_HOUR)
    signed_at = yield from carried(story, dispatched_at, parcel_id, story.basket.quantities, after=3)
    yield released(story, signed_at)


def asked_twice_at_once(story: Story) -> Iterator[Step]:
    """Two windows, two requests for the same goods: one case."""
    asked_at = yield from asked_before_dispatch(story)
    second = {"refund_id": f"{story.refund_id}-2", "reason": "changed_mind"}
    yield story.asks(asked_at, "request_refund", story.buyer, **second)
    withdrawn_at = asked_at + 5 * _AN_HOUR
    yield story.asks(withdrawn_at, "withdraw_refund", story.buyer, refund_id=story.refund_id)
    yield from sent_and_released(story, withdrawn_at, "1", story.basket.quantities)


def approved_while_it_is_withdrawn(story: Story) -> Iterator[Step]:
    """Customer service says yes in the minute after the buyer has taken the request back."""
    at = yield from first_round(story)
    withdrawn_at = (at + _ONE_DAY).replace(minute=10)
    yield story.asks(withdrawn_at, "withdraw_refund", story.buyer, refund_id=story.refund_id)
    late = {"refund_id": story.refund_id, "round": 2}
    yield story.asks(withdrawn_at + timedelta(minutes=1), "approve_refund", SERVICE_DESK, **late)
    yield from sent_and_released(story, withdrawn_at, "1", story.basket.quantities)


def approved_by_the_wrong_people(story: Story) -> Iterator[Step]:
    """The platform before the merchant, the merchant twice, finance instead of customer service; then as it should."""
    asked_at = yield from asked_before_dispatch(story)
    second = {"refund_id": story.refund_id, "round": 2}
    yield story.asks(asked_at + _AN_HOUR, "approve_refund", SERVICE_DESK, **second)
    first = second | {"round": 1}
    yield story.asks(asked_at + 2 * _AN_HOUR, "approve_refund", story.merchant, **first)
    yield story.asks(asked_at + 3 * _AN_HOUR, "approve_refund", story.merchant, **second)
    yield story.asks(asked_at + 4 * _AN_HOUR, "approve_refund", FINANCE, **second)
    approved_at = asked_at + 5 * _AN_HOUR
    yield story.asks(approved_at, "approve_refund", SERVICE_DESK, **second)
    yield from paid_back(story, approved_at, story.refund_id, story.basket.total)


def dispatched_after_the_refund(story: Story) -> Iterator[Step]:
    """The merchant's warehouse has not heard of the refund: what is refunded cannot be sent."""
    paid_at = yield from placed_and_paid(story)
    yield packed(story, paid_at + _AN_HOUR, story.parcel_id, story.basket.quantities)
    asked_at = yield from asks_back(story, paid_at + 3 * _AN_HOUR)
    yield dispatched(story, asked_at + _AN_HOUR, story.parcel_id)
    yield from paid_back(story, asked_at, story.refund_id, story.basket.total)
