"""The exchange rates an import rests on, as the ledger will look them up: ECB crosses against CNY, MOP by its peg."""

from __future__ import annotations

from datetime import date

from ledger.events.platform import FxRateRecorded
from ledger.fx import CNY, Rate, RateKind
from ledger.money import Money
from ledger.policies.reference import Reference
from service.adapters.ecb import SOURCE, EcbRates
from service.demo.olist.source import BRL

_RECORDED: tuple[tuple[str, RateKind], ...] = (
    ("USD", "reference"),
    ("USD", "book"),
    ("HKD", "reference"),
    ("HKD", "book"),
    (BRL, "reference"),  # what turned the source's prices into list prices, so that it can be looked up
)


class ImportRates:
    """Rates of every business day from the last one on or before `first` up to `last`. Raises `NoCrossRate`.

    They are looked up through the ledger's own reference, so that what is computed here is what it will compute.
    """

    def __init__(self, ecb: EcbRates, *, first: date, last: date) -> None:
        days = ecb.business_days(first, last)
        self.recorded = [_rate(ecb, currency, kind, day) for day in days for currency, kind in _RECORDED]
        self._reference = Reference()
        for position, rate in enumerate(self.recorded, start=1):
            self._reference.apply(FxRateRecorded(rate=rate), position)

    def reference(self, currency: str, day: date) -> Rate:
        """CNY for one unit of the buyer's currency: what its reference prices are quoted at."""
        return self._reference.rate(currency, "reference", day)

    def in_cny(self, reais: Money, day: date) -> Money:
        """A source amount in CNY, HALF_UP."""
        return self._reference.rate(BRL, "reference", day).convert(reais)

    def in_local(self, reais: Money, currency: str, day: date) -> Money:
        """A source amount in a buyer's currency, through CNY."""
        return self.reference(currency, day).convert_back(self.in_cny(reais, day))


def _rate(ecb: EcbRates, currency: str, kind: RateKind, day: date) -> Rate:
    cross = ecb.on_or_before(base=currency, quote=CNY, day=day)
    return Rate(base=currency, quote=CNY, value=cross.value, kind=kind, source=SOURCE, as_of=day)
