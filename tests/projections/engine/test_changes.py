"""The change feed: each changed row once, resumable, deletions included, the rows of one event together."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.ledger import Ledger
from projections.engine.changes import Changes, changes, view_state
from projections.engine.rebuild import rebuild
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.projections.engine.sample_views import TALLY, Tally
from tests.support.view_history import History


def fold(ledger: Ledger) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()


def after(views: Views, place: Mapping[int, int], *, limit: int = 500) -> Changes:
    return changes(views, Tally(), tables=(TALLY,), after=place, limit=limit)


def test_a_follower_goes_on_where_it_was_and_sees_each_changed_row_once(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "a", "b")
    fold(ledger)
    seen = after(views, {})
    history.words(1, "a", "a", "c")
    fold(ledger)
    more = after(views, seen.positions)
    assert [(change.row["word"], change.row["seen"]) for change in more.changes] == [("a", 3), ("c", 1)]
    assert after(views, more.positions).changes == []


def test_a_deleted_row_is_in_the_feed_as_a_tombstone(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "a")
    history.forget(1, "a")
    fold(ledger)
    (change,) = after(views, {}).changes
    assert (change.row["word"], change.row["deleted"], change.position) == ("a", True, 2)


def test_pages_end_between_events_and_lead_through_all_rows(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, *"abcdefg")
    history.words(2, *"xy")
    fold(ledger)
    found, page = list[str](), after(views, {}, limit=3)
    while True:
        found += [change.row["word"] for change in page.changes]
        if page.is_last:
            break
        page = after(views, page.positions, limit=3)
    assert sorted(found) == [*"abcdefgxy"]


def test_a_rebuild_is_no_news_to_a_follower(ledger: Ledger, views: Views) -> None:
    History(ledger).words(1, "a", "b")
    fold(ledger)
    seen = after(views, {})
    rebuild(ledger.engine, ledger.reader, Tally())
    assert after(views, seen.positions).changes == []
    assert view_state(views, Tally()).key == seen.key
