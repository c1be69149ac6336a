"""Suspending a merchant."""

from commands.merchants.suspend_merchant import SuspendMerchant
from ledger.refusals.catalogue import MerchantNotEnrolled, RoleNotAllowed
from tests.commands.merchants.known_merchant import ENROLLED, REQUESTED, SUSPENDED
from tests.support.given import MERCHANT, PLATFORM, ask, given

SUSPEND = ask(SuspendMerchant, by=PLATFORM, merchant_id="M-1", reason="complaints")


def test_the_platform_suspends_an_enrolled_merchant() -> None:
    given(ENROLLED).when(SUSPEND).then(SUSPENDED)


def test_suspending_twice_changes_nothing() -> None:
    given(ENROLLED, SUSPENDED).when(SUSPEND).then_nothing()


def test_a_merchant_that_only_asked_is_not_suspended() -> None:
    given(REQUESTED).when(SUSPEND).then_refused(MerchantNotEnrolled, state="requested")


def test_a_merchant_does_not_suspend_itself() -> None:
    (
        given(ENROLLED)
        .when(ask(SuspendMerchant, by=MERCHANT, merchant_id="M-1", reason="holiday"))
        .then_refused(RoleNotAllowed)
    )
