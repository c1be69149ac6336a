"""Submitting a product for export review."""

from datetime import timedelta

from commands.products.submit_product import SubmitProduct
from ledger.events.merchants import AutoExportEnabled
from ledger.refusals.catalogue import MarketNotOpen, MerchantNotEnrolled
from tests.commands.merchants.known_merchant import ENROLLED, SUSPENDED, approved, submitted
from tests.support.given import MERCHANT, NOW, ask, given

SUBMIT = ask(SubmitProduct, by=MERCHANT, merchant_id="M-1", product_id="tea-1", category_id="tea")
ENROLLED_MERCHANT = {"merchant/M-1": [ENROLLED]}
AUTOMATIC_MERCHANT = {"merchant/M-1": [ENROLLED, AutoExportEnabled(merchant_id="M-1", effective_at=NOW)]}
TOMORROW = NOW + timedelta(days=1)


def test_an_enrolled_merchant_submits_a_product_for_all_open_markets() -> None:
    given(beside=ENROLLED_MERCHANT).when(SUBMIT).then(submitted())


def test_submitting_twice_changes_nothing() -> None:
    given(submitted(), beside=ENROLLED_MERCHANT).when(SUBMIT).then_nothing()


def test_submitting_an_approved_product_for_the_same_markets_changes_nothing() -> None:
    given(submitted(), approved(), beside=ENROLLED_MERCHANT).when(SUBMIT).then_nothing()


def test_an_approved_product_may_be_submitted_for_other_markets() -> None:
    submit = ask(SubmitProduct, merchant_id="M-1", product_id="tea-1", category_id="tea", markets=["US"])
    given(submitted(), approved(), beside=ENROLLED_MERCHANT).when(submit).then(submitted(markets=("US",)))


def test_a_market_that_was_not_granted_may_be_asked_for_again() -> None:
    given(submitted(), approved(markets=("US",)), beside=ENROLLED_MERCHANT).when(SUBMIT).then(submitted())


def test_a_new_product_takes_the_merchants_automatic_switch() -> None:
    given(beside=AUTOMATIC_MERCHANT).when(SUBMIT).then(submitted(auto_export=True))


def test_the_automatic_switch_does_not_reach_products_submitted_before() -> None:
    submit = ask(SubmitProduct, at=TOMORROW, merchant_id="M-1", product_id="tea-1", category_id="tea", markets=["US"])
    decided = given(submitted(auto_export=False), beside=AUTOMATIC_MERCHANT).when(submit)
    assert decided.event(type(submitted())).auto_export is False


def test_a_suspended_merchant_submits_nothing() -> None:
    (
        given(beside={"merchant/M-1": [ENROLLED, SUSPENDED]})
        .when(SUBMIT)
        .then_refused(MerchantNotEnrolled, merchant_id="M-1", state="suspended")
    )


def test_a_product_is_not_submitted_for_a_market_that_is_not_open() -> None:
    submit = ask(SubmitProduct, merchant_id="M-1", product_id="tea-1", category_id="tea", markets=["SG"])
    given(beside=ENROLLED_MERCHANT).when(submit).then_refused(MarketNotOpen, market="SG")
