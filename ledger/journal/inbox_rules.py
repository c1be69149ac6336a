"""Posting rules of the inbox: money of an order we do not know yet stands in book 0 until it is routed (P1, P26)."""

from __future__ import annotations

from ledger.events.inbox_money import UnroutedCaptureFailed
from ledger.events.platform import InboxFactRouted, InboxPaymentCaptured
from ledger.journal.accounts import BUYER_FUNDS, DISPUTE_LOSSES, PSP_RECEIVABLE
from ledger.journal.entry import Draft, about
from ledger.journal.posting import rule


@rule.register
def _(event: InboxPaymentCaptured) -> Draft:
    draft = about(payment=event.payment_id) if event.payment_id else Draft()
    return draft.debit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base).credit(
        BUYER_FUNDS, event.amount, event.base
    )


@rule.register
def _(event: InboxFactRouted) -> Draft | None:
    """The same lines stand in the orders' streams from now on, so book 0 gives them up."""
    if event.psp is None or event.amount is None or event.base is None:
        return None
    draft = about(payment=event.payment_id) if event.payment_id else Draft()
    return draft.debit(BUYER_FUNDS, event.amount, event.base).credit(
        PSP_RECEIVABLE.at(event.psp), event.amount, event.base
    )


@rule.register
def _(event: UnroutedCaptureFailed) -> Draft:
    """P1 undone; what is owed to the payer all the same is a loss."""
    draft = about(payment=event.payment_id) if event.payment_id else Draft()
    return (
        draft.debit(BUYER_FUNDS, event.unallocated, event.unallocated_base)
        .debit(DISPUTE_LOSSES, event.amount - event.unallocated, event.base - event.unallocated_base)
        .credit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
    )
