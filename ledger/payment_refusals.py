"""Refusals of an order's money beside its refunds: captures, voids, disputes, buyers' funds, and rates."""

from __future__ import annotations

from datetime import date, datetime

from ledger.refusal import Refusal


class DisputeOpen(Refusal, code="DISPUTE_OPEN", remedy="Wait until the dispute is won or lost."):
    """The buyer disputes {line_id} at the card issuer: {dispute_id}, {stage}."""

    line_id: str  # the capture where it is about money of no line
    dispute_id: str
    stage: str


class DisputeNotFound(Refusal, code="DISPUTE_NOT_FOUND", remedy="Name a dispute of the order."):
    """The order {order_id} has no dispute {dispute_id}."""

    order_id: str
    dispute_id: str


class DisputeClosed(Refusal, code="DISPUTE_CLOSED", remedy="Nothing, unless the issuer opens it again."):
    """The dispute {dispute_id} is closed: {state}."""

    dispute_id: str
    state: str


class EvidenceTooLate(Refusal, code="EVIDENCE_TOO_LATE", remedy="Nothing: the issuer takes no more evidence."):
    """Evidence for the dispute {dispute_id} was due by {due_by}."""

    dispute_id: str
    due_by: datetime


class PaymentNotAuthorized(
    Refusal, code="PAYMENT_NOT_AUTHORIZED", remedy="Wait until the issuer holds the buyer's money."
):
    """The payment {payment_id} is not authorised: {state}."""

    payment_id: str
    state: str


class AmountExceedsAuthorized(
    Refusal, code="AMOUNT_EXCEEDS_AUTHORIZED", remedy="Capture no more than is left of the authorisation."
):
    """{asked} are to be captured and {remaining} of {authorized} are left."""

    asked: str
    remaining: str
    authorized: str


class AlreadyCaptured(Refusal, code="ALREADY_CAPTURED", remedy="Refund what was captured, if it must go back."):
    """Of the payment {payment_id}, {captured} are captured or being captured already."""

    payment_id: str
    captured: str


class AuthorizationExpired(Refusal, code="AUTHORIZATION_EXPIRED", remedy="Have the buyer's payment authorised again."):
    """The authorisation of the payment {payment_id} has lapsed: it held until {expires_at}."""

    payment_id: str
    expires_at: datetime | None


class PaymentAlreadyVoided(Refusal, code="PAYMENT_VOIDED", remedy="Have the buyer's payment authorised again."):
    """The payment {payment_id} is voided, or the provider is asked to void it."""

    payment_id: str


class CaptureNotFound(Refusal, code="CAPTURE_NOT_FOUND", remedy="Name a capture of the order."):
    """The order {order_id} has no capture {capture_ref}."""

    order_id: str
    capture_ref: str


class CaptureNotOverdue(Refusal, code="CAPTURE_NOT_OVERDUE", remedy="Ask again when it is overdue."):
    """The capture {capture_ref} has until {due_at} to find its order."""

    capture_ref: str
    due_at: datetime


class CaptureNotDuplicate(
    Refusal, code="CAPTURE_NOT_DUPLICATE", remedy="Refund it as what it is: buyer's funds, or a part of the order."
):
    """The capture {capture_ref} was not taken beside what pays for the order: {what}."""

    capture_ref: str
    what: str


class ClaimAlreadyFiled(Refusal, code="CLAIM_ALREADY_FILED", remedy="Give every claim an id of its own."):
    """The claim {claim_id} was filed before and is {state}."""

    claim_id: str
    state: str


class RateMissing(Refusal, code="RATE_MISSING", remedy="Record a rate for the pair on or before that day."):
    """No {kind} rate for {pair} is known on or before {day}."""

    pair: str
    kind: str
    day: date


class RateStale(Refusal, code="RATE_STALE", remedy="Record a newer rate for the pair."):
    """The last {kind} rate for {pair} is of {as_of}: too old for a decision on {day}."""

    pair: str
    kind: str
    as_of: date
    day: date


class OrderPaid(Refusal, code="ORDER_PAID", remedy="Cancel the order: what was paid is refunded with it."):
    """The order {order_id} is paid."""

    order_id: str


class OrderNotExpired(Refusal, code="ORDER_NOT_EXPIRED", remedy="Wait until the time to pay is over, or cancel."):
    """The order {order_id} can be paid until {pay_by}."""

    order_id: str
    pay_by: datetime | None  # None where the policy sets no time


class PaymentUnderWay(Refusal, code="PAYMENT_UNDER_WAY", remedy="Void the payment or wait until it lapses, or cancel."):
    """Money for the order {order_id} is held or captured already: payment {payment_id}."""

    order_id: str
    payment_id: str
