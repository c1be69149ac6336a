"""Posting rules of merchant money after the sale: release, hold, payout, return (P4–P6, P17)."""

from __future__ import annotations

from ledger.events.settlement import (
    HeldFrom,
    HoldReleased,
    PayoutCancelled,
    PayoutFailed,
    PayoutInitiated,
    PayoutPaid,
    PayoutReturned,
    SettlementHeld,
    SettlementReleased,
)
from ledger.journal.accounts import (
    AVAILABLE,
    BANK_CNY,
    ON_HOLD,
    OUTPUT_VAT,
    PAYOUTS_IN_TRANSIT,
    PENDING,
    SERVICE_FEE,
    Account,
)
from ledger.journal.entry import Draft, about, debit
from ledger.journal.rule import rule


@rule.register
def _(event: SettlementReleased) -> Draft:
    return (
        about(order=event.order_id, line=event.line_id, market=event.market)
        .debit(PENDING.of(event.merchant_id), event.gross)
        .credit(AVAILABLE.of(event.merchant_id), event.net)
        .credit(SERVICE_FEE, event.fee)
        .credit(OUTPUT_VAT, event.vat)
    )


@rule.register
def _(event: PayoutInitiated) -> Draft:
    return debit(AVAILABLE.of(event.merchant_id), event.amount).credit(
        PAYOUTS_IN_TRANSIT.of(event.merchant_id), event.amount
    )


@rule.register
def _(event: PayoutPaid) -> Draft:
    held_in = AVAILABLE if event.given_back_before else PAYOUTS_IN_TRANSIT
    return debit(held_in.of(event.merchant_id), event.amount).credit(BANK_CNY, event.amount)


@rule.register
def _(event: PayoutFailed) -> Draft:
    return _given_back(event)


@rule.register
def _(event: PayoutCancelled) -> Draft:
    return _given_back(event)


@rule.register
def _(event: PayoutReturned) -> Draft:
    return debit(BANK_CNY, event.amount).credit(AVAILABLE.of(event.merchant_id), event.amount)


@rule.register
def _(event: SettlementHeld) -> Draft:
    return (
        _about_what(event)
        .debit(_account_of(event.held_from).of(event.merchant_id), event.amount)
        .credit(ON_HOLD.of(event.merchant_id), event.amount)
    )


@rule.register
def _(event: HoldReleased) -> Draft:
    return (
        _about_what(event)
        .debit(ON_HOLD.of(event.merchant_id), event.amount)
        .credit(_account_of(event.held_from).of(event.merchant_id), event.amount)
    )


def _given_back(event: PayoutFailed | PayoutCancelled) -> Draft:
    return debit(PAYOUTS_IN_TRANSIT.of(event.merchant_id), event.amount).credit(
        AVAILABLE.of(event.merchant_id), event.amount
    )


def _about_what(event: SettlementHeld | HoldReleased) -> Draft:
    return about(**{k: v for k, v in (("order", event.order_id), ("line", event.line_id)) if v})


def _account_of(held_from: HeldFrom) -> Account:
    return PENDING if held_from == "pending" else AVAILABLE
