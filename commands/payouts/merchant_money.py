"""Shared parts of commands on a merchant's available money: stream, guard, and CNY only."""

from __future__ import annotations

from commands.command import Command
from commands.rules import Rules
from ledger.fx import CNY
from ledger.ids import Id, account_guard, payouts_stream
from ledger.money import Money
from ledger.refusals.catalogue import MerchantCurrencyNotCny
from ledger.refusals.finance import PayoutNotFound
from ledger.streams.payouts import Payout, Payouts


class MerchantMoneyCommand(Command):
    """A command that depends on the merchant's available money. It is decided again if that changes."""

    merchant_id: Id

    @property
    def stream(self) -> str:
        return payouts_stream(self.merchant_id)

    @property
    def reads(self) -> tuple[str, ...]:
        return (account_guard(self.merchant_id),)


def in_cny(amount: Money) -> Money:
    """Returns the amount. Raises `MerchantCurrencyNotCny`."""
    if amount.currency != CNY:
        raise MerchantCurrencyNotCny(currency=amount.currency)
    return amount


def available(command: MerchantMoneyCommand, rules: Rules) -> Money:
    """Returns the balance of 2120; negative if the merchant owes us."""
    return rules.account(command.merchant_id).available


def owed(available: Money) -> dict[str, str | None]:
    """Returns the refusal's fact with the merchant's debt, or None in it if there is no debt."""
    return {"owed": str(-available) if available.minor < 0 else None}


def payout_of(payouts: Payouts, *, merchant_id: str, payout_id: str) -> Payout:
    """Returns the payout. Raises `PayoutNotFound`."""
    if payout_id not in payouts.payouts:
        raise PayoutNotFound(merchant_id=merchant_id, payout_id=payout_id)
    return payouts.payouts[payout_id]
