"""Customs assesses duty or tax on a parcel, and a partner pays it for us (P15)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from commands.contradictions import contradiction, without_rate
from commands.fields import Reason
from commands.logistics.logistics_reports import ParcelCost, unknown_parcel
from commands.rates import flagged_if_stale, rate_of_fact
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parcels import DutyAssessed
from ledger.fx import NO_CNY, Rate
from ledger.money import Money, share
from ledger.references import Reference
from ledger.streams.amounts.taxes import tax_held
from ledger.streams.orders.order import Order


class ReportDuty(ParcelCost, name="report_duty"):
    """Records duty or tax on a parcel. If the buyer bears it, the buyer's tax charge pays it; the platform pays the
    rest.

    A merchant never bears it (P15, statement 11). The same `assessment_ref` again changes nothing. Another amount, or
    duty above the tax charge of a buyer who bears it, opens a break.
    """

    assessment_ref: Reference
    kind: Reason = "import_duty"
    borne_by: Literal["buyer", "platform"]
    declared_value: Money
    invoice_ref: str = ""


def decide(report: ReportDuty, order: Order, rules: Rules) -> Iterator[Event]:
    known = order.logistics.duties.get((report.partner, report.assessment_ref))
    refs = {"partner": report.partner, "assessment_ref": report.assessment_ref}
    if known:
        if known.amount != report.amount:
            said = {"expected": str(known.amount), "actual": str(report.amount)}
            yield from contradiction(report, order, kind="amount_mismatch", **said, **refs)
        return
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        yield from without_rate(report, order, report.amount, **refs)
        return
    assessed = _assessed(report, order, rate)
    yield assessed
    yield from flagged_if_stale(report, order, rate, rules)
    yield from unknown_parcel(report, order, **refs)
    if report.borne_by == "buyer" and assessed.from_buyer < report.amount:
        said = {"expected": str(report.amount), "actual": f"{assessed.from_buyer} paid by the buyer"}
        yield from contradiction(report, order, kind="duty_not_covered", **said, **refs)


def _assessed(report: ReportDuty, order: Order, rate: Rate) -> DutyAssessed:
    base = rate.convert(report.amount)
    nothing = Money(0, report.amount.currency)
    held, held_base = tax_held(order, report.amount.currency)
    from_buyer = min(held, report.amount) if report.borne_by == "buyer" else nothing
    carried = share(held_base, upto=from_buyer.minor, of=held.minor, already=NO_CNY) if from_buyer else held_base * 0
    value = share(base, upto=from_buyer.minor, of=report.amount.minor, already=NO_CNY)
    return DutyAssessed(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        parcel_id=report.parcel_id,
        partner=report.partner,
        assessment_ref=report.assessment_ref,
        kind=report.kind,
        market=order.placed.market if order.placed else "",
        amount=report.amount,
        book_rate=rate,
        base=base,
        borne_by=report.borne_by,
        from_buyer=from_buyer,
        from_buyer_base=carried,
        fx=value - carried,
        declared_value=report.declared_value,
        assessed_at=report.happened_at,
        invoice_ref=report.invoice_ref,
    )
