"""Submits a product for export review."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import CountryCode
from commands.products.product_command import ProductCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.products import ProductSubmittedForExportReview
from ledger.ids import Id, merchant_stream
from ledger.policies.markets import Markets
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.streams.products import Product


class SubmitProduct(ProductCommand, name="submit_product"):
    """Submits a product for export review (statement 22).

    Refused if the merchant is not enrolled, or a market is not open.
    """

    category_id: Id
    markets: tuple[CountryCode, ...] = ()  # default: all open markets

    @property
    def reads(self) -> tuple[str, ...]:
        return (merchant_stream(self.merchant_id),)


def decide(command: SubmitProduct, product: Product, rules: Rules) -> Iterator[Event]:
    merchant = rules.merchant(command.merchant_id)
    if not merchant.is_enrolled:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    open_markets = rules.policy(Markets)
    open_markets.expect_open(command.markets)
    markets = command.markets or open_markets.open
    stands = (product.requested_category_id, product.requested_markets)
    granted = product.review == "approved" and set(product.approved_markets) == set(markets)
    if (product.review == "submitted" or granted) and stands == (command.category_id, markets):
        return
    yield ProductSubmittedForExportReview(
        merchant_id=command.merchant_id,
        product_id=command.product_id,
        category_id=command.category_id,
        markets=markets,
        auto_export=product.auto_export if product.exists else merchant.auto_export.at(command.decided_at),
        submitted_at=command.decided_at,
    )
