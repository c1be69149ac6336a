"""Agreeing to give up what a merchant owes (P18)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.debts import check_owed
from commands.merchant_money import MerchantMoneyCommand
from commands.proposals import open_proposal
from commands.reviewing import platform_only, somebody_else
from commands.rules import Rules
from ledger.events.adjustment import MerchantDebtWrittenOff
from ledger.events.event import Event
from ledger.ids import Id
from ledger.streams.payouts import Payouts


class WriteOffMerchantDebt(MerchantMoneyCommand, name="write_off_merchant_debt"):
    """A second person says yes to a proposed write-off. What was offset meanwhile can no longer be written off."""

    write_off_id: Id


def decide(command: WriteOffMerchantDebt, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    proposed = open_proposal(payouts.write_offs.get(command.write_off_id), command.write_off_id)
    somebody_else(proposed.proposer.id, command.actor)
    check_owed(command, proposed.amount, rules)
    yield MerchantDebtWrittenOff(
        write_off_id=proposed.write_off_id,
        merchant_id=command.merchant_id,
        amount=proposed.amount,
        reason=proposed.reason,
        proposer=proposed.proposer,
        approver=command.actor,
        written_off_at=command.decided_at,
    )
