"""A buyer requests a refund: before dispatch, for received goods, or for goods that never came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from commands.fields import Reason
from commands.order_command import OrderCommand, expect_new_case, line_of, placed_order
from commands.refunds.refund_events import auto_approved, completed_by, requested
from commands.refunds.refundable_units import Part, RefundableUnits
from commands.requested_units import LineQtys
from commands.rules import Rules
from ledger.events.event import Event
from ledger.folds.request_types import REQUEST_TYPES, RequestType
from ledger.ids import Id, derived_id, merchant_stream
from ledger.policies.approvals import Approvals
from ledger.refusals.catalogue import NotCaptured, RefundExceedsRemaining
from ledger.sealed import Sealed
from ledger.streams.amounts.refund_shares import refund_line
from ledger.streams.orders.order import Order


class RequestRefund(OrderCommand, name="request_refund"):
    """Requests a refund. The default of `lines` is all unsent units, or all sent units if none are unsent.

    The default of `type` is a return of signed units, else "not received"; a buyer may deny a receipt that was signed,
    and a person decides. Units of several kinds become one case for each kind: `refund_id`, then `refund_id` with a dot
    and the kind. Refused if the order is not paid, the units are locked (20 days after dispatch), in a case or
    disputed, or the return window is over.
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
    parts = _parts(command, order, rules)
    kinds = [kind for kind in REQUEST_TYPES if any(part.kind == kind for part in parts)]
    for kind in kinds:
        refund_id = command.refund_id if kind == kinds[0] else derived_id(command.refund_id, kind)
        of_kind = [part for part in parts if part.kind == kind]
        events = list(_case(command, order, of_kind, rules, refund_id=refund_id, kind=kind))
        yield from events
        order = order.after(*events)


def _parts(command: RequestRefund, order: Order, rules: Rules) -> Sequence[Part]:
    expect_new_case(order, command.refund_id)
    for line in command.lines or ():
        line_of(order, line.line_id)
    refundable = RefundableUnits(
        order,
        rules,
        kind=command.type,
        at=command.happened_at,
        initiator=command.actor.kind,
        reason=command.reason,
    )
    return refundable.chosen(command.lines) if command.lines else refundable.everything()


def _case(
    command: RequestRefund, order: Order, parts: Sequence[Part], rules: Rules, *, refund_id: str, kind: RequestType
) -> Iterator[Event]:
    """Opens a case. Before dispatch: Express Refund or the approval rounds (statements 27 and 28).

    After dispatch: one review by customer service (statements 29 to 31), never an automatic approval.
    """
    expect_new_case(order, refund_id)
    lines = [refund_line(order.lines[part.line_id], part.qty, part.parcel_id, of=part.of) for part in parts]
    if kind != "unshipped" and not any(line.buyer_amount for line in lines):
        raise RefundExceedsRemaining(what=f"line {lines[0].line_id}", asked=str(lines[0].qty), remaining="nothing")
    express = rules.merchant(command.merchant_id).express_refund_at(command.happened_at)
    before_dispatch = 0 if express else len(rules.policy(Approvals).rounds)
    yield requested(
        command,
        order,
        lines,
        rules,
        refund_id=refund_id,
        kind=kind,
        reason=command.reason,
        details=command.details,
        express=express,
        rounds=before_dispatch if kind == "unshipped" else 1,
    )
    if kind == "unshipped" and express:
        approval = auto_approved(command, order, lines, rules, refund_id=refund_id)
        yield approval
        yield from completed_by(command, order, approval)
