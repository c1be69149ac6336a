"""Simulated daily exchange rates: a slow random walk, marked as simulated wherever they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ledger.fx import Rate
from ledger.policies.reference import MOP_PER_HKD
from service.demo.simulator.days import Days

PROVIDER = "simulated"


@dataclass(frozen=True, slots=True)
class Rates:
    """CNY for one unit, by currency and day. MOP follows HKD by its peg, and is published as a reference rate of its
    own.
    """

    book: dict[tuple[str, date], str]

    def reference(self, currency: str, day: date) -> Rate:
        """Returns the reference rate for buyers: the book rate of the day."""
        return Rate(
            base=currency, quote="CNY", value=self.book[currency, day], kind="reference", source=PROVIDER, as_of=day
        )


def make_rates(seed: int, days: Days) -> Rates:
    """Returns the rates of all days up to today. A longer simulation leaves the rates of earlier days unchanged."""
    random = Random(f"rates {seed}")
    usd, hkd = Decimal("7.2500"), Decimal("0.9320")
    book: dict[tuple[str, date], str] = {}
    for offset in range(days.count + 1):
        day = days.first + timedelta(days=offset)
        usd += Decimal(random.randint(-60, 60)) / 10_000
        hkd += Decimal(random.randint(-8, 8)) / 10_000
        book["USD", day], book["HKD", day] = str(usd), str(hkd)
        book["MOP", day] = str((hkd / MOP_PER_HKD).quantize(Decimal("0.0001")))
    return Rates(book)
