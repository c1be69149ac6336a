"""An issuer holds the buyer's money for us."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_commands import OrderReport, contradiction
from commands.rules import Rules
from commands.shapes import PositiveMoney
from ledger.events.event import Event
from ledger.events.payment import PaymentAuthorized
from ledger.ids import Id
from ledger.instants import Instant
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.order import Order


class ReportPaymentAuthorised(OrderReport, name="report_payment_authorised"):
    """The issuer holds `amount` until `expires_at`; nothing is posted."""

    payment_id: Reference
    psp: Id
    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney
    expires_at: Instant | None = None


def decide(report: ReportPaymentAuthorised, order: Order, rules: Rules) -> Iterator[Event]:
    known = order.payments.authorizations.get(report.payment_id)
    if known is None or known.state == "declined":
        yield _authorized(report)
    elif known.amount != report.amount:
        yield from contradiction(
            report,
            order,
            kind="amount_mismatch",
            expected=str(known.amount),
            actual=str(report.amount),
            payment_id=report.payment_id,
            amount=f"{report.amount.currency}{report.amount.minor}",
        )


def _authorized(report: ReportPaymentAuthorised) -> PaymentAuthorized:
    return PaymentAuthorized(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=report.payment_id,
        psp=report.psp,
        psp_ref=report.psp_ref,
        amount=report.amount,
        expires_at=report.expires_at,
    )
