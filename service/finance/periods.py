"""The accounting periods: their closings and reopenings, with person and hash, and steps that were cut off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import singledispatch
from typing import Any, Literal

from ledger.accounting_days import accounting_day
from ledger.calendar_months import month_of
from ledger.events.periods import AccountingPeriodClosed, AccountingPeriodReopened
from ledger.ids import periods_stream
from service.app import App


@dataclass(frozen=True, slots=True)
class PeriodChange:
    """A closing or reopening of a period. `in_force` is true if no later one changed it or an earlier period."""

    period: str
    change: Literal["closed", "reopened"]
    at: datetime
    proposer: str
    approver: str
    in_force: bool
    reason: str = ""  # of a reopening
    trial_balance_hash: str = ""  # of a closing, with the positions it is over
    positions: dict[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Periods:
    """All closings and reopenings in order, and the first open day (None if nothing was ever closed).

    `unfinished` are the books whose state differs from the ledger, because a closing or reopening was cut off.
    `redledger close-period` of the same month finishes it.
    """

    open_from: date | None
    open_period: str
    changes: tuple[PeriodChange, ...]
    unfinished: tuple[int, ...]


def periods(app: App, *, as_of: date | None = None, as_known_at: datetime | None = None) -> Periods:
    """Returns the periods at the end of a day, as known at an instant. `unfinished` is known for now alone."""
    rows = app.ledger.reader.read_stream(0, periods_stream())
    changes_known = (
        row.event
        for row in rows
        if isinstance(row.event, AccountingPeriodClosed | AccountingPeriodReopened)
        and (as_known_at is None or row.recorded_at <= as_known_at)
        and (as_of is None or accounting_day(row.occurred_at) <= as_of)
    )
    events: list[Any] = list(changes_known)
    open_from: date | None = events[-1].first_open_day if events else None
    changes = [_change(event, in_force=_stands(event, events[n + 1 :])) for n, event in enumerate(events)]
    elsewhere = [book for book, day in app.ledger.reader.first_open_days().items() if day != (open_from or date.min)]
    return Periods(
        open_from=open_from,
        open_period=month_of(open_from) if open_from else "",
        changes=tuple(changes),
        unfinished=tuple(elsewhere) if as_known_at is None and as_of is None else (),
    )


def _stands(event: Any, later: Iterable[Any]) -> bool:
    return not any(after.period <= event.period for after in later)


@singledispatch
def _change(event: Any, *, in_force: bool) -> PeriodChange:  # noqa: ARG001
    raise AssertionError(f"{event.name} is no change of a period")


@_change.register
def _(event: AccountingPeriodClosed, *, in_force: bool) -> PeriodChange:
    return PeriodChange(
        period=event.period,
        change="closed",
        at=event.closed_at,
        proposer=event.proposer,
        approver=event.approver,
        in_force=in_force,
        trial_balance_hash=event.trial_balance_hash,
        positions=event.positions,
    )


@_change.register
def _(event: AccountingPeriodReopened, *, in_force: bool) -> PeriodChange:
    return PeriodChange(
        period=event.period,
        change="reopened",
        at=event.reopened_at,
        proposer=event.proposer,
        approver=event.approver,
        in_force=in_force,
        reason=event.reason,
    )
