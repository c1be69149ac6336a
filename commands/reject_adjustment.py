"""Rejecting a manual adjustment, or taking it back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.adjusting import AdjustmentCommand
from commands.proposals import open_proposal
from commands.reviewing import platform_only
from commands.rules import Rules
from ledger.events.adjustment import ManualAdjustmentRejected
from ledger.events.event import Event
from ledger.sealed import Sealed
from ledger.streams.adjustment import Adjustment


class RejectAdjustment(AdjustmentCommand, name="reject_adjustment"):
    """Nothing is posted."""

    note: Sealed[str] | None = None


def decide(command: RejectAdjustment, adjustment: Adjustment, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    proposed = open_proposal(adjustment.proposal, command.adjustment_id)
    yield ManualAdjustmentRejected(
        adjustment_id=proposed.adjustment_id,
        merchant_id=proposed.merchant_id,
        lines=proposed.lines,
        reason=proposed.reason,
        evidence=proposed.evidence,
        accounting_date=proposed.accounting_date,
        proposer=proposed.proposer,
        rejecter=command.actor,
        note=command.note,
        rejected_at=command.decided_at,
    )
