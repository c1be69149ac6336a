"""The steps of a rebuild: a candidate outlives its process and its code's mistakes, and only a switch makes it live."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event as Signal

import pytest

from ledger.ledger import Ledger
from projections.engine import fill as filling
from projections.engine.batch import Batch
from projections.engine.candidates import Filling, NoCandidate, candidate_begun
from projections.engine.checkpoints import claim
from projections.engine.connections import transaction
from projections.engine.fill import CannotFill, fill_here
from projections.engine.generations import ensure_live
from projections.engine.projection import Projection
from projections.engine.rebuild import (
    ViewsDiffer,
    compare_candidate,
    discard,
    fill_candidate,
    rebuild,
    switch,
    verify,
)
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.projections.engine.sample_views import TALLY, Restated, Tally, TallyInAnotherShape
from tests.projections.engine.test_rebuild import follow, roles
from tests.support.services import until
from tests.support.view_history import History, NoKeys, rows_of

_REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = 3


class Held(Tally):
    """A `Tally` that notes the positions it is given, and never comes back from one behind `upto`."""

    def __init__(self, upto: int = 10**6) -> None:
        self.upto, self.seen = upto, list[int]()

    def fold(self, batch: Batch) -> None:
        self.seen += [recorded.position for recorded in batch.events]
        if self.seen[-1] > self.upto:
            print("held", flush=True)
            Signal().wait()
        super().fold(batch)


def rebuild_and_be_killed(url: str, upto: int) -> None:
    """Rebuilds `Held` page by page until it is held. Runs in a process of its own."""
    vars(filling)["LARGEST"] = PAGE
    with Ledger.open(url, keys=NoKeys()) as ledger:
        rebuild(ledger.engine, ledger.reader, Held(upto))


@pytest.fixture
def history(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> History:
    """Book 1 holds four pages that the live view has folded."""
    monkeypatch.setattr(filling, "LARGEST", PAGE)
    history = History(ledger)
    for word in "abcabcabcabc":
        history.words(1, word)
    follow(ledger, Held())
    return history


def has_locks(ledger: Ledger) -> bool:
    """True if a session holds the lock of a rebuild in this database."""
    held = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE locktype = 'advisory' AND d.datname = current_database()"
    )
    with ledger.engine.connect() as connection:
        return bool(connection.exec_driver_sql(held).scalar_one())


@pytest.mark.usefixtures("history")
def test_a_rebuild_that_was_killed_goes_on_where_it_stood(ledger: Ledger) -> None:
    url = ledger.engine.url.render_as_string(hide_password=False)
    command = f"from {__name__} import rebuild_and_be_killed; rebuild_and_be_killed({url!r}, 6)"
    killed = subprocess.Popen([sys.executable, "-c", command], cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "held\n"
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    until(lambda: not has_locks(ledger), what="the server to notice that the process has ended")
    again = Held()
    assert rebuild(ledger.engine, ledger.reader, again).comparison.count == 0
    assert again.seen == [7, 8, 9, 10, 11, 12]
    assert rows_of(ledger, ensure_live(ledger.engine, again), TALLY) == [
        "(1,a,4,10,f)", "(1,b,4,11,f)", "(1,c,4,12,f)",
    ]  # fmt: skip


def test_the_steps_of_a_rebuild_can_be_taken_one_by_one(ledger: Ledger, views: Views, history: History) -> None:
    fill_candidate(ledger.engine, Held())
    history.words(1, "d")
    follow(ledger, Held())
    assert compare_candidate(ledger.engine, Held()).vector == {1: 13}
    assert roles(ledger) == {1: "live", 2: "candidate"}
    switched = switch(ledger.engine, ledger.reader, last := Held())
    assert (switched.generation, last.seen) == (2, [])
    assert roles(ledger) == {1: "old", 2: "live"}
    assert views.status(Held())[1].position == 13


@pytest.mark.usefixtures("history")
def test_a_candidate_that_differs_is_kept_until_it_is_accepted_and_not_folded_again(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        live = ensure_live(ledger.engine, Held())
        connection.exec_driver_sql(f"UPDATE {live.stored_name(TALLY)} SET seen = 7 WHERE word = 'b'")
    for step in (rebuild, switch):
        with pytest.raises(ViewsDiffer):
            step(ledger.engine, ledger.reader, Held())
    assert roles(ledger) == {1: "live", 2: "candidate"}
    assert switch(ledger.engine, ledger.reader, last := Held(), accept_differences=True).generation == 2
    assert last.seen == []


@pytest.mark.usefixtures("history")
def test_a_candidate_can_be_thrown_away(ledger: Ledger) -> None:
    fill_candidate(ledger.engine, Held())
    assert (discard(ledger.engine, Held()), discard(ledger.engine, Held())) == (1, 0)
    assert roles(ledger) == {1: "live"}
    for step in (compare_candidate, lambda engine, view: switch(engine, ledger.reader, view)):
        with pytest.raises(NoCandidate, match="fill one with"):
            step(ledger.engine, Held())


@pytest.mark.parametrize("other", [Restated, TallyInAnotherShape])
@pytest.mark.usefixtures("history")
def test_a_candidate_of_other_code_is_never_gone_on_with(ledger: Ledger, other: type[Projection]) -> None:
    fill_candidate(ledger.engine, other())
    with pytest.raises(NoCandidate):
        compare_candidate(ledger.engine, Held())
    assert rebuild(ledger.engine, ledger.reader, again := Held()).comparison.count == 0
    assert again.seen[0] == 1
    assert roles(ledger) == {1: "old", 3: "live"}


@pytest.mark.usefixtures("history")
def test_a_verification_leaves_the_candidate_alone(ledger: Ledger) -> None:
    fill_candidate(ledger.engine, Held())
    assert verify(ledger.engine, Held()).count == 0
    assert roles(ledger) == {1: "live", 2: "candidate"}


def test_a_candidate_beyond_the_live_view_begins_that_book_again(ledger: Ledger, history: History) -> None:
    """A rebuild may be killed after it went on to the heads, while the live view is behind."""
    last = history.words(1, "d")
    fill_here(ledger.engine, candidate_begun(ledger.engine, Held()), {1: last})
    assert compare_candidate(ledger.engine, Held()).count == 0


@pytest.mark.usefixtures("history")
def test_a_fill_waits_for_a_process_that_still_ends_its_step(ledger: Ledger) -> None:
    """The process of a rebuild that was killed may live a little longer, and so may its session in the database."""
    engine, candidate = ledger.engine, candidate_begun(ledger.engine, Held())
    fill_here(engine, candidate, {1: PAGE})
    with ThreadPoolExecutor(1) as pool, transaction(engine) as cursor:
        assert claim(cursor, candidate, 1) is not None
        filled = pool.submit(fill_here, engine, candidate, {1: 12})
        until(lambda: is_waiting(ledger), what="the wait for the checkpoint")
        cursor.execute("COMMIT; BEGIN")
        filled.result(30)


def is_waiting(ledger: Ledger) -> bool:
    with ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one()
        return bool(found)


@pytest.mark.usefixtures("history")
def test_a_fill_of_a_generation_that_was_dropped_ends(ledger: Ledger) -> None:
    candidate = candidate_begun(ledger.engine, Held())
    discard(ledger.engine, Held())
    with pytest.raises(CannotFill, match="was dropped"):
        fill_here(ledger.engine, candidate, {1: 12})


def test_a_worker_with_other_code_folds_nothing(ledger: Ledger) -> None:
    candidate = replace(candidate_begun(ledger.engine, Held()), fingerprint="of-other-code")
    with ThreadPoolExecutor(1) as pool, pytest.raises(CannotFill, match="a worker has other code of tally"):
        filling.fill(ledger.engine, candidate, {1: 12}, pool)


def test_a_watcher_learns_how_far_the_books_are_filled(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    history, seen = History(ledger), list[tuple[int, int]]()
    last = history.words(1, "a", "b", "c")
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()
    monkeypatch.setattr("projections.engine.candidates._MIN_EVENTS_FOR_PROCESSES", 0)
    with ThreadPoolExecutor(1) as pool:
        fill_candidate(ledger.engine, Tally(), Filling(pool, lambda done, total: seen.append((done, total))))
    assert seen[-1] == (last, last)
