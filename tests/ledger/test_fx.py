"""Rates: decimal strings, one rounding point, any number of decimals on either side."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.currencies import exponent_of
from ledger.fx import Rate, unity
from ledger.money import CurrencyMismatch, Money

DAY = date(2025, 4, 1)


def rate(base: str, value: str, quote: str = "CNY") -> Rate:
    return Rate(base, quote, value, "book", "test", DAY)


@pytest.mark.parametrize(
    ("amount", "value", "converted"),
    [
        (Money(6944, "USD"), "7.1800", Money(49858, "CNY")),
        (Money(1944, "USD"), "7.1700", Money(13938, "CNY")),
        (Money(1000, "JPY"), "0.048125", Money(4813, "CNY")),
        (Money(1234, "KWD"), "23.4000", Money(2888, "CNY")),
        (Money(-6944, "USD"), "7.1800", Money(-49858, "CNY")),
    ],
)
def test_an_amount_is_converted_half_up_to_the_minor_unit(amount: Money, value: str, converted: Money) -> None:
    assert rate(amount.currency, value).convert(amount) == converted


@pytest.mark.parametrize(
    ("list_price", "value", "reference"),
    [
        (Money(18000, "CNY"), "7.2000", Money(2500, "USD")),
        (Money(14000, "CNY"), "7.2000", Money(1944, "USD")),
        (Money(4813, "CNY"), "0.048125", Money(1000, "JPY")),
    ],
)
def test_a_list_price_becomes_a_reference_price(list_price: Money, value: str, reference: Money) -> None:
    assert rate(reference.currency, value).convert_back(list_price) == reference


@given(
    minor=some.integers(-(10**12), 10**12),
    currency=some.sampled_from(["JPY", "KWD", "USD"]),
    value=some.decimals("0.0001", "99999", places=6, allow_nan=False).map(str),
)
def test_a_conversion_is_never_more_than_half_a_minor_unit_off(minor: int, currency: str, value: str) -> None:
    exact = minor * Fraction(value) * Fraction(10) ** (2 - exponent_of(currency))
    assert abs(rate(currency, value).convert(Money(minor, currency)).minor - exact) <= Fraction(1, 2)


def test_a_rate_converts_its_own_pair_only() -> None:
    with pytest.raises(CurrencyMismatch):
        rate("USD", "7.18").convert(Money(1, "HKD"))


def test_a_rate_does_not_convert_back_what_it_does_not_quote() -> None:
    with pytest.raises(CurrencyMismatch):
        rate("USD", "7.18").convert_back(Money(1, "USD"))


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity", "seven", "", "9e99999999", "9e-99999999"])
def test_what_is_not_a_positive_number_is_no_rate(value: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        rate("USD", value)


def test_a_currency_is_worth_one_of_itself() -> None:
    assert unity("CNY", DAY).convert(Money(12345, "CNY")) == Money(12345, "CNY")
