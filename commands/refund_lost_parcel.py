"""The platform refunds the buyer of a lost parcel; who bears it goes by where the parcel was."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_commands import OrderCommand, placed_order
from commands.refunding import approved, completed_by, requested
from commands.release_settlement import units_by_line
from commands.releasing import Due, released
from commands.reviewing import platform_only
from commands.rules import Rules
from commands.shapes import Reason
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES
from ledger.events.order import OrderCompleted
from ledger.events.refund import RefundApproved, RefundLine
from ledger.ids import Id
from ledger.policies.liability import Bearer, Liability, Place
from ledger.policies.release import Release
from ledger.refusals import CaseAlreadyOpen, LineAlreadyRefunded, NotCaptured, ParcelNotLost
from ledger.streams.order import Order
from ledger.streams.parcels import Parcel
from ledger.streams.refund_money import refund_line

_IN_OUR_CUSTODY = frozenset({"warehouse", "export", "line_haul", "import", "last_mile"})


class RefundLostParcel(OrderCommand, name="refund_lost_parcel"):
    """What is left to refund of a parcel that a partner has declared lost. The lock does not apply."""

    parcel_id: Id
    refund_id: Id
    reason: Reason = "lost"


def decide(command: RefundLostParcel, order: Order, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    placed_order(order)
    if order.payments.allocation is None:
        raise NotCaptured(order_id=command.order_id)
    if command.refund_id in order.cases:
        raise CaseAlreadyOpen(refund_id=command.refund_id)
    parcel = order.parcels.of(command.parcel_id)
    if parcel is None or parcel.lost_at is None:
        raise ParcelNotLost(parcel_id=command.parcel_id, status=parcel.status if parcel else "unknown")
    lines = list(_lines(order, parcel))
    yield requested(
        command,
        order,
        lines,
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
        liability=_bearer(command, parcel, rules),
        reason=command.reason,
    )
    yield approval
    if approval.liability == "merchant":
        yield from completed_by(command, order, approval)
    else:
        yield from _merchant_keeps(command, order, approval, rules)


def _lines(order: Order, parcel: Parcel) -> Iterator[RefundLine]:
    """The parcel's units that are neither refunded nor asked for; more than was paid for is nobody's to refund."""
    found = False
    for line_id in dict.fromkeys(item.line_id for item in parcel.items):
        book = order.lines.get(line_id)
        if book is None:
            continue
        if case := order.open_case_on(line_id):
            raise CaseAlreadyOpen(refund_id=case.id)
        left = parcel.quantity(line_id) - book.at(parcel.parcel_id).refunded
        qty = min(left, book.live - book.refunded)
        if qty > 0:
            found = True
            yield refund_line(book, qty, parcel.parcel_id)
    if not found:
        line_id = parcel.items[0].line_id if parcel.items else "-"
        raise LineAlreadyRefunded(line_id=line_id, refunded=sum(item.qty for item in parcel.items), remaining=0)


def _bearer(command: RefundLostParcel, parcel: Parcel, rules: Rules) -> Bearer:
    """Custody passes at warehouse acceptance (statement 20), which any later step of the way proves too."""
    accepted = any(MILESTONES[fact.milestone].stage in _IN_OUR_CUSTODY for fact in parcel.facts)
    place: Place = "after_warehouse" if accepted else "before_warehouse"
    return rules.policy(Liability).bearer(reason=command.reason, place=place)


def _merchant_keeps(command: RefundLostParcel, order: Order, approval: RefundApproved, rules: Rules) -> Iterator[Event]:
    """No signature will come, so what the platform bears is released at once (domain §3.3)."""
    if not rules.policy(Release).platform_borne_at_once:
        return
    now = command.decided_at
    due = []
    for line in approval.lines:
        book = order.lines[line.line_id]
        units = book.at(line.parcel_id)
        fresh = min(book.pending, units.platform_borne + line.qty - units.standing_released)
        if fresh > 0:
            due.append(Due(line.line_id, line.parcel_id, fresh, now, "platform_borne"))
    events = list(released(order, due, rules, at=now))
    yield from events
    if order.completes(units_by_line(events), closing=command.refund_id):
        yield OrderCompleted(order_id=command.order_id, completed_at=now)
