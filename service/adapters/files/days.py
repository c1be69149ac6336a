"""Days that a file names must be days on which such a thing can have happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from ledger.accounting_days import accounting_day
from ledger.limits import EARLIEST_DAY
from service.adapters.files.bad_file import BadFile

_AHEAD = timedelta(days=366)  # value dates may lie ahead, a slip of the year lies further


def last_day(now: datetime) -> date:
    """The last day that a file may name."""
    return accounting_day(now) + _AHEAD


def out_of_range(day: date, last: date) -> str:
    """What is wrong with a day that is out of all range; empty where nothing is."""
    return "" if EARLIEST_DAY <= day <= last else f"the day {day} is not between {EARLIEST_DAY} and {last}"


def check_days(name: str, days: Iterable[tuple[int, date]], now: datetime) -> None:
    """`days` with the line each stands in. Raises `BadFile` for one that is out of all range."""
    for line, day in days:
        if reason := out_of_range(day, last_day(now)):
            raise BadFile(name, reason, line=line)
