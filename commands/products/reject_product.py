"""Not letting a product be sold overseas."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from commands.fields import Reason
from commands.products.product_command import ProductCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.products import ProductExportRejected
from ledger.refusals.catalogue import ProductNotSubmitted
from ledger.sealed import Sealed
from ledger.streams.products import Product


class RejectProduct(ProductCommand, name="reject_product"):
    """The product, as submitted, does not meet the criteria. An earlier approval stands; it may be submitted again."""

    criteria_version: str = "1"
    reasons: tuple[Reason, ...] = Field(min_length=1)
    note: Sealed[str] | None = None


def decide(command: RejectProduct, product: Product, rules: Rules) -> Iterator[Event]:
    if product.review == "rejected":
        return
    if product.review != "submitted":
        raise ProductNotSubmitted(product_id=command.product_id, state=product.review)
    yield ProductExportRejected(
        merchant_id=command.merchant_id,
        product_id=command.product_id,
        category_id=product.requested_category_id,
        criteria_version=command.criteria_version,
        markets=product.requested_markets,
        reviewer=command.actor,
        reasons=command.reasons,
        note=command.note,
        rejected_at=command.decided_at,
    )
