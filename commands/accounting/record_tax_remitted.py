"""Recording that tax which buyers paid to us went to a tax office (P22)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.accounting.bank_payments import BankPaymentReport, flagged_if_stale, reported_again
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform_money import TaxRemitted
from ledger.ids import Id, tax_payment_stream
from ledger.references import Reference
from ledger.streams.platform_money import BankMovement


class RecordTaxRemitted(BankPaymentReport, name="record_tax_remitted"):
    """Sales tax or duty of a market, as collected. `payment_ref` distinguishes one remittance from others."""

    authority: Id
    payment_ref: Reference
    market: str
    tax_period: str = ""

    @property
    def stream(self) -> str:
        return tax_payment_stream(self.authority, self.payment_ref)


def decide(report: RecordTaxRemitted, movement: BankMovement, rules: Rules) -> Iterator[Event]:
    if movement.moved:
        yield from reported_again(report, movement, (report.amount, report.paid))
        return
    paid = TaxRemitted(
        authority=report.authority,
        payment_ref=report.payment_ref,
        market=report.market,
        tax_period=report.tax_period,
        **report.valuation(rules),
    )
    yield paid
    yield from flagged_if_stale(report, movement, rules, paid.carried_rate, paid.base_rate)
