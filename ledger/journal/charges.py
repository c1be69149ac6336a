"""The charges that a merchant may pay: the service fee, and its own refunds, disputes and payouts (§0)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ledger.fx import CNY
from ledger.journal.accounts import (
    BANK_CNY,
    BUYER_FUNDS,
    DISPUTED_FUNDS,
    FX_REALISED,
    OUTPUT_VAT,
    PRICING_MARGIN,
    PSP_RECEIVABLE,
    REFUNDS_PAYABLE,
    SERVICE_FEE,
    SERVICE_FEE_REFUNDED,
    is_merchant_account,
)
from ledger.journal.entry import Line
from ledger.money import Money
from ledger.refusals.finance import MerchantChargeNotAllowed

FEE_ACCOUNTS = frozenset(account.code for account in (SERVICE_FEE, SERVICE_FEE_REFUNDED, OUTPUT_VAT))
# The other side of a payout, a refund, a lost dispute or a failed capture. The platform keeps the difference between
# the list price and the buyer's money, as margin and FX.
_PASSED_ON = frozenset(
    account.code
    for account in (
        BANK_CNY, PSP_RECEIVABLE, DISPUTED_FUNDS, REFUNDS_PAYABLE, BUYER_FUNDS, PRICING_MARGIN, FX_REALISED,
    )
)  # fmt: skip


def check_charges(lines: Iterable[Line], *, may_take: frozenset[str] = FEE_ACCOUNTS | _PASSED_ON) -> None:
    """Raises `MerchantChargeNotAllowed` if money goes from a merchant to another merchant, or to an account outside
    `may_take`. The loss of each merchant is summed over all its 21xx lines.
    """
    sums: defaultdict[str, int] = defaultdict(int)  # debit positive: the merchant's loss
    takers: dict[str, int] = {}
    for line in lines:
        if is_merchant_account(line.account):
            sums[line.merchant or ""] += line.base
        elif line.base < 0 and line.account not in may_take:
            takers[line.account] = -line.base
    for merchant_id, loss in sums.items():
        other = next((name for name, sum_ in sums.items() if sum_ < 0), None)
        if loss > 0 and (takers or other is not None):
            account = min(takers) if takers else f"of the merchant {other}"
            raise MerchantChargeNotAllowed(merchant_id=merchant_id, account=account, amount=str(Money(loss, CNY)))
