"""A long book is folded again in pages where its parking changed: a kill loses a page, and followers learn of it."""

from __future__ import annotations

import pytest

from ledger.ledger import Ledger
from projections.engine import fold, refold
from projections.engine.candidates import alone
from projections.engine.changes import Changes, changes
from projections.engine.generations import ensure_live
from projections.engine.rebuild import verify
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.projections.engine.sample_views import STRICT_TALLY, Strict
from tests.projections.engine.test_parking import Shop
from tests.support.view_history import History, rows_of

PAGE = 3


class PowerCut(BaseException):
    """The end of the process, which nobody catches."""


class Counted(Strict):
    """A `Strict` that counts the events it is given, and may die at one of them."""

    def __init__(self, *, cured: bool = True) -> None:
        super().__init__(cured=cured)
        self.folded, self.dies_after = list[int](), 10**6

    def fold(self, batch: object) -> None:
        if len(self.folded) >= self.dies_after:
            raise PowerCut
        self.folded += [event.position for event in batch.events]  # type: ignore[attr-defined]
        super().fold(batch)  # type: ignore[arg-type]


@pytest.fixture
def shop(ledger: Ledger, views: Views, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Book 1 holds three pages that `Counted` has folded."""
    for module in (fold, refold):
        monkeypatch.setattr(module, "LARGEST", PAGE)
    history = History(ledger)
    for word in ("a", "b", "a", "c", "d", "e", "f"):
        history.words(1, word)
    history.words(2, "x")
    shop = Shop(ledger, history, views)
    shop.follow(Counted())
    return shop


def followed(shop: Shop, view: Counted) -> str:
    shop.follow(view)
    return shop.words()


def feed(shop: Shop) -> Changes:
    return changes(shop.views, Counted(), tables=(STRICT_TALLY,), after={})


def words(page: Changes) -> list[str]:
    return [f"{change.row['word']}{change.row['seen']}" for change in page.changes]


def test_what_is_parked_is_taken_out_of_a_long_book(shop: Shop) -> None:
    last = shop.park(3)
    assert followed(shop, Counted()) == "a b c d e f"
    assert (shop.at(Counted()).position, shop.at(Counted()).parked) == (last, frozenset({3}))
    assert verify(shop.ledger.engine, Counted()).count == 0


def test_what_is_unparked_is_in_it_again(shop: Shop) -> None:
    before = rows(shop)
    shop.park(3)
    shop.follow(Counted())
    assert rows(shop) != before
    shop.unpark(3)
    shop.follow(Counted())
    assert rows(shop) == before


def test_a_process_that_is_killed_loses_one_page(shop: Shop) -> None:
    before = rows(shop)
    shop.park(3)
    view = Counted()
    view.dies_after = 4  # two pages: what is parked is no event of theirs
    with pytest.raises(PowerCut):
        shop.follow(view)
    assert rows(shop) == before, "readers see what was there"
    again = Counted()
    shop.follow(again)
    assert min(again.folded) == 7
    assert verify(shop.ledger.engine, Counted()).count == 0


def test_what_is_parked_meanwhile_is_left_out_too(shop: Shop) -> None:
    shop.park(3)
    view = Counted()
    view.dies_after = 4
    with pytest.raises(PowerCut):
        shop.follow(view)
    shop.park(5)
    assert followed(shop, Counted()) == "a b c e f"
    assert verify(shop.ledger.engine, Counted()).count == 0


def test_no_table_is_left_behind(shop: Shop) -> None:
    shop.park(3)
    shop.follow(Counted())
    with shop.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM pg_class WHERE relname ~ '^strict_tally_v1_g[0-9]+$'")
        assert found.scalar() == 1


def test_a_book_that_cannot_be_folded_again_stops_as_it_was(shop: Shop) -> None:
    shop.park(3)
    shop.follow(Counted())
    shop.history.words(1, "poison")
    shop.park(9)
    shop.follow(Counted())
    before = rows(shop)
    shop.unpark(9)
    shop.follow(Counted(cured=False))
    stopped = shop.at(Counted())
    assert (stopped.status, rows(shop)) == ("stopped", before)
    assert stopped.reason.startswith("position 9: its parking changed, and the book cannot be folded again: ")
    assert followed(shop, Counted()) == "a b c d e f poison"


def test_it_waits_for_a_rebuild_of_the_view_and_other_books_go_on(shop: Shop) -> None:
    shop.park(3)
    shop.history.words(2, "y")
    with alone(shop.ledger.engine, Counted()):
        shop.follow(Counted())
        assert (shop.at(Counted(), 1).position, shop.at(Counted(), 2).position) == (7, 2)
    shop.follow(Counted())
    assert shop.at(Counted(), 1).position == 8


def test_two_processes_may_fold_it_again_at_once(shop: Shop) -> None:
    shop.park(3)
    one, two = (ProjectionWorker(shop.ledger.engine, shop.ledger.reader, Counted()) for _ in range(2))
    generation = ensure_live(shop.ledger.engine, Counted())
    for worker in (one, two) * 8:
        worker._advance(generation, 1)
    assert shop.words() == "a b c d e f"
    assert verify(shop.ledger.engine, Counted()).count == 0


def rows(shop: Shop) -> list[str]:
    return rows_of(shop.ledger, ensure_live(shop.ledger.engine, Counted()), STRICT_TALLY)


class TestAFollower:
    def test_it_learns_by_the_key_that_rows_changed_without_a_new_position(self, shop: Shop) -> None:
        seen = feed(shop)
        shop.park(3)
        shop.follow(Counted())
        page = feed(shop)
        assert page.key != seen.key
        assert "a1" in words(page)
        assert [str(each) for each in page.incomplete] == ["picky leaves out position 3 of book 1, which is parked"]

    def test_the_key_is_the_earlier_one_when_the_view_is_complete_again(self, shop: Shop) -> None:
        seen = feed(shop)
        shop.park(3)
        shop.follow(Counted())
        shop.unpark(3)
        shop.follow(Counted())
        page = feed(shop)
        assert (page.key, page.incomplete) == (seen.key, ())
        assert "a2" in words(page)

    def test_the_key_stays_while_events_are_added(self, shop: Shop) -> None:
        seen = feed(shop)
        shop.history.words(1, "g")
        shop.follow(Counted())
        assert feed(shop).key == seen.key
