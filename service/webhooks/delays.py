"""The delays between the attempts of one webhook: one table, over more than three days, with jitter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

# The example of the specification of Standard Webhooks. After the last delay and one more failure, the event is dead.
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1  # part of a delay, shorter or longer, so that events that failed together do not come back together
LONGEST_ASKED = timedelta(hours=24)  # of `Retry-After`


def delay_after(
    attempt: int, *, asked: timedelta, random: Random, delays: Sequence[timedelta] = DELAYS
) -> timedelta | None:
    """Returns the delay after the failed attempt, which is counted from 1; None after the last one.

    `asked` is `Retry-After` of the answer. It makes the delay longer, up to a day, and never shorter.
    """
    if attempt > len(delays):
        return None
    delay = delays[attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER)
    return max(delay, min(asked, LONGEST_ASKED))
