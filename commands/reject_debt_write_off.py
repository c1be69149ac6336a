"""Saying no to giving up what a merchant owes."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.proposals import open_proposal
from commands.reviewing import platform_only
from commands.rules import Rules
from ledger.events.adjustment import MerchantDebtWriteOffRejected
from ledger.events.event import Event
from ledger.ids import Id, payouts_stream
from ledger.streams.payouts import Payouts


class RejectDebtWriteOff(Command, name="reject_debt_write_off"):
    """The debt stays and is offset; whoever proposed the write-off may take it back this way."""

    merchant_id: Id
    write_off_id: Id

    @property
    def stream(self) -> str:
        return payouts_stream(self.merchant_id)


def decide(command: RejectDebtWriteOff, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    proposed = open_proposal(payouts.write_offs.get(command.write_off_id), command.write_off_id)
    yield MerchantDebtWriteOffRejected(
        write_off_id=proposed.write_off_id,
        merchant_id=command.merchant_id,
        amount=proposed.amount,
        reason=proposed.reason,
        proposer=proposed.proposer,
        rejecter=command.actor,
        rejected_at=command.decided_at,
    )
