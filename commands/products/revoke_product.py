"""Taking back a product's approval for export."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from commands.fields import CountryCode, Reason
from commands.products.export_pool import with_pool_change
from commands.products.product_command import ProductCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.products import ProductExportRevoked
from ledger.refusals.catalogue import ProductNotApproved
from ledger.sealed import Sealed
from ledger.streams.products import Product


class RevokeProduct(ProductCommand, name="revoke_product"):
    """The product may no longer be sold in these markets. Placed orders stand."""

    criteria_version: str = "1"
    markets: tuple[CountryCode, ...] = ()  # none named: all it is approved for
    reasons: tuple[Reason, ...] = Field(min_length=1)
    note: Sealed[str] | None = None


def decide(command: RevokeProduct, product: Product, rules: Rules) -> Iterator[Event]:
    if product.review == "revoked" and not product.approved_markets:
        return
    named = command.markets or product.approved_markets
    markets = tuple(market for market in named if market in product.approved_markets)
    if not markets:
        raise ProductNotApproved(product_id=command.product_id, state=product.review, markets=command.markets)
    revoked = ProductExportRevoked(
        merchant_id=command.merchant_id,
        product_id=command.product_id,
        category_id=product.category_id,
        criteria_version=command.criteria_version,
        markets=markets,
        reviewer=command.actor,
        reasons=command.reasons,
        note=command.note,
        revoked_at=command.decided_at,
    )
    yield from with_pool_change(
        product,
        revoked,
        merchant_id=command.merchant_id,
        product_id=command.product_id,
        cause="revoked",
        at=command.decided_at,
    )
