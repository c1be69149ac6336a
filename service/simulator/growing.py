"""Growing a log to a size, for measurements: month after month of trading, each of a world of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ledger.calendar_months import first_day, month_after, month_of
from service.app import App
from service.simulator.month import FIRST_DAY, record_month

ORDERS_A_MONTH = 10_000
_SLOT = timedelta(hours=6)  # fewer, larger batches; nothing of a parcel happens sooner after its order
Progress = Callable[[int, int], None]  # events, of


def grow(
    app: App, events: int, *, orders: int = ORDERS_A_MONTH, progress: Progress = lambda _done, _total: None
) -> int:
    """Record months until the log holds at least so many events; how many it holds. Goes on where it was left."""
    seed, begins = 0, FIRST_DAY
    while (held := _held(app)) < events:
        seed += 1
        progress(held, events)
        record_month(app, seed=seed, orders=orders, first_day=begins, slot=_SLOT)
        begins = _next(begins)
    return held


def _held(app: App) -> int:
    return sum(app.ledger.reader.heads().values())


def _next(begins: date) -> date:
    return first_day(month_after(month_of(begins)))
