"""The policies a new ledger starts with: complete, and open about what we assume."""

from typing import TypeVar, get_args

import pytest

from ledger.fx import Rate
from ledger.policies.approvals import Approvals
from ledger.policies.defaults import Default, default_policies
from ledger.policies.fees import Fees
from ledger.policies.kinds import KINDS, read_content, written
from ledger.policies.liability import Cause, Liability
from ledger.policies.markets import Markets
from ledger.policies.payout_terms import PayoutTerms
from ledger.policies.policy import POLICIES, Policy
from ledger.policies.programme_start import ProgrammeStart
from ledger.policies.promise import Promise
from ledger.policies.reference_pricing import ReferencePricing
from ledger.policies.release import Release
from ledger.policies.return_window import ReturnWindow
from ledger.refusals.catalogue import MarketNotOpen
from tests.support.given import NOW, cny, instant

P = TypeVar("P", bound=Policy)
DEFAULTS = {default.key: default for default in default_policies()}


def the(kind: type[P]) -> P:
    policy = DEFAULTS[kind.key].policy
    assert isinstance(policy, kind)
    return policy


def test_every_kind_of_policy_has_one_default() -> None:
    assert list(DEFAULTS) == list(KINDS)


def test_every_kind_of_policy_is_listed() -> None:
    assert KINDS == POLICIES


@pytest.mark.parametrize("default", default_policies(), ids=lambda default: default.key)
def test_a_default_that_is_an_assumption_says_why(default: Default) -> None:
    assert not default.assumption or len(default.note) > 20


@pytest.mark.parametrize("default", default_policies(), ids=lambda default: default.key)
def test_a_policy_written_down_reads_back_as_itself(default: Default) -> None:
    assert read_content(default.key, written(default.policy)) == default.policy


def test_an_unknown_policy_is_not_read() -> None:
    with pytest.raises(ValueError, match="no policy is called"):
        read_content("weather", {})


def test_a_policy_is_not_read_with_a_field_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="there is no such field"):
        read_content("release", {"after_signature": "P7D", "colour": "red"})


def test_the_first_phase_covers_the_us_hong_kong_and_macau() -> None:
    assert the(Markets).open == ("HK", "MO", "US")


def test_buyers_in_macau_are_charged_what_they_are_quoted() -> None:
    market = the(Markets).find("MO")
    assert market
    assert (market.currency, market.charge_currency) == ("MOP", "MOP")


def test_a_market_may_be_quoted_in_its_currency_and_charged_in_cny() -> None:
    market = Markets.model_validate({"markets": {"US": {"currency": "USD", "charge": "CNY"}}}).find("US")
    assert market
    assert market.charge_currency == "CNY"


def test_a_market_that_is_not_open_is_named_with_those_that_are() -> None:
    with pytest.raises(MarketNotOpen) as refused:
        the(Markets).expect_open(["US", "SG"])
    assert refused.value.facts == {"market": "SG", "open_markets": ["HK", "MO", "US"]}


def test_a_market_needs_a_currency_there_is() -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Markets.model_validate({"markets": {"US": {"currency": "XXX"}}})


def test_the_programme_starts_with_its_first_day_in_china() -> None:
    start = the(ProgrammeStart)
    before, after = instant("2025-03-09T15:59:59Z"), instant("2025-03-09T16:00:00Z")
    assert (start.has_started(before), start.has_started(after)) == (False, True)


def test_money_is_due_seven_days_after_signature() -> None:
    assert the(Release).due_at(instant("2025-04-10T09:00Z")) == instant("2025-04-17T09:00Z")


def test_returns_have_no_end_by_default() -> None:
    assert the(ReturnWindow).closes_at(NOW) is None


def test_a_return_window_closes_when_it_says() -> None:
    window = ReturnWindow.model_validate({"window": "P15D"})
    assert window.closes_at(instant("2025-04-10T09:00Z")) == instant("2025-04-25T09:00Z")


def test_the_merchant_decides_first_and_the_platform_second() -> None:
    approvals = the(Approvals)
    assert (approvals.approver_of(1), approvals.approver_of(2)) == ("merchant", "platform")


def test_the_promise_is_to_reach_the_warehouse_within_five_days() -> None:
    promise = the(Promise)
    promised_by = promise.promised_by(instant("2025-04-01T08:00Z"))
    assert (promise.milestone, promised_by) == ("warehouse_received", instant("2025-04-06T08:00Z"))


def test_the_platform_bears_what_is_lost_after_the_warehouse() -> None:
    assert the(Liability).bearer("in_custody", "lost") == "platform"


def test_the_merchant_bears_prohibited_goods_wherever_they_are_stopped() -> None:
    policy = the(Liability)
    assert policy.bearer("in_custody", "refused", policy.fault_of(["prohibited"])) == "merchant"


def test_the_merchant_bears_what_is_lost_before_the_warehouse() -> None:
    assert the(Liability).bearer("to_warehouse", "lost") == "merchant"


@pytest.mark.parametrize(
    ("cause", "bearer"), [("not_received", "platform"), ("product_unacceptable", "merchant"), ("other", "platform")]
)
def test_the_reason_of_a_dispute_about_signed_units_says_who_bears_it(cause: Cause, bearer: str) -> None:
    assert the(Liability).bearer("signed_for", cause) == bearer


@pytest.mark.parametrize("cause", get_args(Cause))
def test_the_merchant_bears_whatever_is_about_units_that_were_never_sent(cause: Cause) -> None:
    assert the(Liability).bearer("unsent", cause, "platform") == "merchant"


def test_a_rate_older_than_a_week_is_not_quoted() -> None:
    day = NOW.date()
    pricing = the(ReferencePricing)
    fresh = [
        pricing.is_fresh(Rate("USD", "CNY", "7.2", "reference", "test", day.replace(day=1)), day.replace(day=on))
        for on in (8, 9)
    ]
    assert fresh == [True, False]


def test_a_quote_holds_for_a_day() -> None:
    assert the(ReferencePricing).expires_at(instant("2025-04-01T08:00Z")) == instant("2025-04-02T08:00Z")


def test_no_deposit_is_kept_back_from_payouts() -> None:
    assert the(PayoutTerms).payable(cny("342.00")) == cny("342.00")


def test_nothing_of_a_debt_is_paid_out() -> None:
    assert the(PayoutTerms).payable(cny("-133.00")) == cny("0")


def test_a_reserve_stays_behind() -> None:
    terms = PayoutTerms.model_validate({"minimum": "CNY 1", "reserve_bps": 1_000})
    assert terms.payable(cny("100.00")) == cny("90.00")


def test_the_least_payout_is_in_cny() -> None:
    with pytest.raises(ValueError, match="CNY"):
        PayoutTerms.model_validate({"minimum": "USD 1"})


def test_the_fee_is_five_per_cent() -> None:
    assert the(Fees).rate_for(merchant_id="M-1", category_id="tea", at=NOW) == 500


def test_every_policy_is_frozen() -> None:
    assert all(policy.model_config.get("frozen") for policy in Policy.__subclasses__())
