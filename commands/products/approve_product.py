"""Letting a product be sold overseas."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import CountryCode, Reason
from commands.products.export_pool import with_pool_change
from commands.products.product_command import ProductCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.products import ProductExportApproved
from ledger.policies.markets import Markets
from ledger.refusals.catalogue import ProductNotSubmitted
from ledger.streams.products import Product


class ApproveProduct(ProductCommand, name="approve_product"):
    """The product meets the criteria in these markets, of those it was submitted for. Whether it is on sale, the
    merchant's switches say."""

    criteria_version: str = "1"
    markets: tuple[CountryCode, ...] = ()  # none named: all it was submitted for
    reasons: tuple[Reason, ...] = ()


def decide(command: ApproveProduct, product: Product, rules: Rules) -> Iterator[Event]:
    markets = command.markets or product.requested_markets
    if product.review == "approved" and markets == product.approved_markets:
        return
    if product.review != "submitted":
        raise ProductNotSubmitted(product_id=command.product_id, state=product.review)
    rules.policy(Markets).expect_open(markets)
    if beyond := [market for market in markets if market not in product.requested_markets]:
        raise ProductNotSubmitted(product_id=command.product_id, state=f"not submitted for {', '.join(beyond)}")
    approved = ProductExportApproved(
        merchant_id=command.merchant_id,
        product_id=command.product_id,
        category_id=product.requested_category_id,
        criteria_version=command.criteria_version,
        markets=markets,
        reviewer=command.actor,
        reasons=command.reasons,
        approved_at=command.decided_at,
    )
    yield from with_pool_change(
        product,
        approved,
        merchant_id=command.merchant_id,
        product_id=command.product_id,
        cause="auto" if product.export_status is None else "manual",
        at=command.decided_at,
    )
