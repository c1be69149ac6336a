"""Records made-up exchange rates for the days after a demonstration's month, so that one can go on working in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event

from commands.recording import accounting_day
from service.app import App
from service.loop import Item
from service.simulator.days import SEED, Days
from service.simulator.platform import rates_of
from service.simulator.rates import make_rates
from service.timers.timer import PLATFORM_BOOK, Timer


class DemonstrationRates(Timer):
    """Finds nothing to do in a ledger that was not founded for demonstration."""

    name = "demonstration_rates"
    every = timedelta(minutes=1)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._known = Days.of_demonstration(app.ledger.identity)

    def look(self) -> int:
        today = accounting_day(self.app.clock())
        if not self.app.ledger.identity.demonstration or today <= self._known.today:
            return 0
        recorded = self.loop.ask(self._items(replace(self._known, today=today)))
        self._known = replace(self._known, today=today)
        return recorded

    def _items(self, days: Days) -> Iterator[Item]:
        """The rates of the days that are new."""
        rates = make_rates(SEED, days)
        for n in range((days.today - self._known.today).days):
            day = days.today - timedelta(days=n)
            for step in rates_of(rates, day, seed=SEED):
                yield Item(PLATFORM_BOOK, step.id, step.as_command)
