"""Refusals of after-sales: requests of buyers, decisions of reviewers, refunds that the platform starts, and
returns."""

from __future__ import annotations

from datetime import datetime

from ledger.refusals.refusal import Refusal

_ARRIVED = {
    "signed_for": "Do nothing: the parcel was signed for. The buyer can request a return, or report that the goods did "
    "not arrive (request_refund)."
}


class AfterSalesLocked(
    Refusal,
    code="AFTER_SALES_LOCKED",
    remedy="Request again when the parcel is signed for[, or at {lock_ends_at} or later].",
):
    """After-sales requests[ for line {line_id}] are locked while the parcel is on its way, until it is signed for[ or
    until {lock_ends_at}]."""

    lock_ends_at: datetime | None  # None if only a signature ends the lock
    line_id: str | None = None


class NotSignedFor(
    Refusal,
    code="NOT_SIGNED_FOR",
    remedy="Wait for the signature, leave these units out, or request them with type not_received.",
):
    """Some requested units of line {line_id} are not signed for."""

    line_id: str


class ReturnWindowClosed(
    Refusal, code="RETURN_WINDOW_CLOSED", remedy="Leave these units out: they can no longer be returned."
):
    """The return window[ of line {line_id}] closed at {closed_at}."""

    closed_at: datetime
    line_id: str | None = None


class RefundExceedsRemaining(
    Refusal, code="REFUND_EXCEEDS_REMAINING", remedy="Request no more than is left: {remaining}."
):
    """The request asks for more {what} than can still be refunded: {asked} requested, {remaining} left."""

    what: str
    asked: str
    remaining: str


class CaseAlreadyOpen(
    Refusal,
    code="CASE_ALREADY_OPEN",
    remedy="Use another id for a new case.",
    remedies={
        "open": "Have case {refund_id} decided or withdrawn first[; after that, units on their way are still locked "
        "{then_locked}]. Use another id for another case.",
        "waiting for its goods": "Wait until the goods of case {refund_id} are back or the return expires. "
        "Use another id for another case.",
    },
):
    """Case {refund_id} already exists; it is {state}."""

    refund_id: str
    state: str
    then_locked: str | None = None  # the end of an after-sales lock on the units, beside the case


class NotCaptured(
    Refusal, code="NOT_CAPTURED", remedy="Cancel the order instead (cancel_order): there is nothing to refund."
):
    """Order {order_id} is not paid."""

    order_id: str


class ParcelNotLost(
    Refusal,
    code="PARCEL_NOT_LOST",
    remedy="Report the loss first (report_loss).",
    remedies=_ARRIVED | {"returned_to_sender": "Refund it as a returned parcel instead (refund_returned_parcel)."},
):
    """Parcel {parcel_id} is not lost; it is {status}."""

    parcel_id: str
    status: str


class WrongRound(Refusal, code="WRONG_ROUND", remedy="Decide round {expected}."):
    """The command decides round {asked}, but the next round is {expected}."""

    asked: int
    expected: int


class SameApprover(Refusal, code="SAME_APPROVER", remedy="Have another person decide this round."):
    """{approver} has already approved a round of this case."""

    approver: str


class CaseClosed(
    Refusal,
    code="CASE_CLOSED",
    remedy="Open a new case if something is still to be refunded.",
    remedies={"approved": "Pay the refund (submit_refund): nothing is left to decide."},
):
    """Case {refund_id} is closed; it is {state}."""

    refund_id: str
    state: str


class CaseNotFound(Refusal, code="CASE_NOT_FOUND", remedy="Name an after-sales case of the order."):
    """Order {order_id} has no after-sales case {refund_id}."""

    order_id: str
    refund_id: str


class LineNotInCase(Refusal, code="LINE_NOT_IN_CASE", remedy="Name a line of the case: {lines}."):
    """Case {refund_id} does not include line {line_id}."""

    refund_id: str
    line_id: str
    lines: tuple[str, ...]


class RefundNotApproved(Refusal, code="REFUND_NOT_APPROVED", remedy="Have the case approved first (approve_refund)."):
    """Case {refund_id} is not approved; it is {state}."""

    refund_id: str
    state: str


