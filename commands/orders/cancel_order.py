"""Cancels an order or a part of it before dispatch, and refunds paid units at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

from commands.contradictions import break_once
from commands.fields import Reason
from commands.order_command import OrderCommand, expect_new_case, line_of, placed_order
from commands.payments.confirmation import confirmed_by
from commands.refunds.after_sales import lock_of, sent
from commands.refunds.refund_events import approved, completed_by, leaving, requested
from commands.requested_units import LineQty, LineQtys
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.orders import CancelledBy, OrderCancelled, OrderLineCancelled
from ledger.folds.unit_claims import UnitsAt
from ledger.ids import Id
from ledger.refusals.catalogue import AfterSalesLocked, LineAlreadyRefunded, QtyExceedsRemaining, RefundPendingOnLine
from ledger.refusals.payments import DisputeOpen
from ledger.streams.amounts.refund_shares import refund_line
from ledger.streams.orders.order import Order
from ledger.streams.units.units import OrderUnits

_BY: dict[str, CancelledBy] = {"buyer": "buyer", "merchant": "merchant", "platform": "platform"}


class CancelOrder(OrderCommand, name="cancel_order"):
    """Cancels units of an order before dispatch, without `lines` the whole order. Paid units are refunded at once.

    Refused if units have left, are locked, refunded, in an open case or in a dispute (domain §3.4). `refund_id` is the
    id of the refund, by default the command's. `by` is the party that wants it, by default the actor's.
    """

    lines: LineQtys | None = None
    reason: Reason
    by: CancelledBy | None = None
    refund_id: Id | None = None

    @property
    def wanted_by(self) -> CancelledBy:
        return self.by or _BY.get(self.actor.kind, "system")

    @property
    def refund_named(self) -> str:
        return self.refund_id or self.id


def decide(command: CancelOrder, order: Order, rules: Rules) -> Iterator[Event]:
    placed_order(order)
    wanted = command.lines or _whole(order)
    order_units = OrderUnits(order)
    for line in wanted:
        _expect_cancellable(command, order, order_units, line, rules)
    for line in wanted:
        yield _line_cancelled(command, line)
    if order.payments.allocation is None:
        yield from _unpaid(command, order, wanted)
    else:
        yield from _paid(command, order, wanted, rules)


def _whole(order: Order) -> Sequence[LineQty]:
    """Returns all units that are not refunded. Units that have left refuse the whole command."""
    remaining = {line_id: book.live - book.refunded for line_id, book in order.lines.items()}
    if not any(remaining.values()):
        first = next(iter(order.lines.values()))
        raise LineAlreadyRefunded(line_id=first.line.line_id, refunded=first.refunded, remaining=0)
    return [LineQty(line_id=line_id, qty=qty) for line_id, qty in remaining.items() if qty]


def _expect_cancellable(
    command: CancelOrder, order: Order, order_units: OrderUnits, line: LineQty, rules: Rules
) -> None:
    book, remaining = line_of(order, line.line_id), order.unshipped(line.line_id)
    unsent = order_units.at(line.line_id, None)
    at_stake = sum(unsent.disputed[d.dispute_id] for d in order.disputes if d.claims)
    if line.qty <= unsent.qty - unsent.under_review - at_stake:
        return
    if line.qty <= remaining:
        _refuse(order_units, unsent)
    gone = sent(order, order_units, lock_of(order, rules), at=command.happened_at)[line.line_id]
    if any(units.locked for units in gone) and line.qty <= remaining + sum(units.qty for units in gone):
        ends = [units.lock.ends_at for units in gone if units.locked and units.lock.ends_at]
        raise AfterSalesLocked(line_id=line.line_id, lock_ends_at=min(ends, default=None))
    if book.refunded and line.qty <= remaining + book.refunded:
        raise LineAlreadyRefunded(line_id=line.line_id, refunded=book.refunded, remaining=remaining)
    raise QtyExceedsRemaining(line_id=line.line_id, asked=line.qty, remaining=remaining)


def _refuse(order_units: OrderUnits, unsent: UnitsAt) -> NoReturn:
    """Raises the refusal for units in an open case or in a dispute."""
    if unsent.under_review and (case := order_units.case_about(unsent)):
        raise RefundPendingOnLine(line_id=unsent.line_id, refund_id=case.id)
    dispute = order_units.dispute_about(unsent)
    assert dispute is not None, "a case or a dispute is about what is not free"
    raise DisputeOpen(line_id=unsent.line_id, dispute_id=dispute.dispute_id, stage=dispute.stage)


def _unpaid(command: CancelOrder, order: Order, wanted: Sequence[LineQty]) -> Iterator[Event]:
    """Cancels unpaid units: no refund is due. Captured money may now cover the rest, or has no order any more."""
    assert order.placed is not None, "only a placed order is cancelled"
    left = {line_id: book.live for line_id, book in order.lines.items()}
    for line in wanted:
        left[line.line_id] -= line.qty
    if any(left.values()):
        yield from confirmed_by(order.placed, left, order.payments.usable(order.currency), command, order)
        return
    yield _cancelled(command)
    for capture in order.payments.usable(order.currency):
        yield from break_once(
            order.breaks,
            kind="unexpected_capture",
            expected="no payment: the order is cancelled",
            actual=str(capture.amount),
            refs={"order_id": order.order_id, "capture_ref": capture.capture_ref},
            at=command.decided_at,
        )


def _paid(command: CancelOrder, order: Order, wanted: Sequence[LineQty], rules: Rules) -> Iterator[Event]:
    """Opens and approves a refund of the cancelled units, borne by the merchant (domain §3.4)."""
    refund_id = command.refund_named
    expect_new_case(order, refund_id)
    lines = [refund_line(order.lines[line.line_id], line.qty) for line in wanted]
    yield requested(
        command,
        order,
        lines,
        rules,
        refund_id=refund_id,
        kind="unshipped",
        reason=command.reason,
        express=False,
        rounds=0,
    )
    approval = approved(
        command,
        order,
        lines,
        rules,
        refund_id=refund_id,
        kind="unshipped",
        cause="cancelled",
        reason=command.reason,
    )
    yield approval
    nothing_is_pending = order.completes(leaving(order, approval), closing=refund_id)
    if nothing_is_pending and _nothing_was_kept(order, wanted):
        yield _cancelled(command)
    else:
        yield from completed_by(command, order, approval)


def _nothing_was_kept(order: Order, wanted: Sequence[LineQty]) -> bool:
    """True if every unit of the order is now cancelled or refunded for good: a dispute that is won after all, or a
    return that expires, would give its units back, and a cancelled order can send none. It can release nothing either,
    so nothing may be pending, such as the rest of the price of units that came back for a part of it.
    """
    if any(case.is_pending for case in order.cases.values()) or any(d.lost and d.lost.lines for d in order.disputes):
        return False
    return sum(book.live - book.refunded for book in order.lines.values()) == sum(line.qty for line in wanted)


def _line_cancelled(command: CancelOrder, line: LineQty) -> OrderLineCancelled:
    return OrderLineCancelled(
        order_id=command.order_id,
        line_id=line.line_id,
        qty=line.qty,
        reason=command.reason,
        by=command.wanted_by,
    )


def _cancelled(command: CancelOrder) -> OrderCancelled:
    return OrderCancelled(
        order_id=command.order_id,
        reason=command.reason,
        by=command.wanted_by,
        cancelled_at=command.happened_at,
    )
