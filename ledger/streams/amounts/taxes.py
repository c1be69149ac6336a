"""Tax that a buyer paid with the order and that we still hold (2320)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledger.events.payments import AllocatedCharge
from ledger.fx import CNY, NO_CNY
from ledger.money import Money, total
from ledger.streams.orders.order import Order


def tax_held(order: Order, currency: str) -> tuple[Money, Money]:
    """Returns the amount in the buyer's currency and its base in CNY: allocated, less refunded, lost or paid on as
    duty."""
    allocated = order.payments.allocation
    if allocated is None or allocated.amount.currency != currency:
        return Money(0, currency), NO_CNY
    amount, base = _taxes(allocated.charges, currency)
    back, back_base = _taxes(charges_given_back(order), currency)
    amount, base = amount - back, base - back_base
    for duty in order.logistics.duties.values():
        if duty.amount.currency == currency:
            amount, base = amount - duty.from_buyer, base - duty.from_buyer_base
    return (amount, base) if amount.minor > 0 else (Money(0, currency), NO_CNY)


def charges_given_back(order: Order) -> Iterator[AllocatedCharge]:
    """Yields the charges that went back to the buyer, by refunds and by lost disputes that stand."""
    for case in order.cases.values():
        yield from case.given.charges if case.given else ()
    for dispute in order.disputes:
        yield from dispute.lost.charges if dispute.lost else ()


def _taxes(charges: Iterable[AllocatedCharge], currency: str) -> tuple[Money, Money]:
    taxes = [charge for charge in charges if charge.type == "tax"]
    return total([tax.amount for tax in taxes], currency), total([tax.base for tax in taxes], CNY)
