"""When a scan happened, as carriers write it: with a zone, without one, or only the day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

from service.adapters.carriers.scan import Doubt

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(?:[AP]M)?", re.IGNORECASE)


def read_instant(text: object) -> tuple[datetime | None, Doubt]:
    """An ISO 8601 text as an instant; without a zone read as UTC, a day alone as its midnight, both flagged."""
    if not isinstance(text, str) or not text.strip():
        return None, "time_unknown"
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None, "time_unknown"
    if len(text.strip()) <= len("2025-04-01"):
        return found.replace(tzinfo=UTC), "time_assumed"
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC), "zone_assumed"
    try:
        return found.astimezone(UTC), ""
    except OverflowError:  # in the year 1 or 9999
        return None, "time_unknown"


def read_day_and_clock(day: object, clock: object) -> tuple[datetime | None, Doubt]:
    """A day and a clock's reading apart (`14:30`, `14:30 PM`): in no zone, so in UTC, and flagged."""
    instant, doubt = read_instant(day)
    found = _CLOCK.fullmatch(clock.strip()) if isinstance(clock, str) else None
    if instant is None or found is None:
        return instant, doubt
    hour, minute, second = (int(part or 0) for part in found.groups())
    if hour > 23 or minute > 59 or second > 59:
        return instant, doubt
    return datetime.combine(instant.date(), time(hour, minute, second), tzinfo=UTC), "zone_assumed"
