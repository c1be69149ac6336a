"""The exchange rates of an import: ECB cross rates against CNY, and MOP by its peg to HKD."""

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
    (BRL, "reference"),  # source name of the rates that convert the source's prices to list prices
)


class ImportRates:
    """Rates of every business day up to `last`, from the last one on or before `first`. Raises `NoCrossRate`.

    They are looked up through the ledger's own reference data, so that both compute the same amounts.
    """

    def __init__(self, ecb: EcbRates, *, first: date, last: date) -> None:
        days = ecb.business_days(first, last)
        self.recorded = [_rate(ecb, currency, kind, day) for day in days for currency, kind in _RECORDED]
        self._reference = Reference()
        for position, rate in enumerate(self.recorded, start=1):
            self._reference.apply(FxRateRecorded(rate=rate), position)

    def reference(self, currency: str, day: date) -> Rate:
        """Returns the rate of reference prices: CNY for one unit of the buyer's currency."""
        return self._reference.rate(currency, "reference", day)

    def in_cny(self, reais: Money, day: date) -> Money:
        """Returns a source amount in CNY, HALF_UP."""
        return self._reference.rate(BRL, "reference", day).convert(reais)

    def in_local(self, reais: Money, currency: str, day: date) -> Money:
        """Returns a source amount in a buyer's currency, converted through CNY."""
        return self.reference(currency, day).convert_back(self.in_cny(reais, day))


def _rate(ecb: EcbRates, currency: str, kind: RateKind, day: date) -> Rate:
    cross = ecb.on_or_before(base=currency, quote=CNY, day=day)
    return Rate(base=currency, quote=CNY, value=cross.value, kind=kind, source=SOURCE, as_of=day)
