"""Posts a manual adjustment (P20); it takes two people."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from commands.accounting.adjustment_lines import GivenLine, check_lines
from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.events.adjustments import ManualAdjustmentApproved
from ledger.events.event import Event
from ledger.ids import Id, account_guard, adjustment_stream
from ledger.instants import Day
from ledger.refusals.finance import AdjustmentPosted, PeriodClosed
from ledger.streams.adjustments import Adjustment


class PostAdjustment(TwoPersonCommand, name="post_adjustment"):
    """Posts a manual journal entry that no other command posts (P20), with `accounting_date` as its day if given.

    Takes two people. With a merchant, it is posted in the merchant's book. Refused if the id was used, the period is
    closed, an account is restricted, the lines do not balance, or they charge a merchant.
    """

    adjustment_id: Id
    merchant_id: Id | None = None
    lines: tuple[GivenLine, ...] = Field(min_length=2)
    evidence: tuple[str, ...] = ()
    accounting_date: Day | None = None

    @property
    def stream(self) -> str:
        return adjustment_stream(self.adjustment_id, self.merchant_id)

    @property
    def reads(self) -> tuple[str, ...]:
        return (account_guard(self.merchant_id),) if self.merchant_id else ()


def decide(command: PostAdjustment, adjustment: Adjustment, rules: Rules) -> Iterator[Event]:
    if adjustment.is_posted:
        raise AdjustmentPosted(adjustment_id=command.adjustment_id)
    if command.accounting_date and command.accounting_date < rules.open_day:
        raise PeriodClosed(day=command.accounting_date, first_open_day=rules.open_day)
    yield ManualAdjustmentApproved(
        adjustment_id=command.adjustment_id,
        merchant_id=command.merchant_id,
        lines=check_lines(command.lines, command.merchant_id),
        reason=command.proposal.reason,
        evidence=command.evidence,
        accounting_date=command.accounting_date,
        proposer=command.proposal.proposer,
        approver=command.actor,
        approved_at=command.decided_at,
    )
