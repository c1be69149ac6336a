"""A source order's payments as captures of its merchant orders: cumulative shares of the buyers' totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.money import Money, half_up, split
from service.demo.olist.orders import MerchantOrder
from service.demo.olist.source import SourcePayment


@dataclass(frozen=True, slots=True)
class CapturePart:
    """What one payment brings to one merchant order, in the buyer's currency and in BRL."""

    payment: SourcePayment
    amount: Money
    source_amount: Money


def shares(payments: Sequence[SourcePayment], orders: Sequence[MerchantOrder]) -> dict[str, list[CapturePart]]:
    """The parts of each merchant order (by id), one a payment, in the payments' order.

    With T the source order's items and freight and P the payments up to one, an order with the buyer's total L has got
    HALF_UP(L × P / T): exactly L where the payments add up to T, and off by just as much, in proportion, where the
    source is. In BRL each payment is split over the orders' own totals.
    """
    whole = sum(order.source_total.minor for order in orders)
    weights = [order.source_total.minor for order in orders]
    paid = 0
    given = dict.fromkeys((order.order_id for order in orders), 0)
    parts: dict[str, list[CapturePart]] = {order.order_id: [] for order in orders}
    for payment in payments:
        paid += payment.value.minor
        for order, source_amount in zip(orders, split(payment.value, weights), strict=True):
            due = half_up(order.buyer_total.minor * paid, whole)
            amount = Money(due - given[order.order_id], order.buyer_total.currency)
            parts[order.order_id].append(CapturePart(payment, amount, source_amount))
            given[order.order_id] = due
    return parts


def payment_name(payment: SourcePayment) -> str:
    """The name all parts of a payment share: their capture reference and payment id."""
    return f"olist-{payment.order_id}-{payment.sequential}"


def provider(payment: SourcePayment) -> str:
    """The source names no providers; its payment types stand for them."""
    return f"olist_{payment.type}"
