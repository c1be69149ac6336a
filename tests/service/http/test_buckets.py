"""Token buckets: a burst, then a rate, each key for itself, in bounded memory."""

from __future__ import annotations

from service.http.buckets import Buckets
from service.http.limits import Rate


def buckets(*, burst: int = 3, per_s: float = 2.0, most: int = 100) -> tuple[Buckets, list[float]]:
    """Buckets, and their clock, which a test moves."""
    now = [1000.0]
    return Buckets(Rate(burst, per_s), clock=lambda: now[0], most=most), now


def test_a_burst_is_taken_at_once_and_the_next_waits() -> None:
    some, _ = buckets()
    assert [some.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_what_was_refused_takes_nothing() -> None:
    some, now = buckets()
    for _ in range(50):
        some.take("a")
    now[0] += 0.5
    assert (some.take("a"), some.take("a")) == (0, 0.5)


def test_a_bucket_fills_to_the_burst_and_no_further() -> None:
    some, now = buckets()
    some.take("a")
    now[0] += 1_000_000
    assert [some.take("a") > 0 for _ in range(5)] == [False, False, False, True, True]


def test_over_time_a_key_gets_its_rate() -> None:
    some, now = buckets(burst=10, per_s=64.0)
    taken = 0
    for _ in range(5 * 1024 + 1):  # of a client that asks a thousand times a second
        taken += some.take("a") == 0
        now[0] += 1 / 1024
    assert taken == 10 + 5 * 64


def test_each_key_has_a_bucket_of_its_own() -> None:
    some, _ = buckets(burst=1)
    assert (some.take("a"), some.take("b"), some.take("a")) == (0, 0, 0.5)


def test_a_look_takes_nothing() -> None:
    some, _ = buckets(burst=1)
    assert [some.wait_s("a") for _ in range(3)] == [0, 0, 0]
    some.take("a")
    assert some.wait_s("a") == 0.5


def test_the_least_recently_used_keys_are_forgotten_so_that_memory_is_bounded() -> None:
    some, _ = buckets(burst=1, most=10)
    for number in range(1_000):
        some.take("regular") or some.take("regular")
        some.take(f"stranger {number}")
    assert len(some) == 10
