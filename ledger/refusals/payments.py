"""Refusals of an order's money beside its refunds: captures, voids, disputes, buyers' funds, and rates."""

from __future__ import annotations

from datetime import date, datetime

from ledger.refusals.refusal import Refusal


class DisputeOpen(
    Refusal,
    code="DISPUTE_OPEN",
    remedy="Wait until dispute {dispute_id} is won or lost[; the release falls due at {due_at} then].",
):
    """The buyer disputes {line_id} at the card issuer: {dispute_id}, stage {stage}."""

    line_id: str  # the capture where it is about money of no line
    dispute_id: str
    stage: str
    due_at: datetime | None = None  # of a release that would be due later than now


class DisputeNotFound(Refusal, code="DISPUTE_NOT_FOUND", remedy="Name a dispute of the order."):
    """Order {order_id} has no dispute {dispute_id}."""

    order_id: str
    dispute_id: str


class DisputeClosed(
    Refusal, code="DISPUTE_CLOSED", remedy="Nothing can be done unless the issuer opens the dispute again."
):
    """Dispute {dispute_id} is closed; it is {state}."""

    dispute_id: str
    state: str


class EvidenceTooLate(
    Refusal, code="EVIDENCE_TOO_LATE", remedy="Wait for the issuer's decision: it takes no more evidence."
):
    """Evidence for dispute {dispute_id} was due by {due_by}."""

    dispute_id: str
    due_by: datetime


class PaymentNotAuthorized(
    Refusal,
    code="PAYMENT_NOT_AUTHORIZED",
    remedy="Name a payment of the order, or wait until its authorisation is reported.",
    remedies={"declined": "Have the buyer pay again: the issuer does not hold the money."},
):
    """Payment {payment_id} is not authorised; it is {state}."""

    payment_id: str
    state: str


class AmountExceedsAuthorized(
    Refusal, code="AMOUNT_EXCEEDS_AUTHORIZED", remedy="Capture no more than the {remaining} that is left."
):
    """{asked} is to be captured, and {remaining} of the {authorized} authorised is left."""

    asked: str
    remaining: str
    authorized: str


class AlreadyCaptured(Refusal, code="ALREADY_CAPTURED", remedy="Refund what was captured, if it must go back."):
    """Of payment {payment_id}, {captured} is captured or asked for already."""

    payment_id: str
    captured: str


class AuthorizationExpired(Refusal, code="AUTHORIZATION_EXPIRED", remedy="Have the buyer's payment authorised again."):
    """The authorisation of payment {payment_id} has lapsed[; it held until {expires_at}]."""

    payment_id: str
    expires_at: datetime | None


class PaymentAlreadyVoided(Refusal, code="PAYMENT_VOIDED", remedy="Have the buyer's payment authorised again."):
    """Payment {payment_id} is voided, or the provider is asked to void it."""

    payment_id: str


class CaptureNotFound(Refusal, code="CAPTURE_NOT_FOUND", remedy="Name a capture of the order."):
    """Order {order_id} has no capture {capture_ref}."""

    order_id: str
    capture_ref: str


class CaptureNotOverdue(Refusal, code="CAPTURE_NOT_OVERDUE", remedy="Ask again at {due_at} or later."):
    """Capture {capture_ref} has until {due_at} to find its order."""

    capture_ref: str
    due_at: datetime


class CaptureNotDuplicate(
    Refusal, code="CAPTURE_NOT_DUPLICATE", remedy="Refund it as what it is: buyer's funds, or a part of the order."
):
    """Capture {capture_ref} is no second payment of the order: {what}."""

    capture_ref: str
    what: str


class ClaimAlreadyFiled(Refusal, code="CLAIM_ALREADY_FILED", remedy="Give every claim an id of its own."):
    """Claim {claim_id} was filed before, and is {state}."""

    claim_id: str
    state: str


class RateMissing(Refusal, code="RATE_MISSING", remedy="Record a rate of {pair} for {day} or before (record_fx_rate)."):
    """No {kind} rate for {pair} is known on or before {day}."""

    pair: str
    kind: str
    day: date


class RateStale(Refusal, code="RATE_STALE", remedy="Record a newer rate of {pair} (record_fx_rate)."):
    """The last {kind} rate for {pair} is of {as_of}, which is too old for a decision on {day}."""

    pair: str
    kind: str
    as_of: date
    day: date


class OrderPaid(Refusal, code="ORDER_PAID", remedy="Cancel the order: what was paid is refunded with it."):
    """Order {order_id} is paid."""

    order_id: str


class OrderNotExpired(
    Refusal, code="ORDER_NOT_EXPIRED", remedy="Cancel the order (cancel_order)[, or ask again at {pay_by} or later]."
):
    """Order {order_id} can still be paid[ until {pay_by}]."""

    order_id: str
    pay_by: datetime | None  # None where the policy sets no time


class PaymentUnderWay(
    Refusal,
    code="PAYMENT_UNDER_WAY",
    remedy="Void payment {payment_id} (void_payment), wait until it lapses, or cancel the order.",
):
    """Money for order {order_id} is held or captured already: payment {payment_id}."""

    order_id: str
    payment_id: str
