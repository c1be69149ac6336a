"""Instructions to payment providers before money moves: to capture, and to void."""

from __future__ import annotations

from datetime import datetime

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.money import Money


class _Request(Event):
    """An instruction to a provider. It is sent at least once, under `request_id`. The result is reported as a fact."""

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
    """We have asked the provider to capture `amount` of the authorisation.

    The instruction is sent at least once, under `request_id`; the provider's answer is reported as a fact.
    """


class PaymentVoidRequested(_Request, name="payment.void_requested", version=1):
    """We have asked the provider to void the authorisation, as far as it is not captured.

    The instruction is sent at least once, under `request_id`; the provider's answer is reported as a fact.
    """

    reason: Id
