"""Approving a product for export."""

from commands.products.approve_product import ApproveProduct
from ledger.events.products import (
    ProductAddedToExportPool,
    ProductExportApproved,
    ProductExportRevoked,
    ProductExportStatusDisabled,
    ProductExportStatusEnabled,
)
from ledger.refusals.catalogue import MarketNotOpen, ProductNotSubmitted, RoleNotAllowed
from ledger.streams.products import Product
from tests.commands.merchants.known_merchant import ALL_MARKETS, PRODUCT, approved, submitted
from tests.support.given import MERCHANT, NOW, PLATFORM, ask, given

APPROVE = ask(ApproveProduct, by=PLATFORM, **PRODUCT)
ENABLED = ProductExportStatusEnabled(**PRODUCT, effective_at=NOW)
DISABLED = ProductExportStatusDisabled(**PRODUCT, effective_at=NOW)
REVOKED = ProductExportRevoked(
    **PRODUCT,
    category_id="tea",
    criteria_version="1",
    markets=ALL_MARKETS,
    reviewer=PLATFORM,
    reasons=("recall",),
    revoked_at=NOW,
)


def test_an_approved_product_waits_for_its_export_status() -> None:
    given(submitted()).when(APPROVE).then(approved())


def test_an_approved_product_of_an_automatic_merchant_joins_the_pool() -> None:
    (
        given(submitted(auto_export=True))
        .when(APPROVE)
        .then(approved(), ProductAddedToExportPool(**PRODUCT, cause="auto", markets=ALL_MARKETS, effective_at=NOW))
    )


def test_a_product_switched_off_stays_out_whatever_the_automatic_switch_says() -> None:
    given(submitted(auto_export=True), DISABLED).when(APPROVE).then(approved())


def test_a_product_once_switched_on_comes_back_when_it_is_approved_again() -> None:
    history = (submitted(), approved(), ENABLED, REVOKED, submitted())
    added = ProductAddedToExportPool(**PRODUCT, cause="manual", markets=ALL_MARKETS, effective_at=NOW)
    given(*history).when(APPROVE).then(approved(), added)


def test_approving_twice_changes_nothing() -> None:
    given(submitted(), approved()).when(APPROVE).then_nothing()


def test_a_product_may_be_approved_for_some_of_the_markets() -> None:
    product = given(submitted(auto_export=True)).when(ask(ApproveProduct, **PRODUCT, markets=["US"]))
    stream = product.then(ProductExportApproved, ProductAddedToExportPool).stream
    assert isinstance(stream, Product)
    assert [stream.on_sale_in(market) for market in ALL_MARKETS] == [False, False, True]


def test_a_product_nobody_submitted_is_not_approved() -> None:
    given().when(APPROVE).then_refused(ProductNotSubmitted, product_id="tea-1", state="none")


def test_a_product_is_not_approved_for_a_market_that_is_not_open() -> None:
    given(submitted()).when(ask(ApproveProduct, **PRODUCT, markets=["SG"])).then_refused(MarketNotOpen)


def test_a_product_is_not_approved_for_a_market_that_nobody_asked_for() -> None:
    only_the_us = submitted().model_copy(update={"markets": ("US",)})
    beyond = ask(ApproveProduct, by=PLATFORM, **PRODUCT, markets=["US", "HK"])
    given(only_the_us).when(beyond).then_refused(ProductNotSubmitted, state="not submitted for HK")


def test_a_merchant_does_not_approve_its_own_product() -> None:
    given(submitted()).when(ask(ApproveProduct, by=MERCHANT, **PRODUCT)).then_refused(RoleNotAllowed)
