"""Arithmetic of instants and deadlines that cannot overflow, and the rule from when a reported instant counts.

Carriers write 9999-12-31 for an unknown date. The event stores the instant as reported; rules read it as `NEVER`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from ledger.limits import LATEST_INSTANT

Timing = Literal["plain", "ahead", "far"]

NEVER = datetime(9999, 12, 30, tzinfo=UTC)  # the deadline that never comes
_FIRST = datetime(1, 1, 3, tzinfo=UTC)
CLOCKS_DIFFER_BY = timedelta(minutes=5)
FORESEEABLE = timedelta(days=731)  # two years: a later date is a mistake or means no date


def timing_of(happened_at: datetime, now: datetime) -> Timing:
    """Returns `plain` if a reported instant is not after `now` plus 5 minutes, `ahead` within 731 days of `now`, else
    `far`.
    """
    if happened_at <= later(now, CLOCKS_DIFFER_BY):
        return "plain"
    return "ahead" if happened_at <= later(now, FORESEEABLE) else "far"


def is_plain(timing: Timing) -> bool:
    """True if the instant was not in the future when it was recorded."""
    return timing == "plain"


def counts_from(at: datetime, timing: Timing) -> datetime:
    """Returns the instant from which a reported fact counts: the instant itself, or `NEVER` if it is `far`."""
    return NEVER if timing == "far" else bounded(at)


def known(at: datetime | None) -> datetime | None:
    """Returns the instant, or None if it is None or `NEVER`."""
    return at if at is not None and at < NEVER else None


def has_come(at: datetime | None, now: datetime) -> datetime | None:
    """Returns the instant if it is not after `now`, else None."""
    return at if at is not None and at <= now else None


def bounded(at: datetime) -> datetime:
    """Returns the instant, moved into the range that every zone, database and calendar can hold."""
    return min(max(at, _FIRST), LATEST_INSTANT)


def later(at: datetime, by: timedelta) -> datetime:
    """Returns `at` + `by`. Returns `NEVER` if the sum is beyond the calendar, or if `at` is `NEVER`."""
    if at >= NEVER:
        return NEVER
    try:
        return min(bounded(bounded(at) + by), NEVER)
    except OverflowError:
        return NEVER if by > timedelta() else _FIRST


def earlier(at: datetime, by: timedelta) -> datetime:
    """Returns `at` − `by`, but not before the calendar's first days."""
    try:
        return bounded(bounded(at) - by)
    except OverflowError:
        return _FIRST if by > timedelta() else NEVER


def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """Returns the instant in the zone."""
    return bounded(at).astimezone(zone)


def day_later(day: date, by: timedelta) -> date:
    """Returns `day` + `by` in whole days, limited to the calendar."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta() else date.min
