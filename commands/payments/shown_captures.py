"""Captures without a message: the provider's settlement report shows them."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_command import OrderReport
from commands.payments.report_payment_captured import ReportPaymentCaptured
from commands.payments.report_payment_captured import decide as captured
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payments import PaymentCaptured
from ledger.money import Money
from ledger.streams.orders.order import Order


def shown_capture(
    report: OrderReport,
    order: Order,
    rules: Rules,
    *,
    psp: str,
    payment_id: str,
    capture_ref: str,
    gross: Money,
    batch_ref: str,
) -> Iterator[Event]:
    """Yields the capture of an authorisation that a batch settles, and its consequences.

    Providers that capture automatically send no message of it (Adyen, capture mode "immediate"). Yields nothing if no
    such authorisation is known, or if a capture of it is.
    """
    hold = order.payments.authorizations.get(payment_id)
    known = (capture.payment_id for capture in order.payments.captures.values())
    if hold is None or hold.psp != psp or gross.minor <= 0 or payment_id in known:
        return
    reported = ReportPaymentCaptured(
        id=report.id,
        actor=report.actor,
        source=report.source,
        occurred_at=report.occurred_at,
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=payment_id,
        psp=psp,
        psp_ref=hold.psp_ref,
        capture_ref=capture_ref,
        amount=gross if gross.currency == hold.amount.currency else hold.amount,
    ).stamped(report.received_at)
    for event in captured(reported, order, rules):
        yield event.model_copy(update={"shown_by": batch_ref}) if isinstance(event, PaymentCaptured) else event
