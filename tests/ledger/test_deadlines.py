"""From when an instant counts, and what follows from it: never an overflow, whatever was reported."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.deadlines import Timing, counts_from, day_later, earlier, has_come, in_zone, known, later, timing_of

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
OFFSETS = some.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = some.datetimes(timezones=OFFSETS)
ZONES = some.sampled_from(["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Shanghai", "UTC"]).map(ZoneInfo)


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [
        (timedelta(days=-9000), "plain"),
        (timedelta(minutes=5), "plain"),
        (timedelta(minutes=5, microseconds=1), "ahead"),
        (timedelta(days=731), "ahead"),
        (timedelta(days=731, microseconds=1), "far"),
        (timedelta(days=365 * 7900), "far"),
    ],
)
def test_an_instant_is_judged_by_how_far_ahead_it_lies(ahead: timedelta, verdict: Timing) -> None:
    assert timing_of(NOW + ahead, NOW) == verdict


def test_a_deadline_of_an_instant_that_never_counts_never_comes() -> None:
    assert known(later(counts_from(NOW + timedelta(days=800), "far"), timedelta(days=-9000))) is None


def test_what_lies_ahead_has_not_come_yet() -> None:
    assert [has_come(at, NOW) for at in (None, NOW, NOW + timedelta(microseconds=1))] == [None, NOW, None]


@given(INSTANTS, some.timedeltas(), ZONES)
def test_no_instant_overflows_whatever_is_added(at: datetime, by: timedelta, zone: ZoneInfo) -> None:
    for reached in (later(at, by), earlier(at, by), in_zone(at, zone)):
        assert in_zone(reached, ZoneInfo("Pacific/Kiritimati")).tzinfo is not None


@given(some.dates(), some.timedeltas())
def test_no_day_overflows_whatever_is_added(day: date, by: timedelta) -> None:
    assert date.min <= day_later(day, by) <= date.max


@given(INSTANTS, INSTANTS, some.timedeltas(timedelta(), timedelta(days=3660)))
def test_deadlines_come_in_the_order_of_what_they_count_from(one: datetime, other: datetime, by: timedelta) -> None:
    first, second = sorted((one, other))
    assert later(first, by) <= later(second, by)
