"""Posting rules of disputes: funds withdrawn, fees, won and lost (P13, P14)."""

from __future__ import annotations

from ledger.events.disputes import (
    DisputeExcessReopened,
    DisputeFeeCharged,
    DisputeFundsWithdrawn,
    DisputeLost,
    DisputeWon,
)
from ledger.journal.accounts import (
    BUYER_FUNDS,
    DISPUTE_LOSSES,
    DISPUTED_FUNDS,
    FX_REALISED,
    PRICING_MARGIN,
    PSP_RECEIVABLE,
    REFUNDS_PAYABLE,
)
from ledger.journal.entry import Draft, about
from ledger.journal.rule import rule
from ledger.journal.rules.orders import give_back, opposite, take_back


@rule.register
def _(event: DisputeFundsWithdrawn) -> Draft:
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(DISPUTED_FUNDS.at(event.psp), event.amount, event.base)
        .credit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
    )


@rule.register
def _(event: DisputeFeeCharged) -> Draft:
    """The platform bears the fee in every outcome: a merchant pays the service fee only (statements 10 and 14)."""
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(DISPUTE_LOSSES, event.amount, event.base)
        .credit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
    )


@rule.register
def _(event: DisputeLost) -> Draft:
    draft, where = Draft(), {"order": event.order_id} | ({"market": event.market} if event.market else {})
    for line in event.lines:
        draft.about(**where, line=line.line_id)
        take_back(draft, event.merchant_id, line)
    draft.about(**where)
    give_back(draft, event.charges)
    draft.debit(PRICING_MARGIN, event.margin_reversed).debit(FX_REALISED, event.fx)
    draft.debit(DISPUTE_LOSSES, event.expense)
    for refund in event.owed:
        draft.debit(REFUNDS_PAYABLE, refund.amount, refund.carried)
    return (
        draft.about(order=event.order_id, payment=event.payment_id)
        .debit(BUYER_FUNDS, event.unallocated, event.unallocated_base)
        .credit(DISPUTED_FUNDS.at(event.psp), event.amount, event.carried)
    )


@rule.register
def _(event: DisputeExcessReopened) -> Draft:
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(DISPUTED_FUNDS.at(event.psp), event.amount, event.carried)
        .credit(DISPUTE_LOSSES, event.carried)
    )


@rule.register
def _(event: DisputeWon) -> Draft:
    """Reverses the loss of an earlier stage first, so that the money is in 1120 again."""
    draft = opposite(rule(event.undone)) if event.undone else Draft()
    return (
        draft.about(order=event.order_id, payment=event.payment_id)
        .debit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
        .credit(DISPUTED_FUNDS.at(event.psp), event.amount, event.carried)
        .debit(FX_REALISED, event.fx)
    )
