"""Money as integer minor units, and the few named points where it is rounded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ledger.currencies import all_currencies, exponent_of
from ledger.limits import LARGEST_NUMBER
from ledger.numbers import read_decimal, ungrouped

_SPOKEN = re.compile(r"([A-Z]{3}) (\S+)")


class CurrencyMismatch(ValueError):
    """Two currencies were added or compared."""


class FractionOfMinorUnit(ValueError):
    """The amount is finer than the currency's smallest unit."""


@dataclass(frozen=True, slots=True)
class Money:
    """An integer count of minor units of an ISO 4217 currency. It may be negative.

    In JSON: `{"currency": "USD", "minor": 6944}`. Input may also be `{"currency": "USD", "amount": "69.44"}`, `"USD
    69.44"` or `"USD 6,944.00"`.
    """

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: str | Decimal | int, currency: str) -> Money:
        """Returns money from a decimal amount in major units. A text follows the grammar of `ledger.numbers`.

        Raises `FractionOfMinorUnit`, or ValueError if it is not a number.
        """
        try:
            number = read_decimal(amount) if isinstance(amount, str) else Decimal(amount)
        except ValueError:
            raise ValueError(f"{amount!r} is not an amount; write it as in 69.44") from None
        scaled = number.scaleb(exponent_of(currency)) if number.is_finite() else number
        if not scaled.is_finite() or abs(scaled) > LARGEST_NUMBER:
            raise ValueError(f"{amount!r} is not an amount")
        digits = len(amount.partition(".")[2]) if isinstance(amount, str) else 0  # "1.000" may mean one thousand
        if scaled != scaled.to_integral_value() or digits > exponent_of(currency):
            raise FractionOfMinorUnit(f"{amount} {currency} is finer than the smallest unit of {currency}")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        """The exact amount in major units."""
        return Decimal(self.minor).scaleb(-exponent_of(self.currency))

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.minor * quantity, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.currency} {self.decimal:,f}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added or compared")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        stored = _stored_schema(cls)  # the form in the log: decoded without Python code
        spoken = core_schema.no_info_plain_validator_function(_read_spoken)
        return core_schema.union_schema([stored, spoken], mode="left_to_right")


def total(amounts: Sequence[Money], currency: str) -> Money:
    """Returns the sum of `amounts`, which is zero `currency` if there are none. Raises `CurrencyMismatch`."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result


def within(amount: Money, currency: str) -> Money:
    """Returns the amount if it is in `currency`, else zero `currency`."""
    return amount if amount.currency == currency else Money(0, currency)


def joined(balance: Money, more: Money) -> Money:
    """Returns `balance` + `more`. A zero balance takes the currency of `more`. Raises `CurrencyMismatch`."""
    return balance + more if balance else more


def half_up(numerator: int, denominator: int) -> int:
    """Returns the quotient rounded to the nearest integer, halves away from zero (domain §3.3: HALF_UP)."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, rest = divmod(abs(numerator), denominator)
    rounded = quotient + (2 * rest >= denominator)
    return rounded if numerator >= 0 else -rounded


def share(whole: Money, *, upto: int, of: int, already: Money) -> Money:
    """Returns the next part of a cumulative split: `whole` × `upto` / `of`, rounded HALF_UP, less `already`.

    The last part takes the rounding difference, so the parts add up to the whole (domain §3.3).
    """
    due = whole.minor if upto == of else half_up(whole.minor * upto, of)
    return Money(due - already.minor, whole.currency)


def split(whole: Money, weights: Sequence[int]) -> list[Money]:
    """Returns `whole` in parts in proportion to `weights`, by the cumulative method. The parts add up exactly.

    Raises ValueError if all weights are zero and the whole is not.
    """
    base = sum(weights)
    if base == 0:
        if whole:
            raise ValueError(f"{whole} cannot be split: all weights are zero")
        return [whole for _ in weights]
    parts: list[Money] = []
    given, cumulative = Money(0, whole.currency), 0
    for weight in weights:
        cumulative += weight
        part = share(whole, upto=cumulative, of=base, already=given)
        parts.append(part)
        given = given + part
    return parts


def _stored_schema(money: type[Money]) -> CoreSchema:
    """Returns the schema of stored money. It runs without Python code, because every stored amount passes it.

    It is written by hand: for a dataclass's own schema pydantic keeps one definition, and only the first field of a
    model would get the union around it.
    """
    fields = [
        core_schema.dataclass_field(
            "minor", core_schema.int_schema(strict=True, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)
        ),
        core_schema.dataclass_field("currency", core_schema.literal_schema([*all_currencies()])),
    ]
    arguments = core_schema.dataclass_args_schema(money.__name__, fields, extra_behavior="forbid")
    return core_schema.dataclass_schema(money, arguments, ["minor", "currency"], slots=True, frozen=True)


def _read_spoken(value: Any) -> Money:
    """Returns money from `"USD 69.44"` or `{"currency": …, "amount": "69.44"}`. Raises ValueError."""
    match value:
        case Money():
            return value
        case str() if words := _SPOKEN.fullmatch(value):
            return Money.of(ungrouped(words[2]), words[1])
        case {"currency": str(currency), "amount": str(amount), **rest} if not rest:
            return Money.of(amount, currency)
        case {"currency": str(currency), "minor": int(minor), **rest} if not rest and not isinstance(minor, bool):
            exponent_of(currency)
            if abs(minor) > LARGEST_NUMBER:
                raise ValueError("the amount is too large")
            return Money(minor, currency)
    raise ValueError(
        'write money as {"currency": "USD", "minor": 6944}, {"currency": "USD", "amount": "69.44"} or "USD 69.44"'
    )
