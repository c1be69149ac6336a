"""Positions are commit order, without a gap: what the head row is for, and what happens without it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import Queue
from multiprocessing.synchronize import Barrier
from time import monotonic

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import pytest

from ledger.ledger import Ledger
from ledger.log.append import Appender, call, prepare
from ledger.log.append_arguments import pack
from ledger.log.engine import writer_engine
from ledger.log.rows import Attempt, Receipt, Status
from tests.ledger.log.attempts import BOOK, attempt, new_event, owner
from tests.support.programs import FORKS

WRITERS, APPENDS = 3, 120
# How the append takes the head row, and what it would do without: look at it first, and set it at the end.
_TAKE = (
    "UPDATE log.heads h SET position = h.position + cardinality(p_events) WHERE h.book = p_book"
    " RETURNING h.* INTO v_head;"
)
_LOOK = (
    "SELECT h.* INTO v_head FROM log.heads h WHERE h.book = p_book;"
    " v_head.position := v_head.position + cardinality(p_events);"
)
_SET = "UPDATE log.heads SET position = v_head.position WHERE book = p_book;"
_END = "RETURN to_jsonb(v_before);"


def remove_the_head_lock(url: str) -> None:
    with owner(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('log.append'::regproc)")
        ((definition,),) = cursor.fetchall()
        assert definition.count(_TAKE) == definition.count(_END) == 1
        cursor.execute(definition.replace(_TAKE, _LOOK).replace(_END, _SET + _END))


class SlowWriter:
    """An append whose transaction is held open: it has its position, and nobody sees it."""

    def __init__(self, connection: psycopg2.extensions.connection) -> None:
        self._connection = connection
        with connection.cursor() as cursor:
            prepare(cursor, "append")
        connection.autocommit = False

    def append(self, tried: Attempt) -> None:
        with self._connection.cursor() as cursor:
            call(cursor, "append", {"book": BOOK, "at": None, **pack([tried])})

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()


@pytest.fixture
def slow(fresh_database_url: str, open_ledger: Callable[[str], Ledger]) -> Iterator[SlowWriter]:
    open_ledger(fresh_database_url)
    with owner(fresh_database_url) as connection:
        yield SlowWriter(connection)


def append_beside(slow: SlowWriter, url: str, end: Callable[[], None]) -> tuple[list[int], Future[list[Receipt]]]:
    """The second writer comes while the first is under way, which then ends. What a reader saw in between, and the
    second writer's receipts."""
    slow.append(attempt("slow/1"))
    engine = writer_engine(url)
    with ThreadPoolExecutor() as pool, owner(url) as watching:
        second = pool.submit(Appender(engine).append, BOOK, [attempt("quick/1")])
        until_one_waits(watching, second)
        seen = positions(watching)
        end()
        second.exception(timeout=30)
    engine.dispose()
    return seen, second


def until_one_waits(watching: psycopg2.extensions.connection, second: Future[list[Receipt]]) -> None:
    deadline = monotonic() + 30
    with watching.cursor() as cursor:
        while not second.done():
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN"
                " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
            )
            if cursor.fetchall() != [(0,)]:
                return
            assert monotonic() < deadline, "the second writer neither waits nor ends"


def positions(connection: psycopg2.extensions.connection) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM log.events WHERE book = %s ORDER BY recorded_at, position", (BOOK,))
        return [position for (position,) in cursor.fetchall()]


def test_a_second_writer_waits_for_the_first_and_stands_behind_it(slow: SlowWriter, fresh_database_url: str) -> None:
    seen, second = append_beside(slow, fresh_database_url, slow.commit)
    assert seen == []
    assert [receipt.first for receipt in second.result()] == [2]


def test_a_second_writer_takes_the_place_of_a_first_that_failed(slow: SlowWriter, fresh_database_url: str) -> None:
    _, second = append_beside(slow, fresh_database_url, slow.rollback)
    assert [receipt.first for receipt in second.result()] == [1]


