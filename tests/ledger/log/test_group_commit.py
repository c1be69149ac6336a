"""Callers that wait for the same book share one append, and none pays for another's fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Event
from time import monotonic

import psycopg2.errors
import pytest

from ledger.ledger import Ledger
from ledger.log.append import Appender
from ledger.log.database_errors import OutcomeUnknown
from ledger.log.engine import cursor_of
from ledger.log.group_commit import GroupCommit
from ledger.log.rows import Attempt, Receipt, Status
from tests.ledger.log.attempts import BOOK, attempt, entry, new_event

UNBALANCED = entry(("2110", 500), ("2120", -499))
TIMEOUT_S = 30


class GatedAppender:
    """A real appender that holds its first append until it is let go, and notes what was merged."""

    def __init__(self, ledger: Ledger) -> None:
        self._appender = Appender(ledger.engine)
        self.merged: list[int] = []
        self.started, self.go_on = Event(), Event()

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        self.merged.append(len(attempts))
        self.started.set()
        assert self.go_on.wait(TIMEOUT_S)
        return self._appender.append(book, attempts)


def crowd(
    gated: GatedAppender, requests: Sequence[Sequence[Attempt]], *, book: int = BOOK
) -> list[Future[list[Receipt]]]:
    """The first request is under way when the others come; then they all go on."""
    commits = GroupCommit(gated)
    pool = ThreadPoolExecutor(len(requests))
    futures = [pool.submit(commits.submit, book, requests[0])]
    assert gated.started.wait(TIMEOUT_S)
    for number, request in enumerate(requests[1:], 1):
        futures.append(pool.submit(commits.submit, book, request))
        until(lambda waiting=number: commits.waiting(book) == waiting)  # type: ignore[misc]
    gated.go_on.set()
    pool.shutdown()
    return futures


def until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + TIMEOUT_S
    while not holds():
        assert monotonic() < deadline


def test_requests_that_come_during_an_append_are_merged_into_the_next(ledger: Ledger) -> None:
    gated = GatedAppender(ledger)
    crowd(gated, [[attempt(f"s/{n}")] for n in range(8)])
    assert gated.merged == [1, 7]


def test_each_caller_gets_the_receipts_of_its_own_attempts(ledger: Ledger) -> None:
    requests = [[attempt(f"s/{n}", events=[new_event(f"s/{n}")] * n)] for n in range(1, 6)]
    for request, future in zip(requests, crowd(GatedAppender(ledger), requests), strict=True):
        (receipt,) = future.result()
        rows = ledger.reader.read(BOOK, receipt.first - 1, receipt.last - receipt.first + 1)
        assert {row.command_id for row in rows} == {request[0].command_id}


def test_books_do_not_wait_for_each_other(ledger: Ledger) -> None:
    gated = GatedAppender(ledger)
    commits = GroupCommit(gated)
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(commits.submit, book, [attempt()]) for book in (1, 2)]
        until(lambda: len(gated.merged) == 2)
        gated.go_on.set()
    assert [future.result()[0].status for future in futures] == [Status.RECORDED] * 2


def test_a_fault_in_a_merged_append_fails_its_own_caller_only(ledger: Ledger) -> None:
    requests = [[attempt(f"s/{n}")] for n in range(5)]
    requests[3] = [attempt("s/3", events=[new_event("s/3", entry=UNBALANCED)])]
    futures = crowd(GatedAppender(ledger), requests)
    assert isinstance(futures[3].result()[0].error, psycopg2.errors.CheckViolation)
    assert [futures[n].result()[0].status for n in (0, 1, 2, 4)] == [Status.RECORDED] * 4


def test_what_was_decided_on_the_fault_conflicts(ledger: Ledger) -> None:
    requests = [
        [attempt("other/1")],
        [attempt("s/1", events=[new_event("s/1", entry=UNBALANCED)])],
        [attempt("s/1", 1)],
    ]
    futures = crowd(GatedAppender(ledger), requests)
    assert futures[2].result()[0].status is Status.CONFLICT


def test_a_line_that_failed_goes_on(ledger: Ledger) -> None:
    commits = GroupCommit(Appender(ledger.engine))
    with pytest.raises(psycopg2.Error, match="no book 99"):
        commits.submit(99, [attempt()])
    assert commits.submit(BOOK, [attempt()])[0].status is Status.RECORDED


def test_many_threads_on_one_book_lose_and_double_nothing(ledger: Ledger) -> None:
    tried = [attempt(f"s/{n}") for n in range(400)]
    with ThreadPoolExecutor(16) as pool:
        receipts = [r for rs in pool.map(lambda one: ledger.append(BOOK, [one]), tried) for r in rs]
    assert sorted(receipt.first for receipt in receipts) == list(range(1, 401))


def test_a_connection_lost_before_the_answer_is_tried_again_and_recorded_once(
    ledger: Ledger, kill_connections: Callable[[], None]
) -> None:
    ledger.append(BOOK, [attempt("a/1")])
    kill_connections()
    (receipt,) = ledger.append(BOOK, [attempt("b/1")])
    assert (receipt.status, receipt.first) == (Status.RECORDED, 2)


def test_a_restart_of_the_server_costs_no_caller_an_error(ledger: Ledger, kill_connections: Callable[[], None]) -> None:
    ready = Barrier(8)

    def append(number: int) -> Status:
        with cursor_of(ledger.engine):  # as many idle connections as there are callers
            ready.wait(TIMEOUT_S)
        if ready.wait(TIMEOUT_S) == 0:
            kill_connections()
        ready.wait(TIMEOUT_S)
        (receipt,) = ledger.append(BOOK, [attempt(f"s/{number}")])
        return receipt.status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(append, range(8))) == {Status.RECORDED}


class LosingAppender:
    """Appends, and then loses the answer."""

    def __init__(self, ledger: Ledger) -> None:
        self._appender = Appender(ledger.engine)

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        self._appender.append(book, attempts)
        raise OutcomeUnknown("the connection broke")


def test_an_unknown_outcome_is_reported_and_the_same_ids_find_the_answer(ledger: Ledger) -> None:
    tried = attempt()
    with pytest.raises(OutcomeUnknown):
        GroupCommit(LosingAppender(ledger)).submit(BOOK, [tried])
    (receipt,) = ledger.append(BOOK, [tried])
    assert (receipt.status, receipt.first) == (Status.REPEATED, 1)
