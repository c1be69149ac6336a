"""The tail of the log: one thread of a process reads new events and encodes them once, however many readers follow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import NamedTuple

from ledger.ledger import Ledger
from ledger.log.database_errors import DatabaseTrouble
from ledger.log.rows import Recorded
from service.feeds.event_feed import EventFeed, EventFilter, Frame, Page, Positions

KEPT = 512  # recent events of each book; a reader that is further behind reads the log itself
_BATCH = 1_000
_TOGETHER_S = 0.004  # what comes within this time is handed on together; more with many readers, for fewer writes
_TOGETHER_EACH_S, _TOGETHER_MOST_S = 0.0003, 0.1
_END_ACCESS = frozenset({"access_token.revoked", "access_account.closed"})
_EVERY_EVENT = EventFilter()
_logger = logging.getLogger(__name__)


class _Recent(NamedTuple):
    row: Recorded
    frame: Frame


class _Known(NamedTuple):
    """The heads that were read, and the recent events of each book, without a gap up to its head."""

    heads: Positions = {}
    recent: Mapping[int, tuple[_Recent, ...]] = {}

    def with_book(self, book: int, new: tuple[_Recent, ...]) -> _Known:
        kept = (*self.recent.get(book, ()), *new)[-KEPT:]
        return _Known({**self.heads, book: new[-1].row.position}, {**self.recent, book: kept})


class _Run:
    """One run of the thread. `known` is replaced, never changed, because the readers are in another thread."""

    def __init__(self) -> None:
        self.known = _Known()
        self.access_ends = 0
        self.stop = Event()
        self.is_over = False


class Tail:
    """The newest events of each book, for readers in one event loop. The thread runs while somebody follows."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.feed = EventFeed(ledger)
        self._readers = 0
        self._run: _Run | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
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
    def news(self) -> asyncio.Event:
        """Is set at the next news. Take it before you read, so that nothing is missed in between."""
        return self._news

    @property
    def heads(self) -> Positions:
        """The last position of each book that was read. Empty for a moment at the beginning."""
        return self._run.known.heads if self._run else {}

    @property
    def access_ends(self) -> int:
        """The number of events so far that may have ended the access of a reader."""
        return self._run.access_ends if self._run else 0

    def has_news(self, after: Positions, wanted: EventFilter) -> bool:
        """True if a wanted book has events after these positions."""
        return next(_with_news(self.heads, after, wanted), None) is not None

    def page(self, after: Positions, wanted: EventFilter, *, limit: int) -> Page | None:
        """Returns up to `limit` events after these positions, or None if they are no longer at hand: read the log."""
        assert self._run is not None
        known = self._run.known
        positions, frames = dict(after), list[Frame]()
        for book in _with_news(known.heads, after, wanted):
            kept = known.recent.get(book, ())
            if not kept or (start := after.get(book, 0) + 1 - kept[0].row.position) < 0:
                return None
            for each in kept[start : start + limit - len(frames)]:
                positions[book] = each.row.position
                frames += self._frames(each, wanted)
        return Page(frames, positions, is_last=next(_with_news(known.heads, positions, wanted), None) is None)

    def _frames(self, each: _Recent, wanted: EventFilter) -> list[Frame]:
        if wanted.reads_as is not None:
            return list(self.feed.framed([each.row], wanted))
        return [each.frame] if wanted.takes(each.row) else []

    def _follow(self, run: _Run) -> None:
        try:
            with closing(self._ledger.listener()) as listener:
                while not run.stop.is_set():
                    if self._read_on(run):
                        self._wake()
                        run.stop.wait(min(_TOGETHER_MOST_S, _TOGETHER_S + self._readers * _TOGETHER_EACH_S))
                    else:
                        listener.wait()
        except Exception:
            _logger.exception("The tail of the log failed. Its readers are disconnected, and begin a new one.")
        finally:
            run.is_over = True
            self._wake()

    def _read_on(self, run: _Run) -> bool:
        """Reads what is new in each book. Returns True if there was something. The first time, it takes the heads."""
        try:
            found = self._ledger.reader.heads()
            if not run.known.heads:
                run.known = _Known(found)
                return True
            grown = [book for book, head in found.items() if self._read_book(run, book, head)]
            return bool(grown)
        except DatabaseTrouble as trouble:
            _logger.warning("The tail of the log cannot be read; its readers wait: %s", trouble)
            return False

    def _read_book(self, run: _Run, book: int, head: int) -> bool:
        at = run.known.heads.get(book, 0)
        if head <= at:
            return False
        rows = self._ledger.reader.read(book, at, min(_BATCH, head - at))
        run.known = run.known.with_book(book, tuple(map(_Recent, rows, self.feed.framed(rows, _EVERY_EVENT))))
        run.access_ends += sum(row.type in _END_ACCESS for row in rows)
        return True

    def _wake(self) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        rung, self._news = self._news, asyncio.Event()
        rung.set()


def _with_news(heads: Positions, after: Positions, wanted: EventFilter) -> Iterator[int]:
    """Yields the wanted books that have events after these positions."""
    for book, head in heads.items():
        if head > after.get(book, 0) and (not wanted.books or book in wanted.books):
            yield book
