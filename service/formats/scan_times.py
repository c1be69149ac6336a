"""Reads the times of scans, which have a zone, have none, or are only a day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

from ledger.deadlines import in_zone
from ledger.instants import bounded_instant
from service.partner_facts.parcels import Doubt

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s*(?:[AP]M)?", re.IGNORECASE | re.ASCII)
_WRITTEN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?P<clock>[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(?P<zone>Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
)


def read_instant(text: object) -> tuple[datetime | None, Doubt]:
    """Returns the instant of an ISO 8601 text and any doubt: without a zone it is read as UTC, and a day as its
    midnight.

    An impossible time gives None; the report keeps the original text.
    """
    if not isinstance(text, str) or not text.strip():
        return None, "time_unknown"
    written = _WRITTEN.fullmatch(text.strip())
    if written is None:
        return None, "time_unknown"
    doubt: Doubt = "" if written["zone"] else "zone_assumed" if written["clock"] else "time_assumed"
    try:
        found = datetime.fromisoformat(text.strip())
        return in_zone(bounded_instant(found if written["zone"] else found.replace(tzinfo=UTC)), UTC), doubt
    except ValueError:  # not a day of the calendar, or out of range
        return None, "time_unknown"


def read_day_and_clock(day: object, clock: object) -> tuple[datetime | None, Doubt]:
    """Returns the instant of a separate day and clock time (`14:30`, `14:30 PM`), read as UTC with a doubt."""
    instant, doubt = read_instant(day)
    found = _CLOCK.fullmatch(clock.strip()) if isinstance(clock, str) else None
    if instant is None or found is None:
        return instant, doubt
    hour, minute, second = (int(part or 0) for part in found.groups())
    if hour > 23 or minute > 59 or second > 59:
        return instant, doubt
    return datetime.combine(instant.date(), time(hour, minute, second), tzinfo=UTC), "zone_assumed"
