"""Refusals that misled, read aloud: the sentence and what to do next, with the facts of a real decision."""

from __future__ import annotations

from typing import Any

from commands.payouts.hold_settlement import HoldSettlement
from commands.payouts.initiate_payout import InitiatePayout
from commands.products.revoke_product import RevokeProduct
from ledger.events.event import Event
from ledger.policies.payout_terms import PayoutTerms
from ledger.refusals.catalogue import Refusal
from tests.commands.merchants.known_merchant import ENROLLED, PRODUCT, approved, registered, submitted, verified
from tests.commands.payouts.payout_stages import INITIATED, PAID, RETURNED
from tests.refusals.after_sales import cut
from tests.refusals.payments import CAUSES
from tests.support.given import BUYER, FINANCE, PLATFORM, ask, cny, given
from tests.support.orders import OrderScenario, after_days


def said(refusal: Refusal | None) -> str:
    assert refusal is not None
    return f"{refusal.sentence} {refusal.next_step}"


def refused_payout(
    *events: Event, available: str, in_open_cases: str = "0.00", amount: str | None = None, reserve_bps: int = 0
) -> str:
    terms = {"minimum": cny("1.00"), "reserve_bps": reserve_bps, "negative_balance": "offset_only"}
    scenario = given(
        *events,
        beside={"merchant/M-1": (ENROLLED, registered(), verified())},
        accounts={"M-1": cny(available)},
        in_open_cases=cny(in_open_cases),
        policies=(PayoutTerms.model_validate(terms),),
    )
    command = ask(InitiatePayout, by=FINANCE, merchant_id="M-1", payout_id="P-2", amount=amount)
    return said(scenario.when(command).refusal)


def test_a_payout_to_an_indebted_merchant_says_what_is_owed() -> None:
    assert refused_payout(available="-133.00") == (
        "A payout of all was requested, but CNY 0.00 is available; the merchant owes CNY 133.00. "
        "Request less, or wait for the next release, which first repays the CNY 133.00."
    )


def test_a_payout_says_what_open_cases_may_still_take() -> None:
    assert refused_payout(available="475.00", in_open_cases="140.00", amount="CNY 400.00") == (
        "A payout of CNY 400.00 was requested, but CNY 335.00 is available; open cases and disputes may still "
        "take CNY 140.00. Request less, or wait for the next release."
    )


def test_a_payout_says_what_is_kept_as_a_reserve() -> None:
    assert "CNY 90.00 is available; CNY 10.00 is kept as the merchant's reserve." in refused_payout(
        available="100.00", amount="CNY 100.00", reserve_bps=1000
    )


def test_a_payout_to_an_account_that_sent_money_back_says_so() -> None:
    assert refused_payout(INITIATED, PAID, RETURNED, available="475.00").startswith(
        "Merchant M-1 has no verified payout account: account acc-1 returned a payout."
    )


def test_a_hold_is_refused_in_its_own_words() -> None:
    command = ask(HoldSettlement, by=FINANCE, merchant_id="M-1", hold_id="H-1", amount="CNY 500.00", reason="fraud")
    assert said(given(accounts={"M-1": cny("475.00")}).when(command).refusal) == (
        "A hold of CNY 500.00 was requested, but CNY 475.00 is available. Request less, or wait for the next release."
    )


def test_a_hold_on_an_indebted_merchant_says_what_is_owed() -> None:
    command = ask(HoldSettlement, by=FINANCE, merchant_id="M-1", hold_id="H-1", amount="CNY 1.00", reason="fraud")
    assert "CNY 0.00 is available; the merchant owes CNY 20.00." in said(
        given(accounts={"M-1": cny("-20.00")}).when(command).refusal
    )


def test_a_partial_approval_in_another_currency_names_both() -> None:
    assert said(cut("B", "EUR 9.72")) == "EUR 9.72 was given, but line B is in USD. Give the amount in USD."


