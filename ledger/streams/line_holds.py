"""What is remembered of holds on an order's lines: money that is kept back before it is released."""

from __future__ import annotations

from ledger.events.event import Event
from ledger.events.settlement import HoldReleased, SettlementHeld
from ledger.streams.payouts import Hold


class LineHolds:
    """Every hold there ever was, by its id; what is left of it is in 2130."""

    def __init__(self) -> None:
        self.by_id: dict[str, Hold] = {}

    def on(self, line_id: str) -> Hold | None:
        """The hold that keeps the line's money back, or None."""
        return next((hold for hold in self.by_id.values() if hold.line_id == line_id and hold.amount), None)

    def remember(self, event: Event) -> None:
        match event:
            case SettlementHeld():
                hold = Hold(event.hold_id, event.amount, event.order_id, event.line_id, event.reason)
                self.by_id[event.hold_id] = hold
            case HoldReleased():
                self.by_id[event.hold_id].amount -= event.amount
