"""Posting rules of logistics costs and duties, and of claims against partners (P15, P16)."""

from __future__ import annotations

from ledger.events.logistics import LogisticsClaimAccepted, LogisticsClaimDenied, LogisticsClaimSettled
from ledger.events.parcels import DutyAssessed, LogisticsChargeRecorded
from ledger.journal.accounts import (
    BANK_CNY,
    CLAIMS_RECEIVABLE,
    DUTIES_BORNE,
    FX_REALISED,
    GOODS_LOST,
    LOGISTICS_COST,
    PARTNER_PAYABLE,
    TAX_PAYABLE,
)
from ledger.journal.entry import Draft, about
from ledger.journal.rule import rule

_Claimed = LogisticsClaimAccepted | LogisticsClaimSettled | LogisticsClaimDenied


@rule.register
def _(event: LogisticsChargeRecorded) -> Draft:
    return (
        _of_parcel(event)
        .debit(LOGISTICS_COST, event.amount, event.base)
        .credit(PARTNER_PAYABLE, event.amount, event.base)
    )


@rule.register
def _(event: DutyAssessed) -> Draft:
    """Uses the duty that the buyer paid first. The platform bears the rest."""
    borne = event.amount - event.from_buyer
    return (
        _of_parcel(event)
        .debit(TAX_PAYABLE, event.from_buyer, event.from_buyer_base)
        .debit(FX_REALISED, event.fx)
        .debit(DUTIES_BORNE, borne, event.base - event.from_buyer_base - event.fx)
        .credit(PARTNER_PAYABLE, event.amount, event.base)
    )


@rule.register
def _(event: LogisticsClaimAccepted) -> Draft:
    return (
        _of_claim(event).debit(CLAIMS_RECEIVABLE, event.amount, event.base).credit(GOODS_LOST, event.amount, event.base)
    )


@rule.register
def _(event: LogisticsClaimSettled) -> Draft:
    return (
        _of_claim(event)
        .debit(BANK_CNY, event.cash)
        .debit(FX_REALISED, event.fx)
        .credit(CLAIMS_RECEIVABLE, event.amount, event.carried)
    )


@rule.register
def _(event: LogisticsClaimDenied) -> Draft:
    return (
        _of_claim(event)
        .debit(GOODS_LOST, event.reversed_amount, event.reversed)
        .credit(CLAIMS_RECEIVABLE, event.reversed_amount, event.reversed)
    )


def _of_parcel(event: LogisticsChargeRecorded | DutyAssessed) -> Draft:
    named = {"order": event.order_id, "parcel": event.parcel_id, "market": event.market}
    return about(**{name: value for name, value in named.items() if value})


def _of_claim(event: _Claimed) -> Draft:
    return about(order=event.order_id, parcel=event.parcel_id)
