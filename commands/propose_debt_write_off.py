"""Proposing to give up what a merchant owes."""

from __future__ import annotations

from collections.abc import Iterator

from commands.debts import check_owed
from commands.merchant_money import MerchantMoneyCommand
from commands.reviewing import platform_only
from commands.rules import Rules
from commands.shapes import PositiveMoney, Reason
from ledger.events.adjustment import MerchantDebtWriteOffProposed
from ledger.events.event import Event
from ledger.finance_refusals import ProposalIdTaken
from ledger.ids import Id
from ledger.sealed import Sealed
from ledger.streams.payouts import Payouts


class ProposeDebtWriteOff(MerchantMoneyCommand, name="propose_debt_write_off"):
    """A debt that no release will ever make up for. Nothing is posted until another person agrees."""

    write_off_id: Id
    amount: PositiveMoney
    reason: Reason
    note: Sealed[str] | None = None


def decide(command: ProposeDebtWriteOff, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    if command.write_off_id in payouts.write_offs:
        raise ProposalIdTaken(proposal_id=command.write_off_id)
    check_owed(command, command.amount, rules)
    yield MerchantDebtWriteOffProposed(
        write_off_id=command.write_off_id,
        merchant_id=command.merchant_id,
        amount=command.amount,
        reason=command.reason,
        proposer=command.actor,
        note=command.note,
        proposed_at=command.decided_at,
    )
