"""Proposing a manual adjustment of the books."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from commands.adjusting import AdjustmentCommand, GivenLine, check_lines
from commands.reviewing import platform_only
from commands.rules import Rules
from commands.shapes import Reason
from ledger.events.adjustment import ManualAdjustmentProposed
from ledger.events.event import Event
from ledger.finance_refusals import PeriodClosed, ProposalIdTaken
from ledger.instants import Day
from ledger.sealed import Sealed
from ledger.streams.adjustment import Adjustment


class ProposeAdjustment(AdjustmentCommand, name="propose_adjustment"):
    """Lines that another person may approve. `accounting_date`, where named, is the day they belong to."""

    lines: tuple[GivenLine, ...] = Field(min_length=2)
    reason: Reason
    evidence: tuple[str, ...] = ()
    accounting_date: Day | None = None
    note: Sealed[str] | None = None


def decide(command: ProposeAdjustment, adjustment: Adjustment, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    if adjustment.proposal:
        raise ProposalIdTaken(proposal_id=command.adjustment_id)
    if command.accounting_date and command.accounting_date < rules.open_day:
        raise PeriodClosed(day=command.accounting_date, first_open_day=rules.open_day)
    yield ManualAdjustmentProposed(
        adjustment_id=command.adjustment_id,
        merchant_id=command.merchant_id,
        lines=check_lines(command.lines, command.merchant_id),
        reason=command.reason,
        evidence=command.evidence,
        accounting_date=command.accounting_date,
        proposer=command.actor,
        note=command.note,
        proposed_at=command.decided_at,
    )
