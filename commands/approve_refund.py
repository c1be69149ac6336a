"""A reviewer says yes in one round of an after-sales case; the last round settles the money."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_commands import OrderCommand
from commands.refund_rounds import expect_round, open_case
from commands.refunding import approved, completed_by
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refund import RefundRoundApproved
from ledger.ids import Id
from ledger.policies.liability import Bearer
from ledger.refusals import NotCaptured
from ledger.sealed import Sealed
from ledger.streams.order import Order


class ApproveRefund(OrderCommand, name="approve_refund"):
    """A reviewer says yes.

    Two fields count in the last round only: `return_required` lets the money of a return wait for the goods, and
    `liability` says who bears it; left out, the platform bears what never arrived and the merchant everything else.
    """

    refund_id: Id
    round: int
    liability: Bearer | None = None
    return_required: bool = False
    note: Sealed[str] | None = None


def decide(command: ApproveRefund, order: Order, rules: Rules) -> Iterator[Event]:
    case = open_case(order, command.refund_id)
    expect_round(case, command.round, command.actor, rules)
    if order.payments.allocation is None:
        raise NotCaptured(order_id=command.order_id)
    yield RefundRoundApproved(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        round=command.round,
        approver=command.actor,
        note=command.note,
    )
    if command.round < case.rounds_required:
        return
    approval = approved(
        command,
        order,
        case.lines,
        rules,
        refund_id=case.id,
        kind=case.type,
        liability=command.liability or ("platform" if case.type == "not_received" else "merchant"),
        reason=case.reason,
        return_required=command.return_required and case.type == "return_refund",
    )
    yield approval
    yield from completed_by(command, order, approval)
