"""Checks that declaration, order and payment belong together, as retail export (mode 9610) requires."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction
from commands.parcels.parcel_reports import MilestoneReport
from ledger.events.event import Event
from ledger.money import Money, total
from ledger.streams.orders.allocation import amount_due
from ledger.streams.orders.order import Order

RETAIL_EXPORT = "9610"  # the customs supervision mode of B2C export (domain §3.2)
KIND = "customs_tie"
Difference = tuple[str, str, str]  # subject of the break, expected value, actual value


def untied(
    report: MilestoneReport, order: Order, *, milestone: str, customs_mode: str, declaration_no: str
) -> Iterator[Event]:
    """Opens breaks of an export fact: no payment, a payment of another amount, or another declaration of the parcel."""
    refs = {"parcel_id": report.parcel_id, "declaration_no": declaration_no}
    differs = payment_differs(order) if milestone == "export_declared" and customs_mode == RETAIL_EXPORT else None
    if differs:
        about, expected, actual = differs
        yield from contradiction(report, order, kind=KIND, expected=expected, actual=actual, about=about, **refs)
    parcel = order.parcels.of(report.parcel_id)
    others = [number for number in (parcel.declarations if parcel else ()) if number != declaration_no]
    rejected_at = parcel.first("export_rejected") if parcel else None
    declared_anew = rejected_at is not None and rejected_at <= report.happened_at
    if declaration_no and others and not declared_anew:
        expected = f"declaration {others[0]}"
        yield from contradiction(
            report, order, kind=KIND, expected=expected, actual=declaration_no, about="declaration", **refs
        )


def payment_differs(order: Order) -> Difference | None:
    """Returns the difference between captured money and the order's amount, or None."""
    captures = [capture for capture in order.payments.captures.values() if not capture.failed]
    if not captures:
        return "payment", "a receipt of payment for the order", f"order {order.status}, nothing captured"
    due = _due(order)
    if due is None:
        return None
    captured = total([c.amount for c in captures if c.amount.currency == due.currency], due.currency)
    return None if captured == due else ("payment_unequal", str(due), str(captured))


def _due(order: Order) -> Money | None:
    if order.payments.allocation:
        return order.payments.allocation.amount
    if order.placed is None:
        return None
    return amount_due(order.placed, {line_id: book.live for line_id, book in order.lines.items()})
