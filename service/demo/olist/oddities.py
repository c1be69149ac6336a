"""Counts the contradictions and gaps of a folder, for the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from service.demo.olist.folder import Folder
from service.demo.olist.source import SourceOrder


def oddities(folder: Folder) -> dict[str, int]:
    """Returns the number of orders or payments with each oddity, by its sentence. Oddities that do not occur are left
    out.
    """
    found: Counter[str] = Counter()
    for order in folder.orders:
        found.update(oddities_of(folder, order))
    return {sentence: found[sentence] for sentence in _SENTENCES if found[sentence]}


def oddities_of(folder: Folder, order: SourceOrder) -> list[str]:
    """Returns the sentences that apply to one order; one for each payment if it is about payments."""
    return [*_of_times(order), *_of_parts(folder, order)]


_SENTENCES = (
    "orders without items",
    "orders without a payment",
    "orders of two or more sellers",
    "orders with several payments",
    "payments of zero",
    "paid orders whose payments equal items and freight",
    "paid orders off by one cent",
    "paid orders off by more than a cent",
    "handed over before the approval",
    "handed over before the purchase",
    "delivered before handed over",
    "delivered before the approval",
    "said to be delivered, without a delivery time",
    "said to be delivered, without an approval",
    "cancelled after the hand-over",
    "cancelled after the delivery",
)


def _of_times(order: SourceOrder) -> Iterator[str]:
    handed_over, delivered = order.handed_over_at, order.delivered_at
    if handed_over and order.approved_at and handed_over < order.approved_at:
        yield "handed over before the approval"
    if handed_over and handed_over < order.purchased_at:
        yield "handed over before the purchase"
    if handed_over and delivered and delivered < handed_over:
        yield "delivered before handed over"
    if delivered and order.approved_at and delivered < order.approved_at:
        yield "delivered before the approval"
    if order.is_delivered and not delivered:
        yield "said to be delivered, without a delivery time"
    if order.is_delivered and not order.approved_at:
        yield "said to be delivered, without an approval"
    if order.is_cancelled and handed_over:
        yield "cancelled after the hand-over"
    if order.is_cancelled and delivered:
        yield "cancelled after the delivery"


def _of_parts(folder: Folder, order: SourceOrder) -> Iterator[str]:
    items, payments = folder.items.get(order.order_id, []), folder.payments.get(order.order_id, [])
    if not items:
        yield "orders without items"
    if not payments:
        yield "orders without a payment"
    if len({item.seller_id for item in items}) > 1:
        yield "orders of two or more sellers"
    if len(payments) > 1:
        yield "orders with several payments"
    yield from ("payments of zero" for payment in payments if not payment.value)
    if items and payments:
        asked = sum(item.price.minor + item.freight.minor for item in items)
        yield _difference(sum(payment.value.minor for payment in payments) - asked)


def _difference(cents: int) -> str:
    if cents == 0:
        return "paid orders whose payments equal items and freight"
    return "paid orders off by one cent" if abs(cents) == 1 else "paid orders off by more than a cent"
