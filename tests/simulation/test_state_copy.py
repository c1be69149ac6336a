"""A copy of a stream with more events changes nothing in the stream, and comes to the same state as the stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from random import Random
from typing import Any

import pytest
from pydantic import BaseModel

from ledger.streams.orders.order import Order
from tests.ledger.journal.rules.test_orders import ACTIONS, DAYS, Sale
from tests.simulation.models.money_life import OF_MONEY, MoneyLife

SALE = Sale(
    lines=((3, 5_000), (4, 7_050)), charges=(300, 200), weights=(1, 2), rates=tuple(9_500 + n for n in range(DAYS))
)


def state(value: Any, seen: frozenset[int] = frozenset()) -> Any:
    """Returns all that a value holds, as tuples of values that never change."""
    if id(value) in seen:
        return "an object around this one"
    inside = seen | {id(value)}
    match value:
        case dict():
            return tuple((key, state(held, inside)) for key, held in value.items())
        case list() | tuple():
            return tuple(state(held, inside) for held in value)
        case set():
            return frozenset(state(held, inside) for held in value)
        case BaseModel():
            return value
    if is_dataclass(value):
        return type(value), tuple(state(getattr(value, field.name), inside) for field in fields(value))
    if hasattr(value, "__dict__"):
        return type(value), tuple((name, state(held, inside)) for name, held in vars(value).items())
    return value


@pytest.fixture(scope="module", params=range(3))
def life(request: pytest.FixtureRequest) -> MoneyLife:
    """An order of one merchant to which every kind of thing happens."""
    random = Random(request.param)
    life = MoneyLife(SALE)
    for _ in range(40):
        life.step(random.choice(ACTIONS + OF_MONEY), random.randint(0, 99), random.randint(1, 3))
    return life


def halfway(life: MoneyLife) -> tuple[Order, Iterable[Any]]:
    """Returns the order after half of its events, and the other half."""
    order, half = Order(life.scenario.order.name), len(life.scenario.events) // 2
    for event in life.scenario.events[:half]:
        order.apply(event)
    return order, life.scenario.events[half:]


def test_a_stream_does_not_change_with_the_events_of_its_copy(life: MoneyLife) -> None:
    order, more = halfway(life)
    before = state(order)
    order.after(*more)
    assert state(order) == before


def test_a_copy_comes_to_the_state_that_the_stream_comes_to(life: MoneyLife) -> None:
    order, more = halfway(life)
    assert state(order.after(*more)) == state(life.scenario.order)


def test_a_copy_does_not_change_with_later_events_of_the_stream(life: MoneyLife) -> None:
    order, more = halfway(life)
    copy = order.after()
    before = state(copy)
    for event in more:
        order.apply(event)
    assert state(copy) == before
