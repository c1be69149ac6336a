"""A buyer asks for money back: before dispatch, for goods they signed for, or for goods that never came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from commands.after_sales import Sent, lock_of, opens_at, sent
from commands.line_quantities import LineQty, LineQtys
from commands.order_commands import OrderCommand, expect_new_case, line_of, placed_order
from commands.refunding import auto_approved, completed_by, requested
from commands.rules import Rules
from commands.shapes import Reason
from ledger.events.event import Event
from ledger.events.refund import RefundLine, RefundType
from ledger.ids import Id, merchant_stream
from ledger.payment_refusals import DisputeOpen
from ledger.policies.approvals import Approvals
from ledger.policies.return_window import ReturnWindow
from ledger.refusals import (
    AfterSalesLocked,
    CaseAlreadyOpen,
    NotCaptured,
    NotSignedFor,
    RefundExceedsRemaining,
    Refusal,
    ReturnWindowClosed,
)
from ledger.sealed import Sealed
from ledger.streams.order import Order
from ledger.streams.refund_money import refund_line


class RequestRefund(OrderCommand, name="request_refund"):
    """`lines` left out asks for everything that has not left the merchant, or else for everything that has.

    `type` left out asks for a return of what was signed for, or else says that the goods never came. A buyer may say
    so of a parcel that somebody signed for, too: a person decides.
    """

    refund_id: Id
    lines: LineQtys | None = None
    type: Literal["return_refund", "not_received"] | None = None
    reason: Reason
    details: Sealed[str] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        return (merchant_stream(self.merchant_id),)


def decide(command: RequestRefund, order: Order, rules: Rules) -> Iterator[Event]:
    placed_order(order)
    if order.payments.allocation is None:
        raise NotCaptured(order_id=command.order_id)
    expect_new_case(order, command.refund_id)
    wanted = command.lines or _everything(command, order, rules)
    for line in wanted:
        line_of(order, line.line_id)
        if dispute := order.disputed(line.line_id):
            raise DisputeOpen(line_id=line.line_id, dispute_id=dispute.dispute_id, stage=dispute.stage)
        if case := order.open_case_on(line.line_id):
            raise CaseAlreadyOpen(
                refund_id=case.id, state=case.standing, then_locked=_then_locked(command, order, line, rules)
            )
    if command.type is None and all(line.qty <= order.free(line.line_id) for line in wanted):
        yield from _before_dispatch(command, order, wanted, rules)
    else:
        yield from _after_dispatch(command, order, wanted, rules)


def _everything(command: RequestRefund, order: Order, rules: Rules) -> Sequence[LineQty]:
    for case in order.cases.values():
        if case.is_pending:
            raise CaseAlreadyOpen(refund_id=case.id, state=case.standing)
    wanted = {line_id: order.free(line_id) if command.type is None else 0 for line_id in order.lines}
    if not any(wanted.values()):
        lock = lock_of(order, rules)
        for line_id in order.lines:
            wanted[line_id] = sum(units.qty for units in sent(order, line_id, lock, at=command.happened_at))
    if not any(wanted.values()):
        raise RefundExceedsRemaining(what=f"order {order.order_id}", asked="all", remaining="nothing")
    return [LineQty(line_id=line_id, qty=qty) for line_id, qty in wanted.items() if qty]


def _before_dispatch(command: RequestRefund, order: Order, wanted: Sequence[LineQty], rules: Rules) -> Iterator[Event]:
    express = rules.merchant(command.merchant_id).express_refund_at(command.happened_at)
    rounds = 0 if express else len(rules.policy(Approvals).rounds)
    lines = [refund_line(order.lines[line.line_id], line.qty) for line in wanted]
    yield _requested(command, order, lines, rules, "unshipped", express=express, rounds=rounds)
    if express:
        approval = auto_approved(command, order, lines, rules, refund_id=command.refund_id)
        yield approval
        yield from completed_by(command, order, approval)


def _after_dispatch(command: RequestRefund, order: Order, wanted: Sequence[LineQty], rules: Rules) -> Iterator[Event]:
    """One review by the platform's customer service (statements 29–31), never an automatic yes."""
    units = [part for line in wanted for part in _askable(command, order, line, rules)]
    signed = [part for part in units if part.signed_at]
    unsigned = [part for part in units if not part.signed_at]
    if signed and unsigned and command.type is None:
        raise NotSignedFor(line_id=unsigned[0].line_id)
    kind: RefundType = command.type or ("return_refund" if signed else "not_received")
    if kind == "return_refund":
        _expect_in_time(command, order, signed, rules)
    lines = [refund_line(order.lines[part.line_id], part.qty, part.parcel_id, of=part.of) for part in units]
    if not any(line.buyer_amount for line in lines):
        raise RefundExceedsRemaining(what=f"line {lines[0].line_id}", asked=str(lines[0].qty), remaining="nothing")
    express = rules.merchant(command.merchant_id).express_refund_at(command.happened_at)
    yield _requested(command, order, lines, rules, kind, express=express, rounds=1)


