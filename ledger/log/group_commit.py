"""Group commit: concurrent callers of one book share an append, and so share one flush to disk."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from time import monotonic
from typing import Protocol

from ledger.log.database_errors import DatabaseTrouble
from ledger.log.observer import UNOBSERVED, Observer
from ledger.log.rows import Attempt, Receipt

_MOST_ATTEMPTS = 1000  # of one merged append; a larger request goes alone


class Appends(Protocol):
    """Appends attempts to a book."""

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        """Returns a receipt for each attempt, in order."""


class _Request:
    """The attempts of one caller. Its thread sleeps on `wake` until it is answered or becomes the leader."""

    __slots__ = ("attempts", "error", "receipts", "wake")

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self.attempts = attempts
        self.receipts: list[Receipt] | None = None
        self.error: BaseException | None = None
        self.wake = Lock()
        self.wake.acquire()

    @property
    def is_answered(self) -> bool:
        return self.receipts is not None or self.error is not None


class _Line:
    """The requests that wait for one book, and whether an append to it is running."""

    __slots__ = ("busy", "lock", "waiting")

    def __init__(self) -> None:
        self.lock = Lock()
        self.waiting: list[_Request] = []
        self.busy = False


class GroupCommit:
    """Merges concurrent requests for a book: the first caller leads, and later requests form the next append.

    It has no thread and no delay: a caller that finds the book idle appends at once. Thread-safe.
    """

    def __init__(self, appender: Appends, observer: Observer = UNOBSERVED) -> None:
        self._appender, self._observer = appender, observer
        self._lines: dict[int, _Line] = {}

    def submit(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        """Returns a receipt for each attempt, in order. Raises the errors of `Appender.append`."""
        line = self._lines.get(book) or self._lines.setdefault(book, _Line())
        request = _Request(attempts)
        with line.lock:
            line.waiting.append(request)
            leads, line.busy = not line.busy, True
        if not leads:
            request.wake.acquire()
        if not request.is_answered:
            self._lead(book, line)
        if request.error is not None:
            raise request.error
        assert request.receipts is not None
        return request.receipts

    def waiting(self, book: int) -> int:
        """Returns the number of requests that wait for the next append to the book."""
        line = self._lines.get(book)
        return len(line.waiting) if line else 0

    def _lead(self, book: int, line: _Line) -> None:
        """Appends the waiting requests, the leader's own first, and then wakes the next leader."""
        with line.lock:
            group = _take(line.waiting)
        try:
            self._append(book, group)
        finally:
            with line.lock:
                successor = line.waiting[0] if line.waiting else None
                line.busy = successor is not None
            for request in group[1:]:
                request.wake.release()
            if successor is not None:
                successor.wake.release()

    def _append(self, book: int, group: list[_Request]) -> None:
        started, attempts = monotonic(), [attempt for request in group for attempt in request.attempts]
        try:
            receipts = self._appender.append(book, attempts)
        except DatabaseTrouble as error:  # not the fault of one request: each alone would fail too
            self._observer.append_failed(error.kind.code)
            for request in group:
                request.error = error
        except BaseException as error:
            if len(group) == 1:
                group[0].error = error
                return
            for request in group:  # one request is at fault: append each alone, so that the others succeed
                self._append(book, [request])
        else:
            seconds = monotonic() - started
            self._observer.appended(book, requests=len(group), attempts=attempts, receipts=receipts, seconds=seconds)
            start = 0
            for request in group:
                request.receipts = receipts[start : start + len(request.attempts)]
                start += len(request.attempts)


def _take(waiting: list[_Request]) -> list[_Request]:
    count, attempts = 0, 0
    for request in waiting:
        attempts += len(request.attempts)
        if count and attempts > _MOST_ATTEMPTS:
            break
        count += 1
    group, waiting[:] = waiting[:count], waiting[count:]
    return group
