"""The data of a simulated month, drawn from one seed before the first command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from ledger.actors import Actor
from service.demo.simulator.catalogue import Merchant, make_merchants
from service.demo.simulator.days import Days
from service.demo.simulator.people import Buyer, make_buyers
from service.demo.simulator.rates import Rates, make_rates

_GUESTS = 8


@dataclass(frozen=True, slots=True)
class World:
    """Merchants, buyers and rates, and the days of the simulation, each of which begins at midnight UTC."""

    seed: int
    days: Days
    merchants: list[Merchant]
    guests: list[Merchant]  # merchants whose own scenarios the month contains beside the plots of orders
    buyers: list[Buyer]
    rates: Rates

    @property
    def first_day(self) -> date:
        return self.days.first

    def day(self, number: int, *, hour: int = 0) -> datetime:
        """Returns the instant this many days and hours after the start of the month."""
        return self.days.at(number, hour=hour)

    def after_the_month(self, days: int, *, hour: int = 0) -> datetime:
        """Returns the instant this many days after the month's last day."""
        return self.days.at(self.days.month - 1 + days, hour=hour)

    def owner(self, merchant_id: str) -> Actor:
        """Returns the actor of the merchant."""
        return next(each.owner for each in (*self.merchants, *self.guests) if each.merchant_id == merchant_id)

    @property
    def personal_values(self) -> set[str]:
        """Returns every personal value in the simulator's commands: none may be unsealed in the database."""
        return {value for buyer in self.buyers for value in buyer.personal_values}


def make_world(*, seed: int, days: Days, merchants: int, buyers: int) -> World:
    """Returns the same world for the same arguments, on every machine."""
    random = Random(f"world {seed}")
    return World(
        seed=seed,
        days=days,
        merchants=make_merchants(random, merchants),
        guests=make_merchants(Random(f"guests {seed}"), _GUESTS, after=2_000 + 10 * seed),
        buyers=make_buyers(random, buyers),
        rates=make_rates(seed, days),
    )
