"""Tracking of an order at an instant: stored facts, and values that depend on the clock."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from projections.tracking.answer import OrderTracking, ParcelTracking

_INNER = ("paid", "return_window")  # what `after_sales` is computed from


def reported(tracking: OrderTracking, now: datetime) -> dict[str, Any]:
    """Returns the answer as plain values; lateness and after-sales options are computed at `now`."""
    plain = asdict(tracking)
    del plain["vector"], plain["buyer_ref"]
    return plain | {
        "after_sales": asdict(tracking.after_sales()),
        "parcels": [_parcel(parcel, now) for parcel in tracking.parcels],
    }


def _parcel(parcel: ParcelTracking, now: datetime) -> dict[str, Any]:
    plain = asdict(parcel)
    for name in _INNER:
        del plain[name]
    reported_now = {"late": parcel.is_late(now), "gaps": parcel.gaps, "after_sales": asdict(parcel.after_sales(now))}
    items = [
        {name: value for name, value in shown.items() if name != "lock"}
        | {"after_sales": asdict(parcel.after_sales_of(item, now))}
        for shown, item in zip(plain["items"], parcel.items, strict=True)
    ]
    return plain | reported_now | {"items": items}
