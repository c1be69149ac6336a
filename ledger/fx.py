"""Exchange rates as recorded facts: value, pair, kind, source and day. A conversion rounds once."""

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
CNY = "CNY"  # the functional currency: every journal entry balances in it
NO_CNY = Money(0, CNY)


@dataclass(frozen=True, slots=True)
class Rate:
    """`value` units of `quote` for one unit of `base`, as `source` gave it for the day `as_of`.

    The kinds of domain §3.3 are never mixed. The rate of a refund is the book rate of the refund's day.
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
            raise ValueError(f"a rate must be positive, not {self.value!r}")

    @property
    def pair(self) -> str:
        return f"{self.base}/{self.quote}"

    def convert(self, amount: Money) -> Money:
        """Returns `amount`, which is in `base`, in `quote`, rounded HALF_UP. Raises `CurrencyMismatch`."""
        if amount.currency != self.base:
            raise CurrencyMismatch(f"a rate of {self.pair} cannot convert {amount.currency}")
        return self._scaled(amount.minor, self.base, self.quote, _ratio(self.value))

    def convert_back(self, amount: Money) -> Money:
        """Returns `amount`, which is in `quote`, in `base`, rounded HALF_UP. Raises `CurrencyMismatch`."""
        if amount.currency != self.quote:
            raise CurrencyMismatch(f"a rate of {self.pair} cannot convert {amount.currency} back")
        return self._scaled(amount.minor, self.quote, self.base, 1 / _ratio(self.value))

    @staticmethod
    def _scaled(minor: int, source: str, target: str, ratio: Fraction) -> Money:
        shift = Fraction(10) ** (exponent_of(target) - exponent_of(source))
        exact = minor * ratio * shift
        return Money(half_up(exact.numerator, exact.denominator), target)


def unity(currency: str, as_of: date) -> Rate:
    """Returns the rate 1 of a currency to itself."""
    return Rate(base=currency, quote=currency, value="1", kind="book", source="identity", as_of=as_of)


_FURTHEST = 18  # powers of ten: no real rate is larger or smaller


def check_rate(rate: Rate) -> None:
    """Raises ValueError for a rate from outside that is not a plain positive decimal, or is absurdly high."""
    if read_decimal(rate.value) <= 0:
        raise ValueError(f"a rate must be positive, not {rate.value!r}")
    shift = exponent_of(rate.quote) - exponent_of(rate.base)
    if rate.quote == CNY and _ratio(rate.value) * Fraction(10) ** shift > LARGEST_RATE:
        raise ValueError(
            f"{rate.value} {CNY} for one {rate.base} is too high for a rate; check the pair and its direction"
        )


@lru_cache(maxsize=4096)
def _ratio(value: str) -> Fraction:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a rate") from None
    if not number.is_finite() or abs(number.adjusted()) > _FURTHEST:
        raise ValueError(f"{value!r} is not a rate")
    return Fraction(number)
