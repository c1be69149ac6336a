"""Token buckets: a key may take a burst at once, and after it so many a second."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from ledger.recent import keep
from service.http.limits import MOST_BUCKETS, Rate

_ROUNDING_S = 1e-6


class Buckets:
    """A bucket for each key. Only those in use are kept: a bucket that is full again is forgotten with the oldest.

    Belongs to the event loop: one thread uses it, so it needs no lock.
    """

    def __init__(self, rate: Rate, *, clock: Callable[[], float] = monotonic, most: int = MOST_BUCKETS) -> None:
        self._rate, self._clock, self._most = rate, clock, most
        self._full_at: OrderedDict[str, float] = OrderedDict()  # by key, the least recently used first

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_s(self, key: str) -> float:
        """Returns the seconds until the bucket has one to take; 0 if it has one now. Takes nothing."""
        return self._after_next(key)[1]

    def take(self, key: str) -> float:
        """Takes one. Returns 0, or the seconds until there is one; then nothing was taken."""
        full_at, wait_s = self._after_next(key)
        if not wait_s:
            keep(self._full_at, key, full_at, most=self._most)
        return wait_s

    def _after_next(self, key: str) -> tuple[float, float]:
        """Returns the instant at which the bucket would be full after one more, and the seconds until one is there.

        One number for each key says all: each one taken moves the instant by the time that it takes to come back.
        """
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now) + 1 / self._rate.per_s
        wait_s = full_at - now - self._rate.burst / self._rate.per_s
        return full_at, wait_s if wait_s > _ROUNDING_S else 0.0
