"""Breaks for units on their way that must be stopped (domain §4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.parcels.packable_units import held_back_by, quantities, to_send
from commands.parcels.parcel_reports import ParcelReport, against_lines
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES
from ledger.folds.parcel import Parcel
from ledger.streams.orders.order import Order

_ASK = "interception"


def not_to_be_sent(report: ParcelReport, order: Order, fact: str, sent: Mapping[str, int]) -> Iterator[Event]:
    """Opens one break for lines of which too many units are sent or an open case requests some.

    Opens another break for lines that the order does not have.
    """
    if not order.placed:
        return
    unknown = [f"a line of the order, not {line_id}" for line_id in sent if line_id not in order.lines]
    yield from against_lines(report, order, fact, about="unknown_lines", expected=unknown)
    to_stop = _to_be_stopped(report, order, {line_id: qty for line_id, qty in sent.items() if line_id in order.lines})
    yield from against_lines(report, order, fact, about="lines", expected=to_stop, ask=_ASK)


def _to_be_stopped(report: ParcelReport, order: Order, sent: Mapping[str, int]) -> Iterator[str]:
    for line_id, qty in sent.items():
        remaining = to_send(order, line_id, besides=report.parcel_id)
        if qty > remaining:
            yield f"{remaining} of line {line_id} to send, not {qty}"
        elif case_id := held_back_by(order, line_id, qty, of=remaining):
            yield f"line {line_id} held back by the open case {case_id}"


def first_reported(report: ParcelReport, order: Order, parcel: Parcel, fact: str) -> Iterator[Event]:
    """Does the same for the first fact that shows that a packed parcel has left."""
    if parcel.created and MILESTONES[fact].rank > 0 and not parcel.has_left:
        yield from not_to_be_sent(report, order, fact, quantities(parcel.items))
