"""Instants, days, months, durations and zones at the entrance: what is written otherwise, or can never be meant, is
refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.instants import STORED, Day, Duration, Instant, Month, Zone, zone_of
from ledger.limits import FURTHEST_OFFSET, LATEST_DAY, LATEST_INSTANT, LONGEST_DURATION

WRONG = {
    Instant: (
        "1999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "1900-01-01T00:00:00Z",
        "2026-11-01T00:00:00+23:00",
        "2026-11-01T00:00:00-14:01",
        "2026-11-01T00:00:00",
        "2026-11-01 00:00:00Z",
        "2026-11-01T00:00:00z",
        "2026-11-01",
        "20261101T000000Z",
        "+2026-11-01T00:00:00Z",
        "٢٠٢٦-11-01T00:00:00Z",
        "2026-11-01T00:00:00+00:00:01",
        "10000-01-01T00:00:00Z",
        "1700000000",
        1700000000,
        1e300,
        True,
    ),
    Day: ("1999-12-31", "0001-01-01", "2026-11-1", "20261101", "2026-W48-6", "2026-11-01T00:00:00", 20000),
    Month: ("0001-01", "1999-12", "9999-12", "2026-13", "2026-1", "٢٠٢٦-01"),
    Duration: ("P999999999D", "P3661D", "-P1D", "P1M", "P", "PT", "P1DT", "20:00", 86400, 1.5, "P٣D", "PT1e9"),
    Zone: ("Nope/Nope", "", "../etc/passwd", "/etc/localtime", "America", "UTC+8", "Asia/\0Shanghai", "a" * 5000, "é"),
}  # fmt: skip
RIGHT: dict[Any, tuple[str, ...]] = {
    Instant: ("2000-01-01T00:00:00Z", "2026-11-01T00:00Z", "2026-11-01T00:00:00.123456+14:00", "9999-12-31T00:00:00Z"),
    Day: ("2000-01-01", "2024-02-29", "9999-12-30"),
    Month: ("2000-01", "9999-11"),
    Duration: ("PT0S", "P20D", "PT30M", "P3W", "P1Y", "P1DT2H3M4.5S", "P3660D"),
    Zone: ("UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires"),
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in WRONG.items() for value in values])
def test_what_can_never_be_meant_is_refused(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in RIGHT.items() for value in values])
def test_what_is_in_the_bounds_is_taken(kind: Any, value: str) -> None:
    TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "9999-12-31T00:00:00-00:01"])
def test_the_last_hours_there_are_have_a_date_in_every_zone(text: str) -> None:
    at = TypeAdapter(Instant).validate_python(text)
    assert at == LATEST_INSTANT
    assert at.astimezone(zone_of("Pacific/Kiritimati")).utcoffset() == FURTHEST_OFFSET


def test_the_day_after_the_last_can_be_counted() -> None:
    last = TypeAdapter(Day).validate_python("9999-12-31")
    assert last == LATEST_DAY
    assert last + timedelta(days=1) > last


def test_a_duration_that_was_published_when_any_was_is_read_as_the_longest() -> None:
    assert TypeAdapter(Duration).validate_python("P999999999D", context=STORED) == LONGEST_DURATION


def test_an_instant_keeps_the_offset_it_was_written_with() -> None:
    at = TypeAdapter(Instant).validate_python("2026-11-01T00:00:00+08:00")
    assert (at, at.utcoffset()) == (datetime(2026, 10, 31, 16, tzinfo=UTC), timedelta(hours=8))
