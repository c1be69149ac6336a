"""A part of a view: its tables show the rows of the named books, whatever the statement asks for."""

from __future__ import annotations

from sqlalchemy import text

from ledger.ledger import Ledger
from projections.engine.views import Opened, Views
from projections.engine.worker import catch_up
from tests.projections.engine.sample_views import TALLY, Tally
from tests.support.view_history import History


def books_in(opened: Opened) -> set[int]:
    rows = opened.connection.execute(text(f"SELECT DISTINCT book FROM {opened.generation.stored_name(TALLY)} t"))
    return {row.book for row in rows}


def test_a_statement_on_a_part_sees_no_row_of_another_book(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "a")
    history.words(2, "b")
    catch_up(ledger.engine, ledger.reader, [Tally()])
    assert views.read(Tally(), books_in) == {1, 2}
    assert views.within({2}).read(Tally(), books_in) == {2}
    assert views.within({2}).read(Tally(), lambda opened: set(opened.vector)) == {2}
