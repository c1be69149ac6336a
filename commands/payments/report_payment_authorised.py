"""An issuer holds the buyer's money for us."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction, in_minor
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.payments.report_payment_voided import contradicted_end
from commands.payments.shown_captures import shown_capture
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payments import PaymentAuthorized
from ledger.ids import Id
from ledger.instants import Instant
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.orders.order import Order


class ReportPaymentAuthorised(OrderReport, name="report_payment_authorised"):
    """Records that the issuer holds `amount` until `expires_at`. Nothing is posted.

    An authorisation reported again with another amount opens a break, and so do captures above it that were reported
    before. If its void or expiry was reported before, it has ended.
    """

    payment_id: Reference
    psp: Id
    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney
    expires_at: Instant | None = None


def decide(report: ReportPaymentAuthorised, order: Order, rules: Rules) -> Iterator[Event]:
    known = order.payments.authorizations.get(report.payment_id)
    if known is None or known.state == "declined":
        authorized = _authorized(report)
        yield authorized
        yield from _settled_before(report, order.after(authorized), rules)
        yield from _captured_above(report, order)
    elif not known.is_reported and known.ended:
        reported = [_authorized(report), known.ended]
        yield from reported
        yield from contradicted_end(report, order.after(*reported), report.payment_id)
        yield from _captured_above(report, order)
    elif known.amount != report.amount:
        yield from contradiction(
            report,
            order,
            kind="amount_mismatch",
            expected=str(known.amount),
            actual=str(report.amount),
            payment_id=report.payment_id,
            amount=in_minor(report.amount),
        )


def _captured_above(report: ReportPaymentAuthorised, order: Order) -> Iterator[Event]:
    """Opens a break if captures that were reported before come to more than the issuer held."""
    captured = order.payments.captured_of(report.payment_id, report.amount.currency)
    if report.amount < captured:
        yield from contradiction(
            report,
            order,
            kind="amount_mismatch",
            expected=f"at most {report.amount}",
            actual=f"{captured} captured",
            payment_id=report.payment_id,
            fact=report.name,
        )


def _settled_before(report: ReportPaymentAuthorised, order: Order, rules: Rules) -> Iterator[Event]:
    """Records the capture if the provider settled it before it reported the authorisation."""
    item = order.receivables.items.get(("charge", report.payment_id, True))
    if item and (advance := item.advance):
        about = {"psp": advance.psp, "batch_ref": advance.batch_ref} | dict.fromkeys(
            ("payment_id", "capture_ref"), report.payment_id
        )
        yield from shown_capture(report, order, rules, **about, gross=advance.amount)


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
