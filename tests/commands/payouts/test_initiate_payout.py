"""Paying a merchant."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commands.payouts.initiate_payout import InitiatePayout
from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.settlement import PayoutInitiated
from ledger.money import Money
from ledger.policies.payout_terms import PayoutTerms
from ledger.refusals.catalogue import (
    InsufficientAvailable,
    MerchantCurrencyNotCny,
    PayoutAccountNotVerified,
    PayoutBelowMinimum,
    PayoutIdTaken,
    PayoutInFlight,
    RoleNotAllowed,
)
from tests.commands.merchants.known_merchant import ENROLLED, WITHDRAWN, disabled, registered, verified
from tests.commands.payouts.payout_stages import FAILED, INITIATED, PAID, RETURNED, SUBMITTED
from tests.support.given import FINANCE, MERCHANT, NOW, Given, ask, cny, given

LATER = NOW + timedelta(days=1)
PAYABLE = (ENROLLED, registered(), verified())


def merchant_with(
    available: str,
    *events: Event,
    merchant: tuple[Event, ...] = PAYABLE,
    policies: tuple[PayoutTerms, ...] = (),
    in_open_cases: str = "0.00",
) -> Given:
    return given(
        *events,
        beside={"merchant/M-1": merchant},
        accounts={"M-1": cny(available)},
        in_open_cases=cny(in_open_cases),
        policies=policies,
    )


def pay(amount: Any = None, *, payout_id: str = "P-1", by: Actor = FINANCE) -> InitiatePayout:
    return ask(InitiatePayout, by=by, merchant_id="M-1", payout_id=payout_id, amount=amount)


def test_all_that_is_available_is_paid() -> None:
    merchant_with("475.00").when(pay()).then(INITIATED)


def test_a_part_of_what_is_available_can_be_paid() -> None:
    decided = merchant_with("475.00").when(pay("CNY 100.00"))
    assert decided.event(PayoutInitiated).amount == cny("100.00")


def test_no_more_than_is_available_is_paid() -> None:
    (
        merchant_with("475.00")
        .when(pay("CNY 475.01"))
        .then_refused(InsufficientAvailable, asked="CNY 475.01", available="CNY 475.00")
    )


@pytest.mark.parametrize("available", ["0.00", "-133.00"], ids=["nothing", "a debt"])
def test_a_merchant_with_nothing_available_is_paid_nothing(available: str) -> None:
    merchant_with(available).when(pay()).then_refused(InsufficientAvailable, available="CNY 0.00")


def test_a_payout_reaches_the_minimum() -> None:
    terms = PayoutTerms(minimum=cny("500.00"))
    (
        merchant_with("475.00", policies=(terms,))
        .when(pay())
        .then_refused(PayoutBelowMinimum, asked="CNY 475.00", minimum="CNY 500.00")
    )


@pytest.mark.parametrize("events", [(INITIATED,), (INITIATED, SUBMITTED)], ids=["initiated", "submitted"])
def test_one_payout_is_on_its_way_at_a_time(events: tuple[Event, ...]) -> None:
    merchant_with("100.00", *events).when(pay(payout_id="P-2")).then_refused(PayoutInFlight, payout_id="P-1")


@pytest.mark.parametrize("end", [(PAID,), (FAILED,)], ids=["paid", "failed"])
def test_when_one_payout_is_over_the_next_may_go(end: tuple[Event, ...]) -> None:
    merchant_with("100.00", INITIATED, *end).when(pay(payout_id="P-2")).then(PayoutInitiated)


def test_nothing_more_goes_to_an_account_that_sent_money_back() -> None:
    (
        merchant_with("475.00", INITIATED, PAID, RETURNED)
        .when(pay(payout_id="P-2"))
        .then_refused(PayoutAccountNotVerified, merchant_id="M-1")
    )


@pytest.mark.parametrize("again", [verified(verified_at=LATER), verified(account_ref="acc-2")], ids=["same", "other"])
def test_once_an_account_was_checked_again_payouts_go_on(again: Event) -> None:
    merchant = (*PAYABLE, disabled(), registered(), registered(account_ref="acc-2"), again)
    merchant_with("475.00", INITIATED, PAID, RETURNED, merchant=merchant).when(pay(payout_id="P-2")).then(
        PayoutInitiated
    )


def test_what_open_cases_may_take_is_not_paid_out() -> None:
    decided = merchant_with("475.00", in_open_cases="140.00").when(pay())
    assert decided.event(PayoutInitiated).amount == cny("335.00")


def test_nothing_is_paid_where_open_cases_may_take_it_all() -> None:
    decided = merchant_with("133.00", in_open_cases="140.00").when(pay())
    decided.then_refused(InsufficientAvailable, available="CNY 0.00")


def test_who_asks_for_an_amount_gets_no_more_than_open_cases_leave() -> None:
    decided = merchant_with("475.00", in_open_cases="140.00").when(pay("CNY 335.01"))
    decided.then_refused(InsufficientAvailable, asked="CNY 335.01", available="CNY 335.00")


def test_a_payout_id_is_used_once() -> None:
    merchant_with("475.00", INITIATED, FAILED).when(pay()).then_refused(PayoutIdTaken, payout_id="P-1", state="failed")


@pytest.mark.parametrize(
    "merchant",
    [(ENROLLED,), (ENROLLED, registered()), (*PAYABLE, disabled())],
    ids=["no account", "not verified", "disabled"],
)
def test_nothing_is_paid_without_a_verified_account(merchant: tuple[Event, ...]) -> None:
    merchant_with("475.00", merchant=merchant).when(pay()).then_refused(PayoutAccountNotVerified, merchant_id="M-1")


def test_a_merchant_that_left_is_still_paid() -> None:
    merchant_with("475.00", merchant=(*PAYABLE, WITHDRAWN)).when(pay()).then(INITIATED)


def test_merchants_are_paid_in_cny() -> None:
    merchant_with("475.00").when(pay("USD 10.00")).then_refused(MerchantCurrencyNotCny, currency="USD")


def test_a_merchant_does_not_pay_itself() -> None:
    merchant_with("475.00").when(pay(by=MERCHANT)).then_refused(RoleNotAllowed)


def test_a_payout_rests_on_the_merchant_and_its_money() -> None:
    assert pay().reads == ("merchant/M-1", "account/M-1")


@pytest.mark.parametrize("amount", ["CNY 0.00", "CNY -1.00", Money(-1, "CNY")], ids=str)
def test_a_payout_of_nothing_or_less_is_malformed(amount: Any) -> None:
    with pytest.raises(ValidationError):
        pay(amount)


@pytest.mark.parametrize("payout_id", ["a" * 36, "P_1", ""])
def test_a_payout_id_fits_the_banks_thirty_five_characters(payout_id: str) -> None:
    with pytest.raises(ValidationError):
        pay(payout_id=payout_id)
