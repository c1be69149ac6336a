"""Commands and reports about one order: the names they carry, and the checks that many of them make."""

from __future__ import annotations

from commands.command import Command, Report
from ledger.ids import Id, order_stream
from ledger.refusals.catalogue import CaseAlreadyOpen, LineNotFound, OrderNotConfirmed
from ledger.streams.orders.order import Order
from ledger.streams.orders.quantities import LineBook


class OrderCommand(Command):
    """A request about one order."""

    merchant_id: Id
    order_id: Id

    @property
    def stream(self) -> str:
        return order_stream(self.merchant_id, self.order_id)


class OrderReport(Report):
    """A fact about one order, which need not be placed yet."""

    merchant_id: Id
    order_id: Id

    @property
    def stream(self) -> str:
        return order_stream(self.merchant_id, self.order_id)


def placed_order(order: Order) -> Order:
    """The order, if it is placed and still stands. Raises `OrderNotConfirmed`."""
    if order.placed is None or order.cancelled or order.expired:
        raise OrderNotConfirmed(order_id=order.order_id, status=order.status)
    return order


def expect_new_case(order: Order, refund_id: str) -> None:
    """Raises `CaseAlreadyOpen` where the order has a case of this id."""
    if case := order.cases.get(refund_id):
        raise CaseAlreadyOpen(refund_id=refund_id, state=case.state_in_words)


def line_of(order: Order, line_id: str) -> LineBook:
    """The line. Raises `LineNotFound`."""
    if line_id not in order.lines:
        raise LineNotFound(order_id=order.order_id, line_id=line_id, lines=tuple(order.lines))
    return order.lines[line_id]
