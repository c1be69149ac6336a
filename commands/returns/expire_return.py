"""The time to send goods back is over: the refund that waited for them is off."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_command import OrderCommand
from commands.returns.cancelled_returns import called_off
from commands.rules import Rules
from ledger.events.event import Event
from ledger.ids import Id
from ledger.refusals.after_sales import ReturnNotAuthorized, ReturnNotExpired
from ledger.refusals.catalogue import CaseNotFound
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order


class ExpireReturn(OrderCommand, name="expire_return"):
    """Asked for by a timer. Goods that are on their way back do not expire. What the buyer has by a dispute meanwhile
    stays with them; the rest is owed no more, and the merchant has its share again."""

    refund_id: Id


def decide(command: ExpireReturn, order: Order, rules: Rules) -> Iterator[Event]:
    case = order.cases.get(command.refund_id)
    if case is None:
        raise CaseNotFound(order_id=order.order_id, refund_id=command.refund_id)
    if case.return_state == "expired":
        return
    if not case.awaits_goods:
        raise ReturnNotAuthorized(refund_id=case.id, state=case.return_state or case.state)
    if not _over(command, case):
        raise ReturnNotExpired(refund_id=case.id, return_by=case.return_by, state=case.return_state)
    yield from called_off(order, case, rules, at=command.happened_at)


def _over(command: ExpireReturn, case: Case) -> bool:
    """Half-open, as every deadline: at `return_by` itself it is over."""
    return case.return_by is not None and command.decided_at >= case.return_by and case.return_state == "authorized"
