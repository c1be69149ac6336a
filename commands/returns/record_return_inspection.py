"""Somebody has looked at the goods that came back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import RawText
from commands.order_command import OrderCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refunds import ReturnInspected
from ledger.ids import Id
from ledger.refusals.after_sales import ReturnNotAuthorized
from ledger.refusals.catalogue import CaseNotFound, ReturnNotReceived
from ledger.streams.orders.order import Order


class RecordReturnInspection(OrderCommand, name="record_return_inspection"):
    """Their condition, and what becomes of them: restocked, sent to the merchant, destroyed."""

    refund_id: Id
    condition: RawText
    disposition: RawText


def decide(command: RecordReturnInspection, order: Order, rules: Rules) -> Iterator[Event]:
    case = order.cases.get(command.refund_id)
    if case is None:
        raise CaseNotFound(order_id=order.order_id, refund_id=command.refund_id)
    if not case.return_state or case.state == "expired":
        raise ReturnNotAuthorized(refund_id=case.id, state=case.return_state or case.state)
    if not case.returned:
        raise ReturnNotReceived(refund_id=case.id)
    yield ReturnInspected(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        return_id=case.return_id,
        happened_at=command.happened_at,
        condition=command.condition,
        disposition=command.disposition,
    )
