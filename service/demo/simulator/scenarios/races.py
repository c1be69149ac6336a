"""Scenarios of requests that come too early, twice, from the wrong people or too late: each gets its refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from service.demo.simulator.scenarios.after_sales import first_round
from service.demo.simulator.scenarios.order_steps import (
    Scenario,
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


def asked_while_locked(scenario: Scenario) -> Iterator[Step]:
    """The buyer requests a refund while the parcel is under way: after-sales service opens with the signature."""
    parcel_id, dispatched_at, at = yield from under_way(scenario, 3)
    yield from asks_back(scenario, at + _AN_HOUR)
    signed_at = yield from carried(scenario, dispatched_at, parcel_id, scenario.basket.quantities, after=3)
    yield released(scenario, signed_at)


def asked_twice_at_once(scenario: Scenario) -> Iterator[Step]:
    """Two windows send two requests for the same goods: one case."""
    requested_at = yield from asked_before_dispatch(scenario)
    second = {"refund_id": f"{scenario.refund_id}-2", "reason": "changed_mind"}
    yield scenario.asks(requested_at, "request_refund", scenario.buyer, **second)
    withdrawn_at = requested_at + 5 * _AN_HOUR
    yield scenario.asks(withdrawn_at, "withdraw_refund", scenario.buyer, refund_id=scenario.refund_id)
    yield from sent_and_released(scenario, withdrawn_at, "1", scenario.basket.quantities)


def approved_while_it_is_withdrawn(scenario: Scenario) -> Iterator[Step]:
    """Customer service approves in the minute after the buyer has withdrawn the request."""
    at = yield from first_round(scenario)
    withdrawn_at = (at + _ONE_DAY).replace(minute=10)
    yield scenario.asks(withdrawn_at, "withdraw_refund", scenario.buyer, refund_id=scenario.refund_id)
    late = {"refund_id": scenario.refund_id, "round": 2}
    yield scenario.asks(withdrawn_at + timedelta(minutes=1), "approve_refund", SERVICE_DESK, **late)
    yield from sent_and_released(scenario, withdrawn_at, "1", scenario.basket.quantities)


def approved_by_the_wrong_people(scenario: Scenario) -> Iterator[Step]:
    """The platform approves before the merchant, the merchant twice, finance instead of customer service; then the
    right people.
    """
    requested_at = yield from asked_before_dispatch(scenario)
    second = {"refund_id": scenario.refund_id, "round": 2}
    yield scenario.asks(requested_at + _AN_HOUR, "approve_refund", SERVICE_DESK, **second)
    first = second | {"round": 1}
    yield scenario.asks(requested_at + 2 * _AN_HOUR, "approve_refund", scenario.merchant, **first)
    yield scenario.asks(requested_at + 3 * _AN_HOUR, "approve_refund", scenario.merchant, **second)
    yield scenario.asks(requested_at + 4 * _AN_HOUR, "approve_refund", FINANCE, **second)
    approved_at = requested_at + 5 * _AN_HOUR
    yield scenario.asks(approved_at, "approve_refund", SERVICE_DESK, **second)
    yield from paid_back(scenario, approved_at, scenario.refund_id, scenario.basket.total)


def dispatched_after_the_refund(scenario: Scenario) -> Iterator[Step]:
    """The merchant's warehouse does not know of the refund: refunded units cannot be dispatched."""
    paid_at = yield from placed_and_paid(scenario)
    yield packed(scenario, paid_at + _AN_HOUR, scenario.parcel_id, scenario.basket.quantities)
    requested_at = yield from asks_back(scenario, paid_at + 3 * _AN_HOUR)
    yield dispatched(scenario, requested_at + _AN_HOUR, scenario.parcel_id)
    yield from paid_back(scenario, requested_at, scenario.refund_id, scenario.basket.total)
