"""Ending the hold on an order's line: its money is pending again, and released when it is due."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_command import OrderCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import HoldReleased
from ledger.ids import Id
from ledger.refusals.finance import HoldNotFound
from ledger.streams.orders.order import Order


class ReleaseLineHold(OrderCommand, name="release_line_hold"):
    """The whole hold ends at once."""

    hold_id: Id


def decide(command: ReleaseLineHold, order: Order, rules: Rules) -> Iterator[Event]:
    hold = order.holds.by_id.get(command.hold_id)
    if hold is None or not hold.amount:
        raise HoldNotFound(merchant_id=command.merchant_id, hold_id=command.hold_id)
    yield HoldReleased(
        hold_id=hold.id,
        merchant_id=command.merchant_id,
        order_id=command.order_id,
        line_id=hold.line_id,
        amount=hold.amount,
        held_from="pending",
        reason=hold.reason,
        hold_released_at=command.decided_at,
    )
