"""The lag of views: in events and in seconds, over all books, the worst first."""

from __future__ import annotations

from pathlib import Path

from service.views.lags import view_lags
from service.views.status import status_of
from tests.support.buses import open_desk, publish_programme
from tests.support.sales import merchant_ready
from tests.support.shops import app_of


def test_a_view_lags_by_the_events_that_it_has_not_folded_and_the_age_of_the_oldest(
    database_url: str, tmp_path: Path
) -> None:
    with open_desk(database_url, tmp_path) as desk:
        app = app_of(desk)
        publish_programme(desk)
        app.catch_up()
        assert {(each.status, each.lag_events, each.lag_s) for each in view_lags(app)} == {("current", 0, 0)}
        before = sum(app.ledger.reader.heads().values())
        merchant_ready(desk)
        recorded = sum(app.ledger.reader.heads().values()) - before
        late = {each.view: each for each in view_lags(app)}
        assert {each.lag_events for each in late.values()} == {recorded}
        assert {each.status for each in late.values()} == {"behind"}
        books = {view.book for view in status_of(app).views if view.lag}
        assert {each.books_behind for each in late.values()} == {len(books)}
        assert all(each.lag_s >= 0 and each.candidate is None for each in late.values())
