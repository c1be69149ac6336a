"""A provider gives back the held amount of a payment."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payments import PaymentVoided
from ledger.ids import Id
from ledger.money import Money
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.orders.order import Order


class ReportPaymentVoided(OrderReport, name="report_payment_voided"):
    """Records that a provider voided a payment, or its rest after a partial capture. Nothing is posted.

    More than the uncaptured rest opens a break.
    """

    payment_id: Reference
    psp: Id
    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney
    code: str = ""


def decide(report: ReportPaymentVoided, order: Order, rules: Rules) -> Iterator[Event]:
    hold = order.payments.authorizations.get(report.payment_id)
    if hold and hold.state == "voided":
        return
    yield PaymentVoided(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=report.payment_id,
        psp=report.psp,
        psp_ref=report.psp_ref,
        amount=report.amount,
        code=report.code,
        happened_at=report.happened_at,
    )
    yield from contradicted_end(report, order, report.payment_id, report.amount, fact=report.name)


def contradicted_end(
    report: OrderReport, order: Order, payment_id: str, given_back: Money, *, fact: str
) -> Iterator[Event]:
    """Opens a break if a void or an expiry covers captured money, which can only be refunded."""
    captured = order.payments.captured_of(payment_id, given_back.currency)
    hold = order.payments.authorizations.get(payment_id)
    if hold is None or hold.amount.currency != given_back.currency:
        expected = f"a refund: {captured} are captured" if captured else ""
    else:
        left = hold.amount - captured
        expected = f"at most {left}" if left < given_back else ""
    if expected:
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected=expected,
            actual=f"{given_back} {'voided' if fact == ReportPaymentVoided.name else 'lapsed'}",
            payment_id=payment_id,
            fact=fact,
        )
