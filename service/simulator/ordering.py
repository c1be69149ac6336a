"""Orders that are refused, asked for again, changed or given up before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ledger.money import Money
from service.simulator.sending import items_of, sent_and_released
from service.simulator.step import Step
from service.simulator.stories import delivered
from service.simulator.telling import Story, paid_back, placed, placed_and_paid

_AN_HOUR = timedelta(hours=1)


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
    yield from paid_back(story, at, story.refund_id, price)
    left = {line: qty - (line == line_id) for line, qty in story.basket.quantities.items()}
    yield from sent_and_released(story, at, "1", {line: qty for line, qty in left.items() if qty})


def _refused_first(story: Story, **otherwise: Any) -> Iterator[Step]:
    yield placed(story, story.basket.placed_at - _AN_HOUR, **otherwise)
    yield from delivered(story)
