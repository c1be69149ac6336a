"""The way to the transfer warehouse and what happens there: late, never, wrong, refused, packed anew."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from service.demo.simulator.scenarios.order_steps import Story, placed_and_paid
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


def late_to_the_warehouse(story: Story) -> Iterator[Step]:
    """Handed over three days after it was to have arrived; flagged, and no more than that."""
    paid_at = yield from placed_and_paid(story)
    yield from _sent_at(story, paid_at + 8 * _ONE_DAY)


def never_dispatched(story: Story) -> Iterator[Step]:
    """Packed, and forgotten."""
    paid_at = yield from placed_and_paid(story)
    yield packed(story, paid_at + _ONE_DAY, story.parcel_id, story.basket.quantities)


def in_domestic_transit(story: Story) -> Iterator[Step]:
    """Handed over, and not seen at the warehouse."""
    paid_at = yield from placed_and_paid(story)
    yield from packed_and_dispatched(story, paid_at + _ONE_DAY, story.parcel_id, story.basket.quantities)


def rejected_at_the_warehouse(story: Story) -> Iterator[Step]:
    """It comes in wet and is turned away; the merchant dries it and hands the same parcel in again."""
    at, quantities = (yield from _handed_over(story)), story.basket.quantities
    about = {"warehouse_id": WAREHOUSE, "condition": "wet", "reason": "damaged_packaging"}
    yield tracked(story, at + _ONE_DAY, "rejected_at_warehouse", **about)
    signed_at = yield from carried(story, at + 4 * _ONE_DAY, story.parcel_id, quantities)
    yield released(story, signed_at)


def at_the_wrong_warehouse(story: Story) -> Iterator[Step]:
    """Shenzhen takes in what was meant for Guangzhou, and sends it on."""
    at = yield from _handed_over(story)
    about: dict[str, Any] = {"warehouse_id": "WH-SZ-2", "condition": "good", "weight_g": 640}
    yield tracked(story, at + _ONE_DAY, "received_at_warehouse", **about)
    signed_at = yield from carried(story, at + _ONE_DAY, story.parcel_id, story.basket.quantities, after=1)
    yield released(story, signed_at)


def consolidated(story: Story) -> Iterator[Step]:
    """Two parcels come in and travel on as one."""
    paid_at = yield from placed_and_paid(story)
    parts = {f"{story.order_id}-{n}": part for n, part in enumerate(halves(story.basket.quantities), 1) if part}
    at = story.later(paid_at, least_h=10, most_h=40)
    for parcel_id, quantities in parts.items():
        yield from packed_and_dispatched(story, at, parcel_id, quantities)
        about = {"warehouse_id": WAREHOUSE, "condition": "good"}
        yield tracked(story, at + _ONE_DAY, "received_at_warehouse", parcel_id=parcel_id, **about)
    whole = f"{story.order_id}-C"
    regrouped = {"from_parcels": list(parts), "to_parcel": whole, "tracking_no": f"SP{whole}CN"}
    yield story.reports(at + 2 * _ONE_DAY, "report_consolidation", CARRIER, **regrouped)
    yield from _on_its_way(story, at + 2 * _ONE_DAY, whole, story.basket.quantities)


def split(story: Story) -> Iterator[Step]:
    """One parcel comes in and travels on as two."""
    at, first = (yield from _handed_over(story)), story.parcel_id
    yield tracked(story, at + _ONE_DAY, "received_at_warehouse", warehouse_id=WAREHOUSE, condition="good")
    parts = {f"{story.order_id}-S{n}": part for n, part in enumerate(halves(story.basket.quantities), 1) if part}
    told = [
        {"parcel_id": parcel_id, "items": items_of(part), "tracking_no": f"SP{parcel_id}CN"}
        for parcel_id, part in parts.items()
    ]
    yield story.reports(at + 2 * _ONE_DAY, "report_split", CARRIER, parcel_id=first, parts=told)
    for parcel_id, part in parts.items():
        yield from _on_its_way(story, at + 2 * _ONE_DAY, parcel_id, part)


def scanned_as_a_parcel_of_nobody(story: Story) -> Iterator[Step]:
    """The warehouse reports a parcel that the merchant never packed, then finds the right label."""
    at = yield from _handed_over(story)
    about = {"warehouse_id": WAREHOUSE, "condition": "good"}
    yield tracked(story, at + _ONE_DAY, "received_at_warehouse", parcel_id=f"{story.order_id}-9", **about)
    signed_at = yield from carried(story, at + _ONE_DAY, story.parcel_id, story.basket.quantities)
    yield released(story, signed_at)


def by_a_number_used_twice(story: Story) -> Iterator[Step]:
    """Both parcels carry one label: the merchant is refused, the carrier's scan is recorded and flagged."""
    paid_at = yield from placed_and_paid(story)
    first, second = halves(story.basket.quantities)
    at, other = story.later(paid_at, least_h=8, most_h=20), f"{story.order_id}-2"
    yield from packed_and_dispatched(story, at, story.parcel_id, first)
    yield packed(story, at, other, second)
    same = {"parcel_id": other, **numbered(story.parcel_id)}
    yield story.asks(at + timedelta(hours=1), "dispatch_parcel", story.merchant, **same)
    yield story.reports(at + timedelta(hours=3), "report_dispatch", CARRIER, **same)
    for parcel_id, quantities in ((story.parcel_id, first), (other, second)):
        signed_at = yield from carried(story, at + timedelta(hours=4), parcel_id, quantities)
        yield released(story, signed_at)


def told_out_of_order(story: Story) -> Iterator[Step]:
    """The overseas carrier is quicker to tell than the warehouse."""
    at = yield from _handed_over(story)
    way = list(legs_of(story, at, story.parcel_id))
    late, heard_at = {"received_at_warehouse", "departed"}, way[-1].at + timedelta(hours=1)
    for leg in way:
        if leg.data["milestone"] in late:
            yield replace(leg, at=heard_at, happened_at=leg.at)
        else:
            yield leg
    yield from costs_of(story, heard_at, story.parcel_id, story.basket.quantities)
    yield signed(story, heard_at + timedelta(hours=2), story.parcel_id)
    yield released(story, heard_at + timedelta(hours=2))


def _handed_over(story: Story) -> Generator[Step, None, datetime]:
    """Paid, and everything dispatched in one parcel; when."""
    paid_at = yield from placed_and_paid(story)
    at = story.later(paid_at, least_h=6, most_h=40)
    yield from packed_and_dispatched(story, at, story.parcel_id, story.basket.quantities)
    return at


def _sent_at(story: Story, at: datetime) -> Iterator[Step]:
    quantities = story.basket.quantities
    yield packed(story, at - _ONE_DAY, story.parcel_id, quantities)
    yield dispatched(story, at, story.parcel_id)
    signed_at = yield from carried(story, at, story.parcel_id, quantities)
    yield released(story, signed_at)


def _on_its_way(story: Story, at: datetime, parcel_id: str, quantities: Quantities) -> Iterator[Step]:
    """From the warehouse on."""
    signed_at = yield from carried(story, at, parcel_id, quantities, after=1)
    yield released(story, signed_at)
