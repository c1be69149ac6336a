"""Recording that a logistics partner was paid (P21)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.accounting.bank_payments import BankPaymentReport, flagged_if_stale, reported_again
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform_money import PartnerInvoicePaid
from ledger.ids import Id, partner_payment_stream
from ledger.references import Reference
from ledger.streams.platform_money import BankMovement


class RecordPartnerInvoicePaid(BankPaymentReport, name="record_partner_invoice_paid"):
    """One payment to a partner, for one invoice, several, or a part of one. `payment_ref` distinguishes it from
    others."""

    partner: Id
    payment_ref: Reference
    invoice_refs: tuple[str, ...] = ()

    @property
    def stream(self) -> str:
        return partner_payment_stream(self.partner, self.payment_ref)


def decide(report: RecordPartnerInvoicePaid, movement: BankMovement, rules: Rules) -> Iterator[Event]:
    if movement.moved:
        yield from reported_again(report, movement, (report.amount, report.paid))
        return
    paid = PartnerInvoicePaid(
        partner=report.partner,
        payment_ref=report.payment_ref,
        invoice_refs=report.invoice_refs,
        **report.valuation(rules),
    )
    yield paid
    yield from flagged_if_stale(report, movement, rules, paid.carried_rate, paid.base_rate)
