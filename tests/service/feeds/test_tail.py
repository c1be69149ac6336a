"""The tail of a feed hands on each position once: a skipped or repeated one ends it, and its readers connect again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ledger.ledger import Ledger
from ledger.log.observer import Observer
from ledger.log.reader import Reader
from ledger.log.rows import Recorded
from ledger.log.sequence import OutOfSequence
from service.feeds.event_feed import EventFeed, EventFilter
from service.feeds.feed import Growth
from service.feeds.tail import Tail
from tests.support.view_history import History, NoKeys

Rows = list[Recorded]
TIMEOUT_S = 30


class Heard(Observer):
    """Keeps the positions that were noticed, by feed."""

    def __init__(self) -> None:
        self.noticed: list[tuple[str, int, int]] = []

    def out_of_sequence(self, reader: str, *, skipped: int, repeated: int) -> None:
        self.noticed.append((reader, skipped, repeated))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def ledger(fresh_database_url: str, heard: Heard) -> Iterator[Ledger]:
    with Ledger.open(fresh_database_url, keys=NoKeys(), books=4, observer=heard) as opened:
        History(opened).words(1, "a", "b")
        yield opened


class Faulty:
    """A reader of the log whose rows go through a fault."""

    def __init__(self, reader: Reader, fault: Callable[[Rows], Rows]) -> None:
        self._reader, self._fault = reader, fault

    def heads(self) -> dict[int, int]:
        return self._reader.heads()

    def read(self, book: int, after: int, limit: int) -> Rows:
        return self._fault(self._reader.read(book, after, limit))

    def read_range(self, *asked: Any) -> Rows:
        return self._fault(self._reader.read_range(*asked))


def skips(rows: Rows) -> Rows:
    return rows[:1] + rows[2:]


def repeats(rows: Rows) -> Rows:
    return rows[:1] + rows


def of_another_book(rows: Rows) -> Rows:
    return [row._replace(book=2) for row in rows]


def feed_of(ledger: Ledger, fault: Callable[[Rows], Rows]) -> EventFeed:
    reader = Faulty(ledger.reader, fault)
    return EventFeed(cast("Ledger", SimpleNamespace(reader=reader, identity=ledger.identity)))


async def followed(ledger: Ledger, feed: EventFeed, words: Sequence[str]) -> list[int]:
    """The positions of book 1 that a reader gets after the tail has begun, until it is over or has all of them."""
    tail, found = Tail(ledger, feed), list[int]()
    with tail.followed():
        while not tail.heads:
            async with asyncio.timeout(TIMEOUT_S):
                await tail.grown.wait()
        place = dict(tail.heads)
        await asyncio.to_thread(History(ledger).words, 1, *words)
        while not tail.is_over and len(found) < len(words):
            grown = tail.grown
            page = tail.page(place, EventFilter(), limit=100)
            assert page is not None
            if not page.frames and not tail.is_over:
                async with asyncio.timeout(TIMEOUT_S):
                    await grown.wait()
            found += [frame.position for frame in page.frames]
            place = dict(page.positions)
    return found


def test_a_sound_tail_hands_on_every_position_once(ledger: Ledger, heard: Heard) -> None:
    assert asyncio.run(followed(ledger, feed_of(ledger, list), "cdef")) == [3, 4, 5, 6]
    assert heard.noticed == []


@pytest.mark.parametrize(("fault", "skipped", "repeated"), [(skips, 1, 0), (repeats, 0, 1)])
def test_a_tail_that_would_skip_or_repeat_a_position_ends_and_says_so(
    ledger: Ledger, heard: Heard, fault: Callable[[Rows], Rows], skipped: int, repeated: int
) -> None:
    assert asyncio.run(followed(ledger, feed_of(ledger, fault), "cdef")) == []
    assert heard.noticed == [("events", skipped, repeated)]


def test_a_tail_that_gets_the_same_again_ends_and_says_so(ledger: Ledger, heard: Heard) -> None:
    class Stuck(EventFeed):
        def growth(self, book: int, after: int, upto: int) -> Growth:
            return super().growth(book, after - 1, upto)

    assert asyncio.run(followed(ledger, Stuck(ledger), "cdef")) == []
    assert heard.noticed == [("events", 0, 1)]


@pytest.mark.parametrize("types", [frozenset[str](), frozenset({"test.happened"})], ids=["all", "some"])
@pytest.mark.parametrize("fault", [repeats, of_another_book])
def test_a_page_does_not_hand_on_what_came_again(
    ledger: Ledger, types: frozenset[str], fault: Callable[[Rows], Rows]
) -> None:
    with pytest.raises(OutOfSequence):
        feed_of(ledger, fault).page({}, EventFilter(types=types), limit=100)
