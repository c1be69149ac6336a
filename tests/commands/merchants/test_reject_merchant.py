"""Turning down a merchant."""

from commands.merchants.reject_merchant import RejectMerchant
from ledger.events.merchants import MerchantEnrolmentRejected
from ledger.refusals.catalogue import EnrolmentNotRequested, RoleNotAllowed
from tests.commands.merchants.known_merchant import ENROLLED, REQUESTED
from tests.support.given import MERCHANT, PLATFORM, ask, given

REJECT = ask(RejectMerchant, by=PLATFORM, merchant_id="M-1", reason="incomplete")


def test_a_merchant_that_has_asked_can_be_turned_down() -> None:
    given(REQUESTED).when(REJECT).then(MerchantEnrolmentRejected)


def test_turning_down_twice_changes_nothing() -> None:
    decided = given(REQUESTED).when(REJECT).events
    given(REQUESTED, *decided).when(REJECT).then_nothing()


def test_an_enrolled_merchant_is_not_turned_down() -> None:
    given(ENROLLED).when(REJECT).then_refused(EnrolmentNotRequested, state="enrolled")


def test_an_enrolled_merchant_that_asks_for_more_can_be_turned_down() -> None:
    given(ENROLLED, REQUESTED).when(REJECT).then(MerchantEnrolmentRejected)


def test_a_merchant_does_not_turn_itself_down() -> None:
    (
        given(REQUESTED)
        .when(ask(RejectMerchant, by=MERCHANT, merchant_id="M-1", reason="incomplete"))
        .then_refused(RoleNotAllowed, needed="admin, finance, support, platform, system or importer")
    )
