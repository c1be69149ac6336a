"""Records that a decision adds a product to the export pool or removes it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from datetime import datetime

from ledger.events.event import Event
from ledger.events.products import PoolCause, ProductAddedToExportPool, ProductRemovedFromExportPool
from ledger.streams.products import Product


def with_pool_change(
    product: Product, event: Event, *, merchant_id: str, product_id: str, cause: PoolCause, at: datetime
) -> Iterator[Event]:
    """Yields `event`, and then the change of the export pool that follows from it, if any."""
    yield event
    after = copy(product)
    after.apply(event)
    if not set(after.pool_markets) <= set(product.pool_markets):
        yield ProductAddedToExportPool(
            merchant_id=merchant_id,
            product_id=product_id,
            cause=cause,
            markets=after.approved_markets,
            effective_at=at,
        )
    elif product.in_export_pool and not after.in_export_pool:
        yield ProductRemovedFromExportPool(merchant_id=merchant_id, product_id=product_id, cause=cause, effective_at=at)
