"""What the ledger asks of payment providers before any money moves: to capture, and to void."""

from __future__ import annotations

from datetime import datetime

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.money import Money


class _Request(Event):
    """An instruction to a provider, sent at least once under `request_id`. What becomes of it is reported as a fact."""

    merchant_id: Id
    order_id: Id
    payment_id: Id
    psp: Id
    psp_ref: str
    request_id: Id
    amount: Money
    requested_by: Actor
    requested_at: datetime


class PaymentCaptureRequested(_Request, name="payment.capture_requested", version=1):
    """The provider is to take so much of what the issuer holds."""


class PaymentVoidRequested(_Request, name="payment.void_requested", version=1):
    """The provider is to give back what the issuer holds and nobody captured."""

    reason: Id