def test_a_partial_approval_of_a_line_that_is_not_asked_for_names_those_that_are() -> None:
    assert said(cut("Z", "USD 1.00")) == "Case R-1 does not include line Z. Name a line of the case: B."


def test_a_parcel_refunded_already_says_how_many_of_which_line() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("report_loss", parcel_id="P-1", at=after_days(1))
    asked: dict[str, Any] = {"parcel_id": "P-1", "reason": "lost", "by": PLATFORM, "at": after_days(2)}
    scenario.submit("refund_lost_parcel", refund_id="R-1", **asked)
    assert said(scenario.refusal("refund_lost_parcel", refund_id="R-2", **asked)) == (
        "Line A in parcel P-1 has too few units: 2 already refunded, 0 left. "
        "Leave the refunded units out: 0 of line A left."
    )


def test_a_parcel_nobody_knows_is_not_called_not_lost() -> None:
    asked = {"parcel_id": "P-9", "reason": "lost", "refund_id": "R-1"}
    assert said(OrderScenario().paid().refusal("refund_lost_parcel", by=PLATFORM, **asked)).startswith(
        "Order O-1 has no parcel P-9."
    )


def test_a_release_held_back_by_a_case_says_when_it_is_due() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1).signed()
    lines = [{"line_id": "B", "qty": 1}]
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="broken", lines=lines, at=after_days(1))
    assert said(scenario.refusal("release_settlement", line_id="B", at=after_days(2))) == (
        "The open case R-1 blocks the release. "
        "Have case R-1 decided first; the release is then due at 2025-04-08T08:00:00Z."
    )


def test_a_release_of_one_line_that_is_released_says_nothing_of_the_others() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).signed("P-1")
    scenario.submit("release_settlement", at=after_days(8))
    assert said(scenario.refusal("release_settlement", line_id="A", at=after_days(8))).startswith(
        "All units of line A of order O-1 are already released or refunded."
    )


def test_an_open_case_is_not_all_that_is_waited_for_where_the_lock_follows() -> None:
    scenario = OrderScenario().paid()
    asked: dict[str, Any] = {"by": BUYER, "reason": "broken"}
    scenario.submit("request_refund", refund_id="R-1", lines=[{"line_id": "A", "qty": 1}], **asked)
    scenario.sent("P-1", A=1)
    refusal = scenario.refusal("request_refund", refund_id="R-2", lines=[{"line_id": "A", "qty": 2}], **asked)
    assert said(refusal) == (
        "Case R-1 already exists; it is open. Have case R-1 decided or withdrawn first; after that, units on their way "
        "are still locked until 2025-04-21T08:00:00Z. Use another id for another case."
    )


def test_a_case_that_is_decided_already_is_not_waited_for() -> None:
    scenario = OrderScenario(express=True).paid()
    asked: dict[str, Any] = {"refund_id": "R-1", "reason": "broken", "lines": [{"line_id": "A", "qty": 1}]}
    scenario.submit("request_refund", by=BUYER, **asked)
    scenario.submit("submit_refund", refund_id="R-1")
    again = asked | {"lines": [{"line_id": "B", "qty": 1}]}
    assert said(scenario.refusal("request_refund", by=BUYER, **again)) == (
        "Case R-1 already exists; it is approved. Use another id for a new case."
    )


def test_an_export_that_is_approved_elsewhere_is_not_called_unapproved() -> None:
    command = ask(RevokeProduct, by=PLATFORM, reasons=["recall"], markets=["HK"], **PRODUCT)
    refusal = given(submitted(), approved(markets=("US",))).when(command).refusal
    assert said(refusal).startswith("Product tea-1 is not approved for export to HK; the review is approved.")


def test_an_authorisation_that_never_named_its_end_says_no_instant() -> None:
    assert said(CAUSES["AUTHORIZATION_EXPIRED"]()).startswith("The authorisation of payment PAY-1 has expired. ")
