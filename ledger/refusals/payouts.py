"""Refusals about releases and payouts."""

from __future__ import annotations

from datetime import datetime

from ledger.refusals.refusal import Refusal

_REFUND_INSTEAD = "Refund parcel {parcel_id} (%s); other parcels are released after they are signed for."


class NotSignedOff(
    Refusal,
    code="NOT_SIGNED_OFF",
    remedy="Wait for the parcels to be signed for.",
    remedies={
        "lost": _REFUND_INSTEAD % "refund_lost_parcel",
        "damaged": _REFUND_INSTEAD % "refund_damaged_parcel",
        "destroyed": _REFUND_INSTEAD % "refund_damaged_parcel",
        "export_rejected": _REFUND_INSTEAD % "refund_refused_parcel",
        "import_refused": _REFUND_INSTEAD % "refund_refused_parcel",
        "returning_to_sender": _REFUND_INSTEAD % "refund_returned_parcel",
        "returned_to_warehouse": _REFUND_INSTEAD % "refund_returned_parcel",
        "returned_to_sender": _REFUND_INSTEAD % "refund_returned_parcel",
    },
):
    """No units of[ line {line_id} of] order {order_id} that are still to be released are signed for[; parcel
    {parcel_id} is {status}]."""

    order_id: str
    line_id: str | None = None
    parcel_id: str | None = None  # a parcel that nobody will sign for
    status: str | None = None


class NotDue(Refusal, code="NOT_DUE", remedy="Send the command again at {due_at} or later."):
    """The first release is due at {due_at}."""

    due_at: datetime


class OpenCase(
    Refusal, code="OPEN_CASE", remedy="Have case {refund_id} decided first[; the release is then due at {due_at}]."
):
    """The open case {refund_id} blocks the release."""

    refund_id: str
    due_at: datetime | None = None  # None if it would be due now


class LineOnHold(
    Refusal,
    code="LINE_ON_HOLD",
    remedy="End hold {hold_id} first (release_line_hold)[; the release is then due at {due_at}].",
):
    """The money of line {line_id} is on hold: {hold_id}."""

    line_id: str
    hold_id: str
    due_at: datetime | None = None  # None if it would be due now


class AlreadyReleased(Refusal, code="ALREADY_RELEASED", remedy="Do nothing: the merchant's money is already released."):
    """All units of[ line {line_id} of] order {order_id} are already released or refunded."""

    order_id: str
    line_id: str | None = None


class InsufficientAvailable(
    Refusal,
    code="INSUFFICIENT_AVAILABLE",
    remedy="Request less, or wait for the next release[, which first repays the {owed}].",
):
    """A {what} of {asked} was requested, but {available} is available[; the merchant owes {owed}][; open cases and
    disputes may still take {in_open_cases}][; {reserve} is kept as the merchant's reserve]."""

    what: str
    asked: str
    available: str
    owed: str | None = None
    in_open_cases: str | None = None
    reserve: str | None = None


class PayoutBelowMinimum(
    Refusal, code="PAYOUT_BELOW_MINIMUM", remedy="Wait until at least {minimum} is available, and request that."
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


class PayoutIdTaken(Refusal, code="PAYOUT_ID_TAKEN", remedy="Use another id for a new payout."):
    """Payout {payout_id} already exists; it is {state}."""

    payout_id: str
    state: str
