"""Posting rules of provider settlements (P3): by order, by unmatched capture, and for fees of the batch itself."""

from __future__ import annotations

from ledger.events.psp_settlement import (
    PspDepositMoved,
    PspSettlementMatched,
    PspSettlementReceived,
    PspSettlementReported,
    SettlementMatch,
)
from ledger.events.unmatched_money import UnmatchedFundsMatched, UnmatchedFundsSettled
from ledger.fx import CNY
from ledger.journal.accounts import BANK_CNY, BANK_FOREIGN, FX_REALISED, PSP_FEES, PSP_RECEIVABLE, ROUNDING
from ledger.journal.entry import Draft, about
from ledger.journal.rule import rule
from ledger.money import total


@rule.register
def _(event: PspSettlementReceived) -> Draft:
    return _settled(about(order=event.order_id), event)


@rule.register
def _(event: UnmatchedFundsSettled) -> Draft:
    return _settled(about(payment=event.payment_id) if event.payment_id else Draft(), event)


@rule.register
def _(event: PspSettlementReported) -> Draft:
    draft = Draft()
    for line in event.fees:
        draft.debit(PSP_FEES, line.amount, line.base)
    fees = total([line.base for line in event.fees], CNY)
    draft.debit(ROUNDING, event.rounding)
    if event.deposit is None:
        return draft.credit(BANK_CNY, fees + event.rounding)
    kept = total([line.amount for line in event.fees], event.deposit.currency)
    return draft.credit(BANK_FOREIGN, kept, fees + event.rounding)


@rule.register
def _(event: PspSettlementMatched) -> Draft:
    return _matched(about(order=event.order_id), event)


@rule.register
def _(event: UnmatchedFundsMatched) -> Draft:
    return _matched(about(payment=event.payment_id) if event.payment_id else Draft(), event)


@rule.register
def _(event: PspDepositMoved) -> Draft:
    draft = about(order=event.order_id)
    return draft.debit(BANK_FOREIGN, event.deposit, event.base).credit(BANK_CNY, event.base)


def _matched(draft: Draft, event: SettlementMatch) -> Draft:
    """Clears the item at its carrying amount, against the amount in 1110 that was settled before the item was known.

    The difference is realised FX.
    """
    account = PSP_RECEIVABLE.at(event.psp)
    if event.settled.currency == event.cleared.currency:
        return draft.debit(FX_REALISED, event.fx).credit(account, event.cleared * 0, event.fx)
    return (
        draft.debit(account, event.settled, event.settled_base)
        .debit(FX_REALISED, event.fx)
        .credit(account, event.cleared, event.cleared_base)
    )


def _settled(draft: Draft, event: PspSettlementReceived | UnmatchedFundsSettled) -> Draft:
    """Posts cash, fee and cleared receivable of each line. A line that takes money away has opposite signs."""
    for line in event.lines:
        account, deposit = (BANK_CNY, line.cash) if line.deposit is None else (BANK_FOREIGN, line.deposit)
        (
            draft.debit(account, deposit, line.cash)
            .debit(PSP_FEES, line.fee, line.fee_base)
            .debit(FX_REALISED, line.fx)
            .credit(PSP_RECEIVABLE.at(event.psp), line.gross, line.cleared)
        )
    return draft
