"""A merchant's debt: what a debit balance of its available money comes to (domain §3.3, negative balance)."""

from __future__ import annotations

from commands.merchant_money import MerchantMoneyCommand, available, in_cny
from commands.rules import Rules
from ledger.finance_refusals import WriteOffExceedsDebt
from ledger.fx import CNY
from ledger.money import Money


def check_owed(command: MerchantMoneyCommand, amount: Money, rules: Rules) -> None:
    """Raises `WriteOffExceedsDebt` where the merchant owes less; nobody is given money by a write-off."""
    debt = max(-available(command, rules), Money.zero(CNY))
    if debt < in_cny(amount):
        raise WriteOffExceedsDebt(merchant_id=command.merchant_id, asked=str(amount), debt=str(debt))
