"""A product's own export status."""

from commands.products.set_export_status import SetExportStatus
from ledger.events.products import (
    ProductAddedToExportPool,
    ProductExportRevoked,
    ProductExportStatusDisabled,
    ProductExportStatusEnabled,
    ProductRemovedFromExportPool,
)
from ledger.refusals.catalogue import ProductNotApproved
from tests.commands.merchants.known_merchant import ALL_MARKETS, PRODUCT, approved, submitted
from tests.support.given import NOW, PLATFORM, ask, given

ON = ask(SetExportStatus, **PRODUCT, enabled=True)
OFF = ask(SetExportStatus, **PRODUCT, enabled=False)
ENABLED = ProductExportStatusEnabled(**PRODUCT, effective_at=NOW)
DISABLED = ProductExportStatusDisabled(**PRODUCT, effective_at=NOW)
ADDED = ProductAddedToExportPool(**PRODUCT, cause="manual", markets=ALL_MARKETS, effective_at=NOW)
REMOVED = ProductRemovedFromExportPool(**PRODUCT, cause="disabled", effective_at=NOW)
REVOKED = ProductExportRevoked(
    **PRODUCT,
    category_id="tea",
    criteria_version="1",
    markets=ALL_MARKETS,
    reviewer=PLATFORM,
    reasons=("recall",),
    revoked_at=NOW,
)


def test_an_approved_product_switched_on_joins_the_pool() -> None:
    given(submitted(), approved()).when(ON).then(ENABLED, ADDED)


def test_switching_off_wins_over_the_automatic_switch() -> None:
    given(submitted(auto_export=True), approved()).when(OFF).then(DISABLED, REMOVED)


def test_switching_on_what_the_automatic_switch_has_on_adds_nothing_to_the_pool() -> None:
    given(submitted(auto_export=True), approved()).when(ON).then(ENABLED)


def test_a_product_may_be_switched_off_before_it_is_approved() -> None:
    given(submitted(auto_export=True)).when(OFF).then(DISABLED)


def test_switching_twice_changes_nothing() -> None:
    given(submitted(), approved(), ENABLED).when(ON).then_nothing()


def test_an_unapproved_product_is_not_switched_on() -> None:
    given(submitted()).when(ON).then_refused(ProductNotApproved, product_id="tea-1", state="submitted")


def test_a_revoked_product_is_not_switched_on() -> None:
    given(submitted(), approved(), REVOKED).when(ON).then_refused(ProductNotApproved, state="revoked")


def test_an_unknown_product_has_no_switch() -> None:
    given().when(OFF).then_refused(ProductNotApproved, state="none")
