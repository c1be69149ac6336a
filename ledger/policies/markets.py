"""The open markets, with the currency that buyers see and the currency that they pay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from ledger.currencies import exponent_of
from ledger.fx import CNY
from ledger.policies.policy import Policy
from ledger.refusals.catalogue import MarketNotOpen


class Market(BaseModel):
    """One market: the buyer's currency, and whether the buyer pays in it or in CNY."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str
    charge: Literal["reference", "CNY"] = "reference"

    @field_validator("currency")
    @classmethod
    def _is_listed(cls, currency: str) -> str:
        exponent_of(currency)
        return currency

    @property
    def charge_currency(self) -> str:
        """The currency in which the buyer's card is charged."""
        return self.currency if self.charge == "reference" else CNY


class Markets(Policy, key="markets"):
    """Open markets by the ISO 3166 alpha-2 code of the ship-to country (statement 3: "the first phase")."""

    markets: dict[str, Market]

    def find(self, market: str) -> Market | None:
        """Returns the market, or None if it is not open."""
        return self.markets.get(market)

    @property
    def open(self) -> tuple[str, ...]:
        """The codes of the open markets, sorted."""
        return tuple(sorted(self.markets))

    def expect_open(self, markets: Iterable[str]) -> None:
        """Raises `MarketNotOpen` for the first market that is not open."""
        for market in markets:
            if market not in self.markets:
                raise MarketNotOpen(market=market, open_markets=self.open)
