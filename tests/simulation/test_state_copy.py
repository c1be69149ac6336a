"""A copy of a stream with more events changes nothing in the stream, and comes to the same state as the stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from random import Random
from typing import Any

import pytest
from pydantic import BaseModel

from ledger.streams.orders.order import Order
from ledger.streams.registry import BLANK
from ledger.streams.state_copy import state_copy
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


def changeable(value: Any, seen: set[int]) -> Iterator[Any]:
    """Yields every part of a value that can change."""
    if id(value) in seen:
        return
    seen.add(id(value))
    match value:
        case dict():
            yield value
            parts: Iterable[Any] = value.values()
        case list() | set():
            yield value
            parts = value
        case tuple():
            parts = value
        case BaseModel():
            return
        case _ if hasattr(value, "__dict__") or is_dataclass(value):
            if not getattr(getattr(type(value), "__dataclass_params__", None), "frozen", False):
                yield value
            names = [each.name for each in fields(value)] if is_dataclass(value) else list(vars(value))
            parts = [getattr(value, name) for name in names]
        case _:
            return
    for part in parts:
        yield from changeable(part, seen)


def shared(value: Any) -> list[Any]:
    """Returns the parts that can change and that a copy has in common with the value."""
    copied = state_copy(value)
    parts = list(changeable(value, set()))
    return [part for part in changeable(copied, set()) if any(part is mine for mine in parts)]


@pytest.mark.parametrize("kind", BLANK)
def test_a_copy_of_each_kind_of_stream_shares_nothing_that_changes(kind: str) -> None:
    stream = BLANK[kind](f"{kind}/M-1/1")
    assert (shared(stream), state(state_copy(stream))) == ([], state(stream))


def test_a_copy_of_an_order_with_a_life_shares_nothing_that_changes(life: MoneyLife) -> None:
    assert shared(life.scenario.order) == []


def test_a_part_that_is_held_twice_is_copied_once() -> None:
    part = [1]
    copied = state_copy({"one": part, "other": part})
    assert (copied["one"] is copied["other"], copied["one"] is part) == (True, False)


class Slotted:
    """An object without a `__dict__`, which is no dataclass."""

    __slots__ = ("held",)


class PartlySlotted(Slotted):
    """An object with a `__dict__` beside its slots."""


class Loose(BaseModel):
    """A model whose fields can be set."""

    held: int = 0


@pytest.mark.parametrize("part", [Slotted(), PartlySlotted(), Loose(), deque([1]), bytearray(b"1")])
def test_a_part_that_may_change_in_an_unknown_way_is_refused(part: Any) -> None:
    with pytest.raises(TypeError, match="cannot be copied as a part of a stream's state"):
        state_copy({"part": part})
