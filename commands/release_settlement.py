"""Releasing an order's money to the merchant, line by line, as far as it is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from commands.order_commands import OrderCommand, line_of, placed_order
from commands.releasing import Due, is_held_back, released, to_release, units_by_line
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.order import OrderCompleted
from ledger.ids import Id
from ledger.payment_refusals import DisputeOpen
from ledger.payout_refusals import LineOnHold
from ledger.policies.release import Release
from ledger.refusals import AlreadyReleased, NotDue, NotSignedOff, OpenCase
from ledger.streams.order import Order


class ReleaseSettlement(OrderCommand, name="release_settlement"):
    """Everything of the order, or of one line, that is due becomes available to the merchant."""

    line_id: Id | None = None


def decide(command: ReleaseSettlement, order: Order, rules: Rules) -> Iterator[Event]:
    placed_order(order)
    books = [line_of(order, command.line_id)] if command.line_id else list(order.lines.values())
    release, now = rules.policy(Release), command.decided_at
    coming = [due for book in books for due in to_release(order, book, release, at=now)]
    blocked = {due.line_id for due in coming if is_held_back(order, due.line_id, release)}
    due = [part for part in coming if part.due_at <= now and part.line_id not in blocked]
    if not due:
        _refuse(command, order, coming, blocked)
    events = list(released(order, due, rules, at=now))
    yield from events
    if order.completes(units_by_line(events)):
        yield OrderCompleted(order_id=command.order_id, completed_at=now)


def _refuse(command: ReleaseSettlement, order: Order, coming: Sequence[Due], blocked: set[str]) -> None:
    """The reason that is nearest to a release. A line whose money is blocked is named before one that is not due, with
    the instant at which it is due if that is still to come."""
    due_at = {line_id: min(due.due_at for due in coming if due.line_id == line_id) for line_id in sorted(blocked)}
    for line_id, at in due_at.items():
        _refuse_blocked(order, line_id, due_at=at if at > command.decided_at else None)
    if coming:
        raise NotDue(due_at=min(due.due_at for due in coming))
    books = [order.lines[command.line_id]] if command.line_id else order.lines.values()
    if order.payments.allocation and not any(book.pending for book in books):
        raise AlreadyReleased(order_id=order.order_id, line_id=command.line_id)
    raise NotSignedOff(order_id=order.order_id, line_id=command.line_id)


def _refuse_blocked(order: Order, line_id: str, *, due_at: datetime | None) -> None:
    if case := order.open_case_on(line_id):
        raise OpenCase(refund_id=case.id, due_at=due_at)
    if hold := order.holds.on(line_id):
        raise LineOnHold(line_id=line_id, hold_id=hold.id, due_at=due_at)
    dispute = order.disputed(line_id)
    assert dispute is not None, "a line is blocked by a case, a hold or a dispute"
    raise DisputeOpen(line_id=line_id, dispute_id=dispute.dispute_id, stage=dispute.stage, due_at=due_at)
