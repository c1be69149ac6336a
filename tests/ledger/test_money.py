"""Money: integer minor units, whatever their number of decimals, and splits that add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel, TypeAdapter, ValidationError

from ledger.money import CurrencyMismatch, FractionOfMinorUnit, Money, half_up, share, split, total

MONEY = TypeAdapter(Money)
AMOUNTS = some.integers(-(10**12), 10**12)
CURRENCIES = some.sampled_from(["CNY", "JPY", "KWD", "USD"])


@given(minor=AMOUNTS, currency=CURRENCIES, weights=some.lists(some.integers(0, 10_000), min_size=1, max_size=30))
def test_the_parts_of_a_split_always_add_up_to_the_whole(minor: int, currency: str, weights: list[int]) -> None:
    whole = Money(minor, currency)
    if not any(weights):
        weights[0] = 1
    assert total(split(whole, weights), currency) == whole


@given(minor=some.integers(0, 10**12), weights=some.lists(some.integers(1, 10_000), min_size=1, max_size=30))
def test_no_part_of_a_split_is_a_whole_minor_unit_off_its_exact_share(minor: int, weights: list[int]) -> None:
    for part, weight in zip(split(Money(minor, "CNY"), weights), weights, strict=True):
        assert abs(Decimal(part.minor) - Decimal(minor) * weight / sum(weights)) <= 1


@given(minor=AMOUNTS, of=some.integers(1, 500), steps=some.sets(some.integers(1, 499), max_size=20))
def test_shares_given_one_after_another_add_up_to_the_whole(minor: int, of: int, steps: set[int]) -> None:
    whole, given_so_far = Money(minor, "KWD"), Money.zero("KWD")
    for upto in [*sorted(step for step in steps if step < of), of]:
        given_so_far = given_so_far + share(whole, upto=upto, of=of, already=given_so_far)
    assert given_so_far == whole


def test_a_part_with_no_weight_gets_nothing() -> None:
    assert split(Money(100, "CNY"), [1, 0, 2])[1] == Money(0, "CNY")


def test_money_cannot_be_split_over_nothing() -> None:
    with pytest.raises(ValueError, match="all weights are zero"):
        split(Money(1, "CNY"), [0, 0])


def test_nothing_can_be_split_over_nothing() -> None:
    assert split(Money(0, "CNY"), [0, 0]) == [Money(0, "CNY"), Money(0, "CNY")]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("69.44", "USD", 6944), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("-0.01", "CNY", -1)],
)
def test_an_amount_has_as_many_decimals_as_its_currency(amount: str, currency: str, minor: int) -> None:
    assert Money.of(amount, currency).minor == minor


@pytest.mark.parametrize(("amount", "currency"), [("0.5", "JPY"), ("1.2345", "KWD"), ("0.001", "USD")])
def test_a_fraction_of_a_minor_unit_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(FractionOfMinorUnit):
        Money.of(amount, currency)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "twelve", ""])
def test_what_is_no_number_is_no_amount(amount: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.of(amount, "CNY")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money.of("1", "XXX")


@given(minor=AMOUNTS, currency=CURRENCIES)
def test_the_decimal_of_an_amount_is_that_amount_again(minor: int, currency: str) -> None:
    assert Money.of(Money(minor, currency).decimal, currency) == Money(minor, currency)


def test_two_currencies_do_not_meet_in_a_sum() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "CNY") + Money(1, "USD")


def test_two_currencies_are_not_compared() -> None:
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "CNY") < Money(2, "USD")


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"), [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (4, 3, 1), (-4, 3, -1), (0, 7, 0)]
)
def test_halves_are_rounded_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(
    "spoken",
    ["USD 69.44", {"currency": "USD", "amount": "69.44"}, {"currency": "USD", "minor": 6944}],
)
def test_money_is_read_as_people_write_it(spoken: object) -> None:
    assert MONEY.validate_python(spoken) == Money(6944, "USD")


def test_every_field_of_a_model_reads_money_as_people_write_it() -> None:
    class Prices(BaseModel):
        unit: Money
        total: Money

    spoken = {"unit": "USD 2.50", "total": "USD 5.00"}
    assert Prices.model_validate(spoken) == Prices(unit=Money(250, "USD"), total=Money(500, "USD"))


@pytest.mark.parametrize(
    "spoken",
    [
        "69.44",
        "USD 69.444",
        "USD 1.000",
        "JPY 1.0",
        {"currency": "CNY", "amount": "6.900"},
        {"currency": "USD", "amount": 69.44},
        {"currency": "USD", "minor": 69.44},
        {"currency": "USD", "minor": True},
        {"currency": "ABC", "minor": 1},
        {"currency": "USD", "amount": "1", "minor": 100},
        69,
    ],
)
def test_what_is_not_clearly_money_is_refused(spoken: object) -> None:
    with pytest.raises(ValidationError):
        MONEY.validate_python(spoken)
