"""Taking back an approval for export."""

from commands.products.revoke_product import RevokeProduct
from ledger.events.products import ProductExportRevoked, ProductRemovedFromExportPool
from ledger.refusals.catalogue import ProductNotApproved, RoleNotAllowed
from ledger.streams.products import Product
from tests.commands.merchants.known_merchant import PRODUCT, approved, submitted
from tests.support.given import MERCHANT, NOW, PLATFORM, ask, given

REVOKE = ask(RevokeProduct, by=PLATFORM, **PRODUCT, reasons=["recall"])
REMOVED = ProductRemovedFromExportPool(**PRODUCT, cause="revoked", effective_at=NOW)


def test_a_revoked_product_leaves_the_pool() -> None:
    given(submitted(auto_export=True), approved()).when(REVOKE).then(ProductExportRevoked, REMOVED)


def test_a_product_that_was_not_in_the_pool_does_not_leave_it() -> None:
    given(submitted(), approved()).when(REVOKE).then(ProductExportRevoked)


def test_revoking_for_one_market_leaves_the_others() -> None:
    revoke = ask(RevokeProduct, by=PLATFORM, **PRODUCT, markets=["US"], reasons=["recall"])
    product = given(submitted(auto_export=True), approved()).when(revoke).then(ProductExportRevoked).stream
    assert isinstance(product, Product)
    assert product.pool_markets == ("HK", "MO")


def test_revoking_twice_changes_nothing() -> None:
    revoked = given(submitted(), approved()).when(REVOKE).events
    given(submitted(), approved(), *revoked).when(REVOKE).then_nothing()


def test_what_is_not_approved_is_not_revoked() -> None:
    given(submitted()).when(REVOKE).then_refused(ProductNotApproved, state="submitted")


def test_a_merchant_does_not_revoke_approvals() -> None:
    revoke = ask(RevokeProduct, by=MERCHANT, **PRODUCT, reasons=["recall"])
    given(submitted(), approved()).when(revoke).then_refused(RoleNotAllowed)
