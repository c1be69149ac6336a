"""Exchange rates as facts: a decimal string with its pair, kind, source and day; conversion rounds at one point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from ledger.currencies import exponent_of
from ledger.limits import LARGEST_RATE
from ledger.money import CurrencyMismatch, Money, half_up
from ledger.numbers import read_decimal

RateKind = Literal["reference", "book", "provider_settlement"]
CNY = "CNY"  # the functional currency: every entry balances in it


@dataclass(frozen=True, slots=True)
class Rate:
    """So many units of `quote` for one of `base`, as `source` gave it for the day `as_of`.

    The four rates of domain §3.3 are never mixed: `kind` says which one this is (a refund-time rate is the book rate of
    the refund's day).
    """

    base: str
    quote: str
    value: str
    kind: RateKind
    source: str
    as_of: date

    def __post_init__(self) -> None:
        exponent_of(self.base), exponent_of(self.quote)
        if not _ratio(self.value) > 0:
            raise ValueError(f"a rate is positive, {self.value!r} is not")

    @property
    def pair(self) -> str:
        return f"{self.base}/{self.quote}"

    def convert(self, amount: Money) -> Money:
        """`amount` (in `base`) in `quote`, HALF_UP to its minor unit."""
        if amount.currency != self.base:
            raise CurrencyMismatch(f"a {self.pair} rate does not convert {amount.currency}")
        return self._scaled(amount.minor, self.base, self.quote, _ratio(self.value))

    def convert_back(self, amount: Money) -> Money:
        """`amount` (in `quote`) in `base`, HALF_UP: how a list price becomes a reference price."""
        if amount.currency != self.quote:
            raise CurrencyMismatch(f"a {self.pair} rate does not convert {amount.currency} back")
        return self._scaled(amount.minor, self.quote, self.base, 1 / _ratio(self.value))

    @staticmethod
    def _scaled(minor: int, source: str, target: str, ratio: Fraction) -> Money:
        shift = Fraction(10) ** (exponent_of(target) - exponent_of(source))
        exact = minor * ratio * shift
        return Money(half_up(exact.numerator, exact.denominator), target)


def unity(currency: str, as_of: date) -> Rate:
    """The rate of a currency to itself, for amounts that need no conversion."""
    return Rate(base=currency, quote=currency, value="1", kind="book", source="identity", as_of=as_of)


_FURTHEST = 18  # powers of ten: no two currencies are further apart


def check_rate(rate: Rate) -> None:
    """That a rate from outside is plainly written and not absurd. Raises ValueError."""
    if read_decimal(rate.value) <= 0:
        raise ValueError(f"a rate is positive, {rate.value!r} is not")
    shift = exponent_of(rate.quote) - exponent_of(rate.base)
    if rate.quote == CNY and _ratio(rate.value) * Fraction(10) ** shift > LARGEST_RATE:
        raise ValueError(f"{rate.value} {CNY} for one {rate.base} is no rate of any currency")


@lru_cache(maxsize=4096)
def _ratio(value: str) -> Fraction:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a rate") from None
    if not number.is_finite() or abs(number.adjusted()) > _FURTHEST:
        raise ValueError(f"{value!r} is not a rate")
    return Fraction(number)
