"""Checks before an instruction to a provider: the held amount of a payment, and its uncaptured rest."""

from __future__ import annotations

from datetime import datetime

from ledger.ids import Id
from ledger.money import Money
from ledger.refusals.payments import AlreadyCaptured, AuthorizationExpired, PaymentAlreadyVoided, PaymentNotAuthorized
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Authorization


def held_payment(order: Order, payment_id: Id, at: datetime) -> Authorization:
    """Returns the payment that the issuer holds.

    Raises `PaymentNotAuthorized`, `PaymentAlreadyVoided` or `AuthorizationExpired`.
    """
    hold = order.payments.authorizations.get(payment_id)
    if hold is None or hold.state == "declined":
        raise PaymentNotAuthorized(payment_id=payment_id, state=hold.state if hold else "unknown")
    if hold.state == "voided" or hold.void_requested:
        raise PaymentAlreadyVoided(payment_id=payment_id)
    if hold.state == "expired" or not hold.holds_at(at):
        raise AuthorizationExpired(payment_id=payment_id, expires_at=hold.expires_at)
    return hold


def taken(order: Order, hold: Authorization) -> Money:
    """Returns the amount of the payment that is captured or requested."""
    return order.payments.captured_of(hold.payment_id, hold.amount.currency) + hold.being_captured


def already_captured(order: Order, hold: Authorization) -> AlreadyCaptured:
    return AlreadyCaptured(payment_id=hold.payment_id, captured=str(taken(order, hold)))
