"""Records simulated exchange rates for the days after a demonstration's month, so that work can go on in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from ledger.accounting_days import accounting_day
from ledger.ids import PLATFORM_BOOK
from service.demo.simulator.days import SEED, Days
from service.demo.simulator.platform import rates_of
from service.demo.simulator.rates import make_rates
from service.loops.loop import Item
from service.loops.timer import Timer


class DemonstrationRates(Timer):
    """Does nothing in a ledger that is not for demonstration."""

    name = "demonstration_rates"
    every = timedelta(minutes=1)

    def look(self) -> int:
        founded, today = Days.of_demonstration(self.app.ledger.identity), accounting_day(self.app.clock())
        if not self.app.ledger.identity.demonstration or today <= founded.today:
            return 0
        return self.loop.ask(_items(founded, replace(founded, today=today)))


def _items(founded: Days, now: Days) -> Iterator[Item]:
    """Yields the rates of the days since the ledger was founded."""
    rates = make_rates(SEED, now)
    for n in range((now.today - founded.today).days):
        for step in rates_of(rates, now.today - timedelta(days=n), seed=SEED):
            yield Item(PLATFORM_BOOK, step.id, step.as_command)
