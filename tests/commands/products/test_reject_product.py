"""Rejecting a product for export."""

import pytest
from pydantic import ValidationError

from commands.products.reject_product import RejectProduct
from ledger.events.products import ProductExportRejected
from ledger.refusals.catalogue import ProductNotSubmitted, RoleNotAllowed
from ledger.streams.products import Product
from tests.commands.merchants.known_merchant import PRODUCT, approved, submitted
from tests.support.given import MERCHANT, PLATFORM, ask, given

REJECT = ask(RejectProduct, by=PLATFORM, **PRODUCT, reasons=["no_label"])


def test_a_submitted_product_can_be_rejected() -> None:
    given(submitted()).when(REJECT).then(ProductExportRejected)


def test_rejecting_twice_changes_nothing() -> None:
    rejected = given(submitted()).when(REJECT).events
    given(submitted(), *rejected).when(REJECT).then_nothing()


def test_rejecting_a_new_attempt_leaves_the_earlier_approval() -> None:
    history = (submitted(auto_export=True, markets=("US",)), approved(markets=("US",)), submitted(auto_export=True))
    product = given(*history).when(REJECT).then(ProductExportRejected).stream
    assert isinstance(product, Product)
    assert product.on_sale_in("US")


def test_an_approved_product_is_revoked_not_rejected() -> None:
    given(submitted(), approved()).when(REJECT).then_refused(ProductNotSubmitted, state="approved")


def test_a_rejection_gives_a_reason() -> None:
    with pytest.raises(ValidationError):
        ask(RejectProduct, by=PLATFORM, **PRODUCT, reasons=[])


def test_a_merchant_does_not_reject_products() -> None:
    given(submitted()).when(ask(RejectProduct, by=MERCHANT, **PRODUCT, reasons=["x"])).then_refused(RoleNotAllowed)
