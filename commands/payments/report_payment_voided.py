"""A provider gives back the held amount of a payment."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction
from commands.explanations import LAPSED, VOIDED
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payments import PaymentVoided
from ledger.ids import Id
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.orders.order import Order


class ReportPaymentVoided(OrderReport, name="report_payment_voided"):
    """Records that a provider voided a payment, or its rest after a partial capture. Nothing is posted.

    More than the uncaptured rest opens a break. `amount` may be the whole authorised amount, because some providers
    report that.
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
    voided = PaymentVoided(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=report.payment_id,
        psp=report.psp,
        psp_ref=report.psp_ref,
        amount=report.amount,
        code=report.code,
        happened_at=report.happened_at,
    )
    yield voided
    yield from contradicted_end(report, order.after(voided), report.payment_id)


def contradicted_end(report: OrderReport, order: Order, payment_id: str) -> Iterator[Event]:
    """Opens a break if the void or expiry of this payment covers captured money, which can only be refunded."""
    hold = order.payments.authorizations.get(payment_id)
    expected = order.payments.end_contradicted(payment_id)
    if hold and hold.ended and expected:
        is_void = isinstance(hold.ended, PaymentVoided)
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected=expected,
            actual=f"{hold.ended.amount} {'voided' if is_void else 'lapsed'}",
            payment_id=payment_id,
            fact=VOIDED if is_void else LAPSED,
        )
