"""Verifying a payout account."""

from commands.payouts.verify_payout_account import VerifyPayoutAccount
from ledger.actors import Actor
from ledger.refusals.catalogue import (
    MakerIsChecker,
    MerchantCurrencyNotCny,
    PayoutAccountNotDomestic,
    PayoutAccountUnknown,
    RoleNotAllowed,
)
from ledger.streams.merchants import Merchant
from tests.commands.merchants.known_merchant import ENROLLED, disabled, registered, verified
from tests.support.given import MERCHANT, PLATFORM, ask, given

VERIFY = ask(VerifyPayoutAccount, by=PLATFORM, merchant_id="M-1", account_ref="acc-1")


def test_the_platform_verifies_an_account_somebody_else_named() -> None:
    given(ENROLLED, registered()).when(VERIFY).then(verified())


def test_verifying_twice_changes_nothing() -> None:
    given(ENROLLED, registered(), verified()).when(VERIFY).then_nothing()


def test_payouts_go_to_the_account_verified_last() -> None:
    history = (ENROLLED, registered(), verified(), registered(account_ref="acc-2"))
    verify = ask(VerifyPayoutAccount, by=PLATFORM, merchant_id="M-1", account_ref="acc-2")
    merchant = given(*history).when(verify).then(verified(account_ref="acc-2")).stream
    assert isinstance(merchant, Merchant)
    assert merchant.payout_account
    assert merchant.payout_account.ref == "acc-2"


def test_an_account_outside_mainland_china_is_not_verified() -> None:
    (
        given(ENROLLED, registered(country="HK"))
        .when(VERIFY)
        .then_refused(PayoutAccountNotDomestic, account_ref="acc-1", country="HK")
    )


def test_an_account_in_another_currency_is_not_verified() -> None:
    given(ENROLLED, registered(currency="USD")).when(VERIFY).then_refused(MerchantCurrencyNotCny, currency="USD")


def test_nobody_verifies_the_account_they_named() -> None:
    maker = Actor(kind="platform", id=MERCHANT.id, role="finance")
    (
        given(ENROLLED, registered())
        .when(ask(VerifyPayoutAccount, by=maker, merchant_id="M-1", account_ref="acc-1"))
        .then_refused(MakerIsChecker, maker=MERCHANT.id)
    )


def test_a_merchant_does_not_verify_accounts() -> None:
    other = MERCHANT.model_copy(update={"id": "ming"})
    (
        given(ENROLLED, registered())
        .when(ask(VerifyPayoutAccount, by=other, merchant_id="M-1", account_ref="acc-1"))
        .then_refused(RoleNotAllowed, role="merchant", needed="admin, finance, support, platform, system or importer")
    )


def test_an_account_nobody_named_is_not_verified() -> None:
    given(ENROLLED).when(VERIFY).then_refused(PayoutAccountUnknown, account_ref="acc-1")


def test_a_disabled_account_is_not_verified() -> None:
    given(ENROLLED, registered(), disabled()).when(VERIFY).then_refused(PayoutAccountUnknown)
