"""Units that may still be packed and dispatched: paid, not refunded, in no open case, and not sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commands.order_command import line_of
from ledger.events.parcels import ParcelItem
from ledger.folds.parcel import FREE_AGAIN, Parcel
from ledger.refusals.catalogue import LineAlreadyRefunded, OrderNotConfirmed, QtyExceedsRemaining, RefundPendingOnLine
from ledger.streams.orders.order import Order


def quantities(items: Iterable[ParcelItem]) -> dict[str, int]:
    """Returns the units by line. Several items of one line are added."""
    sums: dict[str, int] = {}
    for item in items:
        sums[item.line_id] = sums.get(item.line_id, 0) + item.qty
    return sums


def to_send(order: Order, line_id: str, *, besides: str = "") -> int:
    """Returns the line's units that are neither refunded nor sent in a parcel other than `besides`."""
    journeys = order.parcels.journeys(line_id)
    return order.lines[line_id].unshipped(journey for journey in journeys if journey.parcel_id != besides)


def to_pack(order: Order, line_id: str) -> int:
    """Returns the units to send that no packed parcel holds. Parcels that cannot be dispatched hold none."""
    waiting = (p for p in order.parcels if p.created and not _has_left(p) and _can_leave(order, p))
    return to_send(order, line_id) - sum(parcel.quantity(line_id) for parcel in waiting)


def held_back_by(order: Order, line_id: str, qty: int, *, of: int) -> str | None:
    """Returns the id of the open case that requests some of these units, or None.

    `of` units are left to send. The units that a case requests are sent last.
    """
    if qty <= of - order.lines[line_id].at(None).asked:
        return None
    for case in order.cases.values():
        if case.is_open and any(line.line_id == line_id and line.parcel_id is None for line in case.lines):
            return case.id
    return None


def expect_packable(order: Order, items: Iterable[ParcelItem]) -> None:
    """Raises a refusal with the reason if these units cannot be packed."""
    asked = _of_a_paid_order(order, items)
    _expect(order, asked, {line_id: to_pack(order, line_id) for line_id in asked})


def expect_sendable(order: Order, parcel: Parcel) -> None:
    """Raises a refusal with the reason if this packed parcel cannot be dispatched."""
    asked = _of_a_paid_order(order, parcel.items)
    _expect(order, asked, {line_id: to_send(order, line_id, besides=parcel.parcel_id) for line_id in asked})


def _of_a_paid_order(order: Order, items: Iterable[ParcelItem]) -> dict[str, int]:
    if not order.confirmed or order.cancelled or order.expired:
        raise OrderNotConfirmed(order_id=order.order_id, status=order.status)
    asked = quantities(items)
    for line_id in asked:
        line_of(order, line_id)
    return asked


def _expect(order: Order, asked: Mapping[str, int], remaining: Mapping[str, int]) -> None:
    """Raises if units are refunded, too many, or in an open case. Other units of the line are not held back."""
    for line_id, qty in asked.items():
        left, refunded = max(0, remaining[line_id]), order.lines[line_id].at(None).refunded
        if left < qty <= remaining[line_id] + refunded:
            raise LineAlreadyRefunded(line_id=line_id, refunded=refunded, remaining=left)
        if qty > left:
            raise QtyExceedsRemaining(line_id=line_id, asked=qty, remaining=left)
        if case_id := held_back_by(order, line_id, qty, of=left):
            raise RefundPendingOnLine(line_id=line_id, refund_id=case_id)


def _has_left(parcel: Parcel) -> bool:
    return parcel.status in FREE_AGAIN or parcel.has_left


def _can_leave(order: Order, parcel: Parcel) -> bool:
    return all(
        line_id in order.lines and qty <= to_send(order, line_id) - order.lines[line_id].at(None).asked
        for line_id, qty in quantities(parcel.items).items()
    )
