"""A reviewer approves one round of an after-sales case; the last round decides the money."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_command import OrderCommand
from commands.refunds.charge_amounts import ChargeAmounts, granted
from commands.refunds.line_amounts import LineAmounts, approved_lines
from commands.refunds.payable_cases import expect_undisputed
from commands.refunds.platform_refunds import settled
from commands.refunds.refund_events import approved
from commands.refunds.refund_rounds import expect_round, open_case
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refunds import RefundApproved, RefundRoundApproved, RefundType, ReturnAuthorized
from ledger.ids import Id, return_id_of
from ledger.instants import Instant
from ledger.numbers import Count
from ledger.policies.liability import Bearer, Cause
from ledger.policies.return_window import ReturnWindow
from ledger.refusals.catalogue import NotCaptured
from ledger.sealed import Sealed
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order

_CAUSES: dict[RefundType, Cause] = {
    "unshipped": "cancelled",
    "return_refund": "returned",
    "not_received": "not_received",
    "platform_initiated": "undeliverable",
}


class ApproveRefund(OrderCommand, name="approve_refund"):
    """Approves a round of a refund case. The last round decides the amount, the bearer, and if goods must come back.

    Refused if the case is closed, it is another round, the approver approved an earlier one, the role is wrong
    (statements 28 and 31), nothing is captured, or the lines are disputed. `lines` are the approved amounts; default:
    all requested units at their price, also if a part of it was taken back since. `charges` are the refunded tax and
    shipping; default: tax in proportion, shipping by policy. With `return_required` the refund waits for the goods, to
    be sent by `return_by`. `liability` names the party at fault; default: the liability policy.
    """

    refund_id: Id
    round: Count
    lines: LineAmounts | None = None
    charges: ChargeAmounts | None = None
    liability: Bearer | None = None
    return_required: bool = False
    return_by: Instant | None = None
    note: Sealed[str] | None = None


def decide(command: ApproveRefund, order: Order, rules: Rules) -> Iterator[Event]:
    case = open_case(order, command.refund_id)
    expect_round(case, command.round, command.actor, rules)
    if order.payments.allocation is None:
        raise NotCaptured(order_id=command.order_id)
    expect_undisputed(order, case)
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
    approval = _approval(command, order, case, rules)
    yield approval
    if approval.return_required:
        yield _authorized(command, order, approval, rules)
    yield from settled(command, order, approval, rules)


def _approval(command: ApproveRefund, order: Order, case: Case, rules: Rules) -> RefundApproved:
    comes_back = command.return_required and case.type == "return_refund"
    return approved(
        command,
        order,
        approved_lines(order, case, command.lines, taken_back=comes_back),
        rules,
        charges=None if command.charges is None else granted(order, command.charges, rules),
        refund_id=case.id,
        kind=case.type,
        cause=_CAUSES[case.type],
        reason=case.reason,
        found=command.liability,
        return_required=comes_back and not case.returned,
    )


def _authorized(command: ApproveRefund, order: Order, approval: RefundApproved, rules: Rules) -> ReturnAuthorized:
    return ReturnAuthorized(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=approval.refund_id,
        return_id=return_id_of(approval.refund_id),
        happened_at=command.happened_at,
        lines=tuple(line for line in order.cases[approval.refund_id].lines if _comes_back(approval, line.line_id)),
        return_by=command.return_by or rules.policy(ReturnWindow).return_by(command.happened_at),
    )


def _comes_back(approval: RefundApproved, line_id: str) -> bool:
    return any(line.line_id == line_id for line in approval.lines)
