"""Instants, days, months, durations and zones from outside: one grammar and one range each."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints, TypeAdapter, ValidationInfo

from ledger.limits import (
    EARLIEST_DAY,
    EARLIEST_INSTANT,
    FURTHEST_OFFSET,
    LATEST_DAY,
    LATEST_INSTANT,
    LONGEST_DURATION,
)
from ledger.validation_messages import InWords, read_as

STORED = {"stored": True}  # validation context of stored values: moved into the range, never refused

_INSTANT = re.compile(  # RFC 3339; AwareDatetime then requires the zone
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DURATION = re.compile(  # ISO 8601; a year is 365 days; no months: their lengths differ
    r"P(?=.)([0-9]{1,6}W|([0-9]{1,6}Y)?([0-9]{1,9}D)?(T(?=.)([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,6}([.][0-9]{1,6})?S)?)?)"
)


def _written_instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise ValueError("write an instant with its zone, such as 2025-04-01T08:00:00Z")


def bounded_instant(at: datetime) -> datetime:
    """Returns the aware instant. Raises ValueError if it is before 2000 or its offset is beyond ±14:00.

    The last day of the year 9999 is read as `LATEST_INSTANT`, because it has no date in some zones.
    """
    offset = at.utcoffset()
    assert offset is not None, "the type asks for a zone"
    if abs(offset) > FURTHEST_OFFSET:
        raise ValueError("an instant's offset must be between -14:00 and +14:00")
    if at < EARLIEST_INSTANT:
        raise ValueError(f"an instant must not be before {EARLIEST_INSTANT.year}")
    return min(at, LATEST_INSTANT)


def _written_day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("write a day such as 2025-06-30")


def bounded_day(day: date) -> date:
    """Returns the day; 9999-12-31 is read as the day before. Raises ValueError for a day before 2000."""
    if day < EARLIEST_DAY:
        raise ValueError(f"a day must not be before {EARLIEST_DAY}")
    return min(day, LATEST_DAY)


def _countable_month(month: str) -> str:
    if month > f"{LATEST_DAY:%Y}-11":
        raise ValueError(f"{month} is too late: the month after it must be in the calendar")
    return month


def _written_duration(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, timedelta) or info.context == STORED:
        return value
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return value
    raise ValueError("write a duration in days, hours, minutes and seconds, such as P20D or PT30M")


def _bounded_duration(duration: timedelta, info: ValidationInfo) -> timedelta:
    if timedelta() <= duration <= LONGEST_DURATION:
        return duration
    if info.context == STORED:
        return max(timedelta(), min(duration, LONGEST_DURATION))
    raise ValueError(f"a duration must be between 0 and {LONGEST_DURATION.days} days")


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Returns the time zone of this IANA name. Raises ValueError if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name[:80]!r}; write an IANA name such as Asia/Shanghai") from None


def _known_zone(name: str) -> str:
    return zone_of(name).key


Instant = Annotated[AwareDatetime, BeforeValidator(_written_instant), AfterValidator(bounded_instant)]
Day = Annotated[date, BeforeValidator(_written_day), AfterValidator(bounded_day)]
Month = Annotated[
    str,
    StringConstraints(pattern=r"^[2-9][0-9]{3}-(0[1-9]|1[0-2])$"),
    InWords("a month such as 2025-04"),
    AfterValidator(_countable_month),
]
Duration = Annotated[timedelta, BeforeValidator(_written_duration), AfterValidator(_bounded_duration)]
Zone = Annotated[str, AfterValidator(_known_zone)]

_INSTANTS: TypeAdapter[datetime] = TypeAdapter(Instant)
_DAYS: TypeAdapter[date] = TypeAdapter(Day)
_MONTHS: TypeAdapter[str] = TypeAdapter(Month)


def read_instant(text: str) -> datetime:
    """Returns an instant from outside text. Raises ValueError."""
    return read_as(_INSTANTS, text)


def instant_of_seconds(seconds: object) -> datetime:
    """Returns an instant from whole seconds since 1970. Raises ValueError."""
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= LATEST_INSTANT.timestamp():
        raise ValueError(f"{str(seconds)[:40]!r} is not a number of whole seconds since 1970")
    return bounded_instant(datetime.fromtimestamp(seconds, UTC))


def read_day(text: str) -> date:
    """Returns a day from outside text. Raises ValueError."""
    return read_as(_DAYS, text)


def day_as_written(text: str) -> date:
    """Returns the day in a cell of a file, without the range check of `read_day`. Raises ValueError."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a day such as 2025-04-01")
    return date.fromisoformat(text)


def read_month(text: str) -> str:
    """Returns a month, `yyyy-mm`, from outside text. Raises ValueError."""
    return read_as(_MONTHS, text)