def test_without_the_head_lock_the_second_writer_loses_its_event(slow: SlowWriter, fresh_database_url: str) -> None:
    remove_the_head_lock(fresh_database_url)
    _, second = append_beside(slow, fresh_database_url, slow.commit)
    assert isinstance(second.result()[0].error, psycopg2.errors.UniqueViolation)


def test_without_lock_and_key_a_position_is_given_twice(slow: SlowWriter, fresh_database_url: str) -> None:
    remove_the_head_lock(fresh_database_url)
    with owner(fresh_database_url) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE log.events DROP CONSTRAINT events_pkey")
        append_beside(slow, fresh_database_url, slow.commit)
        assert positions(connection) == [1, 1]


def write(url: str, writer: int, seed: int, line: Barrier, places: Queue[list[tuple[int, int]]]) -> None:
    """One writer process: appends of one to four events into either of two books, some of them decided on a stream that
    the others write too. Puts down the (book, position)s it was given."""
    dice = random.Random(f"{seed}-{writer}")
    given: list[tuple[int, int]] = []
    engine = writer_engine(url)
    appender = Appender(engine)
    line.wait(60)  # a process takes longer to start than to write all it has to
    for number in range(APPENDS):
        book, shared = dice.choice((1, 2)), dice.random() < 0.2
        stream = f"shared/{dice.randrange(5)}" if shared else f"own/{seed}-{writer}-{number}"
        events = [new_event(stream) for _ in range(dice.randint(1, 4))]
        for receipt in appender.append(book, [attempt(stream, command_id=f"{seed}/{writer}/{number}", events=events)]):
            if receipt.status is Status.RECORDED:
                given.extend((book, position) for position in range(receipt.first, receipt.last + 1))
    engine.dispose()
    places.put(given)


def race(ledger: Ledger, url: str, seed: int) -> tuple[dict[int, list[int]], list[tuple[int, int]]]:
    """Writers in processes of their own beside a reader that follows both books: what it read, what they were given."""
    dice = random.Random(seed)
    read: dict[int, list[int]] = {1: [], 2: []}

    def follow() -> None:
        for book, seen in read.items():
            rows = ledger.reader.read(book, seen[-1] if seen else 0, dice.randint(1, 50))
            seen.extend(row.position for row in rows)

    line, places = FORKS.Barrier(WRITERS), FORKS.Queue()
    writers = [FORKS.Process(target=write, args=(url, n, seed, line, places)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    given: list[tuple[int, int]] = []
    for _ in writers:
        while places.empty():
            follow()
            assert all(writer.exitcode in (None, 0) for writer in writers), f"a writer failed, seed {seed}"
        given += places.get()
    for writer in writers:
        writer.join()
    while any(ledger.reader.read(book, seen[-1] if seen else 0, 1) for book, seen in read.items()):
        follow()
    return read, given


def test_a_reader_beside_several_writer_processes_misses_and_repeats_nothing(
    fresh_database_url: str, open_ledger: Callable[[str], Ledger]
) -> None:
    seed = random.randrange(10**6)
    ledger = open_ledger(fresh_database_url)
    read, given = race(ledger, fresh_database_url, seed)
    for book, seen in read.items():
        expected = list(range(1, ledger.reader.heads()[book] + 1))
        assert seen == expected, f"seed {seed}, book {book}"
        assert sorted(position for b, position in given if b == book) == expected, f"seed {seed}, book {book}"


def test_without_lock_and_key_the_same_race_gives_positions_twice(
    fresh_database_url: str, open_ledger: Callable[[str], Ledger]
) -> None:
    seed = random.randrange(10**6)
    ledger = open_ledger(fresh_database_url)
    remove_the_head_lock(fresh_database_url)
    with owner(fresh_database_url) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE log.events DROP CONSTRAINT events_pkey")
        cursor.execute("ALTER TABLE log.events DROP CONSTRAINT events_stream_key")  # the race shows there first
        cursor.execute("CREATE INDEX ON log.events (book, stream, version)")
    seeds = [seed + attempt for attempt in range(5)]  # a race may be lost by nobody, five are not
    assert any(len(set(given)) < len(given) for _, given in (race(ledger, fresh_database_url, s) for s in seeds)), seeds
