"""Puts one product on sale overseas, or takes it off."""

from __future__ import annotations

from collections.abc import Iterator

from commands.products.export_pool import with_pool_change
from commands.products.product_command import ProductCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.products import ProductExportStatusDisabled, ProductExportStatusEnabled
from ledger.refusals.catalogue import ProductNotApproved
from ledger.streams.products import Product


class SetExportStatus(ProductCommand, name="set_export_status"):
    """Puts a product on sale overseas or takes it off (statement 25). Off has priority over the automatic export.

    Refused if the product was not submitted, or if it is to be put on sale without approval.
    """

    enabled: bool


def decide(command: SetExportStatus, product: Product, rules: Rules) -> Iterator[Event]:
    if not product.exists or (command.enabled and not product.approved_markets):
        raise ProductNotApproved(product_id=command.product_id, state=product.review)
    if product.export_status == command.enabled:
        return
    turned = ProductExportStatusEnabled if command.enabled else ProductExportStatusDisabled
    yield from with_pool_change(
        product,
        turned(merchant_id=command.merchant_id, product_id=command.product_id, effective_at=command.decided_at),
        merchant_id=command.merchant_id,
        product_id=command.product_id,
        cause="manual" if command.enabled else "disabled",
        at=command.decided_at,
    )
