"""Scenarios of the transfer warehouse: late, never sent, wrong warehouse, rejected, repacked."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from service.demo.simulator.scenarios.order_steps import Scenario, placed_and_paid
from service.demo.simulator.scenarios.shipments import (
    WAREHOUSE,
    Quantities,
    carried,
    costs_of,
    dispatched,
    halves,
    items_of,
    legs_of,
    numbered,
    packed,
    packed_and_dispatched,
    released,
    signed,
    tracked,
)
from service.demo.simulator.step import CARRIER, Step

_ONE_DAY = timedelta(days=1)


def late_to_the_warehouse(scenario: Scenario) -> Iterator[Step]:
    """Handed over three days after the deadline to arrive; a break is opened, nothing else."""
    paid_at = yield from placed_and_paid(scenario)
    yield from _sent_at(scenario, paid_at + 8 * _ONE_DAY)


def never_dispatched(scenario: Scenario) -> Iterator[Step]:
    """Packed and forgotten."""
    paid_at = yield from placed_and_paid(scenario)
    yield packed(scenario, paid_at + _ONE_DAY, scenario.parcel_id, scenario.basket.quantities)


def in_domestic_transit(scenario: Scenario) -> Iterator[Step]:
    """Handed over, and not received at the warehouse."""
    paid_at = yield from placed_and_paid(scenario)
    yield from packed_and_dispatched(scenario, paid_at + _ONE_DAY, scenario.parcel_id, scenario.basket.quantities)


def rejected_at_the_warehouse(scenario: Scenario) -> Iterator[Step]:
    """The parcel arrives wet and is rejected; the merchant dries it and hands it in again."""
    at, quantities = (yield from _handed_over(scenario)), scenario.basket.quantities
    about = {"warehouse_id": WAREHOUSE, "condition": "wet", "reason": "damaged_packaging"}
    yield tracked(scenario, at + _ONE_DAY, "rejected_at_warehouse", **about)
    signed_at = yield from carried(scenario, at + 4 * _ONE_DAY, scenario.parcel_id, quantities)
    yield released(scenario, signed_at)


def at_the_wrong_warehouse(scenario: Scenario) -> Iterator[Step]:
    """Shenzhen receives a parcel for Guangzhou, and sends it on."""
    at = yield from _handed_over(scenario)
    about: dict[str, Any] = {"warehouse_id": "WH-SZ-2", "condition": "good", "weight_g": 640}
    yield tracked(scenario, at + _ONE_DAY, "received_at_warehouse", **about)
    signed_at = yield from carried(scenario, at + _ONE_DAY, scenario.parcel_id, scenario.basket.quantities, after=1)
    yield released(scenario, signed_at)


def consolidated(scenario: Scenario) -> Iterator[Step]:
    """Two parcels arrive and travel on as one."""
    paid_at = yield from placed_and_paid(scenario)
    parts = {f"{scenario.order_id}-{n}": part for n, part in enumerate(halves(scenario.basket.quantities), 1) if part}
    at = scenario.later(paid_at, least_h=10, most_h=40)
    for parcel_id, quantities in parts.items():
        yield from packed_and_dispatched(scenario, at, parcel_id, quantities)
        about = {"warehouse_id": WAREHOUSE, "condition": "good"}
        yield tracked(scenario, at + _ONE_DAY, "received_at_warehouse", parcel_id=parcel_id, **about)
    whole = f"{scenario.order_id}-C"
    repacked = {"from_parcels": list(parts), "to_parcel": whole, "tracking_no": f"SP{whole}CN"}
    yield scenario.reports(at + 2 * _ONE_DAY, "report_consolidation", CARRIER, **repacked)
    yield from _on_its_way(scenario, at + 2 * _ONE_DAY, whole, scenario.basket.quantities)


def split(scenario: Scenario) -> Iterator[Step]:
    """One parcel arrives and travels on as two."""
    at, first = (yield from _handed_over(scenario)), scenario.parcel_id
    yield tracked(scenario, at + _ONE_DAY, "received_at_warehouse", warehouse_id=WAREHOUSE, condition="good")
    parts = {f"{scenario.order_id}-S{n}": part for n, part in enumerate(halves(scenario.basket.quantities), 1) if part}
    reported = [
        {"parcel_id": parcel_id, "items": items_of(part), "tracking_no": f"SP{parcel_id}CN"}
        for parcel_id, part in parts.items()
    ]
    yield scenario.reports(at + 2 * _ONE_DAY, "report_split", CARRIER, parcel_id=first, parts=reported)
    for parcel_id, part in parts.items():
        yield from _on_its_way(scenario, at + 2 * _ONE_DAY, parcel_id, part)


def scanned_as_a_parcel_of_nobody(scenario: Scenario) -> Iterator[Step]:
    """The warehouse reports a parcel that the merchant never packed, then finds the right label."""
    at = yield from _handed_over(scenario)
    about = {"warehouse_id": WAREHOUSE, "condition": "good"}
    yield tracked(scenario, at + _ONE_DAY, "received_at_warehouse", parcel_id=f"{scenario.order_id}-9", **about)
    signed_at = yield from carried(scenario, at + _ONE_DAY, scenario.parcel_id, scenario.basket.quantities)
    yield released(scenario, signed_at)


def by_a_number_used_twice(scenario: Scenario) -> Iterator[Step]:
    """Both parcels carry one label: the merchant's second dispatch is refused, the carrier's scan is recorded with a
    break.
    """
    paid_at = yield from placed_and_paid(scenario)
    first, second = halves(scenario.basket.quantities)
    at, other = scenario.later(paid_at, least_h=8, most_h=20), f"{scenario.order_id}-2"
    yield from packed_and_dispatched(scenario, at, scenario.parcel_id, first)
    yield packed(scenario, at, other, second)
    same = {"parcel_id": other, **numbered(scenario.parcel_id)}
    yield scenario.asks(at + timedelta(hours=1), "dispatch_parcel", scenario.merchant, **same)
    yield scenario.reports(at + timedelta(hours=3), "report_dispatch", CARRIER, **same)
    for parcel_id, quantities in ((scenario.parcel_id, first), (other, second)):
        signed_at = yield from carried(scenario, at + timedelta(hours=4), parcel_id, quantities)
        yield released(scenario, signed_at)


def reported_out_of_order(scenario: Scenario) -> Iterator[Step]:
    """The overseas carrier reports sooner than the warehouse."""
    at = yield from _handed_over(scenario)
    way = list(legs_of(scenario, at, scenario.parcel_id))
    late, reported_at = {"received_at_warehouse", "departed"}, way[-1].at + timedelta(hours=1)
    for leg in way:
        if leg.data["milestone"] in late:
            yield replace(leg, at=reported_at, happened_at=leg.at)
        else:
            yield leg
    yield from costs_of(scenario, reported_at, scenario.parcel_id, scenario.basket.quantities)
    yield signed(scenario, reported_at + timedelta(hours=2), scenario.parcel_id)
    yield released(scenario, reported_at + timedelta(hours=2))


def _handed_over(scenario: Scenario) -> Generator[Step, None, datetime]:
    """Paid, and all units dispatched in one parcel. Returns the instant of the dispatch."""
    paid_at = yield from placed_and_paid(scenario)
    at = scenario.later(paid_at, least_h=6, most_h=40)
    yield from packed_and_dispatched(scenario, at, scenario.parcel_id, scenario.basket.quantities)
    return at


def _sent_at(scenario: Scenario, at: datetime) -> Iterator[Step]:
    quantities = scenario.basket.quantities
    yield packed(scenario, at - _ONE_DAY, scenario.parcel_id, quantities)
    yield dispatched(scenario, at, scenario.parcel_id)
    signed_at = yield from carried(scenario, at, scenario.parcel_id, quantities)
    yield released(scenario, signed_at)


def _on_its_way(scenario: Scenario, at: datetime, parcel_id: str, quantities: Quantities) -> Iterator[Step]:
    """Yields the way from the warehouse on."""
    signed_at = yield from carried(scenario, at, parcel_id, quantities, after=1)
    yield released(scenario, signed_at)
