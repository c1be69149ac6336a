"""What customs on both sides may do with a parcel, and the tie between declaration, order and payment (9610)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

from service.simulator.sending import (
    WAREHOUSE,
    carried,
    duty,
    items_of,
    numbered,
    released,
    tracked,
    under_way,
)
from service.simulator.step import CARRIER, SERVICE_DESK, Step
from service.simulator.telling import Story, captured, paid_back, placed

_ONE_DAY = timedelta(days=1)
_DECLARED = 2  # milestones up to the export declaration
_PRESENTED = 6  # milestones up to the presentation at import


def detained_then_closed(story: Story) -> Iterator[Step]:
    """Inspected, detained, let go; the summary declaration closes the export in the next month."""
    parcel_id, dispatched_at, at = yield from under_way(story, _DECLARED)
    declaration = _declaration(story)
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
    other = _declaration(story) | {"declaration_no": f"5199{story.order_id[-6:]:0>10}"}
    yield tracked(story, at + timedelta(hours=4), "export_declared", raw_code="120", **other)
    signed_at = yield from carried(story, dispatched_at + _ONE_DAY, parcel_id, story.basket.quantities, after=_DECLARED)
    yield released(story, signed_at)


def declared_without_a_payment(story: Story) -> Iterator[Step]:
    """The merchant sends at once; order and waybill are declared before there is a receipt of payment."""
    at, quantities = story.basket.placed_at, story.basket.quantities
    yield placed(story)
    handed_over = {"parcel_id": story.parcel_id, "items": items_of(quantities), "warehouse_id": WAREHOUSE}
    sent_at = at + timedelta(hours=2)
    yield story.reports(sent_at, "report_dispatch", CARRIER, **handed_over, **numbered(story.parcel_id))
    yield tracked(story, at + timedelta(hours=30), "export_declared", raw_code="120", **_declaration(story))
    yield captured(story, at + timedelta(hours=40))
    signed_at = yield from carried(story, at + timedelta(hours=40), story.parcel_id, quantities, after=_DECLARED)
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


def _declaration(story: Story) -> dict[str, str]:
    """As the journey declares it."""
    number = story.order_id.rpartition("-")[2]
    return {"customs_mode": "9610", "declaration_no": f"5141{number[-8:]:0>10}"}
