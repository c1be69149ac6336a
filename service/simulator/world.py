"""Everything a simulated month is made of, drawn from one seed before the first command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from service.simulator.catalogue import Merchant, make_merchants
from service.simulator.people import Buyer, make_buyers
from service.simulator.rates import Rates, make_rates

RATE_DAYS = 75  # the month's orders are delivered and settled in the weeks after it


@dataclass(frozen=True, slots=True)
class World:
    """Merchants, buyers and rates; the month's first day."""

    seed: int
    first_day: date
    merchants: list[Merchant]
    buyers: list[Buyer]
    rates: Rates

    @property
    def personal_values(self) -> set[str]:
        """Every personal value the simulator puts into commands: none may be found in clear in the database."""
        return {value for buyer in self.buyers for value in buyer.personal_values}


def make_world(*, seed: int, first_day: date, merchants: int, buyers: int) -> World:
    """The same world for the same arguments, on every machine."""
    random = Random(f"world {seed}")
    return World(
        seed=seed,
        first_day=first_day,
        merchants=make_merchants(random, merchants),
        buyers=make_buyers(random, buyers),
        rates=make_rates(random, first_day, RATE_DAYS),
    )
