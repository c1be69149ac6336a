"""Leaving the programme."""

from commands.merchants.withdraw_merchant import WithdrawMerchant
from ledger.refusals.catalogue import MerchantNotEnrolled
from tests.commands.merchants.known_merchant import ENROLLED, SUSPENDED, WITHDRAWN
from tests.support.given import MERCHANT, ask, given

WITHDRAW = ask(WithdrawMerchant, by=MERCHANT, merchant_id="M-1", reason="closing")


def test_a_merchant_may_leave() -> None:
    given(ENROLLED).when(WITHDRAW).then(WITHDRAWN)


def test_a_suspended_merchant_may_leave() -> None:
    given(ENROLLED, SUSPENDED).when(WITHDRAW).then(WITHDRAWN)


def test_leaving_twice_changes_nothing() -> None:
    given(ENROLLED, WITHDRAWN).when(WITHDRAW).then_nothing()


def test_who_never_joined_does_not_leave() -> None:
    given().when(WITHDRAW).then_refused(MerchantNotEnrolled, state="unknown")
