"""Posting rules of manual adjustments (P20) and of merchants' debts written off (P18)."""

from __future__ import annotations

from ledger.events.adjustments import AdjustmentLine, ManualAdjustmentApproved, MerchantDebtWrittenOff
from ledger.journal.accounts import AVAILABLE, CHART, MERCHANT_DEBT, Account, is_merchant_account
from ledger.journal.entry import Draft, debit
from ledger.journal.rule import rule


@rule.register
def _(event: ManualAdjustmentApproved) -> Draft:
    return adjusted(event.lines, event.merchant_id)


@rule.register
def _(event: MerchantDebtWrittenOff) -> Draft:
    return debit(MERCHANT_DEBT, event.amount).credit(AVAILABLE.of(event.merchant_id), event.amount)


def adjusted(lines: tuple[AdjustmentLine, ...], merchant_id: str | None) -> Draft:
    """Returns the entry of the given lines. Merchant accounts are in this merchant's sub-ledger."""
    draft = Draft()
    for line in lines:
        draft.about(**_dimensions(line))
        write = draft.debit if line.side == "debit" else draft.credit
        write(_account(line, merchant_id), line.amount, line.base)
    return draft


def _account(line: AdjustmentLine, merchant_id: str | None) -> Account:
    account = CHART[line.account]
    if merchant_id and is_merchant_account(line.account):
        return account.of(merchant_id)
    return account.at(line.psp) if line.psp else account


def _dimensions(line: AdjustmentLine) -> dict[str, str]:
    named = {
        "order": line.order_id,
        "line": line.line_id,
        "parcel": line.parcel_id,
        "payment": line.payment_id,
        "market": line.market,
    }
    return {name: value for name, value in named.items() if value}
