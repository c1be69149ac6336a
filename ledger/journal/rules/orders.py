"""Posting rules of an order's money: capture, allocation, refund, failed capture (P1, P2, P7–P10, P24, P26)."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.payments import AllocatedCharge, PaymentAllocated, PaymentCaptured, PaymentCaptureFailed
from ledger.events.refunds import (
    ApprovedLine,
    RefundApproved,
    RefundAutoApproved,
    RefundLiabilityExtinguished,
    RefundLiabilityReinstated,
    RefundMoney,
    RefundPaidByAlternative,
    RefundReversed,
    RefundSucceeded,
    ReturnExpired,
)
from ledger.fx import CNY
from ledger.journal.accounts import (
    AVAILABLE,
    BANK_CNY,
    BANK_FOREIGN,
    BUYER_FUNDS,
    DISPUTE_LOSSES,
    DUTIES_BORNE,
    FX_REALISED,
    GOODS_LOST,
    GOODWILL,
    OUTPUT_VAT,
    PENDING,
    PRICING_MARGIN,
    PSP_RECEIVABLE,
    REFUNDS_PAYABLE,
    SERVICE_FEE_REFUNDED,
    SHIPPING_CHARGED,
    TAX_PAYABLE,
)
from ledger.journal.entry import Draft, Line, about
from ledger.journal.rule import rule

_CHARGED = {"shipping": SHIPPING_CHARGED, "tax": TAX_PAYABLE, "duty": DUTIES_BORNE}
_EXPENSES = {"goods_lost": GOODS_LOST, "goodwill": GOODWILL}


@rule.register
def _(event: PaymentCaptured) -> Draft:
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
        .credit(BUYER_FUNDS, event.amount, event.base)
    )


@rule.register
def _(event: PaymentAllocated) -> Draft:
    draft = Draft()
    for part in event.parts:
        draft.about(order=event.order_id, payment=part.payment_id, market=event.market)
        draft.debit(BUYER_FUNDS, part.amount, part.base)
    for line in event.lines:
        draft.about(order=event.order_id, line=line.line_id, market=event.market)
        draft.credit(PENDING.of(event.merchant_id), line.list_amount)
    draft.about(order=event.order_id, market=event.market)
    for charge in event.charges:
        draft.credit(_CHARGED[charge.type], charge.amount, charge.base)
    return draft.credit(PRICING_MARGIN, event.margin)


@rule.register
def _(event: PaymentCaptureFailed) -> Draft:
    """Reverses P2 if the event has `undone`, then reverses P1. The platform bears the rest as a loss (P26)."""
    draft = opposite(rule(event.undone)) if event.undone else Draft()
    draft.about(order=event.order_id, payment=event.payment_id)
    lost, lost_base = event.amount - event.unallocated, event.base - event.unallocated_base - event.fx
    for refund in event.owed:
        draft.debit(REFUNDS_PAYABLE, refund.amount, refund.carried)
        lost, lost_base = lost - refund.amount, lost_base - refund.carried
    return (
        draft.debit(BUYER_FUNDS, event.unallocated, event.unallocated_base)
        .debit(DISPUTE_LOSSES, lost, lost_base)
        .debit(FX_REALISED, event.fx)
        .credit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
    )


@rule.register
def _(event: RefundAutoApproved) -> Draft:
    return _approved(event)


@rule.register
def _(event: RefundApproved) -> Draft:
    return _approved(event)


@rule.register
def _(event: RefundSucceeded) -> Draft:
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(REFUNDS_PAYABLE, event.amount, event.carried)
        .credit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
        .debit(FX_REALISED, event.fx)
    )


@rule.register
def _(event: RefundReversed) -> Draft:
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(PSP_RECEIVABLE.at(event.psp), event.amount, event.base)
        .credit(REFUNDS_PAYABLE, event.amount, event.carried)
        .debit(FX_REALISED, event.fx)
    )


@rule.register
def _(event: RefundLiabilityExtinguished) -> Draft:
    """Reverses P26 for money that never reached the buyer."""
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(REFUNDS_PAYABLE, event.amount, event.carried)
        .credit(DISPUTE_LOSSES, event.amount, event.base)
        .debit(FX_REALISED, event.fx)
    )


@rule.register
def _(event: RefundLiabilityReinstated) -> Draft:
    return (
        about(order=event.order_id, payment=event.payment_id)
        .debit(DISPUTE_LOSSES, event.amount, event.base)
        .credit(REFUNDS_PAYABLE, event.amount, event.carried)
        .credit(FX_REALISED, event.fx)
    )


@rule.register
def _(event: RefundPaidByAlternative) -> Draft:
    bank = BANK_CNY if event.amount.currency == CNY else BANK_FOREIGN
    return (
        about(order=event.order_id)
        .debit(REFUNDS_PAYABLE, event.amount, event.carried)
        .credit(bank, event.amount, event.base)
        .debit(FX_REALISED, event.fx)
    )


@rule.register
def _(event: ReturnExpired) -> Draft | None:
    """Reverses P7–P9, except for the part that the buyer keeps (`kept`). The two are netted into one entry."""
    if event.undone is None:
        return None
    undone, kept = opposite(rule(event.undone)), rule(event.kept) if event.kept else None
    return _netted([*undone.lines, *kept.lines]) if kept else undone


def _approved(event: RefundAutoApproved | RefundApproved) -> Draft:
    """Posts P7 and P8 by the split of each line, and P9 for the part that is an expense of the platform."""
    money = event.money
    draft = Draft()
    for line in event.lines:
        draft.about(order=event.order_id, line=line.line_id, market=event.market)
        take_back(draft, event.merchant_id, line)
    draft.about(order=event.order_id, market=event.market)
    give_back(draft, money.charges)
    if money.expense:
        draft.debit(_EXPENSES[money.expense], money.expense_base)
    return _owe_the_buyer(draft, money)


def take_back(draft: Draft, merchant_id: str, line: ApprovedLine) -> None:
    draft.debit(PENDING.of(merchant_id), line.from_pending)
    draft.debit(AVAILABLE.of(merchant_id), line.from_available)
    draft.debit(SERVICE_FEE_REFUNDED, line.fee_back)
    draft.debit(OUTPUT_VAT, line.vat_back)


def give_back(draft: Draft, charges: Iterable[AllocatedCharge]) -> None:
    for charge in charges:
        draft.debit(_CHARGED[charge.type], charge.amount, charge.base)


def _owe_the_buyer(draft: Draft, money: RefundMoney) -> Draft:
    return (
        draft.debit(PRICING_MARGIN, money.margin_reversed)
        .debit(FX_REALISED, money.fx)
        .credit(REFUNDS_PAYABLE, money.amount, money.base)
    )


def opposite(draft: Draft | None) -> Draft:
    """Returns the same lines with opposite signs."""
    assert draft is not None, "what is undone had an entry"
    return Draft([_turned(line) for line in draft.lines])


def _netted(lines: Iterable[Line]) -> Draft:
    """Returns one line for each account and set of dimensions; lines that sum to zero are left out."""
    sums: dict[Line, Line] = {}
    for line in lines:
        about_it = line._replace(amount=0, base=0)
        held = sums.get(about_it, about_it)
        sums[about_it] = held._replace(amount=held.amount + line.amount, base=held.base + line.base)
    return Draft([line for line in sums.values() if line.amount or line.base])


def _turned(line: Line) -> Line:
    return line._replace(amount=-line.amount, base=-line.base)
