"""The platform gives tax or shipping back by itself, beside goods that the buyer keeps or was refunded before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.fields import Reason
from commands.order_command import OrderCommand, expect_new_case
from commands.refunds.charge_amounts import ChargeAmounts, granted
from commands.refunds.refund_events import approved, completed_by, requested
from commands.rules import Rules
from ledger.events.event import Event
from ledger.ids import Id
from ledger.refusals.catalogue import NotCaptured
from ledger.streams.orders.order import Order


class RefundCharges(OrderCommand, name="refund_charges"):
    """A reviewer grants so much of the tax or shipping that the buyer paid; merchants never bear it. It is a case of
    its own, opened and approved in one, also of an order that is over."""

    refund_id: Id
    charges: Annotated[ChargeAmounts, Field(min_length=1)]
    reason: Reason


def decide(command: RefundCharges, order: Order, rules: Rules) -> Iterator[Event]:
    if order.payments.allocation is None:
        raise NotCaptured(order_id=command.order_id)
    expect_new_case(order, command.refund_id)
    charges, case = granted(order, command.charges, rules), command.refund_id
    yield requested(
        command,
        order,
        (),
        rules,
        charges=charges,
        refund_id=case,
        kind="platform_initiated",
        reason=command.reason,
        express=False,
        rounds=0,
    )
    approval = approved(
        command,
        order,
        (),
        rules,
        charges=charges,
        refund_id=case,
        kind="platform_initiated",
        cause="other",
        reason=command.reason,
    )
    yield approval
    yield from completed_by(command, order, approval)
