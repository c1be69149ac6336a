"""A buyer asks for money back: before dispatch, or once the lock on a parcel under way has ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.after_sales import Sent, lock_of, sent
from commands.line_quantities import LineQty, LineQtys
from commands.order_commands import OrderCommand, line_of, placed_order
from commands.refunding import auto_approved, completed_by, requested
from commands.rules import Rules
from commands.shapes import Reason
from ledger.events.event import Event
from ledger.events.refund import RefundLine, RefundType
from ledger.ids import Id, merchant_stream
from ledger.policies.approvals import Approvals
from ledger.policies.return_window import ReturnWindow
from ledger.refusals import (
    AfterSalesLocked,
    CaseAlreadyOpen,
    NotCaptured,
    NotSignedFor,
    RefundExceedsRemaining,
    ReturnWindowClosed,
)
from ledger.sealed import Sealed
from ledger.streams.order import Order
from ledger.streams.refund_money import refund_line


class RequestRefund(OrderCommand, name="request_refund"):
    """`lines` left out asks for everything that has not left the merchant, or else for everything that has."""

    refund_id: Id
    lines: LineQtys | None = None
    reason: Reason
    details: Sealed[str] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        return (merchant_stream(self.merchant_id),)


def decide(command: RequestRefund, order: Order, rules: Rules) -> Iterator[Event]:
    placed_order(order)
    if order.payments.allocation is None:
        raise NotCaptured(order_id=command.order_id)
    if command.refund_id in order.cases:
        raise CaseAlreadyOpen(refund_id=command.refund_id)
    wanted = command.lines or _everything(command, order, rules)
    for line in wanted:
        line_of(order, line.line_id)
        if case := order.open_case_on(line.line_id):
            raise CaseAlreadyOpen(refund_id=case.id)
    if all(line.qty <= order.free(line.line_id) for line in wanted):
        yield from _before_dispatch(command, order, wanted, rules)
    else:
        yield from _after_dispatch(command, order, wanted, rules)


def _everything(command: RequestRefund, order: Order, rules: Rules) -> Sequence[LineQty]:
    for case in order.cases.values():
        if case.is_open:
            raise CaseAlreadyOpen(refund_id=case.id)
    unshipped = {line_id: order.free(line_id) for line_id in order.lines}
    if not any(unshipped.values()):
        lock = lock_of(order, rules)
        for line_id in order.lines:
            unshipped[line_id] = sum(units.qty for units in sent(order, line_id, lock, at=command.happened_at))
    if not any(unshipped.values()):
        raise RefundExceedsRemaining(what=f"order {order.order_id}", asked="all", remaining="nothing")
    return [LineQty(line_id=line_id, qty=qty) for line_id, qty in unshipped.items() if qty]


def _before_dispatch(command: RequestRefund, order: Order, wanted: Sequence[LineQty], rules: Rules) -> Iterator[Event]:
    express = rules.merchant(command.merchant_id).express_refund_at(command.happened_at)
    rounds = 0 if express else len(rules.policy(Approvals).rounds)
    lines = [refund_line(order.lines[line.line_id], line.qty) for line in wanted]
    yield _requested(command, order, lines, "unshipped", express=express, rounds=rounds)
    if express:
        approval = auto_approved(command, order, lines, rules, refund_id=command.refund_id)
        yield approval
        yield from completed_by(command, order, approval)


def _after_dispatch(command: RequestRefund, order: Order, wanted: Sequence[LineQty], rules: Rules) -> Iterator[Event]:
    """One review by the platform's customer service (statements 29–31), never an automatic yes."""
    units = [part for line in wanted for part in _askable(command, order, line, rules)]
    signed = [part for part in units if part.signed_at]
    unsigned = [part for part in units if not part.signed_at]
    if signed and unsigned:
        raise NotSignedFor(line_id=unsigned[0].line_id)
    lines = [refund_line(order.lines[part.line_id], part.qty, part.parcel_id) for part in units]
    express = rules.merchant(command.merchant_id).express_refund_at(command.happened_at)
    yield _requested(command, order, lines, "return_refund" if signed else "not_received", express=express, rounds=1)


def _askable(command: RequestRefund, order: Order, line: LineQty, rules: Rules) -> Iterator[Sent]:
    """The units that the request takes: of one kind, signed for where there are enough of those."""
    lock = lock_of(order, rules)
    binding = lock.binds(command.actor.kind, command.reason)
    units = sent(order, line.line_id, lock, at=command.happened_at, binding=binding)
    open_ = [part for part in units if not part.locked]
    signed = [part for part in open_ if part.signed_at]
    for kind in (signed, [part for part in open_ if not part.signed_at]):
        if sum(part.qty for part in kind) >= line.qty:
            _expect_in_time(command, kind, rules)
            yield from _first(kind, line.qty)
            return
    _refuse(order, line, units)


def _first(units: Sequence[Sent], qty: int) -> Iterator[Sent]:
    for part in units:
        taken = min(part.qty, qty)
        if taken:
            yield Sent(part.line_id, part.parcel_id, taken, part.signed_at, part.locked, part.lock_ends_at)
        qty -= taken


def _expect_in_time(command: RequestRefund, units: Sequence[Sent], rules: Rules) -> None:
    window = rules.policy(ReturnWindow)
    for part in units:
        closes_at = window.closes_at(part.signed_at) if part.signed_at else None
        if closes_at and command.happened_at >= closes_at:
            raise ReturnWindowClosed(closed_at=closes_at)


def _refuse(order: Order, line: LineQty, units: Sequence[Sent]) -> None:
    locked = [part for part in units if part.locked]
    if locked and line.qty <= order.free(line.line_id) + sum(part.qty for part in units):
        ends = [part.lock_ends_at for part in locked if part.lock_ends_at]
        raise AfterSalesLocked(lock_ends_at=min(ends, default=None))
    raise RefundExceedsRemaining(
        what=f"line {line.line_id}", asked=str(line.qty), remaining=str(order.free(line.line_id))
    )


def _requested(
    command: RequestRefund, order: Order, lines: Sequence[RefundLine], kind: RefundType, *, express: bool, rounds: int
) -> Event:
    return requested(
        command,
        order,
        lines,
        refund_id=command.refund_id,
        kind=kind,
        reason=command.reason,
        details=command.details,
        express=express,
        rounds=rounds,
    )
