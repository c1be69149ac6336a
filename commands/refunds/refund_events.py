"""The events of a refund, the same for every command: requested, approved, and the order's completion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from commands.order_command import OrderCommand
from commands.rates import book_rate
from commands.rules import Rules
from commands.settlement.releases import kept_fees
from ledger.actors import Actor
from ledger.events.orders import OrderCompleted
from ledger.events.payments import AllocatedCharge
from ledger.events.refunds import RefundApproved, RefundAutoApproved, RefundLine, RefundRequested, RefundType
from ledger.fx import Rate
from ledger.money import Money
from ledger.policies.liability import Bearer, Cause, Liability
from ledger.policies.order_charges import OrderCharges
from ledger.refusals.after_sales import UnsentIsMerchants
from ledger.refusals.catalogue import RefundExceedsRemaining
from ledger.sealed import Sealed
from ledger.streams.amounts.charges import charges_with
from ledger.streams.amounts.refund_shares import Expense, buyer_amount, liability_of, refund_money, taken_back
from ledger.streams.amounts.refundable import refundable
from ledger.streams.orders.order import Order
from ledger.streams.units.unit_bearers import bearer_of

EXPRESS = "express_refund"


def requested(
    command: OrderCommand,
    order: Order,
    lines: Sequence[RefundLine],
    rules: Rules,
    *,
    charges: tuple[AllocatedCharge, ...] | None = None,
    refund_id: str,
    kind: RefundType,
    reason: str,
    details: Sealed[str] | None = None,
    express: bool,
    rounds: int,
) -> RefundRequested:
    """Returns the opening of a case about these lines, with the given charges or those that go with the lines.

    Raises `RefundExceedsRemaining`.
    """
    charges = charges_back(order, lines, rules) if charges is None else charges
    expect_refundable(order, buyer_amount(order, lines, charges), refund_id)
    opened = request_of(
        order,
        lines,
        charges,
        refund_id=refund_id,
        kind=kind,
        reason=reason,
        actor=command.actor,
        at=command.happened_at,
    )
    return opened.model_copy(update={"details": details, "express_setting": express, "rounds_required": rounds})


def request_of(
    order: Order,
    lines: Sequence[RefundLine],
    charges: tuple[AllocatedCharge, ...],
    *,
    refund_id: str,
    kind: RefundType,
    reason: str,
    actor: Actor,
    at: datetime,
) -> RefundRequested:
    """Returns the opening of a case that needs no approval, about these lines and charges."""
    return RefundRequested(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=refund_id,
        type=kind,
        lines=tuple(lines),
        charges=charges,
        amount=buyer_amount(order, lines, charges),
        reason=reason,
        express_setting=False,
        rounds_required=0,
        parcel_ids=tuple(dict.fromkeys(line.parcel_id for line in lines if line.parcel_id)),
        requested_by=actor,
        requested_at=at,
    )


def auto_approved(
    command: OrderCommand, order: Order, lines: Sequence[RefundLine], rules: Rules, *, refund_id: str
) -> RefundAutoApproved:
    """Returns the automatic approval by Express Refund (statement 27)."""
    assert order.placed is not None, "only a placed order is refunded"
    charges = charges_back(order, lines, rules)
    bearers = _bearers(order, lines, rules, cause="cancelled", reason=EXPRESS)
    approved = taken_back(order, lines, bearers, kept_fees(order, rules))
    money = refund_money(order, approved, liability_of(bearers), charges, _rate(command, order, rules), "goods_lost")
    return RefundAutoApproved(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=refund_id,
        market=order.placed.market,
        rule=EXPRESS,
        lines=approved,
        money=money,
    )


def approved(
    command: OrderCommand,
    order: Order,
    lines: Sequence[RefundLine],
    rules: Rules,
    *,
    charges: tuple[AllocatedCharge, ...] | None = None,
    refund_id: str,
    kind: RefundType,
    cause: Cause,
    reason: str,
    found: Bearer | None = None,
    return_required: bool = False,
) -> RefundApproved:
    """Returns the approval, with the money that follows from the bearer and from the given or usual charges.

    `found` is the party that a reviewer found at fault. Raises `RefundExceedsRemaining` and `UnsentIsMerchants`.
    """
    charges = charges_back(order, lines, rules) if charges is None else charges
    bearers = _bearers(order, lines, rules, cause=cause, reason=reason, found=found)
    approval = approval_of(
        order,
        lines,
        bearers,
        charges,
        _rate(command, order, rules),
        rules,
        refund_id=refund_id,
        kind=kind,
        reason=reason,
        actor=command.actor,
    )
    expect_refundable(order, approval.money.amount, refund_id)
    return approval.model_copy(update={"return_required": return_required})


def approval_of(
    order: Order,
    lines: Sequence[RefundLine],
    bearers: Sequence[Bearer],
    charges: tuple[AllocatedCharge, ...],
    rate: Rate,
    rules: Rules,
    *,
    refund_id: str,
    kind: RefundType,
    reason: str,
    actor: Actor,
) -> RefundApproved:
    """Returns the approval of these lines and charges, with the bearer of each line and the money that follows."""
    assert order.placed is not None, "only a placed order is refunded"
    liability = liability_of(bearers)
    taken = taken_back(order, lines, bearers, kept_fees(order, rules))
    expense: Expense = "goodwill" if kind == "return_refund" else "goods_lost"  # P9: delivered goods are not lost
    return RefundApproved(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=refund_id,
        market=order.placed.market,
        lines=taken,
        money=refund_money(order, taken, liability, charges, rate, expense),
        liability=liability,
        return_required=False,
        reviewer=actor,
        reason=reason,
    )


def charges_back(order: Order, lines: Sequence[RefundLine], rules: Rules) -> tuple[AllocatedCharge, ...]:
    """Returns the charges that go back with these lines by the policy `order_charges`."""
    return charges_with(order, lines, shipping=rules.policy(OrderCharges).shipping == "with_the_last_line")


def expect_refundable(order: Order, amount: Money, refund_id: str) -> None:
    """Raises `RefundExceedsRemaining` above the limit: captured less refunded, requested and disputed money."""
    left = refundable(order, beside=refund_id)
    if left < amount:
        raise RefundExceedsRemaining(what=f"order {order.order_id}", asked=str(amount), remaining=str(left))


def completed_by(
    command: OrderCommand, order: Order, approval: RefundApproved | RefundAutoApproved
) -> Iterator[OrderCompleted]:
    """Yields the order's completion if a refund borne by the merchant took the last pending money."""
    if isinstance(approval, RefundApproved) and approval.return_required:
        return
    if order.completes(leaving(order, approval), closing=approval.refund_id):
        yield OrderCompleted(order_id=order.order_id, completed_at=command.happened_at)


