"""What commands about a merchant's available money have in common: their stream, the guard they read, CNY only."""

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
    """A request that rests on what the merchant has available, and conflicts if that moves."""

    merchant_id: Id

    @property
    def stream(self) -> str:
        return payouts_stream(self.merchant_id)

    @property
    def reads(self) -> tuple[str, ...]:
        return (account_guard(self.merchant_id),)


def in_cny(amount: Money) -> Money:
    """The amount. Raises `MerchantCurrencyNotCny`."""
    if amount.currency != CNY:
        raise MerchantCurrencyNotCny(currency=amount.currency)
    return amount


def available(command: MerchantMoneyCommand, rules: Rules) -> Money:
    """What is in 2120; less than nothing where the merchant owes us."""
    return rules.account(command.merchant_id).available


def owed(available: Money) -> dict[str, str | None]:
    """The fact that says what a merchant owes, where less than nothing is available."""
    return {"owed": str(-available) if available.minor < 0 else None}


def payout_of(payouts: Payouts, *, merchant_id: str, payout_id: str) -> Payout:
    """The payout. Raises `PayoutNotFound`."""
    if payout_id not in payouts.payouts:
        raise PayoutNotFound(merchant_id=merchant_id, payout_id=payout_id)
    return payouts.payouts[payout_id]
