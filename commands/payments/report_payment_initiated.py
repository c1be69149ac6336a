"""A buyer begins to pay."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payments import PaymentInitiated
from ledger.ids import Id
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.orders.order import Order


class ReportPaymentInitiated(OrderReport, name="report_payment_initiated"):
    """Records that the checkout sent the buyer to the provider. No money is held or captured yet."""

    payment_id: Reference
    psp: Id
    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney


def decide(report: ReportPaymentInitiated, order: Order, rules: Rules) -> Iterator[Event]:
    if report.payment_id in order.payments.known:
        return
    yield PaymentInitiated(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=report.payment_id,
        psp=report.psp,
        psp_ref=report.psp_ref,
        amount=report.amount,
    )
