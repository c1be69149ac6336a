"""Delays between attempts: the table, its jitter, and `Retry-After` within bounds."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from service.webhooks.delays import DELAYS, JITTER, LONGEST_ASKED, delay_after

_NOTHING = timedelta(0)


def test_the_attempts_last_for_more_than_three_days() -> None:
    assert sum(DELAYS, timedelta()) * (1 - JITTER) > timedelta(days=2.5)
    assert sum(DELAYS, timedelta()) > timedelta(days=3)


def test_every_delay_is_near_its_line_of_the_table_and_no_two_are_the_same() -> None:
    random = Random(1)
    for attempt, delay in enumerate(DELAYS, 1):
        taken = [delay_after(attempt, asked=_NOTHING, random=random) for _ in range(50)]
        assert all(each and (1 - JITTER) * delay <= each <= (1 + JITTER) * delay for each in taken)
        assert len(set(taken)) == len(taken)


def test_there_is_no_delay_after_the_last_attempt_whatever_is_asked_for() -> None:
    assert delay_after(len(DELAYS) + 1, asked=timedelta(hours=1), random=Random(1)) is None


def test_a_delay_is_made_longer_on_request_up_to_a_day_and_never_shorter() -> None:
    year, hour, second = timedelta(days=365), timedelta(hours=1), timedelta(seconds=1)
    assert delay_after(1, asked=year, random=Random(1)) == LONGEST_ASKED
    assert delay_after(1, asked=hour, random=Random(1)) == hour
    assert delay_after(2, asked=second, random=Random(1)) == delay_after(2, asked=_NOTHING, random=Random(1))
