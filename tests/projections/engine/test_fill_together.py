"""Candidates of several views are filled together: each event is decoded once, and no view holds another up."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest

from ledger.ledger import Ledger
from ledger.log.database_errors import ConnectionLost
from ledger.log.rows import Recorded
from projections.engine import candidates
from projections.engine.batch import Batch
from projections.engine.candidates import Filling, RebuildUnderWay, alone, candidate_begun
from projections.engine.fill import CannotFill, fill_here
from projections.engine.rebuild import fill_candidates, rebuild
from tests.projections.engine.sample_views import Strict, Tally
from tests.projections.engine.test_rebuild import follow
from tests.support.view_history import History


class Noting:
    """A part of a view that notes the events it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = list[Recorded]()

    @property
    def places(self) -> list[tuple[int, int]]:
        return sorted((recorded.book, recorded.position) for recorded in self.seen)


class One(Noting, Tally):
    """A `Tally` that notes its events."""

    def fold(self, batch: Batch) -> None:
        self.seen += batch.events
        super().fold(batch)


class Other(Noting, Strict):
    """A `Strict` that notes its events."""

    def fold(self, batch: Batch) -> None:
        self.seen += batch.events
        super().fold(batch)


EACH = [(1, 1), (1, 2), (1, 3), (2, 1)]


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Executor]:
    monkeypatch.setattr(candidates, "_MIN_EVENTS_FOR_PROCESSES", 0)
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def history(ledger: Ledger) -> History:
    history = History(ledger)
    for word in "aba":
        history.words(1, word)
    history.words(2, "c")
    for view in (One(), Other()):
        follow(ledger, view)
    return history


@pytest.mark.usefixtures("history")
def test_candidates_that_are_filled_together_need_no_event_again(ledger: Ledger, executor: Executor) -> None:
    one, other = One(), Other()
    fill_candidates(ledger.engine, [one, other], Filling(executor))
    assert (one.places, other.places) == (EACH, EACH)
    for view in (One(), Other()):
        assert rebuild(ledger.engine, ledger.reader, view, Filling(executor)).comparison.count == 0
        assert view.seen == []


@pytest.mark.usefixtures("history")
def test_each_event_is_one_object_for_all_views(ledger: Ledger, executor: Executor) -> None:
    one, other = One(), Other()
    fill_candidates(ledger.engine, [one, other], Filling(executor))
    assert {id(recorded) for recorded in one.seen} == {id(recorded) for recorded in other.seen}


@pytest.mark.usefixtures("history")
def test_a_candidate_that_is_ahead_waits_for_the_others(ledger: Ledger, executor: Executor) -> None:
    fill_here(ledger.engine, candidate_begun(ledger.engine, One()), {1: 2})
    one, other = One(), Other()
    fill_candidates(ledger.engine, [one, other], Filling(executor))
    assert (one.places, other.places) == ([(1, 3), (2, 1)], EACH)


def test_a_view_that_cannot_apply_an_event_holds_no_other_up(
    ledger: Ledger, executor: Executor, history: History
) -> None:
    history.words(1, "poison")
    cured = Other()
    cured.cured = True
    for view in (One(), cured):
        follow(ledger, view)
    fill_candidates(ledger.engine, [Other(), One()], Filling(executor))
    assert rebuild(ledger.engine, ledger.reader, One(), Filling(executor)).comparison.count == 0
    with pytest.raises(CannotFill, match="poison is no word"):
        rebuild(ledger.engine, ledger.reader, Other(), Filling(executor))


def test_a_view_that_has_stopped_does_not_keep_the_others_where_it_is(
    ledger: Ledger, executor: Executor, history: History
) -> None:
    history.words(1, "poison", "b")
    for view in (One(), Other()):
        follow(ledger, view)
    fill_candidates(ledger.engine, [Other(), last := One()], Filling(executor))
    assert last.places == [*EACH[:3], (1, 4), (1, 5), EACH[3]]


@pytest.mark.usefixtures("history")
def test_one_rebuild_under_way_refuses_all_of_them_and_leaves_no_lock(ledger: Ledger, executor: Executor) -> None:
    with alone(ledger.engine, Other()), pytest.raises(RebuildUnderWay, match="picky is already"):
        fill_candidates(ledger.engine, [One(), Other()], Filling(executor))
    fill_candidates(ledger.engine, [One(), Other()], Filling(executor))


def test_a_connection_that_was_cut_is_named_and_not_the_lock_that_it_cannot_release(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with closing(
        psycopg2.connect(ledger.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    ) as other:
        other.cursor().execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(ConnectionLost), alone(ledger.engine, One()):
        pass
