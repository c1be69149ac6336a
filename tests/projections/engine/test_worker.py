"""Workers: each event once, whoever folds it, and whatever dies meanwhile."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier, Event, Thread

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.ledger import Ledger
from projections.engine.connections import begin
from projections.engine.control import prepare
from projections.engine.fold import step
from projections.engine.generations import ensure_live, make
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker, ProjectionWorkers
from tests.projections.engine.sample_views import SEEN, STRICT_TALLY, TALLY, Gated, Strict, Tally
from tests.support.programs import FORKS
from tests.support.view_history import History, NoKeys, rows_of

LONG = [f"word-{n % 7}" for n in range(1500)]


def fold_all(ledger: Ledger, *projections: Tally | Strict) -> None:
    for projection in projections:
        ProjectionWorker(ledger.engine, ledger.reader, projection).catch_up()


def follow_in_steps(url: str, size: int) -> int:
    """Another process: folds book 1 in small steps until there is nothing more; how many events it folded."""
    with Ledger.open(url, keys=NoKeys(), books=4) as ledger:
        engine, folded, idle = ledger.engine, 0, 0
        generation = ensure_live(engine, Strict())
        while idle < 20:
            done = step(engine, generation, 1, size=size)
            folded += done.read
            idle = idle + 1 if done.checkpoint is not None and not done.read else 0
        return folded


def test_two_processes_on_one_book_fold_every_event_once(ledger: Ledger, bare_database_url: str) -> None:
    History(ledger).words(1, *LONG)
    generation = ensure_live(ledger.engine, Strict())
    with ProcessPoolExecutor(2, mp_context=FORKS) as pool:
        folded = list(pool.map(follow_in_steps, [bare_database_url] * 2, [7, 11]))
    assert sum(folded) == len(LONG)
    with ledger.engine.connect() as connection:
        seen = connection.exec_driver_sql(f"SELECT sum(seen) FROM {generation.stored_name(STRICT_TALLY)}").scalar()
    assert seen == len(LONG)


def test_a_book_that_a_worker_is_folding_is_left_alone_by_others(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    engine, gated = ledger.engine, Gated()
    generation = ensure_live(engine, gated)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(step, engine, generation, 1)
        assert gated.reached.wait(30)
        second = step(engine, ensure_live(engine, gated), 1)
        gated.gate.set()
        assert (first.result().read, second.checkpoint) == (1, None)
    assert rows_of(ledger, generation, TALLY) == ["(1,a,1,1,f)"]


def test_what_cannot_be_applied_stops_the_book_just_before_it_with_the_reason(ledger: Ledger, views: Views) -> None:
    History(ledger).words(1, *["a"] * 20, "poison", "b")
    fold_all(ledger, Strict())
    stopped = views.status(Strict())[1]
    assert (stopped.position, stopped.status) == (20, "stopped")
    assert stopped.reason == "position 21: ValueError: poison is no word"


def test_a_stopped_book_stops_neither_other_books_nor_other_projections(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "poison", "b")
    history.words(2, "c")
    fold_all(ledger, Strict(), Tally())
    assert views.status(Strict())[2].position == 1
    assert views.status(Tally())[1].position == 2


def test_a_stopped_book_goes_on_when_a_new_worker_can_apply_the_event(ledger: Ledger, views: Views) -> None:
    History(ledger).words(1, "a", "poison", "b")
    fold_all(ledger, Strict())
    fold_all(ledger, Strict(cured=True))
    assert (views.status(Strict())[1].position, views.status(Strict())[1].status) == (3, "following")


def test_a_worker_whose_connection_is_killed_goes_on_from_its_checkpoint(ledger: Ledger, views: Views) -> None:
    history, gated, stop = History(ledger), Gated(), Event()
    last = history.words(1, "a", "a")
    worker = ProjectionWorker(ledger.engine, ledger.reader, gated)
    thread = Thread(target=worker.run, args=(stop, stop.wait), daemon=True)
    thread.start()
    try:
        assert gated.reached.wait(30)
        kill_other_connections(ledger)
        gated.gate.set()
        views.wait_for(gated, {1: last}, timeout_s=30)
    finally:
        stop.set()
        thread.join()
    generation = ensure_live(ledger.engine, gated)
    assert rows_of(ledger, generation, TALLY) == ["(1,a,2,2,f)"]


def kill_other_connections(ledger: Ledger) -> None:
    with psycopg2.connect(ledger.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as own:
        own.cursor().execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_checkpoint_holds_the_chain_over_the_leaves_of_all_events(ledger: Ledger, views: Views) -> None:
    History(ledger).words(1, *LONG)
    fold_all(ledger, Tally())
    chained = bytes(32)
    for recorded in ledger.reader.read(1, 0, len(LONG)):
        chained = sha256(chained + recorded.leaf).digest()
    checkpoint = views.status(Tally())[1]
    assert (checkpoint.count, checkpoint.digest) == (len(LONG), chained)


def test_workers_in_threads_fold_what_is_recorded_while_they_run(ledger: Ledger, views: Views) -> None:
    workers = ProjectionWorkers(ledger.engine, ledger.reader, [Tally(), Strict()])
    workers.start()
    try:
        last = History(ledger).words(1, "a")
        workers.ring()
        views.wait_for(Tally(), {1: last}, timeout_s=30)
        views.wait_for(Strict(), {1: last}, timeout_s=30)
    finally:
        workers.stop()
    assert workers.troubles == {}


AWKWARD = ["", "two words", 'a "quote"', "a,comma", "tab\there", "line\nfeed", "carriage\rreturn", "\\.", "\\N", "🚢"]


@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_comes_back_from_its_row_as_it_was_whichever_way_it_was_written(ledger: Ledger, text: str) -> None:
    history = History(ledger)
    for _ in range(2):  # copied the first time, changed the second
        history.words(1, text)
        fold_all(ledger, Tally())
    generation = ensure_live(ledger.engine, Tally())
    with ledger.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT word, seen FROM {generation.stored_name(TALLY)}").all()
    assert [tuple(row) for row in found] == [(text, 2)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(["a", "b", "c", "forget a"]), min_size=1, max_size=30), size=st.integers(1, 7))
def test_rows_do_not_depend_on_how_events_are_cut_into_batches(ledger: Ledger, words: list[str], size: int) -> None:
    history, engine = History(ledger), ledger.engine
    for word in words:
        history.forget(1, "a") if word == "forget a" else history.words(1, word)
    prepare(engine)
    with begin(engine) as connection:
        cut, whole = make(connection, Tally(), "candidate"), make(connection, Tally(), "candidate")
    while step(engine, cut, 1, size=size).read:
        pass
    while step(engine, whole, 1, size=10_000).read:
        pass
    assert rows_of(ledger, cut, TALLY) == rows_of(ledger, whole, TALLY)
    assert rows_of(ledger, cut, SEEN) == rows_of(ledger, whole, SEEN)


def test_processes_that_start_at_once_share_one_live_generation(ledger: Ledger) -> None:
    together = Barrier(4)

    def start(_: int) -> int:
        together.wait(30)
        return ensure_live(ledger.engine, Tally()).number

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == [1, 1, 1, 1]
