"""The tie that retail export (mode 9610) asks for: declaration, order and receipt of payment belong together."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_commands import contradiction
from commands.parcel_reports import MilestoneReport
from ledger.events.event import Event
from ledger.streams.order import Order

RETAIL_EXPORT = "9610"  # the customs supervision mode of B2C export (domain §3.2)


def untied(
    report: MilestoneReport, order: Order, *, milestone: str, customs_mode: str, declaration_no: str
) -> Iterator[Event]:
    """Breaks of an export fact: no receipt of payment for the order, or another declaration for the same parcel."""
    refs = {"parcel_id": report.parcel_id, "declaration_no": declaration_no}
    if milestone == "export_declared" and customs_mode == RETAIL_EXPORT and not _is_paid(order):
        expected, actual = "a receipt of payment for the order", f"order {order.status}, nothing captured"
        yield from contradiction(
            report, order, kind="customs_tie", expected=expected, actual=actual, about="payment", **refs
        )
    parcel = order.parcels.of(report.parcel_id)
    others = [number for number in (parcel.declarations if parcel else ()) if number != declaration_no]
    rejected_at = parcel.first("export_rejected") if parcel else None
    declared_anew = rejected_at is not None and rejected_at <= report.happened_at
    if declaration_no and others and not declared_anew:
        expected = f"declaration {others[0]}"
        yield from contradiction(
            report, order, kind="customs_tie", expected=expected, actual=declaration_no, about="declaration", **refs
        )


def _is_paid(order: Order) -> bool:
    return any(not capture.failed for capture in order.payments.captures.values())
