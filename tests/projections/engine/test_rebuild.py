"""Rebuilds: the same rows again, beside a live view that goes on, and never a step back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.ledger import Ledger
from ledger.log.verification.finding import missing
from projections.balances.merchant_balances import MerchantBalances
from projections.engine import candidates
from projections.engine import rebuild as rebuilding
from projections.engine.candidates import RebuildUnderWay
from projections.engine.fill import CannotFill, fill
from projections.engine.generations import ViewOutdated, ensure_live
from projections.engine.rebuild import (
    NeverBackwards,
    ViewsDiffer,
    drop_old,
    rebuild,
    verify,
)
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.projections.engine.sample_views import TALLY, Gated, Restated, Strict, Tally, TallyInAnotherShape
from tests.support.view_history import History, payout, release, rows_of, sale


def live_rows(ledger: Ledger, of: type[Tally] = Tally) -> list[str]:
    return rows_of(ledger, ensure_live(ledger.engine, of()), TALLY)


def follow(ledger: Ledger, projection: Tally | Strict | MerchantBalances) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, projection).catch_up()


def test_a_rebuild_leaves_the_same_rows_in_a_new_generation(ledger: Ledger) -> None:
    History(ledger).words(1, "a", "b", "a")
    follow(ledger, Tally())
    before = live_rows(ledger)
    assert rebuild(ledger.engine, ledger.reader, Tally()).generation == 2
    assert live_rows(ledger) == before


def test_a_rebuild_keeps_the_tables_of_before_and_none_of_earlier_generations(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    for _ in range(2):
        rebuild(ledger.engine, ledger.reader, Tally())
    assert (stored_tables(ledger), roles(ledger)) == (["tally_v1_g2", "tally_v1_g3"], {2: "old", 3: "live"})


def test_the_old_tables_are_dropped_when_a_person_says_so(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    rebuild(ledger.engine, ledger.reader, Tally())
    assert (drop_old(ledger.engine, Tally()), drop_old(ledger.engine, Tally())) == (1, 0)
    assert (stored_tables(ledger), roles(ledger)) == (["tally_v1_g2"], {2: "live"})


def stored_tables(ledger: Ledger) -> list[str]:
    with ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT relname FROM pg_class WHERE relname LIKE 'tally%%g_' ORDER BY 1")
        return [row[0] for row in found]


def roles(ledger: Ledger) -> dict[int, str]:
    with ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT generation, role FROM views.generations ORDER BY generation").all()
        return {row[0]: row[1] for row in found}


def test_a_rebuild_folds_what_the_live_view_has_not_folded_yet(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "a")
    follow(ledger, Tally())
    history.words(1, "a")
    history.words(2, "b")
    assert rebuild(ledger.engine, ledger.reader, Tally()).comparison.vector == {1: 1}
    assert {book: at.position for book, at in views.status(Tally()).items()} == {1: 2, 2: 1}


def test_books_are_filled_by_the_executor_that_is_given(ledger: Ledger) -> None:
    history = History(ledger)
    history.words(1, "a", "b")
    history.words(2, "c")
    engine = ledger.engine
    generation = ensure_live(engine, Tally())
    with ThreadPoolExecutor(2) as executor:
        fill(engine, generation, ledger.reader.heads(), executor)
    assert rows_of(ledger, generation, TALLY) == ["(1,a,1,1,f)", "(1,b,1,2,f)", "(2,c,1,1,f)"]


def test_a_view_that_differs_is_not_switched_to_and_the_rows_are_named(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    with pytest.raises(ViewsDiffer) as raised:
        rebuild(ledger.engine, ledger.reader, Restated())
    shown = [str(difference) for difference in raised.value.comparison.differences]
    assert "views.tally, book 1, word a: seen: expected -1, found 1" in shown
    assert live_rows(ledger) == ["(1,a,1,1,f)"]


def test_differences_on_purpose_can_be_accepted(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    rebuild(ledger.engine, ledger.reader, Restated(), accept_differences=True)
    assert live_rows(ledger, Restated) == ["(1,a,-1,1,f)"]


def test_verification_finds_a_row_that_was_changed_by_hand(ledger: Ledger) -> None:
    History(ledger).words(1, "a", "b")
    follow(ledger, Tally())
    generation = ensure_live(ledger.engine, Tally())
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql(f"DELETE FROM {generation.stored_name(TALLY)} WHERE word = 'a'")
    lost = missing("views.tally", "book 1, word a", "(1, a, 1, 1, false)")
    assert verify(ledger.engine, Tally()).differences == [lost]


def test_a_rebuild_that_cannot_apply_an_event_leaves_the_live_view(ledger: Ledger, views: Views) -> None:
    History(ledger).words(1, "a", "poison")
    follow(ledger, Strict(cured=True))
    with pytest.raises(CannotFill, match="position 2: ValueError: poison is no word"):
        rebuild(ledger.engine, ledger.reader, Strict())
    assert views.status(Strict())[1].position == 2


def test_a_new_version_is_read_and_followed_only_after_its_rebuild(ledger: Ledger, views: Views) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    with pytest.raises(ViewOutdated):
        views.status(TallyInAnotherShape())
    rebuild(ledger.engine, ledger.reader, TallyInAnotherShape())
    assert views.status(TallyInAnotherShape())[1].position == 1


def test_two_rebuilds_of_one_view_do_not_run_at_once(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    gated = Gated()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(rebuild, ledger.engine, ledger.reader, gated)
        assert gated.reached.wait(30)
        with pytest.raises(RebuildUnderWay):
            rebuild(ledger.engine, ledger.reader, Tally())
        gated.gate.set()
        assert first.result().generation == 2


def test_a_rebuild_while_events_are_recorded_and_followed_loses_and_doubles_none(ledger: Ledger, views: Views) -> None:
    history, stop = History(ledger), Event()
    history.words(1, *["a"] * 300)
    worker = ProjectionWorker(ledger.engine, ledger.reader, Tally())
    follow(ledger, Tally())
    writer = Thread(target=lambda: [history.words(1, "a", "b") for _ in iter(stop.is_set, True)], daemon=True)
    follower = Thread(target=worker.run, args=(stop, lambda _: stop.wait(0.001)), daemon=True)
    writer.start()
    follower.start()
    try:
        before = views.status(Tally())[1].position
        rebuilt = [rebuild(ledger.engine, ledger.reader, Tally()) for _ in range(3)]
    finally:
        stop.set()
        writer.join()
        follower.join()
    assert [one.comparison.count for one in rebuilt] == [0, 0, 0]
    assert before <= rebuilt[0].vector[1] <= rebuilt[1].vector[1] <= rebuilt[2].vector[1]
    follow(ledger, Tally())
    assert verify(ledger.engine, Tally()).count == 0
    assert views.status(Tally())[1].position == ledger.reader.heads()[1]


def test_the_switch_never_goes_backwards_in_any_book(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())

    def fill_nothing(*_: object) -> None:
        """A filler that has lost its way."""

    for module in (candidates, rebuilding):
        monkeypatch.setattr(module, "fill_here", fill_nothing)
    with pytest.raises(NeverBackwards):
        rebuild(ledger.engine, ledger.reader, Tally(), accept_differences=True)
    assert live_rows(ledger) == ["(1,a,1,1,f)"]


ENTRIES = st.tuples(
    st.integers(1, 3), st.sampled_from([sale, release, payout]), st.sampled_from(["M-1", "M-2"]), st.integers(1, 9999)
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ENTRIES, min_size=1, max_size=25))
def test_balances_rebuilt_from_any_history_equal_the_live_ones(ledger: Ledger, entries: list[tuple]) -> None:  # type: ignore[type-arg]
    history = History(ledger)
    for book, kind, merchant, cents in entries:
        history.entry(book, kind(merchant, f"{cents / 100:.2f}"))
        follow(ledger, MerchantBalances())
    assert rebuild(ledger.engine, ledger.reader, MerchantBalances()).comparison.count == 0
