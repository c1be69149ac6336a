"""The last step of a period's closing, once its markers stand in every book."""

from __future__ import annotations

from collections.abc import Iterator

from commands.accounting.periods import check_next
from commands.command import Command
from commands.contradictions import explained
from commands.fields import Sha256
from commands.rules import Rules
from ledger.calendar_months import first_day, month_after
from ledger.events.event import Event
from ledger.events.periods import AccountingPeriodClosed
from ledger.ids import periods_stream
from ledger.instants import Month
from ledger.numbers import Count, Position
from ledger.refusals.finance import ClosingNotApproved
from ledger.streams.periods import Periods


class CompletePeriodClose(Command, name="complete_period_close"):
    """Completes a closing once `close_period` is approved. `positions` are those of the books' markers; the hash covers
    the trial balance up to them."""

    period: Month
    positions: dict[Count, Position]
    trial_balance_hash: Sha256

    @property
    def stream(self) -> str:
        return periods_stream()


def decide(command: CompletePeriodClose, periods: Periods, rules: Rules) -> Iterator[Event]:
    check_next(command, periods, command.period)
    approved = periods.closing
    if approved is None or approved.period != command.period:
        raise ClosingNotApproved(period=command.period)
    yield AccountingPeriodClosed(
        period=command.period,
        first_open_day=first_day(month_after(command.period)),
        positions=command.positions,
        trial_balance_hash=command.trial_balance_hash,
        proposer=approved.proposer,
        approver=approved.approver,
        closed_at=command.decided_at,
    )
    for known in periods.known_breaks.values():
        if known.is_open and known.opened.kind == "closing_due" and known.opened.refs["period"] <= command.period:
            yield explained(command, known, "period_closed", "has closed the period")
