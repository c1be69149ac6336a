"""Foreign balances at a period's end, and back on the first day of the next (P19)."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commands.accounting.post_fx_revaluation import PostFxRevaluation
from ledger.actors import Actor
from ledger.events.platform_money import FxRevaluationPosted, FxRevaluationReversed
from ledger.journal.posting import post
from ledger.policies.defaults import default_policies
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import PeriodClosed, PeriodNotOver, RevaluationOutdated
from ledger.refusals.payments import RateMissing, RateStale
from tests.support.given import FINANCE, MERCHANT, When, ask, given

OWED_BY_PSP = {"account": "1110", "psp": "psp", "balance": "USD 100.00", "carried": "CNY 715.00"}
OWED_TO_BUYERS = {"account": "2210", "balance": "USD -19.44", "carried": "CNY -139.38"}


def revalue(*balances: dict[str, Any], by: Actor = FINANCE, **other: Any) -> PostFxRevaluation:
    said = {"period": "2025-03", "balances": balances, "positions": {0: 12, 3: 40}}
    return ask(PostFxRevaluation, by=by, **{**said, **other})


def lines(when: When, kind: type[Any]) -> list[tuple[str, str, int, int]]:
    entry = post(when.event(kind))
    assert entry is not None
    return [(line.account, line.currency, line.amount, line.base) for line in entry.lines]


POSTED = given().when(revalue(OWED_BY_PSP, OWED_TO_BUYERS)).then(FxRevaluationPosted, FxRevaluationReversed)


def test_balances_stand_at_the_rate_of_the_last_day_and_the_gain_is_unrealised() -> None:
    assert lines(POSTED, FxRevaluationPosted) == [
        ("1110", "USD", 0, 300),
        ("5220", "CNY", -300, -300),
        ("2210", "USD", 0, -20),
        ("5220", "CNY", 20, 20),
    ]


def test_it_is_taken_back_line_by_line() -> None:
    taken_back = [
        (account, currency, -amount, -base) for account, currency, amount, base in lines(POSTED, FxRevaluationReversed)
    ]
    assert taken_back == lines(POSTED, FxRevaluationPosted)


def test_it_stands_on_the_last_day_and_goes_on_the_first_of_the_next() -> None:
    days = [event.posts_on for event in POSTED.events]
    assert days == [date(2025, 3, 31), date(2025, 4, 1)]


def test_balances_that_stand_at_the_rate_post_nothing() -> None:
    given().when(revalue({**OWED_BY_PSP, "carried": "CNY 718.00"})).then_nothing()


def test_it_keeps_the_positions_its_balances_are_of() -> None:
    assert POSTED.event(FxRevaluationPosted).positions == {0: 12, 3: 40}


def test_a_revaluation_is_not_posted_twice_over_the_same_balances() -> None:
    given(*POSTED.events).when(revalue(OWED_BY_PSP)).then_refused(RevaluationOutdated, included=0, posted=1)


def test_a_later_one_knows_of_the_first() -> None:
    late = given(*POSTED.events).when(revalue({**OWED_BY_PSP, "carried": "CNY 717.00"}, includes=1))
    assert lines(late, FxRevaluationPosted) == [("1110", "USD", 0, 100), ("5220", "CNY", -100, -100)]


def test_a_period_that_is_not_over_is_not_revalued() -> None:
    given().when(revalue(OWED_BY_PSP, period="2025-04")).then_refused(PeriodNotOver, period="2025-04")


def test_a_closed_period_is_not_revalued() -> None:
    given(open_day=date(2025, 4, 1)).when(revalue(OWED_BY_PSP)).then_refused(
        PeriodClosed, day=date(2025, 3, 31), first_open_day=date(2025, 4, 1)
    )


def test_without_a_rate_nothing_is_revalued() -> None:
    given(rates=()).when(revalue(OWED_BY_PSP)).then_refused(RateMissing, pair="USD/CNY")


def test_a_rate_that_is_too_old_revalues_nothing() -> None:
    pricing = next(each.policy for each in default_policies() if isinstance(each.policy, ReferencePricing))
    fresh = (pricing.model_copy(update={"max_rate_age": timedelta(days=3)}),)
    given(policies=fresh).when(revalue(OWED_BY_PSP)).then_refused(RateStale, as_of=date(2025, 3, 1))


def test_a_merchant_revalues_nothing() -> None:
    given().when(revalue(OWED_BY_PSP, by=MERCHANT)).then_refused(RoleNotAllowed)


@pytest.mark.parametrize(
    "balance",
    [
        {**OWED_BY_PSP, "account": "2120"},
        {**OWED_BY_PSP, "account": "5110"},
        {**OWED_BY_PSP, "balance": "CNY 1.00"},
        {**OWED_BY_PSP, "carried": "USD 1.00"},
    ],
    ids=["a merchant's", "an expense", "in CNY", "carried in dollars"],
)
def test_only_foreign_monetary_balances_are_revalued(balance: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        revalue(balance)
