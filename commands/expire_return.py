"""The time to send goods back is over: the refund that waited for them is off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.order_commands import OrderCommand
from commands.reviewing import platform_only
from commands.rules import Rules
from ledger.after_sales_refusals import ReturnNotAuthorized, ReturnNotExpired
from ledger.events.event import Event
from ledger.events.refund import ReturnExpired
from ledger.ids import Id
from ledger.refusals import CaseNotFound
from ledger.streams.order import Order
from ledger.streams.order_cases import Case


class ExpireReturn(OrderCommand, name="expire_return"):
    """Asked for by a timer. Goods that are on their way back do not expire. What the buyer has by a dispute meanwhile
    stays with them, and nothing is undone; where they have a part of it so, people must see to the rest."""

    refund_id: Id


def decide(command: ExpireReturn, order: Order, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    case = order.cases.get(command.refund_id)
    if case is None:
        raise CaseNotFound(order_id=order.order_id, refund_id=command.refund_id)
    if case.return_state == "expired":
        return
    if not case.awaits_goods:
        raise ReturnNotAuthorized(refund_id=case.id, state=case.return_state or case.state)
    return_by = _over(command, case)
    yield ReturnExpired(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        return_id=case.return_id,
        happened_at=command.happened_at,
        return_by=return_by,
        undone=None if case.by_alternative else case.approval,
    )


def _over(command: ExpireReturn, case: Case) -> datetime:
    """Half-open, as every deadline: at `return_by` itself it is over."""
    waits = case.return_by is None or command.decided_at < case.return_by or case.return_state != "authorized"
    if waits or case.return_by is None or (case.by_alternative and case.unsubmitted):
        raise ReturnNotExpired(refund_id=case.id, return_by=case.return_by, state=case.return_state)
    return case.return_by
