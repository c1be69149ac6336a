"""The reading side: books in order, streams, guards, answers, and what was known at an instant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic

import psycopg2.extensions
import pytest

from ledger.ledger import Ledger
from ledger.log.append import call, prepare
from ledger.log.append_arguments import pack
from ledger.log.reader import AccountRow
from ledger.log.rows import Status
from tests.ledger.log.attempts import BOOK, attempt, new_event, owner, refusal, release


def server_time(sql: psycopg2.extensions.cursor) -> datetime:
    sql.execute("SELECT clock_timestamp()")
    ((now,),) = sql.fetchall()
    assert isinstance(now, datetime)
    return now


def test_a_book_is_read_from_behind_a_position(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt(f"s/{n}") for n in range(5)])
    assert [row.position for row in ledger.reader.read(BOOK, 2, 2)] == [3, 4]


def test_reading_one_book_never_shows_another(ledger: Ledger) -> None:
    ledger.append(1, [attempt("one/1")])
    ledger.append(2, [attempt("two/1")])
    assert [row.stream for row in ledger.reader.read(2, 0, 10)] == ["two/1"]


def test_a_row_decodes_to_its_event(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt()])
    assert ledger.reader.read(BOOK, 0, 1)[0].event.name == "order.completed"


def test_a_stream_is_read_in_order(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt("a/1"), attempt("b/1"), attempt("a/1", 1)])
    assert [row.version for row in ledger.reader.read_stream(BOOK, "a/1")] == [1, 2]


def test_loading_streams_gives_an_empty_list_for_one_that_is_not_there(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt("a/1"), attempt("b/1"), attempt("a/1", 1)])
    loaded = ledger.reader.load(BOOK, ["a/1", "b/1", "c/1"])
    assert {stream: [row.position for row in rows] for stream, rows in loaded.items()} == {
        "a/1": [1, 3],
        "b/1": [2],
        "c/1": [],
    }


def test_accounts_are_those_asked_for(ledger: Ledger) -> None:
    ledger.append(BOOK, [release("M-1", 5, "order/M-1/1"), release("M-2", 7, "order/M-2/1")])
    assert ledger.reader.accounts(BOOK, ["M-2", "M-3"]) == {"M-2": AccountRow(1, 7, 0, 0, 0)}


def test_answers_of_events_and_of_refusals_come_in_one_reply(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt(command_id="e", events=[new_event()] * 2), refusal(version=2, command_id="r")])
    answers = ledger.reader.answers(BOOK, ["e", "r", "unknown"])
    receipts = {command_id: answer.to("body") for command_id, answer in answers.items()}
    assert {c: (r.status, r.first, r.last, r.code) for c, r in receipts.items()} == {
        "e": (Status.REPEATED, 1, 2, ""),
        "r": (Status.REPEATED, 0, 0, "NOT_DUE"),
    }


def test_an_answer_is_refused_to_another_body(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt(command_id="e", fingerprint="one")])
    assert ledger.reader.answers(BOOK, ["e"])["e"].to("two").status is Status.REUSED


def test_heads_name_every_book(ledger: Ledger) -> None:
    ledger.append(2, [attempt()])
    assert ledger.reader.heads() == {0: 0, 1: 0, 2: 1, 3: 0}


def test_a_connection_lost_while_reading_is_tried_again(ledger: Ledger, kill_connections: Callable[[], None]) -> None:
    ledger.append(BOOK, [attempt()])
    kill_connections()
    assert len(ledger.reader.read(BOOK, 0, 10)) == 1


class TestAsKnownAt:
    def test_it_is_the_last_position_recorded_by_then(self, ledger: Ledger, sql: psycopg2.extensions.cursor) -> None:
        ledger.append(BOOK, [attempt(f"s/{n}") for n in range(3)])
        between = server_time(sql)
        ledger.append(BOOK, [attempt("s/9")])
        assert ledger.reader.positions_as_known_at(between) == {0: 0, BOOK: 3, 2: 0, 3: 0}

    def test_an_event_is_known_at_the_very_instant_it_was_recorded(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt("s/1")])
        ledger.append(BOOK, [attempt("s/2")])
        at = ledger.reader.read(BOOK, 0, 1)[0].recorded_at
        assert ledger.reader.positions_as_known_at(at)[BOOK] == 1
        assert ledger.reader.positions_as_known_at(at - timedelta(microseconds=1))[BOOK] == 0

    def test_every_instant_of_a_long_book_is_found(self, ledger: Ledger) -> None:
        for n in range(17):
            ledger.append(BOOK, [attempt(f"s/{n}")])
        for row in ledger.reader.read(BOOK, 0, 100):
            assert ledger.reader.positions_as_known_at(row.recorded_at)[BOOK] == row.position

    def test_an_instant_in_the_future_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="has not come yet"):
            ledger.reader.positions_as_known_at(datetime.now(UTC) + timedelta(hours=1))

    @pytest.mark.one_server
    def test_an_append_under_way_is_waited_for(
        self, fresh_database_url: str, open_ledger: Callable[[str], Ledger]
    ) -> None:
        ledger = open_ledger(fresh_database_url)
        with owner(fresh_database_url) as slow, owner(fresh_database_url) as watching, ThreadPoolExecutor() as pool:
            with slow.cursor() as cursor:
                prepare(cursor, "append")
            slow.autocommit = False
            with slow.cursor() as cursor, watching.cursor() as sql:
                call(cursor, "append", {"book": BOOK, "at": None, **pack([attempt()])})
                asked = pool.submit(ledger.reader.positions_as_known_at, server_time(sql))
                until_somebody_waits(sql)
                slow.commit()
            assert asked.result(timeout=30)[BOOK] == 1

    @pytest.mark.one_server
    def test_an_append_that_waited_for_a_reader_is_recorded_after_it(
        self, fresh_database_url: str, open_ledger: Callable[[str], Ledger]
    ) -> None:
        """A reader only locks the head row: an append must read the clock after it waited, not before."""
        ledger = open_ledger(fresh_database_url)
        with owner(fresh_database_url) as reading, owner(fresh_database_url) as watching, ThreadPoolExecutor() as pool:
            reading.autocommit = False
            with reading.cursor() as cursor, watching.cursor() as sql:
                cursor.execute("SELECT FROM log.heads WHERE book = %s FOR UPDATE", (BOOK,))
                appended = pool.submit(ledger.append, BOOK, [attempt()])
                until_somebody_waits(sql)
                read_at = server_time(sql)
                reading.commit()
            assert appended.result(timeout=30)
            assert ledger.reader.read(BOOK, 0, 1)[0].recorded_at > read_at


def until_somebody_waits(sql: psycopg2.extensions.cursor) -> None:
    deadline = monotonic() + 30
    while True:
        sql.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        if sql.fetchall() != [(0,)]:
            return
        assert monotonic() < deadline


class TestWaiting:
    def test_a_position_that_is_there_is_not_waited_for(self, ledger: Ledger) -> None:
        ledger.append(BOOK, [attempt()])
        assert ledger.reader.wait_for(BOOK, 1, timeout_s=0)

    def test_a_position_that_comes_is_waited_for(self, ledger: Ledger) -> None:
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(ledger.reader.wait_for, BOOK, 1, 30)
            ledger.append(BOOK, [attempt()])
            assert waiting.result(timeout=30)

    def test_a_position_that_does_not_come_is_given_up(self, ledger: Ledger) -> None:
        assert not ledger.reader.wait_for(BOOK, 1, timeout_s=0.05)


class TestWakeUps:
    @pytest.fixture
    def other(self, ledger: Ledger, open_ledger: Callable[[str], Ledger]) -> Ledger:
        return open_ledger(ledger.engine.url.render_as_string(hide_password=False))

    def test_a_listener_hears_which_book_another_process_appended_to(self, ledger: Ledger, other: Ledger) -> None:
        with ledger.listener() as listener:
            other.append(2, [attempt()])
            assert heard(listener.wait) == {2}

    def test_many_appends_are_reported_in_few_messages(self, ledger: Ledger, other: Ledger) -> None:
        with ledger.listener() as listener:
            for n in range(20):
                other.append(1 + n % 3, [attempt(f"s/{n}")])
            books: set[int] = set()
            while books != {1, 2, 3}:
                books |= heard(listener.wait)

    def test_nothing_said_is_an_empty_set_in_time(self, ledger: Ledger) -> None:
        with ledger.listener() as listener:
            assert listener.wait(timeout_s=0.01) == set()

    def test_a_listener_whose_connection_broke_hears_again(
        self, ledger: Ledger, other: Ledger, kill_connections: Callable[[], None]
    ) -> None:
        with ledger.listener() as listener:
            kill_connections()
            listener.wait(timeout_s=0.01)
            listener.wait(timeout_s=0.01)
            other.append(3, [attempt()])
            assert heard(listener.wait) == {3}


def heard(wait: Callable[[], set[int]]) -> set[int]:
    """Returns the books of the next message. One wait ends after a second, and a busy machine may take longer."""
    deadline = monotonic() + 30
    while not (books := wait()):
        assert monotonic() < deadline
    return books


def test_news_of_a_book_comes_in_order_batch_by_batch(ledger: Ledger) -> None:
    ledger.append(BOOK, [attempt(f"s/{n}") for n in range(5)])
    batches = list(ledger.reader.summaries(BOOK, 1, limit=3))
    assert [[one.position for one in batch] for batch in batches] == [[2, 3, 4], [5]]
    assert {one.event.name for batch in batches for one in batch} == {"order.completed"}
