"""Posting rules of unapplied buyer funds that are refunded, in an order's stream (P12, P25)."""

from __future__ import annotations

from ledger.events.refunds import BuyerFundsRefundApproved, DuplicateCaptureRefundApproved
from ledger.journal.accounts import BUYER_FUNDS, REFUNDS_PAYABLE
from ledger.journal.entry import Draft, about
from ledger.journal.rule import rule


@rule.register
def _(event: DuplicateCaptureRefundApproved) -> Draft:
    return _owed_back(event)


@rule.register
def _(event: BuyerFundsRefundApproved) -> Draft:
    return _owed_back(event)


def _owed_back(event: DuplicateCaptureRefundApproved | BuyerFundsRefundApproved) -> Draft:
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(BUYER_FUNDS, event.amount, event.base)
        .credit(REFUNDS_PAYABLE, event.amount, event.base)
    )
