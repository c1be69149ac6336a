"""Rates: old ones serve facts and no decisions; MOP follows its peg; no currency is taken to have two decimals."""

from datetime import date, timedelta
from typing import Any

import pytest

from ledger.events.refunds import RefundAutoApproved
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.fx import Rate
from ledger.ids import merchant_stream, product_stream
from ledger.money import Money
from ledger.policies.markets import Market, Markets
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals.payments import RateStale
from tests.support.given import BUYER
from tests.support.orders import ENROLLED, OrderScenario, basket, capture, in_the_pool, line
from tests.support.payments import OF_DISPUTE, rate, settled_line, settles

A_WEEK = ReferencePricing(rate_kind="reference", quote_validity=timedelta(days=1), max_rate_age=timedelta(days=7))


def book(currency: str, value: str, day: date = date(2025, 4, 1)) -> Rate:
    return Rate(currency, "CNY", value, "book", "test", day)


def paid_on_the_first() -> OrderScenario:
    return OrderScenario(express=True, rates=(book("USD", "7.1800"),), policies=(A_WEEK,)).paid()


class TestOldRates:
    def test_a_decision_refuses_a_rate_of_eight_days_ago(self) -> None:
        refused = paid_on_the_first().refusal("cancel_order", reason="out_of_stock", at="2025-04-09T08:00:00Z")
        assert isinstance(refused, RateStale)
        assert (refused.facts["as_of"], refused.facts["day"]) == ("2025-04-01", "2025-04-09")

    def test_a_rate_of_seven_days_ago_will_do(self) -> None:
        scenario = paid_on_the_first()
        scenario.submit("cancel_order", reason="out_of_stock", at="2025-04-08T08:00:00Z")
        assert scenario.order.cancelled

    def test_a_fact_uses_the_last_one_known_and_is_flagged(self) -> None:
        scenario = OrderScenario(rates=(book("USD", "7.1800"),), policies=(A_WEEK,))
        scenario.submit("report_payment_captured", at="2025-04-09T08:00:00Z", **capture())
        assert (scenario.base("1110"), scenario.breaks()) == (498_58, ["stale_rate"])

    def test_the_break_says_which_rate_of_which_day(self) -> None:
        scenario = OrderScenario(rates=(book("USD", "7.1800"),), policies=(A_WEEK,))
        scenario.submit("report_payment_captured", at="2025-04-09T08:00:00Z", **capture())
        opened = scenario.event(ReconciliationBreakOpened)
        assert (opened.expected, opened.actual) == (
            "a USD/CNY rate of 2025-04-02 or later",
            "7.1800 of 2025-04-01",
        )

    def test_a_day_is_flagged_once(self) -> None:
        scenario = OrderScenario(rates=(book("USD", "7.1800"),), policies=(A_WEEK,))
        for n in range(2):
            scenario.submit("report_payment_captured", at="2025-04-09T08:00:00Z", **capture(f"cap-{n}"))
        assert scenario.breaks() == ["stale_rate"]

    @pytest.mark.parametrize("fact", ["funds_withdrawn", "fee"])
    def test_a_disputes_money_is_flagged_too(self, fact: str) -> None:
        scenario = paid_on_the_first()
        scenario.submit(f"report_dispute_{fact}", at="2025-04-09T08:00:00Z", **OF_DISPUTE, amount="USD 15.00")
        assert scenario.breaks() == ["stale_rate"]


def test_mop_is_worth_its_peg_to_the_hong_kong_dollar() -> None:
    scenario = OrderScenario(rates=(book("HKD", "0.9270"),))
    scenario.submit("report_payment_captured", **capture(amount="MOP 103.00"))
    assert scenario.base("1110") == 92_70


def test_a_rate_of_its_own_goes_before_the_peg() -> None:
    scenario = OrderScenario(rates=(book("HKD", "0.9270"), book("MOP", "0.9100")))
    scenario.submit("report_payment_captured", **capture(amount="MOP 100.00"))
    assert scenario.base("1110") == 91_00


# currency, market, then CNY per unit: as quoted, when captured, when refunded, and as the provider gave it
NO_CENTS: tuple[str, ...] = ("JPY", "JP", "0.0480", "0.0479", "0.0477", "0.0475")
MILLS: tuple[str, ...] = ("KWD", "KW", "23.5000", "23.4000", "23.3000", "23.2000")


@pytest.mark.parametrize(
    ("currency", "market", "quoted", "captured", "refunded", "settled"), [NO_CENTS, MILLS], ids=["JPY", "KWD"]
)
def test_an_order_in_a_currency_of_other_decimals_goes_all_the_way(
    currency: str, market: str, quoted: str, captured: str, refunded: str, settled: str
) -> None:
    quote = Rate(currency, "CNY", quoted, "reference", "test", date(2025, 3, 1))
    rates = (book(currency, captured), book(currency, refunded, date(2025, 4, 3)))
    open_there = Markets(markets={market: Market(currency=currency)})
    scenario = OrderScenario(express=True, rates=rates, policies=(open_there,))
    units = [(name, qty, Money.of(listed, "CNY")) for name, qty, listed in (("A", 2, "180.00"), ("B", 1, "140.00"))]
    local = {name: quote.convert_back(listed) for name, _, listed in units}
    whole = local["A"] * 2 + local["B"]
    reported: dict[str, Any] = {
        "market": market,
        "lines": [line(name, qty, str(listed), str(local[name])) for name, qty, listed in units],
        "buyer_total": str(whole),
        "reference_rate": rate(quoted, currency, "reference", "2025-03-01"),
    }
    _sells_there(scenario, market)
    scenario.submit("place_order", **basket(**reported))
    scenario.submit("report_payment_captured", **capture(amount=str(whole)))
    scenario.submit("request_refund", by=BUYER, at="2025-04-03T08:00:00Z", refund_id="R-1", reason="changed_mind")
    scenario.submit("submit_refund", refund_id="R-1")
    back: dict[str, Any] = {"psp": "stripe", "attempt_id": "R-1.1", "psp_refund_ref": "re-1", "amount": str(whole)}
    scenario.submit("report_refund_outcome", at="2025-04-03T08:00:00Z", outcome="succeeded", **back)
    nothing = str(Money(0, currency))
    rate_of: dict[str, Any] = {"rate": rate(settled, currency)}
    charge = settled_line("cap-1", str(whole), nothing, str(whole), **rate_of)
    refund = settled_line("re-1", str(-whole), nothing, str(-whole), kind="refund", **rate_of)
    scenario.submit("report_psp_settlement", **settles(charge, refund))
    assert scenario.event(RefundAutoApproved).money.amount == whole
    for account in ("1110", "2210", "2220"):
        assert (scenario.balance(account, currency), scenario.base(account)) == (0, 0), account
    assert (scenario.balance("2110"), scenario.balance("4210"), scenario.breaks()) == (0, 0, [])
    assert sum(entry_line.base for entry in scenario.entries for entry_line in entry.lines) == 0


def _sells_there(scenario: OrderScenario, market: str) -> None:
    """The merchant and its products, enrolled and approved for one more market."""
    scenario.meanwhile(merchant_stream("M-1"), ENROLLED.model_copy(update={"markets": (market,)}))
    for sku in ("SKU-A", "SKU-B"):
        submitted, approved, switched_on = in_the_pool(sku)
        everywhere = {"markets": (market,)}
        for event in (submitted.model_copy(update=everywhere), approved.model_copy(update=everywhere), switched_on):
            scenario.meanwhile(product_stream("M-1", sku), event)
