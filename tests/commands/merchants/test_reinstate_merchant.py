"""Reinstating a merchant."""

from commands.merchants.reinstate_merchant import ReinstateMerchant
from ledger.events.merchants import MerchantReinstated
from ledger.refusals.catalogue import MerchantNotEnrolled
from tests.commands.merchants.known_merchant import ENROLLED, SUSPENDED, WITHDRAWN
from tests.support.given import PLATFORM, ask, given

REINSTATE = ask(ReinstateMerchant, by=PLATFORM, merchant_id="M-1", reason="resolved")


def test_a_suspended_merchant_sells_again() -> None:
    given(ENROLLED, SUSPENDED).when(REINSTATE).then(MerchantReinstated)


def test_reinstating_who_sells_already_changes_nothing() -> None:
    given(ENROLLED).when(REINSTATE).then_nothing()


def test_a_merchant_that_left_is_not_reinstated() -> None:
    given(ENROLLED, WITHDRAWN).when(REINSTATE).then_refused(MerchantNotEnrolled, state="withdrawn")
