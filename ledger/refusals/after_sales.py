"""Refusals of after-sales: what buyers ask for, what reviewers decide, what the platform starts, and returns."""

from __future__ import annotations

from datetime import datetime

from ledger.refusals.refusal import Refusal


class AfterSalesLocked(
    Refusal,
    code="AFTER_SALES_LOCKED",
    remedy="Ask again once the parcel is signed for[, or at {lock_ends_at} or later].",
):
    """The parcel is on its way; after-sales opens when it is signed for[, or at {lock_ends_at}]."""

    lock_ends_at: datetime | None  # None where only a signature ends it


class NotSignedFor(
    Refusal,
    code="NOT_SIGNED_FOR",
    remedy="Wait for the signature, leave these units out, or ask for them with type not_received.",
):
    """Units of line {line_id} that are asked for are not signed for."""

    line_id: str


class ReturnWindowClosed(
    Refusal, code="RETURN_WINDOW_CLOSED", remedy="Leave these units out: the time for their return is over."
):
    """Returns were possible until {closed_at}."""

    closed_at: datetime


class RefundExceedsRemaining(
    Refusal, code="REFUND_EXCEEDS_REMAINING", remedy="Ask for no more of {what} than is left: {remaining}."
):
    """More of {what} is asked back than is left to refund: {asked} asked for, {remaining} left."""

    what: str
    asked: str
    remaining: str


class CaseAlreadyOpen(
    Refusal,
    code="CASE_ALREADY_OPEN",
    remedy="Give a new case an id of its own.",
    remedies={
        "open": "Have case {refund_id} decided or withdrawn first[; units on their way are locked {then_locked} "
        "even then]. Another case has an id of its own.",
        "waiting for its goods": "Wait until the goods of case {refund_id} are back or their time is over. "
        "Another case has an id of its own.",
    },
):
    """Case {refund_id} exists already, and is {state}."""

    refund_id: str
    state: str
    then_locked: str | None = None  # until when, as far as the units are locked for other reasons than the case


class NotCaptured(
    Refusal, code="NOT_CAPTURED", remedy="Cancel the order instead (cancel_order): there is nothing to pay back."
):
    """Order {order_id} is not paid."""

    order_id: str


class ParcelNotLost(
    Refusal,
    code="PARCEL_NOT_LOST",
    remedy="Report the loss first (report_loss).",
    remedies={
        "signed_for": "Leave it: the parcel was signed for. The buyer asks for a return, or says that the goods never "
        "came (request_refund)."
    },
):
    """Parcel {parcel_id} is not lost; it is {status}."""

    parcel_id: str
    status: str


class WrongRound(Refusal, code="WRONG_ROUND", remedy="Decide round {expected}."):
    """Round {asked} is asked for, and round {expected} is next."""

    asked: int
    expected: int


class SameApprover(Refusal, code="SAME_APPROVER", remedy="Have another person decide this round."):
    """{approver} has already approved a round of this case."""

    approver: str


class CaseClosed(
    Refusal,
    code="CASE_CLOSED",
    remedy="Open a new case where something is still to be refunded.",
    remedies={"approved": "Nothing is left to decide: have the refund paid (submit_refund)."},
):
    """Case {refund_id} is closed; it is {state}."""

    refund_id: str
    state: str


class CaseNotFound(Refusal, code="CASE_NOT_FOUND", remedy="Name an after-sales case of the order."):
    """Order {order_id} has no after-sales case {refund_id}."""

    order_id: str
    refund_id: str


class LineNotInCase(Refusal, code="LINE_NOT_IN_CASE", remedy="Name a line that the case asks for: {lines}."):
    """Case {refund_id} does not ask for line {line_id}."""

    refund_id: str
    line_id: str
    lines: tuple[str, ...]


class RefundNotApproved(Refusal, code="REFUND_NOT_APPROVED", remedy="Have the case approved first (approve_refund)."):
    """Case {refund_id} is not approved: {state}."""

    refund_id: str
    state: str


class ReturnNotReceived(
    Refusal, code="RETURN_NOT_RECEIVED", remedy="Wait for the goods, or report that they are back."
):
    """The goods of case {refund_id} are not back."""

    refund_id: str


class AlreadySubmitted(Refusal, code="ALREADY_SUBMITTED", remedy="Wait for the provider's answer."):
    """Refund {refund_id} is already submitted in full."""

    refund_id: str


class FullAmountOnly(Refusal, code="FULL_AMOUNT_ONLY", remedy="Approve {asked} of line {line_id}, or reject the case."):
    """Units that were not sent are refunded at their full price: {asked} of line {line_id}, not {amount}."""

    line_id: str
    asked: str
    amount: str


class ChargeNotRefundable(
    Refusal, code="CHARGE_NOT_REFUNDABLE", remedy="Leave {type} out, or have the policy {policy} changed first."
):
    """The policy {policy} gives no {type} back."""

    type: str
    policy: str


class ChargeNotFound(
    Refusal, code="CHARGE_NOT_FOUND", remedy="Leave {type} out[, or name a charge of the order: {charges}]."
):
    """Order {order_id} has no charge of the type {type}."""

    order_id: str
    type: str
    charges: tuple[str, ...]


class ParcelNotRefused(
    Refusal, code="PARCEL_NOT_REFUSED", remedy="Report that customs refused the parcel first (report_tracking)."
):
    """Customs has not refused parcel {parcel_id}; it is {status}."""

    parcel_id: str
    status: str


class ParcelNotDamaged(Refusal, code="PARCEL_NOT_DAMAGED", remedy="Report the damage first (report_tracking)."):
    """Parcel {parcel_id} is not damaged; it is {status}."""

    parcel_id: str
    status: str


class ParcelNotReturned(
    Refusal, code="PARCEL_NOT_RETURNED", remedy="Report that the parcel is sent back first (report_tracking)."
):
    """Parcel {parcel_id} is not on its way back; it is {status}."""

    parcel_id: str
    status: str


class UnsentIsMerchants(
    Refusal, code="UNSENT_IS_MERCHANTS", remedy="Leave `liability` out, or name the merchant as the one who bears it."
):
    """Units of line {line_id} never left the merchant, who bears their refund, not the {liability}."""

    line_id: str
    liability: str


class ReturnNotAuthorized(
    Refusal,
    code="RETURN_NOT_AUTHORIZED",
    remedy="Approve a case with return_required first (approve_refund).",
    remedies={
        "received": "Leave it as it is: the goods are back.",
        "inspected": "Leave it as it is: the goods are back.",
        "expired": "Open a new case where something is still to be refunded.",
    },
):
    """No goods are awaited for case {refund_id}; it is {state}."""

    refund_id: str
    state: str


class ReturnNotExpired(
    Refusal, code="RETURN_NOT_EXPIRED", remedy="Wait for the goods[, or ask again at {return_by} or later]."
):
    """The goods of case {refund_id} are {state}[, and may come back until {return_by}]."""

    refund_id: str
    return_by: datetime | None  # None where there is no hurry
    state: str


class NotDeemedSigned(
    Refusal,
    code="NOT_DEEMED_SIGNED",
    remedy="Wait for the carrier's proof of delivery[, or ask again at {deemed_at} or later].",
):
    """Parcel {parcel_id} is {status}, and is not deemed signed for[ before {deemed_at}]."""

    parcel_id: str
    deemed_at: datetime | None  # None where the policy deems nothing signed
    status: str
