"""Naming a payout account."""

from commands.payouts.register_payout_account import RegisterPayoutAccount
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.streams.merchants import Merchant
from tests.commands.merchants.known_merchant import ENROLLED, disabled, registered, verified
from tests.support.given import MERCHANT, ask, given

REGISTER = ask(RegisterPayoutAccount, by=MERCHANT, merchant_id="M-1", account_ref="acc-1", bank_code="ICBC")


def test_a_merchant_names_an_account() -> None:
    given(ENROLLED).when(REGISTER).then(registered())


def test_naming_it_twice_changes_nothing() -> None:
    given(ENROLLED, registered()).when(REGISTER).then_nothing()


def test_a_disabled_account_can_be_named_again() -> None:
    given(ENROLLED, registered(), verified(), disabled()).when(REGISTER).then(registered())


def test_an_account_named_again_needs_a_new_check() -> None:
    merchant = given(ENROLLED, registered(), verified(), disabled()).when(REGISTER).then(registered()).stream
    assert isinstance(merchant, Merchant)
    assert merchant.payout_account is None


def test_payouts_go_to_the_old_account_until_the_new_one_is_verified() -> None:
    other = ask(RegisterPayoutAccount, by=MERCHANT, merchant_id="M-1", account_ref="acc-2", bank_code="CCB")
    merchant = given(ENROLLED, registered(), verified()).when(other).then(type(registered())).stream
    assert isinstance(merchant, Merchant)
    assert merchant.payout_account
    assert merchant.payout_account.ref == "acc-1"


def test_an_unknown_merchant_has_no_account() -> None:
    given().when(REGISTER).then_refused(MerchantNotEnrolled, state="unknown")
