"""Projections that stand abreast are folded in one step, and end as if each had gone alone."""

from __future__ import annotations

from sqlalchemy import Engine

from ledger.ledger import Ledger
from projections.engine.connections import transaction
from projections.engine.fold import SMALLEST
from projections.engine.generations import ensure_live
from projections.engine.lockstep import LockstepRunner, Round
from projections.engine.projection import Projection
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


def test_one_that_a_worker_is_folding_is_left_to_it_and_not_waited_for(ledger: Ledger, views: Views) -> None:
    last = begun(ledger, "a").words(1, "b")
    with transaction(ledger.engine) as cursor:
        cursor.execute("SELECT FROM views.checkpoints WHERE book = 1 AND projection = 'picky' FOR UPDATE")
        assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow().left == {"picky"}
    assert [views.status(projection)[1].position for projection in BOTH] == [last, 1]


def test_a_book_that_none_has_begun_is_begun_together(ledger: Ledger, views: Views) -> None:
    history = begun(ledger, "a")
    last = history.words(2, "b", "poisoned")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow().left == set()
    assert [views.status(projection)[2].position for projection in BOTH] == [last, last]


def test_one_that_begins_a_book_is_left_to_begin_it_by_itself(ledger: Ledger, views: Views) -> None:
    last = begun(ledger, "a").words(2, "b")
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow().left == {"picky"}
    assert views.status(Tally())[2].position == last


def test_catching_up_takes_together_those_that_can_and_each_alone_that_cannot(ledger: Ledger, views: Views) -> None:
    history = begun(ledger, "a")
    last = history.words(1, "b", "poison")
    catch_up(ledger.engine, ledger.reader, BOTH)
    tally, picky = (views.status(projection)[1] for projection in BOTH)
    assert (tally.position, tally.status) == (last, "following")
    assert (picky.position, picky.status) == (2, "stopped")


def test_one_that_lags_is_left_behind_and_so_is_one_of_another_version(ledger: Ledger) -> None:
    begun(ledger, "a").words(1, "b")
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()
    History(ledger).words(1, "c")
    assert LockstepRunner(ledger.engine, ledger.reader, BOTH).follow().left == {"tally", "picky"}
    assert "tally" in LockstepRunner(ledger.engine, ledger.reader, [TallyInAnotherShape()]).follow().left


def start_again(engine: Engine) -> None:
    """Empty the tally, so that it is folded from position 1."""
    generation = ensure_live(engine, Tally())
    with transaction(engine) as cursor:
        cursor.execute("DELETE FROM views.checkpoints WHERE projection = 'tally'")
        for table in generation.projection.tables:
            cursor.execute(f"DELETE FROM {generation.stored_name(table)}")
