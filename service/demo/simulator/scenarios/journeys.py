"""Simulates a parcel's way from the merchant to the buyer: warehouse, customs twice, line-haul and last mile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

_PORTS = {"US": ("Guangzhou", "Los Angeles"), "HK": ("Shenzhen", "Hong Kong"), "MO": ("Zhuhai", "Macau")}
_DAYS_OVERSEAS = {"US": (4.0, 9.0), "HK": (0.5, 1.5), "MO": (0.7, 2.0)}

Leg = tuple[datetime, str, dict[str, object]]  # instant, milestone, further fields of the report


def declaration_of(order_id: str, office: str = "5141") -> dict[str, str]:
    """Returns the data of an order's export declaration. Its number occurs in no other order of any month."""
    digits = "".join(filter(str.isdigit, order_id))
    return {"customs_mode": "9610", "declaration_no": f"{office}{digits:0>10}"}


def journey(random: Random, *, market: str, dispatched_at: datetime, order_id: str, trouble: str = "") -> Iterator[Leg]:
    """Yields the milestones after dispatch in order of time. `trouble` is "customs", "attempts" or ""."""
    origin, destination = _PORTS[market]
    at = dispatched_at + _days(random, 0.8, 2.5)
    weight_g = random.randint(120, 2_400)
    yield at, "received_at_warehouse", {"warehouse_id": "WH-GZ-1", "condition": "good", "weight_g": weight_g}
    declaration = {**declaration_of(order_id), "location": origin}
    at += _days(random, 0.3, 1.0)
    yield at, "export_declared", {**declaration, "raw_code": "120"}
    if trouble == "customs":
        at += _days(random, 0.2, 0.6)
        yield at, "export_inspected", {**declaration, "raw_code": "500"}
        at += _days(random, 1.0, 3.0)
    at += _days(random, 0.1, 0.5)
    yield at, "export_released", {**declaration, "raw_code": "800"}
    at += _days(random, 0.1, 0.6)
    yield at, "departed", {"location": origin, "raw_code": "EMC"}
    at += _days(random, *_DAYS_OVERSEAS[market])
    yield at, "arrived", {"location": destination, "raw_code": "EMD"}
    at += _days(random, 0.05, 0.4)
    yield at, "import_presented", {"location": destination, "raw_code": "EDB"}
    if trouble == "customs":
        at += _days(random, 0.2, 0.5)
        yield at, "import_held", {"location": destination, "raw_code": "EME"}
        at += _days(random, 0.5, 1.5)
    at += _days(random, 0.1, 0.6)
    yield at, "import_released", {"location": destination, "raw_code": "EDC"}
    at += _days(random, 0.2, 1.2)
    yield at, "out_for_delivery", {"location": destination, "raw_code": "EDG", "attempt_no": 1}
    if trouble == "attempts":
        at += _days(random, 0.1, 0.2)
        yield at, "delivery_attempted", {"location": destination, "raw_code": "EMH", "attempt_no": 1}
        at += _days(random, 0.8, 1.2)
        yield at, "available_for_pickup", {"location": destination, "raw_code": "EDH"}


def signed_after(random: Random, last_leg: datetime) -> datetime:
    """Returns the instant of the signature, some hours after the last milestone."""
    return last_leg + timedelta(hours=random.uniform(1, 9))


def _days(random: Random, least: float, most: float) -> timedelta:
    return timedelta(minutes=round(random.uniform(least, most) * 1440))
