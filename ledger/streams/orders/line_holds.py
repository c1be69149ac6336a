"""Holds on an order's lines, before their money is released."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.event import Event
from ledger.events.settlement import HoldReleased, SettlementHeld
from ledger.streams.payouts import Hold


class LineHolds:
    """All holds of the order, by id. `amount` of a hold is the rest of it in 2130."""

    def __init__(self) -> None:
        self.by_id: dict[str, Hold] = {}

    def of_line(self, line_id: str) -> Iterator[Hold]:
        """Yields the holds that still have money of the line."""
        return (hold for hold in self.by_id.values() if hold.line_id == line_id and hold.amount)

    def on(self, line_id: str, parcel_id: str | None) -> Hold | None:
        """Returns the first hold on the line's units in this place, or None."""
        return next((hold for hold in self.of_line(line_id) if hold.parcel_id in (None, parcel_id)), None)

    def units(self, line_id: str, parcel_id: str | None, *, of: int) -> int:
        """Returns how many of the `of` pending units in a place are held. A hold on the whole line holds all of
        them."""
        held = [hold.qty for hold in self.of_line(line_id) if hold.parcel_id in (None, parcel_id)]
        return of if None in held else min(of, sum(qty for qty in held if qty))

    def remember(self, event: Event) -> None:
        match event:
            case SettlementHeld():
                self.by_id[event.hold_id] = Hold(
                    event.hold_id,
                    event.amount,
                    event.order_id,
                    event.line_id,
                    event.reason,
                    parcel_id=event.parcel_id,
                    qty=event.qty,
                )
            case HoldReleased():
                self.by_id[event.hold_id].amount -= event.amount
