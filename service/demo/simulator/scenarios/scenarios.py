"""Scenarios of delivery and of early ends: one function for each plot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from service.demo.simulator.scenarios.order_steps import Scenario, captured, paid_back, payment, placed, placed_and_paid
from service.demo.simulator.scenarios.shipments import halves, sent_and_released
from service.demo.simulator.step import PROVIDER, SYSTEM, Step

TO_PAY = timedelta(days=3, minutes=1)  # the default time to pay has passed


def delivered(scenario: Scenario, *, trouble: str = "") -> Iterator[Step]:
    """Paid, dispatched in one parcel, signed for, released."""
    paid_at = yield from placed_and_paid(scenario)
    yield from sent_and_released(scenario, paid_at, "1", scenario.basket.quantities, trouble=trouble)


def held_by_customs(scenario: Scenario) -> Iterator[Step]:
    """As `delivered`, with inspections on both sides."""
    return delivered(scenario, trouble="customs")


def collected_after_an_attempt(scenario: Scenario) -> Iterator[Step]:
    """As `delivered`, after nobody was at home."""
    return delivered(scenario, trouble="attempts")


def in_two_parcels(scenario: Scenario) -> Iterator[Step]:
    """Each line, or half of the only one, travels in its own parcel."""
    paid_at = yield from placed_and_paid(scenario)
    first, second = halves(scenario.basket.quantities)
    yield from sent_and_released(scenario, paid_at, "1", first)
    if second:
        yield from sent_and_released(scenario, paid_at + timedelta(hours=20), "2", second)


def captured_before_the_order(scenario: Scenario) -> Iterator[Step]:
    """The provider's message arrives before the order's."""
    at = scenario.basket.placed_at
    yield captured(scenario, at - timedelta(minutes=70))
    yield placed(scenario)
    yield from sent_and_released(scenario, at, "1", scenario.basket.quantities)


def reported_twice_by_the_provider(scenario: Scenario) -> Iterator[Step]:
    """The provider sends the same capture again in another message."""
    paid_at = yield from placed_and_paid(scenario)
    yield captured(scenario, paid_at)
    yield from sent_and_released(scenario, paid_at, "1", scenario.basket.quantities)


def cancelled_after_payment(scenario: Scenario) -> Iterator[Step]:
    """The merchant is out of stock."""
    paid_at = yield from placed_and_paid(scenario)
    at = scenario.later(paid_at, least_h=4, most_h=30)
    yield scenario.asks(at, "cancel_order", scenario.merchant, reason="out_of_stock", refund_id=scenario.refund_id)
    yield from paid_back(scenario, at, scenario.refund_id, scenario.basket.total)


def cancelled_unpaid(scenario: Scenario) -> Iterator[Step]:
    """The buyer leaves before paying."""
    at = scenario.basket.placed_at
    yield placed(scenario)
    yield scenario.asks(scenario.later(at, least_h=1, most_h=5), "cancel_order", scenario.buyer, reason="changed_mind")


def declined(scenario: Scenario) -> Iterator[Step]:
    """The issuer declines, the buyer gives up, and the order expires."""
    at = scenario.basket.placed_at
    yield placed(scenario)
    no = {**payment(scenario), "amount": scenario.basket.total, "code": "insufficient_funds"}
    yield scenario.reports(at + timedelta(minutes=2), "report_payment_failed", PROVIDER, **no)
    yield expired(scenario)


def expired(scenario: Scenario) -> Step:
    """The order expires by the default payment terms."""
    return scenario.asks(scenario.basket.placed_at + TO_PAY, "expire_order", SYSTEM)
