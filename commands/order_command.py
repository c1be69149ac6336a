"""Base classes of commands and reports on one order, and checks that many of them share."""

from __future__ import annotations

from commands.command import Command, Report
from ledger.ids import Id, order_stream
from ledger.refusals.catalogue import CaseAlreadyOpen, LineNotFound, OrderNotConfirmed
from ledger.streams.orders.order import Order
from ledger.streams.orders.quantities import LineBook


class OrderCommand(Command):
    """A command on one order."""

    merchant_id: Id
    order_id: Id

    @property
    def stream(self) -> str:
        return order_stream(self.merchant_id, self.order_id)


class OrderReport(Report):
    """A report on one order, which may not be placed yet."""

    merchant_id: Id
    order_id: Id

    @property
    def stream(self) -> str:
        return order_stream(self.merchant_id, self.order_id)


def placed_order(order: Order) -> Order:
    """Returns the order. Raises `OrderNotConfirmed` unless it is placed, not cancelled and not expired."""
    if order.placed is None or order.cancelled or order.expired:
        raise OrderNotConfirmed(order_id=order.order_id, status=order.status)
    return order


def expect_new_case(order: Order, refund_id: str) -> None:
    """Raises `CaseAlreadyOpen` if the order has a refund case with this id."""
    if case := order.cases.get(refund_id):
        raise CaseAlreadyOpen(refund_id=refund_id, state=case.state_in_words)


def line_of(order: Order, line_id: str) -> LineBook:
    """Returns the line. Raises `LineNotFound`."""
    if line_id not in order.lines:
        raise LineNotFound(order_id=order.order_id, line_id=line_id, lines=tuple(order.lines))
    return order.lines[line_id]
