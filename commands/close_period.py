"""Closing an accounting period for the whole ledger, once it is closed in every book."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import StringConstraints

from commands.command import Command
from commands.period_commands import check_next
from commands.reviewing import platform_only, somebody_else
from commands.rules import Rules
from ledger.calendar_months import first_day, month_after
from ledger.events.event import Event
from ledger.events.period import AccountingPeriodClosed
from ledger.ids import Id, periods_stream
from ledger.instants import Month
from ledger.numbers import Count, Position
from ledger.streams.periods import Periods

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ClosePeriod(Command, name="close_period"):
    """`positions` are those of the books' markers; the hash is over the trial balance up to them."""

    period: Month
    positions: dict[Count, Position]
    trial_balance_hash: Sha256
    proposer: Id

    @property
    def stream(self) -> str:
        return periods_stream()


def decide(command: ClosePeriod, periods: Periods, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    check_next(command, periods, command.period)
    somebody_else(command.proposer, command.actor)
    yield AccountingPeriodClosed(
        period=command.period,
        first_open_day=first_day(month_after(command.period)),
        positions=command.positions,
        trial_balance_hash=command.trial_balance_hash,
        proposer=command.proposer,
        approver=command.actor.id,
        closed_at=command.decided_at,
    )
