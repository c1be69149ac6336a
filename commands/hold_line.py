"""Keeping the money of an order's line back before it is released."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_commands import OrderCommand, line_of, placed_order
from commands.reviewing import platform_only
from commands.rules import Rules
from commands.shapes import Reason
from ledger.events.event import Event
from ledger.events.settlement import SettlementHeld
from ledger.finance_refusals import HoldIdTaken
from ledger.ids import Id
from ledger.payout_refusals import LineOnHold
from ledger.refusals import AlreadyReleased, OrderNotConfirmed
from ledger.streams.order import Order


class HoldLine(OrderCommand, name="hold_line"):
    """All that is pending of the line is held, and nothing of it is released until the hold ends (P17).

    Money that is available already is held by `hold_settlement`. A refund or lost dispute takes what it takes all the
    same, from what is pending: the hold gives that back when it ends.
    """

    line_id: Id
    hold_id: Id
    reason: Reason


def decide(command: HoldLine, order: Order, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    book = line_of(placed_order(order), command.line_id)
    if command.hold_id in order.holds.by_id:
        raise HoldIdTaken(hold_id=command.hold_id)
    if other := order.holds.on(command.line_id):
        raise LineOnHold(line_id=command.line_id, hold_id=other.id)
    if book.allocated is None:
        raise OrderNotConfirmed(order_id=order.order_id, status=order.status)
    if not book.pending_worth:
        raise AlreadyReleased(order_id=order.order_id, line_id=command.line_id)
    yield SettlementHeld(
        hold_id=command.hold_id,
        merchant_id=command.merchant_id,
        order_id=command.order_id,
        line_id=command.line_id,
        amount=book.pending_worth,
        held_from="pending",
        reason=command.reason,
        held_at=command.decided_at,
    )
