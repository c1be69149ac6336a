"""A logistics partner charges for moving a parcel; the platform bears it (P15)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction, without_rate
from commands.fields import Reason
from commands.logistics.logistics_reports import ParcelCost, unknown_parcel
from commands.rates import flagged_if_stale, rate_of_fact
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parcels import LogisticsChargeRecorded
from ledger.references import Reference
from ledger.streams.orders.order import Order


class RecordLogisticsCharge(ParcelCost, name="record_logistics_charge"):
    """Records a partner's charge for a parcel. The platform bears it, never a merchant (P15, statement 12).

    The same `charge_ref` again changes nothing; with another amount it opens a break.
    """

    charge_ref: Reference
    invoice_ref: str = ""
    kind: Reason = "freight"


def decide(report: RecordLogisticsCharge, order: Order, rules: Rules) -> Iterator[Event]:
    known = order.logistics.charges.get((report.partner, report.charge_ref))
    refs = {"partner": report.partner, "charge_ref": report.charge_ref}
    if known:
        if known.amount != report.amount:
            said = {"expected": str(known.amount), "actual": str(report.amount)}
            yield from contradiction(report, order, kind="amount_mismatch", **said, **refs)
        return
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from without_rate(report, order, report.amount, **refs)
        return
    yield LogisticsChargeRecorded(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        parcel_id=report.parcel_id,
        partner=report.partner,
        charge_ref=report.charge_ref,
        invoice_ref=report.invoice_ref,
        kind=report.kind,
        market=order.placed.market if order.placed else "",
        amount=report.amount,
        book_rate=rate,
        base=rate.convert(report.amount),
        charged_at=report.happened_at,
    )
    yield from flagged_if_stale(report, order, rate, rules)
    yield from unknown_parcel(report, order, **refs)
