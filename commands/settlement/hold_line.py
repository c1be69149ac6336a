"""Keeping the money of units of an order's line back before it is released."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import model_validator

from commands.fields import Reason
from commands.order_command import OrderCommand, line_of, placed_order
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import SettlementHeld
from ledger.fx import CNY
from ledger.ids import Id
from ledger.money import Money, total
from ledger.numbers import Quantity
from ledger.refusals.catalogue import AlreadyReleased, OrderNotConfirmed, ParcelNotFound, QtyExceedsRemaining
from ledger.refusals.finance import HoldIdTaken
from ledger.refusals.payouts import LineOnHold
from ledger.streams.orders.order import Order
from ledger.streams.orders.quantities import LineBook
from ledger.streams.units.units import pending_in_parcel


class HoldLine(OrderCommand, name="hold_line"):
    """All that is pending of the line is held, and nothing of it is released until the hold ends (P17).

    `parcel_id` holds only the units in this parcel, `qty` only so many of those. Money that is available already is
    held by `hold_settlement`. A refund or lost dispute takes what it takes all the same, from what is pending: the hold
    gives that back when it ends.
    """

    line_id: Id
    parcel_id: Id | None = None
    qty: Quantity | None = None
    hold_id: Id
    reason: Reason

    @model_validator(mode="after")
    def _units_of_a_parcel(self) -> HoldLine:
        if self.qty is not None and self.parcel_id is None:
            raise ValueError("qty is of the units in one parcel: name its parcel_id too")
        return self


def decide(command: HoldLine, order: Order, rules: Rules) -> Iterator[Event]:
    book = line_of(placed_order(order), command.line_id)
    if command.hold_id in order.holds.by_id:
        raise HoldIdTaken(hold_id=command.hold_id)
    if book.allocated is None:
        raise OrderNotConfirmed(order_id=order.order_id, status=order.status)
    qty = _units(command, order, command.parcel_id) if command.parcel_id else None
    amount = _all_pending(order, book) if qty is None else _part(book, command.parcel_id, qty)
    if not amount:
        raise AlreadyReleased(order_id=order.order_id, line_id=command.line_id)
    yield SettlementHeld(
        hold_id=command.hold_id,
        merchant_id=command.merchant_id,
        order_id=command.order_id,
        line_id=command.line_id,
        parcel_id=command.parcel_id,
        qty=qty,
        amount=amount,
        held_from="pending",
        reason=command.reason,
        held_at=command.decided_at,
    )


def _all_pending(order: Order, book: LineBook) -> Money:
    """Returns the pending money of the line that no hold keeps back. Raises `LineOnHold` if none is left."""
    holds = list(order.holds.of_line(book.line.line_id))
    left = book.pending_value - total([hold.amount for hold in holds], CNY)
    if holds and (left.minor <= 0 or any(hold.parcel_id is None for hold in holds)):
        raise LineOnHold(line_id=book.line.line_id, hold_id=holds[0].id)
    return left


def _units(command: HoldLine, order: Order, parcel_id: str) -> int:
    """Returns the number of the parcel's units to hold: the requested number, or all that no other hold keeps back."""
    parcel = order.parcels.of(parcel_id)
    if parcel is None or not parcel.quantity(command.line_id):
        raise ParcelNotFound(order_id=order.order_id, parcel_id=parcel_id)
    pending = pending_in_parcel(order, command.line_id, parcel_id)
    left = pending - order.holds.units(command.line_id, parcel_id, of=pending)
    if not pending:
        raise AlreadyReleased(order_id=order.order_id, line_id=command.line_id)
    if left < (command.qty or 1):
        if hold := order.holds.on(command.line_id, parcel_id):
            raise LineOnHold(line_id=command.line_id, hold_id=hold.id)
        raise QtyExceedsRemaining(line_id=command.line_id, asked=command.qty or 1, remaining=left)
    return command.qty or left


def _part(book: LineBook, parcel_id: str | None, qty: int) -> Money:
    """The list price of so many units, less what part refunds in their parcel took of it."""
    full = (book.line.unit_list * qty).minor
    return Money(full - min(full, book.at(parcel_id).balance.pending_less), CNY)
