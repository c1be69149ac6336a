"""Writes off a merchant's debt (P18); it takes two people."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney
from commands.payouts.merchant_money import MerchantMoneyCommand, available, in_cny
from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.events.adjustments import MerchantDebtWrittenOff
from ledger.events.event import Event
from ledger.fx import CNY
from ledger.money import Money
from ledger.refusals.finance import WriteOffExceedsDebt
from ledger.streams.payouts import Payouts


class WriteOffMerchantDebt(MerchantMoneyCommand, TwoPersonCommand, name="write_off_merchant_debt"):
    """Writes off a merchant's debt: the debit balance of its available money (P18, domain §3.3).

    Takes two people. Refused if the amount is more than the debt at the approval.
    """

    amount: PositiveMoney


def decide(command: WriteOffMerchantDebt, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    debt = max(-available(command, rules), Money.zero(CNY))
    if debt < in_cny(command.amount):
        raise WriteOffExceedsDebt(merchant_id=command.merchant_id, asked=str(command.amount), debt=str(debt))
    yield MerchantDebtWrittenOff(
        write_off_id=command.proposal.proposal_id,
        merchant_id=command.merchant_id,
        amount=command.amount,
        reason=command.proposal.reason,
        proposer=command.proposal.proposer,
        approver=command.actor,
        written_off_at=command.decided_at,
    )
