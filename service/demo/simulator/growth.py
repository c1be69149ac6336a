"""Grows a log to a size for measurements: one simulated month after another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from ledger.calendar_months import first_day, month_after, month_of
from service.app import App
from service.demo.simulator.days import Days
from service.demo.simulator.month import FIRST_DAY, MERCHANTS, record_month

_SLOT = timedelta(hours=6)  # fewer and larger batches; no step of a parcel comes sooner after its order


def grow(app: App, *, orders: int, merchants: int = MERCHANTS) -> Iterator[tuple[date, int]]:
    """Records months without end. Yields the first day of the next month and the number of events so far.

    Started again with the same arguments, it continues where it stopped.
    """
    begins = FIRST_DAY
    for seed in count(1):
        record_month(app, seed=seed, orders=orders, merchants=merchants, days=Days.of_month(begins), slot=_SLOT)
        begins = first_day(month_after(month_of(begins)))
        yield begins, sum(app.ledger.reader.heads().values())