def _askable(command: RequestRefund, order: Order, line: LineQty, rules: Rules) -> Sequence[Sent]:
    """The units that the request takes: of one kind, signed for where there are enough of those."""
    units = _sent(command, order, line, rules)
    open_ = [part for part in units if not part.locked]
    signed, unsigned = [part for part in open_ if part.signed_at], [part for part in open_ if not part.signed_at]
    for kind in _kinds(command, signed, unsigned):
        if sum(part.qty for part in kind) >= line.qty:
            return _first(kind, line.qty)
    if command.type == "return_refund" and sum(part.qty for part in open_) >= line.qty:
        raise NotSignedFor(line_id=line.line_id)
    raise _refusal(order, line, units)


def _sent(command: RequestRefund, order: Order, line: LineQty, rules: Rules) -> list[Sent]:
    lock = lock_of(order, rules)
    binding = lock.binds(command.actor.kind, command.reason)
    return sent(order, line.line_id, lock, at=command.happened_at, binding=binding)


def _kinds(command: RequestRefund, signed: list[Sent], unsigned: list[Sent]) -> Sequence[list[Sent]]:
    """Which units to take, those to be preferred first; what is only deemed signed for may well not have come."""
    match command.type:
        case "return_refund":
            return (signed,)
        case "not_received":
            return unsigned, sorted(
                (*unsigned, *signed), key=lambda part: (part.signed_at is not None, not part.deemed)
            )
        case None:
            return signed, unsigned


def _then_locked(command: RequestRefund, order: Order, line: LineQty, rules: Rules) -> str | None:
    """Until when the units would be locked if no case asked for the line; None where they would not be."""
    units = [part for part in _sent(command, order, line, rules) if part.locked]
    if not units or line.qty <= order.free(line.line_id):
        return None
    ends_at = opens_at(units, min(line.qty, sum(part.qty for part in units)))
    return f"until {ends_at:%Y-%m-%dT%H:%M:%SZ}" if ends_at else "until it is signed for"


def _first(units: Sequence[Sent], qty: int) -> list[Sent]:
    taken = []
    for part in units:
        if qty:
            taken.append(replace(part, qty=min(part.qty, qty)))
            qty -= taken[-1].qty
    return taken


def _expect_in_time(command: RequestRefund, order: Order, units: Sequence[Sent], rules: Rules) -> None:
    """The window in force when the order was placed, from the signature on."""
    assert order.placed is not None, "only what was sold is returned"
    window = rules.policy_then(ReturnWindow, order.placed.placed_at)
    for part in units:
        closes_at = window.closes_at(part.signed_at) if part.signed_at else None
        if closes_at and command.happened_at >= closes_at:
            raise ReturnWindowClosed(closed_at=closes_at)


def _refusal(order: Order, line: LineQty, units: Sequence[Sent]) -> Refusal:
    """Locked, where waiting helps; `lock_ends_at` is when enough of the units will be open."""
    if any(part.locked for part in units) and line.qty <= order.free(line.line_id) + sum(part.qty for part in units):
        return AfterSalesLocked(lock_ends_at=opens_at(units, line.qty))
    remaining = str(order.free(line.line_id) + sum(part.qty for part in units))
    return RefundExceedsRemaining(what=f"line {line.line_id}", asked=str(line.qty), remaining=remaining)


def _requested(
    command: RequestRefund,
    order: Order,
    lines: Sequence[RefundLine],
    rules: Rules,
    kind: RefundType,
    *,
    express: bool,
    rounds: int,
) -> Event:
    return requested(
        command,
        order,
        lines,
        rules,
        refund_id=command.refund_id,
        kind=kind,
        reason=command.reason,
        details=command.details,
        express=express,
        rounds=rounds,
    )
