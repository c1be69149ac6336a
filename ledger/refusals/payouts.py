"""Refusals about releasing an order's money and paying it out."""

from __future__ import annotations

from datetime import datetime

from ledger.refusals.refusal import Refusal


class NotSignedOff(Refusal, code="NOT_SIGNED_OFF", remedy="Wait for the parcels to be signed for."):
    """Nothing of[ line {line_id} of] order {order_id} that is still to be released is signed for."""

    order_id: str
    line_id: str | None = None


class NotDue(Refusal, code="NOT_DUE", remedy="Ask again at {due_at} or later."):
    """The first release falls due at {due_at}."""

    due_at: datetime


class OpenCase(
    Refusal, code="OPEN_CASE", remedy="Have case {refund_id} decided first[; the release falls due at {due_at} then]."
):
    """The open case {refund_id} holds the release back."""

    refund_id: str
    due_at: datetime | None = None  # None where it would be due now


class LineOnHold(
    Refusal,
    code="LINE_ON_HOLD",
    remedy="End hold {hold_id} first (release_line_hold)[; the release falls due at {due_at} then].",
):
    """The money of line {line_id} is kept back by hold {hold_id}."""

    line_id: str
    hold_id: str
    due_at: datetime | None = None  # None where it would be due now


class AlreadyReleased(
    Refusal, code="ALREADY_RELEASED", remedy="Leave it as it is: all that is the merchant's is released."
):
    """Everything of[ line {line_id} of] order {order_id} is released or refunded already."""

    order_id: str
    line_id: str | None = None


class InsufficientAvailable(
    Refusal,
    code="INSUFFICIENT_AVAILABLE",
    remedy="Ask for less, or wait for the next release[, which pays back the {owed} first].",
):
    """A {what} of {asked} is asked for, and {available} is available for it[; the merchant owes {owed}][; open cases
    and disputes may still take {in_open_cases}][; {reserve} is kept as the merchant's reserve]."""

    what: str
    asked: str
    available: str
    owed: str | None = None
    in_open_cases: str | None = None
    reserve: str | None = None


class PayoutBelowMinimum(
    Refusal, code="PAYOUT_BELOW_MINIMUM", remedy="Wait until {minimum} or more is available, and ask for that."
):
    """A payout of {asked} is below the minimum of {minimum}."""

    asked: str
    minimum: str


class PayoutInFlight(
    Refusal, code="PAYOUT_IN_FLIGHT", remedy="Wait for the bank's answer to payout {payout_id}, or cancel it."
):
    """Payout {payout_id} of {amount} is still on its way."""

    payout_id: str
    amount: str


class PayoutIdTaken(Refusal, code="PAYOUT_ID_TAKEN", remedy="Give every payout an id of its own."):
    """A payout {payout_id} was made before, and is {state}."""

    payout_id: str
    state: str
