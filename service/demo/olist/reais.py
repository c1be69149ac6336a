"""Sums of BRL amounts by purpose: of the source, of the log, and of refused commands."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.money import Money
from service.demo.olist.source import BRL

_NOUGHT = Money(0, BRL)


@dataclass(frozen=True, slots=True)
class Reais:
    """Sums of item prices, freight and payments."""

    items: Money = _NOUGHT
    freight: Money = _NOUGHT
    payments: Money = _NOUGHT

    def __add__(self, other: Reais) -> Reais:
        return Reais(self.items + other.items, self.freight + other.freight, self.payments + other.payments)

    def as_json(self) -> dict[str, str]:
        """Returns decimal texts in BRL."""
        return {
            "items": f"{self.items.decimal:f}",
            "freight": f"{self.freight.decimal:f}",
            "payments": f"{self.payments.decimal:f}",
        }


NO_REAIS = Reais()
