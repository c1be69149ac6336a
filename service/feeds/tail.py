"""The tail of a feed: one thread of a process reads what is new and encodes it once, however many readers follow."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from ledger.ledger import Ledger
from ledger.log.database_errors import DatabaseTrouble
from ledger.log.rows import Recorded
from ledger.log.sequence import OutOfSequence
from service.feeds.feed import Feed, Filter, Frame, Growth, Page, Positions, Recent, grown_books

KEPT = 512  # recent frames of each book; a reader that is further behind reads the feed itself
_POLL_S = 0.02
_TOGETHER_S = 0.004  # what comes within this time is handed on together; more with many readers, for fewer writes
_TOGETHER_EACH_S, _TOGETHER_MOST_S = 0.0003, 0.1
_logger = logging.getLogger(__name__)


class _Known(NamedTuple):
    """The end that was read, and what is recent in each book: all of it after the position in `since`."""

    key: str = ""
    heads: Positions = {}
    since: Positions = {}
    recent: Mapping[int, tuple[Recent, ...]] = {}

    def with_book(self, book: int, new: Sequence[Recent], head: int) -> _Known:
        kept = (*self.recent.get(book, ()), *new)
        cut = len(kept) - KEPT
        since = kept[cut - 1].position if cut > 0 else self.since.get(book, 0)
        recent = {**self.recent, book: kept[max(0, cut) :]}
        return _Known(self.key, {**self.heads, book: head}, {**self.since, book: since}, recent)


class _Run:
    """One run of the thread. `known` is replaced, never changed, because the readers are in another thread."""

    def __init__(self) -> None:
        self.known = _Known()
        self.stop = Event()
        self.is_over = False


class Tail:
    """The newest part of a feed, for readers in one event loop. The thread runs while somebody follows.

    `lag_s` is the longest time for which the feed is expected to come after the log, as a view does.
    """

    def __init__(self, ledger: Ledger, feed: Feed, *, lag_s: float = 0.0) -> None:
        self._ledger, self.feed, self._lag_s = ledger, feed, lag_s
        self._readers = 0
        self._run: _Run | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._grown = asyncio.Event()
        self._is_closed = False

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Keeps the thread running for a reader. Call it in the event loop of the readers."""
        self._readers += 1
        if self._run is None or self._run.is_over:
            self._loop, self._run = asyncio.get_running_loop(), _Run()
            Thread(target=self._follow, args=(self._run,), name="tail", daemon=True).start()
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers and self._run is not None:
                self._run.stop.set()
                self._run = None

    def close(self) -> None:
        """Ends every reader, because the service ends. Call it in the event loop of the readers."""
        self._is_closed = True
        self._ring()

    @property
    def is_over(self) -> bool:
        """True if a reader gets nothing more from here, and has to connect again."""
        return self._is_closed or self._run is None or self._run.is_over

    @property
    def grown(self) -> asyncio.Event:
        """Is set when a book has grown. Take it before you read, so that nothing is missed in between."""
        return self._grown

    @property
    def heads(self) -> Positions:
        """The last position of each book that was read. Empty for a moment at the beginning."""
        return self._run.known.heads if self._run else {}

    def page(self, after: Positions, wanted: Filter, *, limit: int) -> Page | None:
        """Returns up to `limit` frames after these positions, or None if they are no longer at hand: read the feed."""
        assert self._run is not None
        known = self._run.known
        positions, frames = dict(after), list[Frame]()
        for book in grown_books(known.heads, after, wanted):
            at = after.get(book, 0)
            if at < known.since.get(book, 0):
                return None
            kept = known.recent.get(book, ())
            start = bisect_right(kept, at, key=_position)
            end = _between_events(kept, start + max(0, limit - len(frames)))
            positions[book] = known.heads[book] if end == len(kept) else kept[end - 1].position if end > start else at
            for each in kept[start:end]:
                frames += self.feed.frames(each, wanted)
        return Page(frames, positions, not grown_books(known.heads, positions, wanted), known.key)

    def _follow(self, run: _Run) -> None:
        poll_until = 0.0
        try:
            with closing(self._ledger.listener()) as listener:
                while not run.stop.is_set():
                    if self._read_on(run):
                        self._wake()
                        run.stop.wait(min(_TOGETHER_MOST_S, _TOGETHER_S + self._readers * _TOGETHER_EACH_S))
                    elif monotonic() < poll_until:
                        run.stop.wait(_POLL_S)
                    elif listener.wait():
                        poll_until = monotonic() + self._lag_s
        except OutOfSequence as broken:
            _logger.error("The tail of %s stops, because %s", self.feed.name, broken)
            self._ledger.observer.out_of_sequence(self.feed.name, skipped=broken.skipped, repeated=broken.repeated)
        except Exception:
            _logger.exception("The tail of a feed failed. Its readers are disconnected, and begin a new one.")
        finally:
            run.is_over = True
            self._wake()

    def _read_on(self, run: _Run) -> bool:
        """Reads what is new in each book. Returns True if there was something. The first time, it takes the heads."""
        try:
            heads, key = self.feed.end()
            if not run.known.heads:
                run.known = _Known(key, heads, heads)
                return True
            grown = [book for book, head in heads.items() if self._read_book(run, book, head)]
            return bool(grown)
        except (DatabaseTrouble, DBAPIError) as trouble:
            _logger.warning("The tail of a feed cannot be read; its readers wait: %s", trouble)
            return False

    def _read_book(self, run: _Run, book: int, head: int) -> bool:
        at = run.known.heads.get(book, 0)
        if head <= at:
            return False
        started = monotonic()
        growth = self.feed.growth(book, at, head)
        if growth.key != run.known.key:
            run.stop.set()  # each reader begins again, and learns why
            return True
        _check_new(at, growth)
        run.known = run.known.with_book(book, growth.recent, growth.reached)
        rows = [each.source for each in growth.recent if isinstance(each.source, Recorded)]
        if rows:
            self._ledger.observer.delivered("feed", rows, seconds=monotonic() - started)
        return True

    def _wake(self) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        rung, self._grown = self._grown, asyncio.Event()
        rung.set()


def _between_events(kept: Sequence[Recent], end: int) -> int:
    """Returns the end of a part of these that has all frames of its last position."""
    while 0 < end < len(kept) and kept[end].position == kept[end - 1].position:
        end += 1
    return min(end, len(kept))


def _check_new(after: int, growth: Growth) -> None:
    """Raises `OutOfSequence` unless everything is new and in order. Several rows may have changed at one position."""
    positions = [each.position for each in growth.recent]
    if positions != sorted(positions) or not all(after < position <= growth.reached for position in positions):
        repeated = sum(not after < position <= growth.reached for position in positions)
        words = f"what came after position {after} up to {growth.reached} is not all new and in order"
        raise OutOfSequence(words, repeated=repeated)


def _position(recent: Recent) -> int:
    return recent.position
