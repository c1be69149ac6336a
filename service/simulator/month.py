"""Recording the month: all steps of all orders in the order of time, through a bus whose clock is the month's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from commands.bus import Bus
from commands.command import Command
from commands.menu import MENU
from commands.outcome import Outcome
from ledger.ledger import Ledger
from service.simulator.basket import make_basket
from service.simulator.platform import platform_steps
from service.simulator.plots import plot_of
from service.simulator.step import Step
from service.simulator.telling import Story
from service.simulator.world import World, make_world

FIRST_DAY = date(2025, 4, 1)
DAYS = 30
_SLOT = timedelta(hours=1)  # decisions of one slot share its end as their instant
Progress = Callable[[int, int], None]  # done, of


@dataclass(slots=True)
class Month:
    """What was recorded: commands by outcome, the refusals with their reasons, the ids of what has happened."""

    counts: Counter[str] = field(default_factory=Counter)
    refusals: list[Outcome] = field(default_factory=list)
    happened: set[str] = field(default_factory=set)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self.counts["repeated" if outcome.repeated else outcome.status] += 1
            if outcome.status == "refused":
                self.refusals.append(outcome)
            else:
                self.happened.add(outcome.command_id)


class SlotClock:
    """The month's own time: the end of the slot that is being recorded."""

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def make_month(*, seed: int = 1, orders: int = 1_200) -> tuple[World, list[Step]]:
    """The world and every step of the month, in the order of time; the same for the same arguments."""
    world = make_world(seed=seed, first_day=FIRST_DAY, merchants=24, buyers=max(1, orders * 2 // 3))
    random = Random(f"month {seed} {orders}")
    steps = list(platform_steps(world, days=DAYS))
    for number in range(1, orders + 1):
        steps += _order_steps(world, random, number)
    return world, sorted(steps, key=lambda step: (step.at, step.id))


def record_month(ledger: Ledger, *, seed: int = 1, orders: int = 1_200, progress: Progress | None = None) -> Month:
    """Record the month. Told again it changes nothing; broken off, it goes on from what is there."""
    _, steps = make_month(seed=seed, orders=orders)
    month, clock = Month(), SlotClock()
    bus = Bus(ledger, MENU, clock=clock)
    try:
        done = 0
        for slot, batch in _slots(steps):
            clock.now = slot
            happening = [step for step in batch if not step.only_after or step.only_after in month.happened]
            month.add(bus.submit([_command(step) for step in happening]))
            done += len(batch)
            if progress:
                progress(done, len(steps))
    finally:
        bus.close()
    return month


def _order_steps(world: World, random: Random, number: int) -> list[Step]:
    # On the hour, where a slot ends: nothing that follows can seem to have happened before the order was placed.
    hours = random.randrange(2, DAYS * 24)
    placed_at = datetime.combine(world.first_day, datetime.min.time(), UTC) + hours * _SLOT
    order_id = f"S{world.seed}-{number:06d}"
    plot = plot_of(random, number)
    merchant = random.choice([merchant for merchant in world.merchants if plot.is_of(merchant)])
    basket = make_basket(random, order_id, merchant, random.choice(world.buyers), world.rates, placed_at)
    return list(plot.tell(Story(random, basket)))


def _slots(steps: Sequence[Step]) -> Iterator[tuple[datetime, list[Step]]]:
    batch: list[Step] = []
    end = datetime.min.replace(tzinfo=UTC)
    for step in steps:
        if step.at > end:
            if batch:
                yield end, batch
            batch, end = [], _end_of_slot(step.at)
        batch.append(step)
    if batch:
        yield end, batch


def _end_of_slot(at: datetime) -> datetime:
    start = at.replace(minute=0, second=0, microsecond=0)
    return start if start == at else start + _SLOT


def _command(step: Step) -> Command:
    kind = MENU[step.command].command
    occurred_at = (step.happened_at or step.at) if step.is_report else None
    envelope = {"id": step.id, "actor": step.actor, "occurred_at": occurred_at}
    return kind.model_validate({**envelope, **step.data})
