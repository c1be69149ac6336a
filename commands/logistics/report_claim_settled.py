"""A logistics partner pays a claim (P16)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction
from commands.fields import PositiveMoney
from commands.logistics.logistics_reports import ClaimReport, parcel_of, unknown_claim
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.logistics import LogisticsClaimSettled
from ledger.fx import CNY, NO_CNY
from ledger.instants import Day
from ledger.money import Money, share, within
from ledger.references import Reference
from ledger.streams.orders.order import Order


class ReportClaimSettled(ClaimReport, name="report_claim_settled"):
    """Records that a partner paid `amount` of an accepted claim; our bank received `cash` in CNY (P16).

    Cash in another currency, or more than was accepted, opens a break.
    """

    amount: PositiveMoney
    cash: PositiveMoney
    bank_entry_ref: Reference
    value_date: Day | None = None


def decide(report: ReportClaimSettled, order: Order, rules: Rules) -> Iterator[Event]:
    if f"{report.bank_entry_ref}/{report.claim_id}" in order.logistics.receipts:
        return
    if report.cash.currency != CNY:
        yield from _not_in_cny(report, order)
        return
    known = order.logistics.claims.get(report.claim_id)
    owed = within(known.owed, report.amount.currency) if known else report.amount * 0
    carried = _carried(report, owed, known.owed_base if known else NO_CNY)
    yield LogisticsClaimSettled(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        parcel_id=parcel_of(report, order),
        claim_id=report.claim_id,
        partner=report.partner,
        amount=report.amount,
        carried=carried,
        cash=report.cash,
        fx=carried - report.cash,
        bank_entry_ref=report.bank_entry_ref,
        value_date=report.value_date or accounting_day(report.happened_at),
    )
    if owed < report.amount:
        yield from unknown_claim(report, order, expected=f"at most {owed} owed", actual=f"{report.amount} paid")


def _not_in_cny(report: ReportClaimSettled, order: Order) -> Iterator[Event]:
    """Opens a break if the cash is not in CNY. Report it again with the amount that the bank credited."""
    yield from contradiction(
        report,
        order,
        kind="amount_mismatch",
        expected="cash in CNY",
        actual=f"{report.cash} for {report.amount}",
        claim_id=report.claim_id,
        bank_entry_ref=report.bank_entry_ref,
    )


def _carried(report: ReportClaimSettled, owed: Money, owed_base: Money) -> Money:
    """Returns the carrying amount in 1210 of the paid part.

    A part above the accepted amount counts at its cash value.
    """
    known = min(owed, report.amount)
    carried = share(owed_base, upto=known.minor, of=owed.minor, already=NO_CNY) if known else NO_CNY
    cash_for_known = share(report.cash, upto=known.minor, of=report.amount.minor, already=NO_CNY)
    return carried + report.cash - cash_for_known
