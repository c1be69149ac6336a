"""Releases an order's due money to the merchant, unit by unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from commands.order_command import OrderCommand, line_of, placed_order
from commands.rules import Rules
from commands.settlement.releases import Due, released, to_release, units_by_line
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.ids import Id
from ledger.policies.release import Release
from ledger.refusals.catalogue import AlreadyReleased, NotDue, NotSignedOff, OpenCase, Refusal
from ledger.refusals.payments import DisputeOpen
from ledger.refusals.payouts import LineOnHold
from ledger.streams.orders.order import Order
from ledger.streams.orders.quantities import LineBook
from ledger.streams.units.units import OrderUnits, unreleased


class ReleaseSettlement(OrderCommand, name="release_settlement"):
    """Releases the due units of an order, or of one line, to the merchant's available money, less the fee.

    Units in a case, dispute or hold do not stop others. Refused if no unit is due, all are held back or released, or
    nothing is signed for (policy `release`).
    """

    line_id: Id | None = None


def decide(command: ReleaseSettlement, order: Order, rules: Rules) -> Iterator[Event]:
    placed_order(order)
    books = [line_of(order, command.line_id)] if command.line_id else list(order.lines.values())
    release, now = rules.policy(Release), command.decided_at
    coming = list(to_release(order, books, release, at=now))
    due = [part for part in coming if part.due_at <= now and not part.held_back]
    if not due:
        _refuse(command, order, coming)
    events = list(released(order, due, rules, at=now))
    yield from events
    if order.completes(units_by_line(events)):
        yield OrderCompleted(order_id=command.order_id, completed_at=now)


def _refuse(command: ReleaseSettlement, order: Order, coming: Sequence[Due]) -> None:
    """Raises the refusal of the units nearest to a release: held-back units first, with their due time, then later
    ones.
    """
    units = OrderUnits(order)
    for part in coming:
        if part.held_back:
            due_at = part.due_at if part.due_at > command.decided_at else None
            raise _held_back_by(order, units, part, due_at=due_at)
    if coming:
        raise NotDue(due_at=min(due.due_at for due in coming))
    books = [order.lines[command.line_id]] if command.line_id else list(order.lines.values())
    if order.payments.allocation and not any(book.pending for book in books):
        raise AlreadyReleased(order_id=order.order_id, line_id=command.line_id)
    raise NotSignedOff(order_id=order.order_id, line_id=command.line_id, **_stranded(order, books))


def _stranded(order: Order, books: Iterable[LineBook]) -> dict[str, str]:
    """Returns the first parcel with unreleased units that nobody will sign for, and its status."""
    for line_id in (book.line.line_id for book in books):
        for journey in order.parcels.journeys(line_id):
            if journey.ended in NotSignedOff.remedies and unreleased(order, line_id, journey.parcel_id):
                return {"parcel_id": journey.parcel_id, "status": journey.ended}
    return {}


def _held_back_by(order: Order, units: OrderUnits, part: Due, *, due_at: datetime | None) -> Refusal:
    there = units.at(part.line_id, part.parcel_id)
    if case := units.case_about(there):
        return OpenCase(refund_id=case.id, due_at=due_at)
    if hold := order.holds.on(part.line_id, part.parcel_id):
        return LineOnHold(line_id=part.line_id, hold_id=hold.id, due_at=due_at)
    dispute = units.dispute_about(there)
    assert dispute is not None, "units are held back by a case, a hold or a dispute"
    return DisputeOpen(line_id=part.line_id, dispute_id=dispute.dispute_id, stage=dispute.stage, due_at=due_at)
