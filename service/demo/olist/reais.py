"""Sums of BRL amounts by what they are for: of the source, of the log, of what was refused."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.money import Money
from service.demo.olist.source import BRL

_NOUGHT = Money(0, BRL)


@dataclass(frozen=True, slots=True)
class Reais:
    """Prices of items, freight, and payments."""

    items: Money = _NOUGHT
    freight: Money = _NOUGHT
    payments: Money = _NOUGHT

    def __add__(self, other: Reais) -> Reais:
        return Reais(self.items + other.items, self.freight + other.freight, self.payments + other.payments)

    def as_json(self) -> dict[str, str]:
        """Decimal texts in BRL."""
        return {
            "items": f"{self.items.decimal:f}",
            "freight": f"{self.freight.decimal:f}",
            "payments": f"{self.payments.decimal:f}",
        }


NO_REAIS = Reais()
