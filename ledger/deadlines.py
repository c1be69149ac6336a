"""From when an instant counts, and the deadlines that follow from it: one arithmetic, which cannot overflow.

Carriers write 9999-12-31 where they know no date. Such an instant is kept as it was reported; `NEVER` is what it means.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from ledger.limits import LATEST_INSTANT

Timing = Literal["plain", "ahead", "far"]

NEVER = datetime(9999, 12, 30, tzinfo=UTC)  # a deadline that does not come
_FIRST = datetime(1, 1, 3, tzinfo=UTC)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
FORESEEABLE = timedelta(days=731)  # two years: a fact from beyond is a slip, or stands for no date at all


def timing_of(happened_at: datetime, now: datetime) -> Timing:
    """Returns the verdict on an instant that is reported at `now`: it has come, lies ahead, or too far ahead to mean
    a day."""
    if happened_at <= later(now, CLOCKS_DIFFER_BY):
        return "plain"
    return "ahead" if happened_at <= later(now, FORESEEABLE) else "far"


def is_plain(timing: Timing) -> bool:
    """True if the instant had come when it was recorded."""
    return timing == "plain"


def counts_from(at: datetime, timing: Timing) -> datetime:
    """Returns from when a reported instant counts: from the day it names, but `NEVER` where that is too far ahead."""
    return NEVER if timing == "far" else bounded(at)


def known(at: datetime | None) -> datetime | None:
    """Returns the instant, or None for one that never comes."""
    return at if at is not None and at < NEVER else None


def has_come(at: datetime | None, now: datetime) -> datetime | None:
    """Returns the instant if it counts at `now`, else None: what lies ahead has not happened yet."""
    return at if at is not None and at <= now else None


def bounded(at: datetime) -> datetime:
    """Returns the instant, or the nearest that every zone, database and calendar can hold."""
    return min(max(at, _FIRST), LATEST_INSTANT)


def later(at: datetime, by: timedelta) -> datetime:
    """Returns `at` + `by`; `NEVER` beyond the calendar, and of `NEVER` itself."""
    if at >= NEVER:
        return NEVER
    try:
        return min(bounded(bounded(at) + by), NEVER)
    except OverflowError:
        return NEVER if by > timedelta() else _FIRST


def earlier(at: datetime, by: timedelta) -> datetime:
    """Returns `at` − `by`, no earlier than the calendar's first days."""
    try:
        return bounded(bounded(at) - by)
    except OverflowError:
        return _FIRST if by > timedelta() else NEVER


def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """Returns the instant on a zone's clock."""
    return bounded(at).astimezone(zone)


def day_later(day: date, by: timedelta) -> date:
    """Returns `day` + `by` whole days, within the calendar."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta() else date.min
