"""The technical service fee: which rate a sale has, and how it is taken."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from ledger.money import Money
from ledger.policies.fees import Fees, FeeShare
from tests.support.given import NOW, cny

PROMOTION = {"begins": NOW, "ends": NOW + timedelta(days=7), "rate_bps": 100}


def fees(**settings: Any) -> Fees:
    return Fees.model_validate({"rate_bps": 500, **settings})


def rate_of(schedule: Fees, *, merchant: str = "M-1", category: str = "tea", days: int = 0) -> int:
    return schedule.rate_for(merchant_id=merchant, category_id=category, at=NOW + timedelta(days=days))


def test_the_worked_example_pays_eighteen_yuan_on_three_hundred_and_sixty() -> None:
    assert fees().taken_from(cny("360.00"), 500) == FeeShare(cny("18.00"), cny("0"), cny("342.00"))


def test_half_a_fen_of_fee_is_rounded_up() -> None:
    assert fees().taken_from(cny("0.10"), 500).fee == cny("0.01")


def test_a_category_may_have_its_own_rate() -> None:
    assert rate_of(fees(category_rates={"tea": 300})) == 300


def test_a_merchant_rate_goes_before_that_of_the_category() -> None:
    assert rate_of(fees(category_rates={"tea": 300}, merchant_rates={"M-1": 400})) == 400


def test_a_promotion_for_everyone_covers_everyone() -> None:
    assert rate_of(fees(merchant_rates={"M-1": 400}, promotions=[PROMOTION])) == 100


def test_a_promotion_for_some_merchants_leaves_the_others() -> None:
    assert rate_of(fees(promotions=[{**PROMOTION, "merchants": ["M-2"]}])) == 500


def test_a_promotion_for_a_category_covers_it() -> None:
    assert rate_of(fees(promotions=[{**PROMOTION, "categories": ["tea"]}])) == 100


def test_a_promotion_is_over_at_the_instant_it_ends() -> None:
    assert rate_of(fees(promotions=[PROMOTION]), days=7) == 500


def test_of_two_promotions_the_better_one_counts() -> None:
    assert rate_of(fees(promotions=[PROMOTION, {**PROMOTION, "rate_bps": 50}])) == 50


def test_vat_on_top_comes_out_of_the_merchants_net() -> None:
    taken = fees(vat={"rate_bps": 600, "inclusive": False}).taken_from(cny("360.00"), 500)
    assert taken == FeeShare(cny("18.00"), cny("1.08"), cny("340.92"))


def test_vat_inside_the_fee_comes_out_of_the_platforms_share() -> None:
    taken = fees(vat={"rate_bps": 600, "inclusive": True}).taken_from(cny("360.00"), 500)
    assert taken == FeeShare(cny("16.98"), cny("1.02"), cny("342.00"))


@given(
    gross=some.integers(0, 10**12),
    rate=some.integers(0, 10_000),
    vat=some.integers(0, 2_000),
    inclusive=some.booleans(),
)
def test_fee_vat_and_net_always_add_up_to_the_gross(gross: int, rate: int, vat: int, inclusive: bool) -> None:
    taken = fees(vat={"rate_bps": vat, "inclusive": inclusive}).taken_from(Money(gross, "CNY"), rate)
    assert taken.fee + taken.vat + taken.net == Money(gross, "CNY")


@pytest.mark.parametrize("rate", [-1, 10_001])
def test_a_rate_is_between_nothing_and_everything(rate: int) -> None:
    with pytest.raises(ValidationError):
        fees(rate_bps=rate)
