"""What customs on both sides may do with a parcel, and the tie between declaration, order and payment (9610)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

from ledger.money import Money
from service.demo.simulator.scenarios.journeys import declaration_of
from service.demo.simulator.scenarios.order_steps import Story, captured, paid_back, placed
from service.demo.simulator.scenarios.payments import given_back
from service.demo.simulator.scenarios.shipments import (
    WAREHOUSE,
    all_sent,
    carried,
    costs_of,
    duty,
    items_of,
    legs_of,
    numbered,
    released,
    signed,
    tracked,
    under_way,
)
from service.demo.simulator.step import CARRIER, SERVICE_DESK, SYSTEM, Step

_ANOTHER_OFFICE = "5199"  # where an order is declared a second time
_ONE_DAY = timedelta(days=1)
_RECEIVED = 1  # milestones up to the warehouse
_DECLARED = 2  # up to the export declaration
_RELEASED = 3  # up to the release from export
_PRESENTED = 6  # up to the presentation at import


def detained_then_closed(story: Story) -> Iterator[Step]:
    """Inspected, detained, let go; the summary declaration closes the export in the next month."""
    parcel_id, dispatched_at, at = yield from under_way(story, _DECLARED)
    declaration = declaration_of(story.order_id)
    yield tracked(story, at + timedelta(hours=5), "export_inspected", raw_code="500", **declaration)
    yield tracked(story, at + timedelta(hours=9), "export_detained", raw_code="501", reason="papers", **declaration)
    signed_at = yield from carried(
        story, dispatched_at + 3 * _ONE_DAY, parcel_id, story.basket.quantities, after=_DECLARED
    )
    yield tracked(story, signed_at + 3 * _ONE_DAY, "export_closed", raw_code="899", **declaration)
    yield released(story, signed_at)


def declared_twice(story: Story) -> Iterator[Step]:
    """The broker declares the same parcel under a second number, which nobody can tie to the payment."""
    parcel_id, dispatched_at, at = yield from under_way(story, _DECLARED)
    yield tracked(
        story,
        at + timedelta(hours=4),
        "export_declared",
        raw_code="120",
        **declaration_of(story.order_id, _ANOTHER_OFFICE),
    )
    signed_at = yield from carried(story, dispatched_at + _ONE_DAY, parcel_id, story.basket.quantities, after=_DECLARED)
    yield released(story, signed_at)


def declared_without_a_payment(story: Story) -> Iterator[Step]:
    """The merchant sends at once; order and waybill are declared before there is a receipt of payment."""
    at, quantities = story.basket.placed_at, story.basket.quantities
    yield placed(story)
    handed_over = {"parcel_id": story.parcel_id, "items": items_of(quantities), "warehouse_id": WAREHOUSE}
    sent_at = at + timedelta(hours=2)
    yield story.reports(sent_at, "report_dispatch", CARRIER, **handed_over, **numbered(story.parcel_id))
    yield tracked(story, at + timedelta(hours=30), "export_declared", raw_code="120", **declaration_of(story.order_id))
    yield captured(story, at + timedelta(hours=40))
    signed_at = yield from carried(story, at + timedelta(hours=40), story.parcel_id, quantities, after=_DECLARED)
    yield released(story, signed_at)


def declared_at_another_amount(story: Story) -> Iterator[Step]:
    """The buyer has paid more than the goods cost: the receipt says another amount than the declaration."""
    at, too_much = story.basket.placed_at, Money(500, story.basket.total.currency)
    yield placed(story)
    paid_at = story.later(at, least_h=0.1, most_h=3)
    yield captured(story, paid_at, amount=story.basket.total + too_much)
    signed_at = yield from all_sent(story, paid_at)
    yield released(story, signed_at)
    yield from given_back(story, signed_at + _ONE_DAY, "paid_too_much", too_much)


def not_declared_at_all(story: Story) -> Iterator[Step]:
    """The parcel leaves the country, and nobody tells of a declaration: after a day somebody has to look."""
    parcel_id, dispatched_at, _ = yield from under_way(story, _RECEIVED)
    way = list(legs_of(story, dispatched_at + _ONE_DAY, parcel_id))[_RELEASED:]
    yield from way
    flag = {"parcel_ids": [parcel_id], "mismatch": "not_declared"}
    yield story.asks(way[0].at + 2 * _ONE_DAY, "flag_customs_tie", SYSTEM, **flag)
    yield from costs_of(story, way[-1].at, parcel_id, story.basket.quantities)
    yield signed(story, way[-1].at + timedelta(hours=5), parcel_id)
    yield released(story, way[-1].at + timedelta(hours=5))


def rejected_then_declared_anew(story: Story) -> Iterator[Step]:
    """Export says no to the papers; with new ones, under a new number, it lets the parcel go."""
    parcel_id, dispatched_at, at = yield from under_way(story, _DECLARED)
    rejected, anew = (
        {"raw_code": "503", "reason": "papers", **declaration_of(story.order_id)},
        declaration_of(story.order_id, _ANOTHER_OFFICE),
    )
    yield tracked(story, at + timedelta(hours=6), "export_rejected", **rejected)
    yield tracked(story, at + timedelta(hours=30), "export_declared", raw_code="120", **anew)
    yield tracked(story, at + timedelta(hours=38), "export_released", raw_code="800", **anew)
    again = dispatched_at + 3 * _ONE_DAY
    signed_at = yield from carried(story, again, parcel_id, story.basket.quantities, after=_RELEASED)
    yield released(story, signed_at)


def refused_and_destroyed(story: Story) -> Iterator[Step]:
    """Import says no; the goods are not worth the way back. The platform bears it."""
    at = yield from _refused(story)
    yield tracked(story, at + 6 * _ONE_DAY, "destroyed", reason="not_worth_returning", evidence_ref="cert-1")


def refused_and_sent_back(story: Story) -> Iterator[Step]:
    """Import says no; the parcel comes back to the warehouse."""
    at = yield from _refused(story)
    yield tracked(story, at + 2 * _ONE_DAY, "returning_to_sender", raw_code="EDX", reason="import_refused")
    yield tracked(story, at + 11 * _ONE_DAY, "returned_to_warehouse", location="Guangzhou")


def with_a_duty_the_buyer_did_not_cover(story: Story) -> Iterator[Step]:
    """The duty is the buyer's by the terms of the order, and higher than what the buyer has paid towards it."""
    parcel_id, _, at = yield from under_way(story, _PRESENTED)
    yield duty(story, at, parcel_id, story.basket.quantities, percent=30, borne_by="buyer")
    yield tracked(story, at + timedelta(hours=6), "import_released", raw_code="EDC")


def _refused(story: Story) -> Generator[Step, None, datetime]:
    """Refused at import for the platform's papers, and refunded; when it was refused."""
    _, _, at = yield from under_way(story, _PRESENTED)
    refused_at, reason = at + timedelta(hours=9), "missing_partner_documents"
    yield tracked(story, refused_at, "import_refused", raw_code="EDX", reason=reason)
    names = {"parcel_id": story.parcel_id, "refund_id": story.refund_id, "reason": reason}
    yield story.asks(refused_at + _ONE_DAY, "refund_refused_parcel", SERVICE_DESK, **names)
    yield from paid_back(story, refused_at + _ONE_DAY, story.refund_id, story.basket.total)
    return refused_at
