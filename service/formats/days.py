"""Checks that the days in a file are possible: not too early, and not too far in the future."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from ledger.accounting_days import accounting_day
from ledger.limits import EARLIEST_DAY
from service.formats.bad_file import BadFile

_AHEAD = timedelta(days=366)  # value dates may lie in the future; a wrong year lies further


def last_day(now: datetime) -> date:
    """Returns the last day that a file may name."""
    return accounting_day(now) + _AHEAD


def out_of_range(day: date, last: date) -> str:
    """Returns the error for a day out of range; "" if the day is possible."""
    return "" if EARLIEST_DAY <= day <= last else f"the day {day} is not between {EARLIEST_DAY} and {last}"


def check_days(name: str, days: Iterable[tuple[int, date]], now: datetime) -> None:
    """Checks `days`, each with its line. Raises `BadFile` for a day out of range."""
    for line, day in days:
        if reason := out_of_range(day, last_day(now)):
            raise BadFile(name, reason, line=line)
