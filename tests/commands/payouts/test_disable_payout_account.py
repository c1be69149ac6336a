"""Disabling a payout account."""

from commands.payouts.disable_payout_account import DisablePayoutAccount
from ledger.refusals.catalogue import PayoutAccountUnknown
from ledger.streams.merchants import Merchant
from tests.commands.merchants.known_merchant import ENROLLED, disabled, registered, verified
from tests.support.given import PLATFORM, ask, given

DISABLE = ask(DisablePayoutAccount, by=PLATFORM, merchant_id="M-1", account_ref="acc-1", reason="closed")


def test_nothing_is_paid_to_a_disabled_account() -> None:
    merchant = given(ENROLLED, registered(), verified()).when(DISABLE).then(disabled()).stream
    assert isinstance(merchant, Merchant)
    assert merchant.payout_account is None


def test_disabling_twice_changes_nothing() -> None:
    given(ENROLLED, registered(), disabled()).when(DISABLE).then_nothing()


def test_an_unknown_account_is_not_disabled() -> None:
    given(ENROLLED).when(DISABLE).then_refused(PayoutAccountUnknown, merchant_id="M-1", account_ref="acc-1")
