"""The amount of a break is read from its two texts, or it is none."""

import pytest

from projections.worklists.break_amounts import amount_of


@pytest.mark.parametrize(
    ("expected", "actual", "amount"),
    [
        ("CNY 1,200.00", "CNY 1,198.00", "CNY -2.00"),
        ("CNY 20.00", "nothing", "CNY -20.00"),
        ("an order", "stripe captured USD 25.50", "USD 25.50"),
        ("USD -3.00", "USD 4.00 on 2026-11-03", "USD 7.00"),
        ("at most JPY 1,000", "JPY 1,500", "JPY 500"),
    ],
)
def test_the_amount_is_what_is_too_much_or_missing(expected: str, actual: str, amount: str) -> None:
    assert str(amount_of(expected, actual)) == amount


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("a known dispute", "lost, amount unknown"),
        ("CNY 1.00", "USD 1.00"),
        ("CNY 1.00", "CNY 2.00 for CNY 3.00"),
        ("order placed at 2026-11-03T08:00:00Z", "PAT 5.00"),
        ("a rate", "CNY 0.123"),
    ],
)
def test_a_break_about_no_one_amount_has_none(expected: str, actual: str) -> None:
    assert amount_of(expected, actual) is None
