"""Growing a log to a size, for measurements: month after month of trading, each of a world of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from ledger.calendar_months import first_day, month_after, month_of
from service.app import App
from service.demo.simulator.days import Days
from service.demo.simulator.month import FIRST_DAY, MERCHANTS, record_month

_SLOT = timedelta(hours=6)  # fewer, larger batches; nothing of a parcel happens sooner after its order


def grow(app: App, *, orders: int, merchants: int = MERCHANTS) -> Iterator[tuple[date, int]]:
    """Record month after month without end: the first day of the next one, and how many events the log holds by now.

    Begun again with the same numbers it goes on where it was left.
    """
    begins = FIRST_DAY
    for seed in count(1):
        record_month(app, seed=seed, orders=orders, merchants=merchants, days=Days.of_month(begins), slot=_SLOT)
        begins = first_day(month_after(month_of(begins)))
        yield begins, sum(app.ledger.reader.heads().values())


def grow_to(app: App, events: int, *, orders: int, merchants: int = MERCHANTS) -> int:
    """Record months until the log holds at least so many events; how many it holds."""
    return next(held for _, held in grow(app, orders=orders, merchants=merchants) if held >= events)
