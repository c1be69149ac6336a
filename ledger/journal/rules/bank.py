"""Posting rule of bank charges (P27)."""

from __future__ import annotations

from ledger.events.files import BankChargePosted
from ledger.fx import CNY
from ledger.journal.accounts import BANK_CHARGES, BANK_CNY, BANK_FOREIGN
from ledger.journal.entry import Draft
from ledger.journal.rule import rule


@rule.register
def _(event: BankChargePosted) -> Draft:
    bank = BANK_CNY if event.amount.currency == CNY else BANK_FOREIGN
    return Draft().debit(BANK_CHARGES, event.amount, event.base).credit(bank, event.amount, event.base)