def leaving(order: Order, approval: RefundApproved | RefundAutoApproved) -> Counter[str]:
    """Returns the units by line that an approval takes out of the pending account."""
    liability = approval.liability if isinstance(approval, RefundApproved) else "merchant"
    gone = Counter[str]()
    for line in approval.lines:
        for _, effect in order.lines[line.line_id].effects(line, platform_borne=not line.is_merchants(liability)):
            gone[line.line_id] += effect.merchant_borne - effect.taken_back
    return gone


def _bearers(
    order: Order,
    lines: Sequence[RefundLine],
    rules: Rules,
    *,
    cause: Cause,
    reason: str,
    found: Bearer | None = None,
) -> list[Bearer]:
    """Returns the bearer of each line. Raises `UnsentIsMerchants` if a reviewer decided otherwise for unsent units."""
    policy = rules.policy(Liability)
    bearers = [
        bearer_of(order, line.parcel_id, cause=cause, reason=reason, policy=policy, found=found) for line in lines
    ]
    for line, bearer in zip(lines, bearers, strict=True):
        if found is not None and bearer != found:
            raise UnsentIsMerchants(line_id=line.line_id, liability=found)
    return bearers


def _rate(command: OrderCommand, order: Order, rules: Rules) -> Rate:
    return book_rate(command, rules, order.currency)
