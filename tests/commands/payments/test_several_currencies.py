"""Money of a currency nobody expected: a fact is recorded with a break, a request is refused, nothing raises."""

from datetime import date
from typing import Any

import pytest

from commands.settlement.psp_lines import PspLine
from ledger.events.disputes import DisputeFundsWithdrawn, DisputeWon
from ledger.events.logistics import LogisticsClaimAccepted, LogisticsClaimSettled
from ledger.events.refunds import RefundRequested
from ledger.fx import Rate
from ledger.refusals.catalogue import RefundExceedsRemaining
from ledger.refusals.finance import AmountTooLarge
from tests.support.given import BUYER, PARTNER, cny, usd
from tests.support.orders import OrderScenario, capture
from tests.support.payments import OF_DISPUTE, opened, rate

CLAIM: dict[str, Any] = {"claim_id": "CL-1", "partner": "sf"}
ASKED: dict[str, Any] = {"refund_id": "R-1", "reason": "late", "lines": [{"line_id": "B", "qty": 1}]}
PAID: dict[str, Any] = CLAIM | {"bank_entry_ref": "BE-1"}

ABSURD = Rate("USD", "CNY", "7180", "book", "test", date(2025, 3, 1))


def kinds(events: list[Any]) -> list[type]:
    return [type(event) for event in events]


def test_a_unmatched_capture_in_another_currency_leaves_the_orders_money_refundable() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_captured", **capture("cap-unmatched", "HKD 10.00"))
    assert RefundRequested in kinds(scenario.submit("request_refund", by=BUYER, **ASKED))


def test_a_dispute_that_was_won_before_its_money_was_withdrawn_takes_the_withdrawal() -> None:
    scenario = OrderScenario().paid()
    assert kinds(scenario.submit("report_dispute_won", **OF_DISPUTE)) == [DisputeWon]
    assert DisputeFundsWithdrawn in kinds(
        scenario.submit("report_dispute_funds_withdrawn", amount="USD 69.44", **OF_DISPUTE)
    )
    assert (scenario.balance("1120", "USD"), scenario.breaks()) == (69_44, ["fact_contradicts_state"])


def test_a_fee_in_another_currency_does_not_say_what_the_dispute_is_in() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_fee", amount="HKD 15.00", **OF_DISPUTE)
    scenario.submit("report_dispute_funds_withdrawn", amount="USD 69.44", **OF_DISPUTE)
    assert scenario.balance("1120", "USD") == 69_44


def test_a_dispute_withdrawn_in_another_currency_than_it_was_opened_in_is_lost_as_it_was_withdrawn() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_opened", **opened())
    scenario.submit("report_dispute_funds_withdrawn", amount="HKD 540.00", **OF_DISPUTE)
    scenario.submit("report_dispute_lost", **OF_DISPUTE)
    assert scenario.balance("1120", "HKD") == 0
    assert isinstance(scenario.refusal("request_refund", by=BUYER, **ASKED), RefundExceedsRemaining)


def test_a_claim_accepted_in_another_currency_than_it_was_filed_in_is_booked_and_flagged() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("file_logistics_claim", parcel_id="P-1", amount="CNY 50.00", reason="lost", **CLAIM)
    assert (
        kinds(scenario.submit("report_claim_accepted", by=PARTNER, amount="USD 7.00", **CLAIM))[0]
        is LogisticsClaimAccepted
    )
    assert (scenario.balance("1210", "USD"), scenario.breaks()) == (7_00, ["fact_contradicts_state"])


def test_a_claim_that_was_denied_can_be_accepted_in_any_currency() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_claim_denied", by=PARTNER, **CLAIM)
    scenario.submit("report_claim_accepted", by=PARTNER, amount="USD 7.00", **CLAIM)
    assert scenario.balance("1210", "USD") == 7_00


def test_a_claim_may_be_paid_in_one_currency_denied_and_paid_in_another() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_claim_settled", by=PARTNER, amount="CNY 50.00", cash="CNY 49.00", **PAID)
    scenario.submit("report_claim_denied", by=PARTNER, **CLAIM)
    again = PAID | {"bank_entry_ref": "E-2"}
    scenario.submit("report_claim_settled", by=PARTNER, amount="USD 7.00", cash="CNY 49.00", **again)
    assert {claim.id: claim.paid for claim in scenario.order.logistics.claims.values()} == {"CL-1": usd("7.00")}


def test_a_claim_paid_in_another_currency_than_it_is_owed_in_stays_owed() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_claim_accepted", by=PARTNER, amount="USD 7.00", **CLAIM)
    reported = scenario.submit("report_claim_settled", by=PARTNER, amount="CNY 50.00", cash="CNY 50.00", **PAID)
    assert kinds(reported)[0] is LogisticsClaimSettled
    scenario.submit("report_claim_denied", by=PARTNER, **CLAIM)
    assert (scenario.balance("1210", "USD"), scenario.balance("1210"), scenario.balance("1010")) == (0, -50_00, 50_00)


def test_cash_that_an_account_in_cny_cannot_have_got_is_a_break_and_can_be_reported_again() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_claim_accepted", by=PARTNER, amount="CNY 50.00", **CLAIM)
    scenario.submit("report_claim_settled", by=PARTNER, amount="CNY 50.00", cash="USD 7.00", **PAID)
    assert (scenario.balance("1010"), "amount_mismatch" in scenario.breaks()) == (0, True)
    scenario.submit("report_claim_settled", by=PARTNER, amount="CNY 50.00", cash="CNY 50.00", **PAID)
    assert scenario.balance("1010") == 50_00


EURO = rate("7.8", "EUR")


def line(**reported: Any) -> PspLine:
    money = {"gross": "EUR 10.00", "fee": "CNY 3.00", "net": "EUR 9.62", "cash": "CNY 75.00"}
    return PspLine.model_validate({"psp_ref": "l-1", "kind": "charge", "rate": EURO} | money | reported)


def test_a_fee_in_cny_of_a_foreign_line_is_what_it_is() -> None:
    assert line().fee_base(date(2025, 4, 1)) == cny("3.00")


def test_a_fees_rate_is_of_its_own_currency() -> None:
    with pytest.raises(ValueError, match="CNY/CNY"):
        line(fee_rate=EURO)


def test_an_amount_whose_worth_no_number_holds_exactly_is_refused() -> None:
    scenario = OrderScenario(rates=[ABSURD])  # recorded before rates were held to a limit
    refused = scenario.refusal("report_payment_captured", **capture("cap-1", "USD 50000000000.00"))
    assert isinstance(refused, AmountTooLarge)
    assert refused.facts["amount"] == "35900000000000000"
