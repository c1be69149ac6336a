"""Reopening the last closed accounting period."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.period_commands import check_last
from commands.reviewing import platform_only, somebody_else
from commands.rules import Rules
from commands.shapes import Reason
from ledger.calendar_months import first_day
from ledger.events.event import Event
from ledger.events.period import AccountingPeriodReopened
from ledger.ids import Id, periods_stream
from ledger.instants import Month
from ledger.streams.periods import Periods


class ReopenPeriod(Command, name="reopen_period"):
    """An approver lets the period take postings again, as somebody else proposed. Its books are reopened next."""

    period: Month
    reason: Reason
    proposer: Id

    @property
    def stream(self) -> str:
        return periods_stream()


def decide(command: ReopenPeriod, periods: Periods, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    check_last(periods, command.period)
    somebody_else(command.proposer, command.actor)
    yield AccountingPeriodReopened(
        period=command.period,
        first_open_day=first_day(command.period),
        reason=command.reason,
        proposer=command.proposer,
        approver=command.actor.id,
        reopened_at=command.decided_at,
    )
