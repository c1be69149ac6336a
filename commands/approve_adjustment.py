"""Approving a manual adjustment: its lines are posted (P20)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.adjusting import AdjustmentCommand
from commands.proposals import open_proposal
from commands.reviewing import platform_only, somebody_else
from commands.rules import Rules
from ledger.events.adjustment import ManualAdjustmentApproved
from ledger.events.event import Event
from ledger.finance_refusals import PeriodClosed
from ledger.ids import account_guard
from ledger.streams.adjustment import Adjustment


class ApproveAdjustment(AdjustmentCommand, name="approve_adjustment"):
    """A second person agrees with the lines as they were proposed."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (account_guard(self.merchant_id),) if self.merchant_id else ()


def decide(command: ApproveAdjustment, adjustment: Adjustment, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    proposed = open_proposal(adjustment.proposal, command.adjustment_id)
    somebody_else(proposed.proposer.id, command.actor)
    if proposed.accounting_date and proposed.accounting_date < rules.open_day:
        raise PeriodClosed(day=proposed.accounting_date, first_open_day=rules.open_day)
    yield ManualAdjustmentApproved(
        adjustment_id=proposed.adjustment_id,
        merchant_id=proposed.merchant_id,
        lines=proposed.lines,
        reason=proposed.reason,
        evidence=proposed.evidence,
        accounting_date=proposed.accounting_date,
        proposer=proposed.proposer,
        approver=command.actor,
        approved_at=command.decided_at,
    )
