"""Splits a source order's payments into captures of its merchant orders, as cumulative shares of the buyers' totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.money import Money, half_up, split
from service.demo.olist.orders import MerchantOrder
from service.demo.olist.source import SourcePayment


@dataclass(frozen=True, slots=True)
class CapturePart:
    """The part of one payment for one merchant order, in the buyer's currency and in BRL."""

    payment: SourcePayment
    amount: Money
    source_amount: Money


def shares(payments: Sequence[SourcePayment], orders: Sequence[MerchantOrder]) -> dict[str, list[CapturePart]]:
    """Returns the parts of each merchant order by its id, one for each payment, in the order of the payments.

    T is the source order's items and freight, P the sum of the payments so far, and L the buyer's total of an order.
    The order has received HALF_UP(L × P / T): exactly L if the payments add up to T, else with the source's difference
    in proportion. In BRL each payment is split by the orders' totals.
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
    """Returns the capture reference and payment id that all parts of a payment share."""
    return f"olist-{payment.order_id}-{payment.sequential}"


def provider(payment: SourcePayment) -> str:
    """Returns the provider: the source's payment type, because the source names no providers."""
    return f"olist_{payment.type}"
