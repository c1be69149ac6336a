"""Refunds that the platform starts for a whole parcel: lost, refused by customs, damaged. The lock does not apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from commands.fields import Reason
from commands.order_command import OrderCommand, expect_new_case, placed_order
from commands.refunds.refund_events import approved, completed_by, leaving, requested
from commands.rules import Rules
from commands.settlement.releases import Due, released, units_by_line
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundApproved, RefundLine
from ledger.folds.parcel import Parcel
from ledger.folds.unit_claims import UnitsAt
from ledger.ids import Id
from ledger.policies.liability import Cause
from ledger.policies.release import Release
from ledger.refusals.catalogue import (
    CaseAlreadyOpen,
    LineAlreadyRefunded,
    NotCaptured,
    ParcelNotFound,
    RefundExceedsRemaining,
    Refusal,
)
from ledger.refusals.payments import DisputeOpen
from ledger.streams.amounts.refund_shares import refund_line
from ledger.streams.orders.order import Order
from ledger.streams.units.units import OrderUnits, unreleased


class ParcelRefund(OrderCommand):
    """Refunds the rest of one parcel. `reason` and the units' place decide who bears it (policy `liability`)."""

    parcel_id: Id
    refund_id: Id
    reason: Reason


def expect_refundable(command: ParcelRefund, order: Order) -> Parcel:
    """The parcel. Raises the refusal that says why nothing can be refunded."""
    placed_order(order)
    if order.payments.allocation is None:
        raise NotCaptured(order_id=command.order_id)
    expect_new_case(order, command.refund_id)
    parcel = order.parcels.of(command.parcel_id)
    if parcel is None:
        raise ParcelNotFound(order_id=command.order_id, parcel_id=command.parcel_id)
    return parcel


def refunded(command: ParcelRefund, order: Order, parcel: Parcel, rules: Rules, *, cause: Cause) -> Iterator[Event]:
    """The case, opened and approved in one; what the platform bears is the merchant's at once."""
    lines = list(_lines(order, parcel))
    yield requested(
        command,
        order,
        lines,
        rules,
        refund_id=command.refund_id,
        kind="platform_initiated",
        reason=command.reason,
        express=False,
        rounds=0,
    )
    approval = approved(
        command,
        order,
        lines,
        rules,
        refund_id=command.refund_id,
        kind="platform_initiated",
        cause=cause,
        reason=command.reason,
    )
    yield approval
    yield from settled(command, order, approval, rules)


def settled(command: OrderCommand, order: Order, approval: RefundApproved, rules: Rules) -> Iterator[Event]:
    """Yields the events after an approval: units that the platform bears are released at once, since no signature
    will come (domain §3.3), and an order with nothing left to wait for is completed."""
    at_once = approval.liability != "merchant" and not approval.return_required
    if not (at_once and rules.policy(Release).platform_borne_at_once):
        yield from completed_by(command, order, approval)
        return
    now = command.decided_at
    events = list(released(order, list(_kept(command, order, approval)), rules, at=now))
    yield from events
    gone = leaving(order, approval) + Counter(units_by_line(events))
    if order.completes(gone, closing=approval.refund_id):
        yield OrderCompleted(order_id=command.order_id, completed_at=now)


def _kept(command: OrderCommand, order: Order, approval: RefundApproved) -> Iterator[Due]:
    left = {line_id: book.pending for line_id, book in order.lines.items()}
    for line in approval.lines:
        if line.is_merchants(approval.liability):
            continue
        fresh = min(left[line.line_id], line.qty, unreleased(order, line.line_id, line.parcel_id))
        if fresh > 0 and order.holds.on(line.line_id, line.parcel_id) is None:
            left[line.line_id] -= fresh
            yield Due(line.line_id, line.parcel_id, fresh, command.decided_at, "platform_borne")


def _lines(order: Order, parcel: Parcel) -> Iterator[RefundLine]:
    """The parcel's units that are neither refunded nor about to be, by a case or a dispute; more than was paid for is
    nobody's to refund."""
    order_units = OrderUnits(order)
    there = [order_units.at(line_id, parcel.parcel_id) for line_id in order.lines if parcel.quantity(line_id)]
    for units in there:
        if units.free:
            yield refund_line(order.lines[units.line_id], units.free, parcel.parcel_id, of=units.free)
    if not any(units.free for units in there):
        raise _nothing_free(order, order_units, there) or _nothing_left(order, parcel)


def _nothing_free(order: Order, order_units: OrderUnits, there: Iterable[UnitsAt]) -> Refusal | None:
    """Returns the refusal that names the open case or dispute about the units; None if no units are left."""
    for units in there:
        if case := order_units.case_about(units):
            return CaseAlreadyOpen(refund_id=case.id, state=case.state_in_words)
        if dispute := order_units.dispute_about(units):
            return DisputeOpen(line_id=units.line_id, dispute_id=dispute.dispute_id, stage=dispute.stage)
    return None


def _nothing_left(order: Order, parcel: Parcel) -> Refusal:
    """Says what is refunded of the parcel's first refunded line; of more than was paid for, of the whole line."""
    books = [order.lines[item.line_id] for item in parcel.items if item.line_id in order.lines]
    here = next((book for book in books if book.at(parcel.parcel_id).refunded), None)
    if here:
        refunded, about = here.at(parcel.parcel_id).refunded, {"parcel_id": parcel.parcel_id}
        return LineAlreadyRefunded(line_id=here.line.line_id, refunded=refunded, remaining=0, **about)
    if books:
        return LineAlreadyRefunded(line_id=books[0].line.line_id, refunded=books[0].refunded, remaining=0)
    return RefundExceedsRemaining(what=f"parcel {parcel.parcel_id}", asked="all", remaining="nothing")
