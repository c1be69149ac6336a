"""The checklist of a month's close: what is open, what is missing, and the hash of the last closing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.accounting_days import accounting_day
from ledger.calendar_months import last_day, month_before, month_of
from ledger.ids import PLATFORM_BOOK, UNMATCHED, revaluation_stream
from ledger.streams.loader import StreamReader, load_stream
from ledger.streams.platform_money import Revaluations
from projections.balances.balances import NOW, AsOf
from projections.engine.views import Views
from projections.worklists.break_totals import open_breaks
from projections.worklists.proposals import proposals
from service.app import App
from service.finance.periods import PeriodChange, Periods, periods
from service.finance.rates import rates_on

Item = Literal["breaks", "unmatched", "proposals", "rates", "revaluation", "closing"]
_MANY = 1_000


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One item of the checklist of a month. `open` is the number of things that are left to do, and `detail` says which
    or, for a closing, the hash."""

    period: str
    item: Item
    done: bool
    open: int
    detail: str


def close_checklist(app: App, views: Views, streams: StreamReader, timepoint: AsOf = NOW) -> list[ChecklistItem]:
    """Returns the checklist of the first open month, or of the last month if none was ever closed. Raises
    `ViewBehind`."""
    known = periods(app, as_of=timepoint.as_of, as_known_at=timepoint.as_known_at)
    today = timepoint.as_of or accounting_day(timepoint.as_known_at or app.clock())
    month = known.open_period or month_before(month_of(today))
    end = min(last_day(month), today)
    return [
        *_work(views, timepoint, month, end),
        _rates(app, timepoint, month, end),
        _revaluation(streams, month),
        _closing(known, month),
    ]


def _work(views: Views, timepoint: AsOf, month: str, end: date) -> Iterator[ChecklistItem]:
    found = open_breaks(views, timepoint, since_by=end)
    kinds = [each.kind for each in found if each.kind != UNMATCHED]
    yield _item(month, "breaks", sum(each.breaks for each in found if each.kind != UNMATCHED), ", ".join(kinds))
    yield _item(month, "unmatched", sum(each.breaks for each in found if each.kind == UNMATCHED))
    undecided = proposals(views, timepoint=timepoint, limit=_MANY)
    yield _item(month, "proposals", len(undecided), ", ".join(sorted({each.kind for each in undecided})))


def _rates(app: App, timepoint: AsOf, month: str, end: date) -> ChecklistItem:
    found = rates_on(app, end, as_known_at=timepoint.as_known_at)
    old = [rate.currency for rate in found if rate.kind == "book" and not rate.usable]
    return _item(month, "rates", len(old), ", ".join(old))


def _revaluation(streams: StreamReader, month: str) -> ChecklistItem:
    posted = load_stream(streams, PLATFORM_BOOK, revaluation_stream(month), Revaluations).posted
    return _item(month, "revaluation", 0 if posted else 1)


def _closing(known: Periods, month: str) -> ChecklistItem:
    closings = [each for each in known.changes if each.change == "closed" and each.in_force]
    of_month = next((each for each in closings if each.period == month), None)
    last: PeriodChange | None = of_month or (closings[-1] if closings else None)
    detail = f"{last.period} {last.trial_balance_hash}" if last else ""
    return ChecklistItem(month, "closing", of_month is not None, 0 if of_month else 1, detail)


def _item(month: str, item: Item, open: int, detail: str = "") -> ChecklistItem:
    return ChecklistItem(month, item, open == 0, open, detail)
