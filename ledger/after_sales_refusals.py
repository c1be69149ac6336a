"""Refusals of after-sales beside the catalogue's own: returns, part refunds, refunds the platform starts."""

from __future__ import annotations

from datetime import datetime

from ledger.refusal import Refusal


class FullAmountOnly(Refusal, code="FULL_AMOUNT_ONLY", remedy="Approve what was asked, or reject the request."):
    """Units that were not sent are refunded at their full price: {asked} of line {line_id}, not {amount}."""

    line_id: str
    asked: str
    amount: str


class ChargeNotRefundable(
    Refusal, code="CHARGE_NOT_REFUNDABLE", remedy="Grant what else is asked, or change the policy first."
):
    """The policy {policy} gives no {type} back."""

    type: str
    policy: str


class ParcelNotLost(
    Refusal,
    code="PARCEL_NOT_LOST",
    remedy="Report the loss first. A parcel that was signed for is not lost: the buyer asks for a return, or says that"
    " the goods never came (`request_refund`).",
):
    """The parcel {parcel_id} is not lost: {status}."""

    parcel_id: str
    status: str


class ParcelNotRefused(Refusal, code="PARCEL_NOT_REFUSED", remedy="Report that customs refused the parcel first."):
    """Customs has not refused the parcel {parcel_id}: {status}."""

    parcel_id: str
    status: str


class ParcelNotDamaged(Refusal, code="PARCEL_NOT_DAMAGED", remedy="Report the damage first."):
    """The parcel {parcel_id} is not damaged: {status}."""

    parcel_id: str
    status: str


class ParcelNotReturned(Refusal, code="PARCEL_NOT_RETURNED", remedy="Report that the parcel is sent back first."):
    """The parcel {parcel_id} is not on its way back: {status}."""

    parcel_id: str
    status: str


class UnsentIsMerchants(
    Refusal, code="UNSENT_IS_MERCHANTS", remedy="Approve it without `liability`, or name the merchant."
):
    """Units of line {line_id} never left the merchant, who bears their refund: {liability} cannot."""

    line_id: str
    liability: str


class ReturnNotAuthorized(Refusal, code="RETURN_NOT_AUTHORIZED", remedy="Approve the case with a return first."):
    """No goods are awaited for the case {refund_id}: {state}."""

    refund_id: str
    state: str


class ReturnNotExpired(Refusal, code="RETURN_NOT_EXPIRED", remedy="Wait for the goods, or until the time is over."):
    """The goods of the case {refund_id} may come back until {return_by}; they are {state}."""

    refund_id: str
    return_by: datetime | None  # None where there is no hurry
    state: str


class NotDeemedSigned(Refusal, code="NOT_DEEMED_SIGNED", remedy="Wait for the time, or for the carrier's proof."):
    """The parcel {parcel_id} is deemed signed for at {deemed_at}; it is {status}."""

    parcel_id: str
    deemed_at: datetime | None  # None where the policy deems nothing signed
    status: str
