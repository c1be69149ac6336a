"""Orders that are refused, asked for again, changed or given up before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ledger.money import Money
from service.demo.simulator.scenarios.order_steps import Story, paid_back, placed, placed_and_paid
from service.demo.simulator.scenarios.scenarios import delivered
from service.demo.simulator.scenarios.shipments import items_of, sent_and_released
from service.demo.simulator.step import Step

_AN_HOUR, _A_DAY = timedelta(hours=1), timedelta(days=1)


def of_a_market_that_is_not_open(story: Story) -> Iterator[Step]:
    """The buyer wants it sent to Singapore, and then to where it may be sent."""
    return _refused_first(story, market="SG")


def of_a_product_out_of_the_pool(story: Story) -> Iterator[Step]:
    """A link to something that is not on the overseas list."""
    first, *others = story.basket.data["lines"]
    return _refused_first(story, lines=[first | {"product_id": "P-domestic"}, *others])


def at_a_quote_that_has_expired(story: Story) -> Iterator[Step]:
    """The basket stood open since yesterday."""
    return _refused_first(story, quote_expires_at=story.basket.placed_at - 3 * _AN_HOUR)


def with_a_wrong_total(story: Story) -> Iterator[Step]:
    """The checkout forgot a cent."""
    return _refused_first(story, buyer_total=story.basket.total - Money(1, story.basket.total.currency))


def cancelled_in_part(story: Story) -> Iterator[Step]:
    """One unit is out of stock; the rest is sent."""
    paid_at = yield from placed_and_paid(story)
    line_id, price = story.one_unit
    at = story.later(paid_at, least_h=1, most_h=4)
    cancelled = {"lines": items_of({line_id: 1}), "reason": "out_of_stock", "refund_id": story.refund_id}
    yield story.asks(at, "cancel_order", story.merchant, **cancelled)
    yield from paid_back(story, at, story.refund_id, story.basket.back_with(price))
    left = {line: qty - (line == line_id) for line, qty in story.basket.quantities.items()}
    yield from sent_and_released(story, at, "1", {line: qty for line, qty in left.items() if qty})


def sent_to_another_address(story: Story) -> Iterator[Step]:
    """The buyer moves before it is sent, and asks once more when it is too late."""
    paid_at = yield from placed_and_paid(story)
    for n, at in ((2, paid_at + _AN_HOUR), (3, paid_at + 5 * _A_DAY)):
        moved = {"ship_to_ref": f"ADDR-{story.basket.buyer.ref}-{n}", "ship_to": story.basket.buyer.ship_to}
        yield story.asks(at, "change_delivery_details", story.buyer, **moved)
    yield from sent_and_released(story, paid_at, "1", story.basket.quantities)


def _refused_first(story: Story, **otherwise: Any) -> Iterator[Step]:
    yield placed(story, story.basket.placed_at - _AN_HOUR, **otherwise)
    yield from delivered(story)
