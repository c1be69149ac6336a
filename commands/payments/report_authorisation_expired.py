"""An issuer's hold on the buyer's money expires."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.payments.report_payment_voided import contradicted_end
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payments import PaymentAuthorizationExpired
from ledger.ids import Id
from ledger.instants import Instant
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.orders.order import Order


class ReportAuthorisationExpired(OrderReport, name="report_authorisation_expired"):
    """Records that an authorisation expired. Nothing is posted; a later capture is recorded and set aside.

    More than was held at the end opens a break. `amount` may be the whole authorised amount, because some providers
    report that.
    """

    payment_id: Reference
    psp: Id
    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney
    expires_at: Instant | None = None


def decide(report: ReportAuthorisationExpired, order: Order, rules: Rules) -> Iterator[Event]:
    hold = order.payments.authorizations.get(report.payment_id)
    if hold and hold.state in ("expired", "voided"):
        return
    expired = PaymentAuthorizationExpired(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=report.payment_id,
        psp=report.psp,
        psp_ref=report.psp_ref,
        amount=report.amount,
        expires_at=report.expires_at or report.happened_at,
    )
    yield expired
    yield from contradicted_end(report, order.after(expired), report.payment_id)
