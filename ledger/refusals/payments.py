"""Refusals about payments: captures, voids, disputes, unapplied funds, claims and rates."""

from __future__ import annotations

from datetime import date, datetime

from ledger.refusals.refusal import Refusal


class DisputeOpen(
    Refusal,
    code="DISPUTE_OPEN",
    remedy="Wait until dispute {dispute_id} is won or lost[; the release is then due at {due_at}].",
):
    """The buyer disputes {line_id} at the card issuer: dispute {dispute_id}, stage {stage}."""

    line_id: str  # or the capture, if the dispute concerns no line
    dispute_id: str
    stage: str
    due_at: datetime | None = None  # of a release that is not due yet


class DisputeNotFound(Refusal, code="DISPUTE_NOT_FOUND", remedy="Name a dispute of the order."):
    """Order {order_id} has no dispute {dispute_id}."""

    order_id: str
    dispute_id: str


class DisputeClosed(Refusal, code="DISPUTE_CLOSED", remedy="Do nothing, unless the issuer opens the dispute again."):
    """Dispute {dispute_id} is closed; it is {state}."""

    dispute_id: str
    state: str


class EvidenceTooLate(
    Refusal, code="EVIDENCE_TOO_LATE", remedy="Wait for the issuer's decision: the issuer accepts no more evidence."
):
    """Evidence for dispute {dispute_id} was due by {due_by}."""

    dispute_id: str
    due_by: datetime


class PaymentNotAuthorized(
    Refusal,
    code="PAYMENT_NOT_AUTHORIZED",
    remedy="Name a payment of the order, or wait until its authorisation is reported.",
    remedies={"declined": "Have the buyer pay again: the payment was declined."},
):
    """Payment {payment_id} is not authorised; it is {state}."""

    payment_id: str
    state: str


class AmountExceedsAuthorized(
    Refusal, code="AMOUNT_EXCEEDS_AUTHORIZED", remedy="Capture no more than is left: {remaining}."
):
    """The capture is {asked}, but only {remaining} of the authorised {authorized} is left."""

    asked: str
    remaining: str
    authorized: str


class AlreadyCaptured(Refusal, code="ALREADY_CAPTURED", remedy="Refund the captured money if it must go back."):
    """{captured} of payment {payment_id} is already captured or requested."""

    payment_id: str
    captured: str


class AuthorizationExpired(Refusal, code="AUTHORIZATION_EXPIRED", remedy="Have the buyer's payment authorised again."):
    """The authorisation of payment {payment_id} has expired[; it was valid until {expires_at}]."""

    payment_id: str
    expires_at: datetime | None


class PaymentAlreadyVoided(Refusal, code="PAYMENT_VOIDED", remedy="Have the buyer's payment authorised again."):
    """Payment {payment_id} is voided, or a void is requested."""

    payment_id: str


class CaptureNotFound(Refusal, code="CAPTURE_NOT_FOUND", remedy="Name a capture of the order."):
    """Order {order_id} has no capture {capture_ref}."""

    order_id: str
    capture_ref: str


class CaptureNotOverdue(Refusal, code="CAPTURE_NOT_OVERDUE", remedy="Send the command again at {due_at} or later."):
    """Capture {capture_ref} may still be matched to an order until {due_at}."""

    capture_ref: str
    due_at: datetime


class CaptureNotDuplicate(
    Refusal, code="CAPTURE_NOT_DUPLICATE", remedy="Refund it as buyer's funds, or as a part of the order."
):
    """Capture {capture_ref} is not a second payment of the order: {what}."""

    capture_ref: str
    what: str


class ClaimAlreadyFiled(Refusal, code="CLAIM_ALREADY_FILED", remedy="Use another id for a new claim."):
    """Claim {claim_id} is already filed; it is {state}."""

    claim_id: str
    state: str


class RateMissing(
    Refusal, code="RATE_MISSING", remedy="Record a rate for {pair} of {day} or an earlier day (record_fx_rate)."
):
    """There is no {kind} rate for {pair} of {day} or an earlier day."""

    pair: str
    kind: str
    day: date


class RateStale(Refusal, code="RATE_STALE", remedy="Record a newer rate for {pair} (record_fx_rate)."):
    """The last {kind} rate for {pair} is of {as_of}. It is too old for a decision on {day}."""

    pair: str
    kind: str
    as_of: date
    day: date


class OrderPaid(Refusal, code="ORDER_PAID", remedy="Cancel the order: the paid money is refunded with it."):
    """Order {order_id} is paid."""

    order_id: str


class OrderNotExpired(
    Refusal,
    code="ORDER_NOT_EXPIRED",
    remedy="Cancel the order (cancel_order)[, or send the command again at {pay_by} or later].",
):
    """Order {order_id} can still be paid[ until {pay_by}]."""

    order_id: str
    pay_by: datetime | None  # None if the policy sets no time


class PaymentUnderWay(
    Refusal,
    code="PAYMENT_UNDER_WAY",
    remedy="Void payment {payment_id} (void_payment), wait until it expires, or cancel the order.",
):
    """Money for order {order_id} is authorised or captured: payment {payment_id}."""

    order_id: str
    payment_id: str
