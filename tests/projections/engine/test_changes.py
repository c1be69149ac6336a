"""The change feed: each changed row once, resumable, deletions included."""

from __future__ import annotations

from ledger.ledger import Ledger
from projections.engine.changes import changes
from projections.engine.rebuild import rebuild
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.projections.engine.sample_views import TALLY, Tally
from tests.support.view_history import History


def fold(ledger: Ledger) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, Tally()).catch_up()


def test_a_follower_goes_on_where_it_was_and_sees_each_changed_row_once(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "a", "b")
    fold(ledger)
    seen = changes(views, Tally(), TALLY, after={})
    history.words(1, "a", "a", "c")
    fold(ledger)
    more = changes(views, Tally(), TALLY, after=seen.places)
    assert [(row["word"], row["seen"]) for row in more.rows] == [("a", 3), ("c", 1)]
    assert changes(views, Tally(), TALLY, after=more.places).rows == ()


def test_a_deleted_row_is_in_the_feed_as_a_tombstone(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "a")
    history.forget(1, "a")
    fold(ledger)
    (row,) = changes(views, Tally(), TALLY, after={}).rows
    assert (row["word"], row["deleted"], row["changed_at_position"]) == ("a", True, 2)


def test_pages_end_between_events_and_lead_through_all_rows(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, *"abcdefg")
    history.words(2, *"xy")
    fold(ledger)
    found: list[str] = []
    page = changes(views, Tally(), TALLY, after={}, limit_per_book=3)
    while page.rows:
        found += [row["word"] for row in page.rows]
        page = changes(views, Tally(), TALLY, after=page.places, limit_per_book=3)
    assert sorted(found) == [*"abcdefgxy"]


def test_a_rebuild_is_no_news_to_a_follower(ledger: Ledger, views: Views) -> None:
    History(ledger).words(1, "a", "b")
    fold(ledger)
    seen = changes(views, Tally(), TALLY, after={})
    rebuild(ledger.engine, ledger.reader, Tally())
    assert changes(views, Tally(), TALLY, after=seen.places).rows == ()
