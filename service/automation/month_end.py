"""Revalues the last month in foreign currency, and reminds people to close it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from threading import Event

from commands.bus.outcome import Outcome
from commands.reconciliation.flag_stuck import FlagStuck
from ledger.accounting_days import accounting_day
from ledger.calendar_months import first_day, last_day, month_before, month_of
from ledger.ids import PLATFORM_BOOK, command_id, periods_stream
from ledger.policies.automation import Automation
from ledger.refusals.catalogue import IdempotencyKeyReused
from ledger.refusals.finance import RevaluationOutdated
from ledger.streams.loader import load_stream
from ledger.streams.periods import Periods
from projections.accounting.books_of_account import turnover_balance
from projections.balances.balances import AsOf
from service.app import App
from service.failures import accepted
from service.finance.revaluation import revalue
from service.loops.loop import Item
from service.loops.timer import TIMER, Timer

_BY_ANOTHER = (IdempotencyKeyReused.code, RevaluationOutdated.code)  # another machine has revalued it meanwhile


class MonthEnd(Timer):
    """Revalues an open month once a day, because facts come late, and opens one break a month as the reminder."""

    name = "month_end"
    every = timedelta(minutes=10)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._revalued: tuple[str, date] | None = None

    def look(self) -> int:
        now = self.app.clock()
        policy, today = self.automation(now), accounting_day(now)
        period = due_month(policy, today) if policy else ""
        if not period or self._is_closed(period) or not self._has_postings(period):
            return 0
        return self._revalue(period, today) + self.loop.ask([_reminder(period)])

    def _revalue(self, period: str, today: date) -> int:
        if self._revalued == (period, today):
            return 0
        done = self.loop.alone(PLATFORM_BOOK, f"revaluation/{period}", partial(self._posted, period, today))
        if done is None:
            return 0
        self._revalued = (period, today)
        return int(done.status == "recorded" and not done.repeated)

    def _posted(self, period: str, today: date) -> Outcome:
        """Returns the outcome of the revaluation. Raises `ServiceFailure` if it is refused, for example without the
        day's rates.
        """
        outcome = revalue(self.app, period, actor=TIMER, asked_on=today.isoformat())
        return outcome if outcome.code in _BY_ANOTHER else accepted(outcome)

    def _is_closed(self, period: str) -> bool:
        closed = load_stream(self.app.ledger.reader, PLATFORM_BOOK, periods_stream(), Periods).last_closed
        return closed is not None and period <= closed

    def _has_postings(self, period: str) -> bool:
        found = turnover_balance(self.app.views, AsOf(as_of=last_day(period)), since=first_day(period))
        return any(row.debit_base.minor or row.credit_base.minor for row in found.rows)


def due_month(policy: Automation, today: date) -> str:
    """Returns the newest month, as YYYY-MM, whose month-end work is due on this day."""
    last = month_before(month_of(today))
    return last if today.day >= policy.month_end_day else month_before(last)


def _reminder(period: str) -> Item:
    flag = FlagStuck(
        id=command_id("closing-due", periods_stream(), period),
        actor=TIMER,
        in_stream=periods_stream(),
        kind="closing_due",
        subject=period,
        expected=f"{period} closed",
    )
    return Item(PLATFORM_BOOK, f"{periods_stream()}#{period}", lambda: flag)
