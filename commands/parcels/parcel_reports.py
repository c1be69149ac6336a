"""Shared parts of reports on parcels, and their common contradictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from commands.contradictions import contradiction
from commands.explanations import A_PARCEL, UNPAID
from commands.fields import RawText
from commands.order_command import OrderReport
from ledger.events.event import Event
from ledger.folds.parcel import Parcel
from ledger.ids import Id
from ledger.streams.orders.order import Order


class ParcelReport(OrderReport):
    """A report on a fact of a parcel at `occurred_at`."""

    parcel_id: Id


class MilestoneReport(ParcelReport):
    """A fact on a parcel's way. `raw_code` is the partner's own code, and `reason` a code word."""

    location: RawText = ""
    raw_code: RawText = ""
    reason: RawText = ""
    carrier: RawText = ""

    def reported(self) -> dict[str, Any]:
        """Returns the fields that all events on a parcel's way share."""
        return {
            "order_id": self.order_id,
            "parcel_id": self.parcel_id,
            "happened_at": self.happened_at,
            "location": self.location,
            "raw_code": self.raw_code,
            "reason": self.reason,
            "carrier": self.carrier,
        }


def against(
    report: ParcelReport,
    order: Order,
    milestone: str,
    *,
    about: str,
    expected: str,
    kind: str = "fact_contradicts_state",
    **refs: str,
) -> Iterator[Event]:
    """Opens a break between the fact and the known state, once for each parcel, milestone and `about`."""
    actual = f"{milestone} at {report.happened_at.isoformat()}"
    refs |= {"parcel_id": report.parcel_id, "fact": milestone, "about": about}
    yield from contradiction(report, order, kind=kind, expected=expected, actual=actual, **refs)


def against_lines(
    report: ParcelReport, order: Order, milestone: str, *, about: str, expected: Iterable[str], **refs: str
) -> Iterator[Event]:
    """Opens one break for all contradictions on the parcel's lines, if there are any."""
    if said := "; ".join(expected):
        yield from against(report, order, milestone, about=about, expected=said, **refs)


def refunded_lines(order: Order, parcel: Parcel) -> Iterator[str]:
    """Yields the refunded quantity of each line of the parcel, in words."""
    for line_id in sorted({item.line_id for item in parcel.items} & order.lines.keys()):
        if refunded := order.lines[line_id].at(parcel.parcel_id).refunded:
            yield f"{refunded} of line {line_id} refunded"


def contradictions(report: ParcelReport, order: Order, milestone: str, *, creates: bool = False) -> Iterator[Event]:
    """Opens breaks for a parcel that nobody packed, units that have moved on, and a time before the order."""
    parcel = order.parcels.of(report.parcel_id)
    if not creates and (parcel is None or not parcel.created):
        refs = {"parcel_id": report.parcel_id}
        yield from contradiction(
            report, order, kind="unknown_parcel", expected=A_PARCEL, actual=report.parcel_id, **refs
        )
    elif parcel and parcel.moved_at and report.happened_at > parcel.moved_at:
        expected = f"travelling as {', '.join(parcel.went_into)} since {parcel.moved_at.isoformat()}"
        yield from against(report, order, milestone, about="travels_on", expected=expected)
    if order.placed and report.happened_at < order.placed.placed_at:
        expected = f"order placed at {order.placed.placed_at.isoformat()}"
        yield from against(report, order, milestone, about="before_the_order", expected=expected)


def unpaid(report: ParcelReport, order: Order, milestone: str) -> Iterator[Event]:
    """Opens a break if the order was not paid at that time, or is cancelled or expired."""
    if not order.confirmed or order.cancelled or order.expired:
        yield from against(report, order, milestone, about=UNPAID, expected=f"order {order.status}, not to be sent")
    elif order.confirmed_at and report.happened_at < order.confirmed_at:
        expected = f"order confirmed at {order.confirmed_at.isoformat()}"
        yield from against(report, order, milestone, about="before_payment", expected=expected)
