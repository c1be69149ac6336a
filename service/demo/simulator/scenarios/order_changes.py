"""Scenarios of orders that are refused, placed again, changed or cancelled before dispatch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ledger.money import Money
from service.demo.simulator.scenarios.order_steps import Scenario, paid_back, placed, placed_and_paid
from service.demo.simulator.scenarios.scenarios import delivered
from service.demo.simulator.scenarios.shipments import items_of, sent_and_released
from service.demo.simulator.step import Step

_AN_HOUR, _A_DAY = timedelta(hours=1), timedelta(days=1)


def of_a_market_that_is_not_open(scenario: Scenario) -> Iterator[Step]:
    """The buyer orders to Singapore, which is not open, and then to an open market."""
    return _refused_first(scenario, market="SG")


def of_a_product_out_of_the_pool(scenario: Scenario) -> Iterator[Step]:
    """The buyer follows a link to a product that is not in the export pool."""
    first, *others = scenario.basket.data["lines"]
    return _refused_first(scenario, lines=[first | {"product_id": "P-domestic"}, *others])


def at_a_quote_that_has_expired(scenario: Scenario) -> Iterator[Step]:
    """The basket stayed open since yesterday, so that its quote has expired."""
    return _refused_first(scenario, quote_expires_at=scenario.basket.placed_at - 3 * _AN_HOUR)


def with_a_wrong_total(scenario: Scenario) -> Iterator[Step]:
    """The checkout's total is wrong by a cent."""
    return _refused_first(scenario, buyer_total=scenario.basket.total - Money(1, scenario.basket.total.currency))


def cancelled_in_part(scenario: Scenario) -> Iterator[Step]:
    """One unit is out of stock; the rest is dispatched."""
    paid_at = yield from placed_and_paid(scenario)
    line_id, price = scenario.one_unit
    at = scenario.later(paid_at, least_h=1, most_h=4)
    cancelled = {"lines": items_of({line_id: 1}), "reason": "out_of_stock", "refund_id": scenario.refund_id}
    yield scenario.asks(at, "cancel_order", scenario.merchant, **cancelled)
    yield from paid_back(scenario, at, scenario.refund_id, scenario.basket.back_with(price))
    left = {line: qty - (line == line_id) for line, qty in scenario.basket.quantities.items()}
    yield from sent_and_released(scenario, at, "1", {line: qty for line, qty in left.items() if qty})


def sent_to_another_address(scenario: Scenario) -> Iterator[Step]:
    """The buyer changes the address before dispatch, and tries again after it."""
    paid_at = yield from placed_and_paid(scenario)
    for n, at in ((2, paid_at + _AN_HOUR), (3, paid_at + 5 * _A_DAY)):
        moved = {"ship_to_ref": f"ADDR-{scenario.basket.buyer.ref}-{n}", "ship_to": scenario.basket.buyer.ship_to}
        yield scenario.asks(at, "change_delivery_details", scenario.buyer, **moved)
    yield from sent_and_released(scenario, paid_at, "1", scenario.basket.quantities)


def _refused_first(scenario: Scenario, **otherwise: Any) -> Iterator[Step]:
    yield placed(scenario, scenario.basket.placed_at - _AN_HOUR, **otherwise)
    yield from delivered(scenario)
