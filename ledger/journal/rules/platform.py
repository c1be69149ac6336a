"""Posting rules of the platform's own money: revaluation, payables, conversion (P19, P21–P23)."""

from __future__ import annotations

from ledger.events.platform_money import (
    BankFxConverted,
    FxRevaluationPosted,
    FxRevaluationReversed,
    PartnerInvoicePaid,
    RevaluedBalance,
    TaxRemitted,
)
from ledger.fx import CNY
from ledger.journal.accounts import (
    BANK_CNY,
    BANK_FOREIGN,
    CHART,
    FX_REALISED,
    FX_UNREALISED,
    PARTNER_PAYABLE,
    TAX_PAYABLE,
    Account,
)
from ledger.journal.entry import Draft, about
from ledger.journal.rule import rule
from ledger.money import Money


@rule.register
def _(event: PartnerInvoicePaid) -> Draft:
    return _paid(Draft(), PARTNER_PAYABLE, event)


@rule.register
def _(event: TaxRemitted) -> Draft:
    return _paid(about(market=event.market), TAX_PAYABLE, event)


@rule.register
def _(event: BankFxConverted) -> Draft:
    bought, sold = (_at_bank(moved, event.carried) for moved in (event.bought, event.sold))
    return Draft().debit(*bought).credit(*sold).debit(FX_REALISED, event.fx)


@rule.register
def _(event: FxRevaluationPosted) -> Draft:
    return _revalued(event.balances, sign=1)


@rule.register
def _(event: FxRevaluationReversed) -> Draft:
    return _revalued(event.balances, sign=-1)


def _revalued(balances: tuple[RevaluedBalance, ...], *, sign: int) -> Draft:
    """Changes only the CNY value, never the foreign amount. A gain credits 5220."""
    draft = Draft()
    for balance in balances:
        account = CHART[balance.account]
        value = balance.difference * sign
        draft.debit(account.at(balance.psp) if balance.psp else account, Money.zero(balance.balance.currency), value)
        draft.credit(FX_UNREALISED, value)
    return draft


def _at_bank(amount: Money, carried: Money) -> tuple[Account, Money, Money]:
    """Returns the account at the bank, the amount, and its value in CNY."""
    return (BANK_CNY, amount, amount) if amount.currency == CNY else (BANK_FOREIGN, amount, carried)


def _paid(draft: Draft, payable: Account, event: PartnerInvoicePaid | TaxRemitted) -> Draft:
    bank = BANK_CNY if event.cash.currency == CNY else BANK_FOREIGN
    return (
        draft.debit(payable, event.amount, event.carried)
        .credit(bank, event.cash, event.base)
        .debit(FX_REALISED, event.fx)
    )
