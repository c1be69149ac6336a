"""Tracking of an order at an instant: stored facts, and values that depend on the clock."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from projections.tracking.answer import AfterSales, ItemFacts, OrderFacts, OrderTracking, ParcelFacts, ParcelTracking


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem(ItemFacts):
    """Units of one line in a parcel, with the after-sales services that the buyer may request for them now."""

    after_sales: AfterSales


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownParcel(ParcelFacts):
    """One parcel with its units, and the after-sales services for them now.

    `gaps` are the steps that nobody reported although a later one was.
    """

    items: tuple[ShownItem, ...]
    late: bool
    gaps: tuple[str, ...]
    after_sales: AfterSales


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOrder(OrderFacts):
    """One order with its parcels, and the after-sales services for unsent units now."""

    parcels: tuple[ShownParcel, ...]
    after_sales: AfterSales


def reported(tracking: OrderTracking, now: datetime) -> dict[str, Any]:
    """Returns the fields of a `ShownOrder` as plain values: lateness and after-sales services are those at `now`."""
    parcels = tuple(_parcel(parcel, now) for parcel in tracking.parcels)
    return asdict(ShownOrder(**_facts(OrderFacts, tracking), parcels=parcels, after_sales=tracking.after_sales()))


def _parcel(parcel: ParcelTracking, now: datetime) -> ShownParcel:
    return ShownParcel(
        **_facts(ParcelFacts, parcel),
        items=tuple(
            ShownItem(**_facts(ItemFacts, item), after_sales=parcel.after_sales_of(item, now)) for item in parcel.items
        ),
        late=parcel.is_late(now),
        gaps=parcel.gaps,
        after_sales=parcel.after_sales(now),
    )


def _facts(kind: type[Any], of: Any) -> dict[str, Any]:
    return {each.name: getattr(of, each.name) for each in fields(kind)}
