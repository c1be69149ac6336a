"""Where an order is, as it is told at an instant: stored facts, and what depends on the clock."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from projections.tracking_answer import OrderTracking, ParcelTracking


def told(tracking: OrderTracking, now: datetime) -> dict[str, Any]:
    """The answer as plain values; lateness and what may be asked for are computed at `now`."""
    plain = asdict(tracking)
    del plain["vector"], plain["buyer_ref"]
    return plain | {
        "after_sales": asdict(tracking.after_sales()),
        "parcels": [_parcel(parcel, now) for parcel in tracking.parcels],
    }


def _parcel(parcel: ParcelTracking, now: datetime) -> dict[str, Any]:
    return asdict(parcel) | {"late": parcel.is_late(now), "after_sales": asdict(parcel.after_sales(now))}
