"""Asking a provider to give back what the issuer holds of a payment that nobody captured."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.order_command import OrderCommand
from commands.payments.held_payments import already_captured, held_payment, taken
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payment_requests import PaymentVoidRequested
from ledger.ids import Id
from ledger.references import Reference
from ledger.streams.orders.order import Order


class VoidPayment(OrderCommand, name="void_payment"):
    """Requests that the provider voids the rest of an authorisation. Captured money is refunded instead. The provider
    reports when the hold is gone."""

    payment_id: Reference
    reason: Reason
    request_id: Id | None = None


def decide(command: VoidPayment, order: Order, rules: Rules) -> Iterator[Event]:
    hold = held_payment(order, command.payment_id, command.decided_at)
    if taken(order, hold):
        raise already_captured(order, hold)
    yield PaymentVoidRequested(
        merchant_id=command.merchant_id,
        order_id=command.order_id,
        payment_id=command.payment_id,
        psp=hold.psp,
        psp_ref=hold.psp_ref,
        request_id=command.request_id or command.id,
        amount=hold.amount,
        reason=command.reason,
        requested_by=command.actor,
        requested_at=command.decided_at,
    )
