"""Records the month: all steps of all orders in order of time, through a bus whose clock shows the month's time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from random import Random
from typing import TypeVar

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from commands.menu import MENU
from service.app import App
from service.demo.simulator.bank import bank_acts
from service.demo.simulator.basket import make_basket
from service.demo.simulator.books import book_acts
from service.demo.simulator.catalogue import Merchant
from service.demo.simulator.catalogue_life import catalogue_steps
from service.demo.simulator.checkouts import checkout_acts, checkout_steps, shared_captures, unmatched_money
from service.demo.simulator.days import Days
from service.demo.simulator.desk import desk_acts
from service.demo.simulator.late_facts import late_steps
from service.demo.simulator.merchant_money import merchant_money_steps
from service.demo.simulator.merchants import joins
from service.demo.simulator.people import Buyer
from service.demo.simulator.platform import platform_steps
from service.demo.simulator.providers import provider_steps
from service.demo.simulator.scenarios.order_steps import Scenario
from service.demo.simulator.scenarios.plots import PLOTS, Plot, plot_of
from service.demo.simulator.settlement import settlement_acts
from service.demo.simulator.step import Act, Step
from service.demo.simulator.world import World, make_world
from service.foundation import publish_defaults

FIRST_DAY = date(2025, 4, 1)
APRIL = Days(FIRST_DAY, date(2025, 7, 14))
MERCHANTS = 24
_EVERY_SIXTH = 6  # share of orders placed in the weeks after the month, so that some are under way today
_BUYERS_OF_EVERY_MARKET = 60  # number of orders that occur in each
SLOT = timedelta(hours=1)  # decisions of one slot have the end of the slot as their instant
Progress = Callable[[int, int], None]  # done, total
Item = TypeVar("Item", Step, Act)


@dataclass(slots=True)
class Month:
    """The result: commands by outcome, and refusals with their reasons."""

    counts: Counter[str] = field(default_factory=Counter)
    refusals: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self.counts["repeated" if outcome.repeated else outcome.status] += 1
            if not outcome.is_accepted:
                self.refusals.append(outcome)


class SlotClock:
    """The clock of the month: the end of the slot that is being recorded."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def make_month(
    *, seed: int = 1, orders: int = 1_200, merchants: int = MERCHANTS, days: Days = APRIL
) -> tuple[World, list[Step]]:
    """Returns the world and every step up to today, in order of time; the same for the same arguments."""
    buyers = max(_BUYERS_OF_EVERY_MARKET, orders * 2 // 3)
    world = make_world(seed=seed, days=days, merchants=merchants, buyers=buyers)
    random = Random(f"month {seed} {orders}")
    steps = [*platform_steps(world), *catalogue_steps(world), *merchant_money_steps(world), *checkout_steps(world)]
    steps += late_steps(world)
    steps += (step for merchant in world.merchants for step in joins(world, merchant))
    cast = _Cast.of(world)
    steps += (step for number in range(1, orders + 1) for step in _order_steps(world, cast, random, number))
    steps += list(provider_steps(world, steps, [*shared_captures(world), *unmatched_money(world)]))
    return world, sorted(_up_to_today(world, steps), key=_when)


def make_acts(world: World, steps: Sequence[Step]) -> list[Act]:
    """Returns the acts, which decide their steps from the state of the ledger at that time."""
    acts = (
        *checkout_acts(world),
        *settlement_acts(world),
        *bank_acts(world, steps),
        *book_acts(world),
        *desk_acts(world),
    )
    return _up_to_today(world, acts)


def record_month(
    app: App,
    *,
    seed: int = 1,
    orders: int = 1_200,
    merchants: int = MERCHANTS,
    days: Days = APRIL,
    slot: timedelta = SLOT,
    progress: Progress = lambda _done, _total: None,
) -> Month:
    """Records the month: at its own time in a ledger for demonstration, as late reports in any other ledger.

    Repeated, it changes nothing; interrupted, it continues.
    """
    world, steps = make_month(seed=seed, orders=orders, merchants=merchants, days=days)
    both: list[Step | Act] = [*steps, *make_acts(world, steps)]
    reported = sorted(both, key=_when)
    clock = SlotClock(world.day(-4))
    ledger = app.ledger.in_scenario(clock) if app.ledger.identity.demonstration else app.ledger
    bus = Bus(ledger, MENU, clock=clock)
    recording = _Recording(replace(app, ledger=ledger, bus=bus, clock=clock), clock)
    try:
        publish_defaults(bus)
        done = 0
        for end, batch in _slots(reported, slot):
            recording.record(end, batch)
            done += len(batch)
            progress(done, len(reported))
    finally:
        bus.close()
    return recording.month


@dataclass(frozen=True, slots=True)
class _Recording:
    """The month's bus and clock, and the results so far."""

    app: App
    clock: SlotClock
    month: Month = field(default_factory=Month)

    def record(self, slot: datetime, batch: Sequence[Step | Act]) -> None:
        """Records a slot: its steps all at once, then its acts one by one."""
        self.clock.now = slot
        self._submit([each for each in batch if isinstance(each, Step)])
        for act in batch:
            if isinstance(act, Act):
                self._submit(list(act.do(self.app)))

    def _submit(self, steps: Sequence[Step]) -> None:
        self.month.add(self.app.bus.submit([step.as_command() for step in steps]) if steps else [])


def _when(each: Step | Act) -> tuple[datetime, str]:
    return each.at, each.id


@dataclass(frozen=True, slots=True)
class _Cast:
    """The merchants and buyers that fit a plot, looked up once for each month."""

    merchants: dict[bool | None, list[Merchant]]  # by Express Refund; None is all of them
    buyers: dict[str, list[Buyer]]  # by market; "" is all of them

    @classmethod
    def of(cls, world: World) -> _Cast:
        merchants: dict[bool | None, list[Merchant]] = {None: world.merchants}
        for express in (True, False):
            merchants[express] = [merchant for merchant in world.merchants if merchant.express is express]
        buyers = {"": world.buyers}
        for buyer in world.buyers:
            buyers.setdefault(buyer.market, []).append(buyer)
        return cls(merchants, buyers)


def _order_steps(world: World, cast: _Cast, random: Random, number: int) -> list[Step]:
    plot = plot_of(random, number)
    order_id = f"S{world.seed}-{number:06d}"
    basket = make_basket(
        random,
        order_id,
        merchant=random.choice(cast.merchants[plot.express]),
        buyer=random.choice(cast.buyers[plot.market]),
        rates=world.rates,
        placed_at=_placed_at(world, random, plot, number),
        units=plot.units,
    )
    return list(plot.submit(Scenario(random, basket)))


def _placed_at(world: World, random: Random, plot: Plot, number: int) -> datetime:
    """Returns the full hour at which the order is placed. It ends a slot, so that no later step seems earlier than the
    order.
    """
    month = world.days.month * 24
    if plot.day is not None:
        hours = plot.day * 24 + random.randrange(20)
    elif number > len(PLOTS) and number % _EVERY_SIXTH == 0:
        hours = random.randrange(month, world.days.count * 24)
    else:
        hours = random.randrange(2, month)
    return world.day(0, hour=hours)


def _up_to_today(world: World, reported: Iterable[Item]) -> list[Item]:
    """Returns the items up to today; later ones are not known yet."""
    return [each for each in reported if each.at <= world.days.end]


def _slots(reported: Sequence[Step | Act], slot: timedelta) -> Iterator[tuple[datetime, list[Step | Act]]]:
    for end, batch in groupby(reported, lambda each: _end_of_slot(each.at, slot)):
        yield end, list(batch)


def _end_of_slot(at: datetime, slot: timedelta) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - (midnight - at) // slot * slot
