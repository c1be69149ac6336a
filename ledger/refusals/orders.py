"""Refusals about placing an order, and about packing and handing over its parcels."""

from __future__ import annotations

from datetime import datetime

from ledger.refusals.refusal import Refusal


class QuoteExpired(
    Refusal, code="QUOTE_EXPIRED", remedy="Quote the buyer anew, and place the order before that quote expires."
):
    """The prices that the buyer was quoted were valid until {expired_at}."""

    expired_at: datetime


class TotalsMismatch(
    Refusal, code="TOTALS_MISMATCH", remedy="Send amounts that follow from the lines, the charges and the rate."
):
    """The order does not add up: {field} is {given}, and {expected} is expected."""

    field: str
    expected: str
    given: str


class OrderAlreadyPlaced(Refusal, code="ORDER_ALREADY_PLACED", remedy="Give another order an id of its own."):
    """Order {order_id} is already placed."""

    order_id: str


class PromiseBeforeOrder(
    Refusal, code="PROMISE_BEFORE_ORDER", remedy="Promise a time after {placed_at}, or leave promised_warehouse_by out."
):
    """The goods are promised to the warehouse by {promised_by}, before the order is placed at {placed_at}."""

    promised_by: datetime
    placed_at: datetime


class OrderNotConfirmed(
    Refusal,
    code="ORDER_NOT_CONFIRMED",
    remedy="Wait until the order is placed and paid.",
    remedies={
        "unplaced": "Place the order first (place_order).",
        "placed": "Wait until the order is paid.",
        "cancelled": "Nothing can be done on a cancelled order: place another one.",
        "expired": "Nothing can be done on an order whose time to pay is over: place another one.",
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
    remedy="Leave out what is refunded already: of line {line_id}, {remaining} left.",
):
    """Line {line_id}[ in parcel {parcel_id}] has too few units left: {refunded} refunded already, {remaining} left."""

    line_id: str
    refunded: int
    remaining: int
    parcel_id: str | None = None


class RefundPendingOnLine(
    Refusal,
    code="REFUND_PENDING_ON_LINE",
    remedy="Have case {refund_id} decided or withdrawn first, or leave its units out.",
):
    """The open case {refund_id} asks for units of line {line_id}."""

    line_id: str
    refund_id: str


class QtyExceedsRemaining(
    Refusal, code="QTY_EXCEEDS_REMAINING", remedy="Ask for no more of line {line_id} than is left: {remaining}."
):
    """Line {line_id} has too few units left: {asked} asked for, {remaining} left."""

    line_id: str
    asked: int
    remaining: int


class DuplicateTrackingNo(
    Refusal, code="DUPLICATE_TRACKING_NO", remedy="Give this parcel a tracking number of its own."
):
    """The tracking number {tracking_no} belongs to parcel {parcel_id} already."""

    tracking_no: str
    parcel_id: str


class ParcelAlreadyExists(Refusal, code="PARCEL_ALREADY_EXISTS", remedy="Give another parcel an id of its own."):
    """Parcel {parcel_id} was created before."""

    parcel_id: str


class ParcelNotFound(
    Refusal, code="PARCEL_NOT_FOUND", remedy="Name a parcel of the order, or create it first (create_parcel)."
):
    """Order {order_id} has no parcel {parcel_id}."""

    order_id: str
    parcel_id: str


class AlreadyDispatched(Refusal, code="ALREADY_DISPATCHED", remedy="Leave it as it is: the parcel is on its way."):
    """Parcel {parcel_id} was dispatched at {dispatched_at}."""

    parcel_id: str
    dispatched_at: datetime


class DispatchTimeImplausible(
    Refusal, code="DISPATCH_TIME_IMPLAUSIBLE", remedy="Give the time of the hand-over, or leave dispatched_at out."
):
    """A hand-over at {dispatched_at} is not between the order, placed at {placed_at}, and the parcel's first scan or
    now, {latest}."""

    dispatched_at: datetime
    placed_at: datetime
    latest: datetime
