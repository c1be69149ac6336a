"""Posting rules of unmatched items: money of an unknown order is in book 0 until it is matched or refunded (P1, P25,
P26).
"""

from __future__ import annotations

from ledger.events.platform import UnmatchedFactMatched, UnmatchedPartsTaken, UnmatchedPaymentCaptured
from ledger.events.platform_money import UnmatchedFundsRefunded, UnmatchedRefundPaid
from ledger.events.unmatched_money import (
    UnmatchedCaptureFailed,
    UnmatchedLiabilityExtinguished,
    UnmatchedLiabilityReinstated,
    UnmatchedRefundReversed,
)
from ledger.journal.accounts import BUYER_FUNDS, DISPUTE_LOSSES, FX_REALISED, PSP_RECEIVABLE, REFUNDS_PAYABLE
from ledger.journal.entry import Draft, about
from ledger.journal.rule import rule
from ledger.money import Money


@rule.register
def _(event: UnmatchedPaymentCaptured) -> Draft:
    draft = _of_payment(event.payment_id)
    return draft.debit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base).credit(
        BUYER_FUNDS, event.amount, event.base
    )


@rule.register
def _(event: UnmatchedFactMatched) -> Draft | None:
    """Reverses P1 in book 0, because the orders' streams hold the same lines from now on."""
    if event.psp is None or event.amount is None or event.base is None:
        return None
    return _given_over(event.psp, event.payment_id, event.amount, event.base)


@rule.register
def _(event: UnmatchedPartsTaken) -> Draft | None:
    """Reverses P1 in book 0 for the orders that have taken their part."""
    return _given_over(event.system, event.payment_id, event.amount, event.base) if event.taken else None


@rule.register
def _(event: UnmatchedFundsRefunded) -> Draft:
    return (
        _of_payment(event.payment_id)
        .debit(BUYER_FUNDS, event.amount, event.base)
        .credit(REFUNDS_PAYABLE, event.amount, event.base)
    )


@rule.register
def _(event: UnmatchedRefundPaid) -> Draft:
    return (
        _of_payment(event.payment_id)
        .debit(REFUNDS_PAYABLE, event.amount, event.carried)
        .credit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
        .debit(FX_REALISED, event.fx)
    )


@rule.register
def _(event: UnmatchedRefundReversed) -> Draft:
    return (
        _of_payment(event.payment_id)
        .debit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
        .credit(REFUNDS_PAYABLE, event.amount, event.carried)
        .debit(FX_REALISED, event.fx)
    )


@rule.register
def _(event: UnmatchedLiabilityExtinguished) -> Draft:
    """Reverses P26 for money that never reached the payer."""
    return (
        _of_payment(event.payment_id)
        .debit(REFUNDS_PAYABLE, event.amount, event.base)
        .credit(DISPUTE_LOSSES, event.amount, event.base)
    )


@rule.register
def _(event: UnmatchedLiabilityReinstated) -> Draft:
    return (
        _of_payment(event.payment_id)
        .debit(DISPUTE_LOSSES, event.amount, event.base)
        .credit(REFUNDS_PAYABLE, event.amount, event.base)
    )


@rule.register
def _(event: UnmatchedCaptureFailed) -> Draft:
    """Reverses P1. Money that is owed to the payer in spite of it is a loss."""
    draft = _of_payment(event.payment_id)
    return (
        draft.debit(BUYER_FUNDS, event.unallocated, event.unallocated_base)
        .debit(DISPUTE_LOSSES, event.amount - event.unallocated, event.base - event.unallocated_base)
        .credit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
    )


def _given_over(psp: str, payment_id: str | None, amount: Money, base: Money) -> Draft:
    return _of_payment(payment_id).debit(BUYER_FUNDS, amount, base).credit(PSP_RECEIVABLE.at(psp), amount, base)


def _of_payment(payment_id: str | None) -> Draft:
    return about(payment=payment_id) if payment_id else Draft()
