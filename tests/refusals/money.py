"""Refused commands about merchants, payouts, policies and rates, by code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from commands.accounting.record_partner_invoice_paid import RecordPartnerInvoicePaid
from commands.merchants.enrol_merchant import EnrolMerchant
from commands.merchants.reject_merchant import RejectMerchant
from commands.payouts.initiate_payout import InitiatePayout
from commands.payouts.verify_payout_account import VerifyPayoutAccount
from commands.policies.set_fee_schedule import SetFeeSchedule
from commands.rules import Rules
from ledger.events.event import Event
from ledger.policies.fees import Fees
from ledger.policies.payout_terms import PayoutTerms
from ledger.policies.reference import Reference
from ledger.refusals.catalogue import Refusal
from tests.commands.merchants.known_merchant import ENROLLED, registered, verified
from tests.commands.payouts.payout_stages import INITIATED, PAID
from tests.ledger.policies.test_trial import LATE_WARNING, publish
from tests.support.given import FINANCE, MERCHANT, NOW, PLATFORM, ask, cny, given

Cause = Callable[[], Refusal | None]
_PAYABLE = (ENROLLED, registered(), verified())
_TERMS = {"minimum": cny("100.00"), "reserve_bps": 0, "negative_balance": "offset_only"}


def pay(
    *events: Event,
    amount: str | None = None,
    payout_id: str = "P-1",
    merchant: tuple[Event, ...] = _PAYABLE,
    **other: Any,
) -> Refusal | None:
    """A payout of a merchant with CNY 475.00."""
    scenario = given(*events, beside={"merchant/M-1": merchant}, accounts={"M-1": cny("475.00")}, **other)
    command = ask(InitiatePayout, by=FINANCE, merchant_id="M-1", payout_id=payout_id, amount=amount)
    return scenario.when(command).refusal


def verify(by: Any = PLATFORM, ref: str = "acc-1", **account: Any) -> Refusal | None:
    """A registered account is to be verified."""
    command = ask(VerifyPayoutAccount, by=by, merchant_id="M-1", account_ref=ref)
    return given(ENROLLED, registered(**account)).when(command).refusal


def without_policies() -> Refusal:
    """A rule is asked for before any was published."""
    try:
        Rules(at=NOW, reference=Reference(), loaded={}).policy(Fees)
    except Refusal as refusal:
        return refusal
    raise AssertionError("there are no policies")


CAUSES: dict[str, Cause] = {
    "MERCHANT_NOT_DOMESTIC": lambda: (
        given().when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1", country="HK")).refusal
    ),
    "ENROLMENT_NOT_REQUESTED": lambda: (
        given(ENROLLED).when(ask(RejectMerchant, by=PLATFORM, merchant_id="M-1", reason="terms")).refusal
    ),
    "RATE_MISSING": lambda: (
        given(rates=())
        .when(ask(RecordPartnerInvoicePaid, by=FINANCE, partner="sf", payment_ref="p-1", amount="USD 1.00"))
        .refusal
    ),
    "INSUFFICIENT_AVAILABLE": lambda: pay(amount="CNY 475.01"),
    "PAYOUT_BELOW_MINIMUM": lambda: pay(amount="CNY 1.00", policies=(PayoutTerms.model_validate(_TERMS),)),
    "PAYOUT_IN_FLIGHT": lambda: pay(INITIATED, payout_id="P-2"),
    "PAYOUT_ID_TAKEN": lambda: pay(INITIATED, PAID),
    "PAYOUT_ACCOUNT_NOT_VERIFIED": lambda: pay(merchant=(ENROLLED, registered())),
    "PAYOUT_ACCOUNT_NOT_DOMESTIC": lambda: verify(country="HK"),
    "PAYOUT_ACCOUNT_UNKNOWN": lambda: verify(ref="acc-9"),
    "MERCHANT_CURRENCY_NOT_CNY": lambda: verify(currency="USD"),
    "MAKER_IS_CHECKER": lambda: verify(by=MERCHANT.model_copy(update={"kind": "platform", "role": "finance"})),
    "POLICY_NOT_EFFECTIVE": without_policies,
    "POLICY_NOT_USABLE": lambda: publish("promise", LATE_WARNING).refusal,
    "POLICY_EFFECTIVE_TOO_SOON": lambda: (
        given()
        .when(ask(SetFeeSchedule, by=FINANCE, content={"rate_bps": 300}, effective_from=NOW - timedelta(days=1)))
        .refusal
    ),
}