class ReturnNotReceived(
    Refusal, code="RETURN_NOT_RECEIVED", remedy="Wait for the goods, or report their return (report_return_received)."
):
    """The goods of case {refund_id} are not back."""

    refund_id: str


class AlreadySubmitted(Refusal, code="ALREADY_SUBMITTED", remedy="Wait for the provider's answer."):
    """Refund {refund_id} is already submitted in full."""

    refund_id: str


class FullAmountOnly(
    Refusal, code="FULL_AMOUNT_ONLY", remedy="Approve {asked} for line {line_id}, or reject the case."
):
    """Units that were not sent are refunded at their full price: {asked} for line {line_id}, not {amount}."""

    line_id: str
    asked: str
    amount: str


class ChargeNotRefundable(
    Refusal,
    code="CHARGE_NOT_REFUNDABLE",
    remedy="Leave the charge {type} out, or have the policy {policy} changed first.",
):
    """The policy {policy} does not refund the charge {type}."""

    type: str
    policy: str


class ChargeNotFound(
    Refusal, code="CHARGE_NOT_FOUND", remedy="Leave the charge {type} out[, or name a charge of the order: {charges}]."
):
    """Order {order_id} has no charge of type {type}."""

    order_id: str
    type: str
    charges: tuple[str, ...]


class ParcelNotRefused(
    Refusal,
    code="PARCEL_NOT_REFUSED",
    remedy="Report the refusal by customs first (report_tracking).",
    remedies=_ARRIVED,
):
    """Parcel {parcel_id} is not refused by customs; it is {status}."""

    parcel_id: str
    status: str


class ParcelNotDamaged(
    Refusal,
    code="PARCEL_NOT_DAMAGED",
    remedy="Report the damage first (report_tracking).",
    remedies=_ARRIVED,
):
    """Parcel {parcel_id} is not damaged; it is {status}."""

    parcel_id: str
    status: str


class ParcelNotReturned(
    Refusal,
    code="PARCEL_NOT_RETURNED",
    remedy="Report the return of the parcel first (report_tracking).",
    remedies=_ARRIVED
    | {
        "lost": "Refund it as a lost parcel instead (refund_lost_parcel).",
        "rejected_at_warehouse": "The units are with the merchant: pack them again (create_parcel), or cancel them "
        "(cancel_order).",
    },
):
    """Parcel {parcel_id} is not on its way back to the sender; it is {status}."""

    parcel_id: str
    status: str


class UnsentIsMerchants(Refusal, code="UNSENT_IS_MERCHANTS", remedy="Leave `liability` out, or set it to merchant."):
    """Units of line {line_id} never left the merchant: the merchant bears their refund, not the {liability}."""

    line_id: str
    liability: str


class ReturnNotAuthorized(
    Refusal,
    code="RETURN_NOT_AUTHORIZED",
    remedy="Approve a case with return_required first (approve_refund).",
    remedies={
        "received": "Do nothing: the goods are back.",
        "inspected": "Do nothing: the goods are back.",
        "expired": "Open a new case if something is still to be refunded.",
    },
):
    """Case {refund_id} does not wait for a return; it is {state}."""

    refund_id: str
    state: str


class ReturnNotExpired(
    Refusal,
    code="RETURN_NOT_EXPIRED",
    remedy="Wait for the goods[, or send the command again at {return_by} or later].",
):
    """The return of case {refund_id} has not expired: the goods are {state}[, and may come back until {return_by}]."""

    refund_id: str
    return_by: datetime | None  # None if the return has no deadline
    state: str


class NotDeemedSigned(
    Refusal,
    code="NOT_DEEMED_SIGNED",
    remedy="Wait for the carrier's proof of delivery[, or send the command again at {deemed_at} or later].",
):
    """Parcel {parcel_id} is {status}. It does not count as signed for[ before {deemed_at}]."""

    parcel_id: str
    deemed_at: datetime | None  # None if the policy has no deemed signatures
    status: str
