"""Enrolling a merchant."""

import pytest
from pydantic import ValidationError

from commands.merchants.enrol_merchant import EnrolMerchant
from ledger.events.merchants import MerchantEnrolled, MerchantEnrolmentRejected, MerchantEnrolmentRequested
from ledger.refusals.catalogue import MarketNotOpen, MerchantNotDomestic, MerchantNotEnrolled
from ledger.streams.merchants import Merchant
from tests.commands.merchants.known_merchant import ENROLLED, REQUESTED, SUSPENDED, TERMS, WITHDRAWN
from tests.support.given import MERCHANT, NOW, PLATFORM, ask, given

REJECTED = MerchantEnrolmentRejected(
    merchant_id="M-1", markets=("US",), terms_version="1", reason="incomplete", reviewer=PLATFORM, effective_at=NOW
)


def test_the_platform_enrols_a_merchant_at_once() -> None:
    given().when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1")).then(MerchantEnrolmentRequested, ENROLLED)


def test_a_merchant_that_asks_waits_for_the_platform() -> None:
    given().when(ask(EnrolMerchant, by=MERCHANT, merchant_id="M-1")).then(REQUESTED)


def test_the_platform_enrols_a_merchant_that_has_asked() -> None:
    given(REQUESTED).when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1")).then(ENROLLED)


def test_asking_twice_changes_nothing() -> None:
    given(REQUESTED).when(ask(EnrolMerchant, by=MERCHANT, merchant_id="M-1")).then_nothing()


def test_enrolling_twice_changes_nothing() -> None:
    given(ENROLLED).when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1")).then_nothing()


def test_an_enrolled_merchant_may_change_its_markets() -> None:
    (
        given(ENROLLED)
        .when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1", markets=["US"]))
        .then(MerchantEnrolled(**{**TERMS, "markets": ("US",)}, reviewer=PLATFORM, effective_at=NOW))
    )


ASKED = MerchantEnrolmentRequested(
    **{**TERMS, "markets": ("HK",), "terms_version": "2"}, requested_by=MERCHANT, requested_at=NOW
)
CHANGED = MerchantEnrolled(**{**TERMS, "markets": ("HK",), "terms_version": "2"}, reviewer=PLATFORM, effective_at=NOW)


def test_an_enrolled_merchant_that_asks_for_other_markets_waits_and_sells_as_before() -> None:
    asked = given(ENROLLED).when(ask(EnrolMerchant, by=MERCHANT, merchant_id="M-1", markets=["HK"], terms_version="2"))
    merchant = asked.then(ASKED).stream
    assert isinstance(merchant, Merchant)
    assert merchant.sells_in("US")


@pytest.mark.parametrize("before", [(), (ENROLLED,)], ids=["new", "enrolled"])
def test_a_yes_that_names_nothing_grants_what_was_asked_for(before: tuple[MerchantEnrolled, ...]) -> None:
    given(*before, ASKED).when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1")).then(CHANGED)


def test_a_no_to_other_markets_leaves_the_merchant_enrolled_as_it_was() -> None:
    merchant = given(ENROLLED, ASKED, REJECTED).when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1")).stream
    assert isinstance(merchant, Merchant)
    assert (merchant.enrolment, merchant.terms.markets, merchant.asked) == ("enrolled", ENROLLED.markets, None)


def test_taking_back_what_was_asked_for_is_asking_for_what_stands() -> None:
    stands = ask(EnrolMerchant, by=MERCHANT, merchant_id="M-1")
    given(ENROLLED, ASKED).when(stands).then(MerchantEnrolmentRequested)


def test_a_business_from_elsewhere_cannot_join() -> None:
    (
        given()
        .when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1", country="HK"))
        .then_refused(MerchantNotDomestic, country="HK", countries=("CN",))
    )


def test_a_merchant_is_not_enrolled_for_a_market_that_is_not_open() -> None:
    (
        given()
        .when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1", markets=["US", "SG"]))
        .then_refused(MarketNotOpen, market="SG")
    )


def test_a_suspended_merchant_is_reinstated_not_enrolled_again() -> None:
    (
        given(ENROLLED, SUSPENDED)
        .when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1"))
        .then_refused(MerchantNotEnrolled, state="suspended")
    )


@pytest.mark.parametrize("end", [WITHDRAWN, REJECTED], ids=["withdrawn", "rejected"])
def test_a_merchant_that_is_out_may_enrol_again(end: MerchantEnrolmentRejected) -> None:
    (
        given(REQUESTED, end)
        .when(ask(EnrolMerchant, by=PLATFORM, merchant_id="M-1"))
        .then(MerchantEnrolmentRequested, MerchantEnrolled)
    )


def test_a_merchant_id_is_one_word_without_slashes() -> None:
    with pytest.raises(ValidationError):
        ask(EnrolMerchant, merchant_id="M/1")
