"""Projections that stand abreast are folded in one step, and end as if each had gone alone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, Integer

from ledger.ledger import Ledger
from projections.engine.batch import Batch
from projections.engine.connections import transaction
from projections.engine.fold import SMALLEST
from projections.engine.generations import ensure_live
from projections.engine.lockstep import LockstepRunner, Round
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker, catch_up
from tests.projections.engine.sample_views import STRICT_TALLY, TALLY, Strict, Tally, TallyInAnotherShape
from tests.support.view_history import History, rows_of

BOTH: list[Projection] = [Tally(), Strict()]


def begun(ledger: Ledger, *words: str) -> History:
    """Both projections have folded these words of book 1."""
    history = History(ledger)
    history.words(1, *words)
    for projection in BOTH:
        ProjectionWorker(ledger.engine, ledger.reader, projection).catch_up()
    return history


def test_projections_abreast_come_to_the_head_together(ledger: Ledger, views: Views) -> None:
    last = begun(ledger, "a").words(1, "b", "a")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow().left == set()
    assert [views.status(projection)[1].position for projection in BOTH] == [last, last]


def test_projections_that_were_never_folded_begin_together(ledger: Ledger, views: Views) -> None:
    last = History(ledger).words(1, "b", "a")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow() == Round(set(), is_under_way=False)
    assert [views.status(projection)[1].position for projection in BOTH] == [last, last]


def test_a_book_far_behind_is_folded_by_steps_and_the_next_book_does_not_wait(ledger: Ledger, views: Views) -> None:
    history = begun(ledger, "a")
    last, near = history.words(1, *(["b"] * 2 * SMALLEST)), history.words(2, "c")
    runner = LockstepRunner(ledger.engine, ledger.reader, BOTH)
    assert runner.follow() == Round(set(), is_under_way=True)
    assert [(views.status(each)[1].position, views.status(each)[2].position) for each in BOTH] == [(501, near)] * 2
    assert runner.follow() == Round(set(), is_under_way=False)
    assert [views.status(projection)[1].position for projection in BOTH] == [last, last]


def test_rows_and_checkpoints_are_those_of_a_projection_alone(ledger: Ledger, views: Views) -> None:
    begun(ledger, "a").words(1, "b", "a")
    LockstepRunner(ledger.engine, ledger.reader, BOTH).follow()
    together = views.status(Tally())[1], rows_of(ledger, ensure_live(ledger.engine, Tally()), TALLY)
    start_again(ledger.engine)
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()
    assert (views.status(Tally())[1], rows_of(ledger, ensure_live(ledger.engine, Tally()), TALLY)) == together


def test_where_one_cannot_apply_an_event_none_moves_and_all_are_left_to_workers(ledger: Ledger, views: Views) -> None:
    begun(ledger, "a").words(1, "b", "poison")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow().left == {"tally", "picky"}
    assert [views.status(projection)[1].position for projection in BOTH] == [1, 1]
    assert rows_of(ledger, ensure_live(ledger.engine, Strict()), STRICT_TALLY) == ["(1,a,1,1,f)"]


def test_one_that_a_worker_is_folding_is_not_waited_for_and_that_worker_not_woken_again(
    ledger: Ledger, views: Views
) -> None:
    last = begun(ledger, "a").words(1, "b")
    with transaction(ledger.engine) as cursor:
        cursor.execute("SELECT FROM views.checkpoints WHERE book = 1 AND projection = 'picky' FOR UPDATE")
        assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow() == Round(set(), is_under_way=False)
        assert [views.status(projection)[1].position for projection in BOTH] == [last, 1]
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow() == Round(set(), is_under_way=False)
    assert [views.status(projection)[1].position for projection in BOTH] == [last, last]


def test_a_book_that_none_has_begun_is_begun_together(ledger: Ledger, views: Views) -> None:
    history = begun(ledger, "a")
    last = history.words(2, "b", "poisoned")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow().left == set()
    assert [views.status(projection)[2].position for projection in BOTH] == [last, last]


def test_one_that_begins_a_small_book_later_meets_the_other_there(ledger: Ledger, views: Views) -> None:
    history = begun(ledger, "a")
    history.words(2, "b")
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()
    last = history.words(2, "c")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow() == Round(set(), is_under_way=False)
    assert [views.status(projection)[2].position for projection in BOTH] == [last, last]


def test_catching_up_takes_together_those_that_can_and_each_alone_that_cannot(ledger: Ledger, views: Views) -> None:
    history = begun(ledger, "a")
    last = history.words(1, "b", "poison")
    catch_up(ledger.engine, ledger.reader, BOTH)
    tally, picky = (views.status(projection)[1] for projection in BOTH)
    assert (tally.position, tally.status) == (last, "following")
    assert (picky.position, picky.status) == (2, "stopped")


@pytest.mark.parametrize("lag", [1, 7, SMALLEST])
def test_one_that_lags_by_a_step_at_most_meets_the_other_and_they_go_on_together(
    ledger: Ledger, views: Views, lag: int
) -> None:
    history = begun(ledger, "a")
    history.words(1, *(["b"] * lag))
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()
    last = history.words(1, "c", "d")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow() == Round(set(), is_under_way=False)
    assert [views.status(projection)[1].position for projection in BOTH] == [last, last]
    assert rows_of(ledger, ensure_live(ledger.engine, Strict()), STRICT_TALLY) == rows_of(
        ledger, ensure_live(ledger.engine, Tally()), TALLY
    )


def test_one_that_lags_further_is_left_to_its_own_worker_until_it_is_near(ledger: Ledger, views: Views) -> None:
    history = begun(ledger, "a")
    history.words(1, *(["b"] * (SMALLEST + 1)))
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()
    last = history.words(1, "c")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow() == Round({"picky"}, is_under_way=False)
    assert [views.status(projection)[1].position for projection in BOTH] == [last, 1]


def test_one_of_another_version_is_left_behind(ledger: Ledger) -> None:
    begun(ledger, "a").words(1, "b")
    assert "tally" in LockstepRunner(ledger.engine, ledger.reader, [TallyInAnotherShape()]).follow().left


class Nth(Projection):
    """Counts events, as one of several views that do the same."""

    version = 1

    def __init__(self, number: int) -> None:
        self.name = f"nth_{number}"  # type: ignore[misc]  # five views of one class
        self.tables = (kept_table(self.name, Column("position", Integer, primary_key=True)),)  # type: ignore[misc]

    def fold(self, batch: Batch) -> None:
        for recorded in batch.events:
            batch.rows(self.tables[0]).put({"position": recorded.position}, at=recorded.position)


MANY: list[Projection] = [Nth(number) for number in range(5)]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(apart=st.lists(st.one_of(st.just(None), st.sampled_from(MANY)), min_size=1, max_size=12))
def test_projections_that_workers_have_moved_apart_meet_in_one_round(
    ledger: Ledger, views: Views, apart: list[Projection | None]
) -> None:
    history = History(ledger)
    last = history.words(1, "a")
    for one in apart:
        if one is None:
            last = history.words(1, "b")
        else:
            ProjectionWorker(ledger.engine, ledger.reader, one).catch_up()
    assert LockstepRunner(ledger.engine, ledger.reader, MANY).follow() == Round(set(), is_under_way=False)
    for projection in MANY:
        assert views.status(projection)[1].position == last
        rows = rows_of(ledger, ensure_live(ledger.engine, projection), projection.tables[0])
        assert len(rows) == last


def start_again(engine: Engine) -> None:
    """Empty the tally, so that it is folded from position 1."""
    generation = ensure_live(engine, Tally())
    with transaction(engine) as cursor:
        cursor.execute("DELETE FROM views.checkpoints WHERE projection = 'tally'")
        for table in generation.projection.tables:
            cursor.execute(f"DELETE FROM {generation.stored_name(table)}")
