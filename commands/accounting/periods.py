"""Checks on accounting periods: the next one to close, and the last one to reopen."""

from __future__ import annotations

from commands.command import Command
from ledger.accounting_days import accounting_day
from ledger.calendar_months import first_day, last_day, month_after
from ledger.refusals.finance import PeriodClosed, PeriodNotOver, PeriodOutOfOrder
from ledger.streams.periods import Periods


def check_over(command: Command, period: str) -> None:
    """Raises `PeriodNotOver` until the period's last day is over, in the accounting zone."""
    if last_day(period) >= accounting_day(command.decided_at):
        raise PeriodNotOver(period=period, last_day=last_day(period))


def check_next(command: Command, periods: Periods, period: str) -> None:
    """Checks that the period is over and the next one to close. The first ever closed may be any.

    Raises `PeriodClosed`, `PeriodOutOfOrder` and `PeriodNotOver`.
    """
    if periods.first_open_day and first_day(period) < periods.first_open_day:
        raise PeriodClosed(day=first_day(period), first_open_day=periods.first_open_day)
    if periods.last_closed and period != (expected := month_after(periods.last_closed)):
        raise PeriodOutOfOrder(asked=period, expected=expected)
    check_over(command, period)


def check_last(periods: Periods, period: str) -> None:
    """Raises `PeriodOutOfOrder` unless the period is the last closed one and no period is being closed."""
    if periods.closing:
        raise PeriodOutOfOrder(asked=period, expected=periods.closing.period)
    if period != periods.last_closed:
        raise PeriodOutOfOrder(asked=period, expected=periods.last_closed or "none")
