"""Asking a provider to take what the issuer holds of a buyer's payment."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney
from commands.order_command import OrderCommand, placed_order
from commands.payments.held_payments import already_captured, held_payment, taken
from commands.requested_amounts import expect_currency
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payment_requests import PaymentCaptureRequested
from ledger.ids import Id
from ledger.references import Reference
from ledger.refusals.catalogue import IdempotencyKeyReused
from ledger.refusals.payments import AmountExceedsAuthorized
from ledger.streams.orders.order import Order


class CapturePayment(OrderCommand, name="capture_payment"):
    """`amount` left out captures all that is left of the authorisation. The capture itself is a fact that the provider
    reports; `request_id`, by default the command's own id, is what the instruction is sent under."""

    payment_id: Reference
    amount: PositiveMoney | None = None
    request_id: Id | None = None


def decide(command: CapturePayment, order: Order, rules: Rules) -> Iterator[Event]:
    placed_order(order)
    hold = held_payment(order, command.payment_id, command.decided_at)
    request_id = command.request_id or command.id
    if request_id in hold.requested:
        raise IdempotencyKeyReused(command_id=request_id)
    left = hold.amount - taken(order, hold)
    if left.minor <= 0:
        raise already_captured(order, hold)
    amount = command.amount or left
    expect_currency(amount, left.currency, what=f"payment {command.payment_id}")
    if left < amount:
        raise AmountExceedsAuthorized(asked=str(amount), remaining=str(left), authorized=str(hold.amount))
    yield PaymentCaptureRequested(
        merchant_id=command.merchant_id,
        order_id=command.order_id,
        payment_id=command.payment_id,
        psp=hold.psp,
        psp_ref=hold.psp_ref,
        request_id=request_id,
        amount=amount,
        requested_by=command.actor,
        requested_at=command.decided_at,
    )
