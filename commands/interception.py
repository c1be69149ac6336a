"""Units on their way that should not be: the carrier is asked to stop them (domain §4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.packing import pending_case, quantities, to_send
from commands.parcel_reports import ParcelReport, against
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES
from ledger.streams.order import Order
from ledger.streams.parcels import Parcel

_ASK = "interception"


def not_to_be_sent(report: ParcelReport, order: Order, fact: str, sent: Mapping[str, int]) -> Iterator[Event]:
    """A break for each line of which more is on its way than is left to send, or that an open case asks for."""
    for line_id, qty in sent.items():
        if order.placed and line_id not in order.lines:
            yield from against(report, order, fact, about=f"line:{line_id}", expected="a line of the order")
        elif order.placed:
            remaining = to_send(order, line_id, besides=report.parcel_id)
            if qty > remaining:
                expected = f"{remaining} of line {line_id} to send, not {qty}"
                yield from against(report, order, fact, about=f"line:{line_id}", expected=expected, ask=_ASK)
            elif case_id := pending_case(order, line_id):
                expected = f"line {line_id} held back by the open case {case_id}"
                yield from against(report, order, fact, about=f"case:{case_id}", expected=expected, ask=_ASK)


def first_heard_of(report: ParcelReport, order: Order, parcel: Parcel, fact: str) -> Iterator[Event]:
    """The same for a fact that is the first to say that a packed parcel has left."""
    if parcel.created and MILESTONES[fact].rank > 0 and not parcel.has_left:
        yield from not_to_be_sent(report, order, fact, quantities(parcel.items))
