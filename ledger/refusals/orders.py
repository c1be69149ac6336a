"""Refusals about orders, their lines and their parcels."""

from __future__ import annotations

from datetime import datetime

from ledger.refusals.refusal import Refusal


class QuoteExpired(
    Refusal, code="QUOTE_EXPIRED", remedy="Give the buyer a new quote, and place the order before it expires."
):
    """The buyer's quote expired at {expired_at}."""

    expired_at: datetime


class TotalsMismatch(
    Refusal, code="TOTALS_MISMATCH", remedy="Send amounts that agree with the lines, the charges and the rate."
):
    """The order does not add up: {field} is {given}, but {expected} is expected."""

    field: str
    expected: str
    given: str


class OrderAlreadyPlaced(Refusal, code="ORDER_ALREADY_PLACED", remedy="Use another id for a new order."):
    """Order {order_id} is already placed."""

    order_id: str


class PromiseBeforeOrder(
    Refusal, code="PROMISE_BEFORE_ORDER", remedy="Give a time after {placed_at}, or leave promised_warehouse_by out."
):
    """The goods are promised to the warehouse by {promised_by}, before the order was placed at {placed_at}."""

    promised_by: datetime
    placed_at: datetime


class OrderNotConfirmed(
    Refusal,
    code="ORDER_NOT_CONFIRMED",
    remedy="Wait until the order is placed and paid.",
    remedies={
        "unplaced": "Place the order first (place_order).",
        "placed": "Wait until the order is paid.",
        "cancelled": "Place another order: this one is cancelled.",
        "expired": "Place another order: this one was not paid in time.",
    },
):
    """Order {order_id} is {status}, not confirmed."""

    order_id: str
    status: str


class LineNotFound(Refusal, code="LINE_NOT_FOUND", remedy="Name a line of the order[: {lines}]."):
    """Order {order_id} has no line {line_id}."""

    order_id: str
    line_id: str
    lines: tuple[str, ...] = ()


class LineAlreadyRefunded(
    Refusal,
    code="LINE_ALREADY_REFUNDED",
    remedy="Leave the refunded units out: {remaining} of line {line_id} left.",
):
    """Line {line_id}[ in parcel {parcel_id}] has too few units: {refunded} already refunded, {remaining} left."""

    line_id: str
    refunded: int
    remaining: int
    parcel_id: str | None = None


class RefundPendingOnLine(
    Refusal,
    code="REFUND_PENDING_ON_LINE",
    remedy="Have case {refund_id} decided or withdrawn first, or leave its units out.",
):
    """The open case {refund_id} includes units of line {line_id}."""

    line_id: str
    refund_id: str


class QtyExceedsRemaining(
    Refusal, code="QTY_EXCEEDS_REMAINING", remedy="Request no more units of line {line_id} than are left: {remaining}."
):
    """Line {line_id} has too few units: {asked} requested, {remaining} left."""

    line_id: str
    asked: int
    remaining: int


class DuplicateTrackingNo(Refusal, code="DUPLICATE_TRACKING_NO", remedy="Give this parcel another tracking number."):
    """The tracking number {tracking_no} already belongs to parcel {parcel_id}."""

    tracking_no: str
    parcel_id: str


class ParcelAlreadyExists(Refusal, code="PARCEL_ALREADY_EXISTS", remedy="Use another id for a new parcel."):
    """Parcel {parcel_id} already exists."""

    parcel_id: str


class ParcelNotFound(
    Refusal, code="PARCEL_NOT_FOUND", remedy="Name a parcel of the order, or create it first (create_parcel)."
):
    """Order {order_id} has no parcel {parcel_id}."""

    order_id: str
    parcel_id: str


class AlreadyDispatched(Refusal, code="ALREADY_DISPATCHED", remedy="Do nothing: the parcel is on its way."):
    """Parcel {parcel_id} was already dispatched at {dispatched_at}."""

    parcel_id: str
    dispatched_at: datetime


class DispatchTimeImplausible(
    Refusal,
    code="DISPATCH_TIME_IMPLAUSIBLE",
    remedy="Give the time when the carrier got the parcel, or leave dispatched_at out.",
):
    """The dispatch at {dispatched_at} must be between the order at {placed_at} and the parcel's first scan or now,
    {latest}."""

    dispatched_at: datetime
    placed_at: datetime
    latest: datetime
