"""Loops over everybody: what fails of one is set aside with its reason and tried again, and all others are served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from commands.command import Command
from ledger.actors import Actor
from ledger.log.database_errors import DatabaseTrouble
from ledger.log.engine import cursor_of
from ledger.log.rows import Recorded
from ledger.log.set_aside import SetAside, SetAsideItem, item_key
from projections.balances.balances import NOW
from projections.balances.due_releases import DUE, DueReleases
from projections.balances.statements import Statement
from projections.engine.views import ViewBehind
from projections.worklists.exceptions import ExceptionRow
from service.app import App
from service.exception_list import exceptions_of
from service.finance.releases import Releases
from service.finance.settlement_run import _Chunk, settle
from service.loops.loop import Loop
from service.loops.set_aside_list import set_aside_rows
from service.questions.pages import Page, page_of
from service.questions.registry import QUESTIONS
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.faults import failing
from tests.support.poison import Poison
from tests.support.sales import merchant_ready, paid, sent, signed
from tests.support.shops import app_of

FINANCE = Actor(kind="platform", id="fay", role="finance")
ANN = Actor(kind="platform", id="ann", role="finance")
MERCHANTS = ("M-1", "M-2", "M-3")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Three merchants, each with an order O-1 that is due, at one position of a book of its own."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        for merchant in MERCHANTS:
            merchant_ready(desk, merchant)
            paid(desk, merchant_id=merchant)
            sent(desk, merchant_id=merchant)
            signed(desk, merchant_id=merchant)
        desk.clock.forward(days=8)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    app = app_of(desk)
    app.catch_up()
    return app


def released(desk: Desk) -> set[str]:
    return {row.stream.split("/")[1] for row in rows(desk) if row.type == "settlement.released"}


def rows(desk: Desk) -> list[Recorded]:
    return [row for book in desk.ledger.reader.heads() for row in desk.ledger.reader.read(book, 0, 1_000)]


def set_aside(app: App) -> list[SetAsideItem]:
    return list(SetAside(app.ledger.engine).all(limit=100))


def page_of_exceptions(app: App, after: str | None, **asked: Any) -> Page[ExceptionRow]:
    key = QUESTIONS["exceptions"].key
    return page_of("exceptions", key, partial(exceptions_of, app, merchant=None, **asked), limit=1, after=after)


def of_m2(command: Any) -> bool:
    return bool(command.merchant_id == "M-2")


def test_merchants_with_equal_orders_at_equal_positions_are_all_released(desk: Desk, app: App) -> None:
    books = {merchant: desk.ledger.directory.book_of(merchant) for merchant in MERCHANTS}
    heads = desk.ledger.reader.heads()
    assert len(set(books.values())) == len(MERCHANTS), "each has a book of its own"
    assert len({heads[book] for book in books.values()}) == 1, "and stands at the same position"
    assert Releases(app).sweep() == len(MERCHANTS)
    assert released(desk) == set(MERCHANTS)


class TestAnItemThatFails:
    def test_it_is_set_aside_and_the_others_are_served(self, desk: Desk, app: App) -> None:
        with failing("release_settlement", of_m2):
            assert Releases(app).sweep() == 2
        assert released(desk) == {"M-1", "M-3"}
        (item,) = set_aside(app)
        assert (item.loop, item.item, item.attempts) == ("releases", "order/M-2/O-1", 1)
        assert "F-" in item.reason

    def test_it_is_tried_again_later_and_later(self, desk: Desk, app: App) -> None:
        waits: list[timedelta] = []
        with failing("release_settlement", of_m2):
            for attempt in range(1, 5):
                Releases(app).sweep()
                (item,) = set_aside(app)
                assert item.attempts == attempt
                waits.append(item.next_try_at - desk.clock.now)
                Releases(app).sweep()
                assert set_aside(app) == [item], "it is not tried before its time"
                desk.clock.now = item.next_try_at
        assert waits == [timedelta(seconds=s) for s in (5, 10, 20, 40)]

    def test_a_clock_that_was_wrong_holds_it_up_no_longer(self, desk: Desk, app: App) -> None:
        right = desk.clock.now
        with failing("release_settlement", of_m2):
            desk.clock.forward(days=4_000)
            Releases(app).sweep()
            desk.clock.now = right
        assert Releases(app).sweep() == 1
        assert set_aside(app) == []

    def test_once_it_succeeds_nothing_is_set_aside(self, desk: Desk, app: App) -> None:
        timer = Releases(app)
        with failing("release_settlement", of_m2):
            timer.sweep()
        desk.clock.forward(minutes=1)
        assert timer.sweep() == 1
        assert set_aside(app) == []

    def test_what_another_machine_has_done_meanwhile_is_not_set_aside_for_ever(self, desk: Desk, app: App) -> None:
        one, two = Releases(app), Releases(app)
        two.loop.refresh()
        with failing("release_settlement", of_m2):
            one.sweep()
        assert two.look() == 1, "it knows nothing of the other one's failure"
        assert [item.item for item in set_aside(app)] == ["order/M-2/O-1"]
        app.catch_up()
        desk.clock.forward(minutes=1)
        one.sweep()
        assert set_aside(app) == []

    def test_what_two_machines_fail_on_is_one_item_that_waits_for_both(self, desk: Desk, app: App) -> None:
        with failing("release_settlement", of_m2):
            Releases(app).sweep()
            Releases(app).sweep()
            desk.clock.forward(seconds=5)
            Releases(app).sweep()
        (item,) = set_aside(app)
        assert item.attempts == 2
        desk.clock.now = item.next_try_at
        assert (Releases(app).sweep(), Releases(app).sweep()) == (1, 0)
        assert set_aside(app) == []

    def test_it_stands_among_the_exceptions_until_then(self, app: App) -> None:
        with failing("release_settlement", of_m2):
            Releases(app).sweep()
        (row,) = set_aside_rows(app, status="open", kind=None, merchant=None, limit=10)
        assert (row.kind, row.merchant, row.stream, row.break_id) == ("set_aside", "M-2", "order/M-2/O-1", "releases")
        assert set_aside_rows(app, status="open", kind=None, merchant="M-1", limit=10) == []

    def test_its_pages_and_its_merchant_are_not_cut_by_the_items_of_others(self, app: App) -> None:
        with failing("release_settlement", lambda _: True):
            Releases(app).sweep()
        asked: Any = {"timepoint": NOW, "status": "open", "kind": "set_aside"}
        pages, after = list[str](), None
        while len(pages) < len(MERCHANTS) and (page := page_of_exceptions(app, after, **asked)).rows:
            pages += [row.merchant for row in page.rows]
            after = page.next
        assert sorted(pages) == sorted(MERCHANTS)
        (last,) = exceptions_of(app, limit=1, merchant=pages[-1], **asked)
        assert last.merchant == pages[-1]

    def test_a_row_that_cannot_be_read_is_one_too(self, app: App) -> None:
        poison(app, "M-2", "not json")
        assert Releases(app).sweep() == 2
        assert [item.item for item in set_aside(app)] == ["order/M-2/O-1"]

    def test_a_book_whose_page_fails_holds_up_no_other(
        self, desk: Desk, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book, whole = desk.ledger.directory.book_of("M-2"), Releases._page

        def page(self: Releases, of: int, *about: Any) -> Any:
            if of == book:
                raise OverflowError
            return whole(self, of, *about)

        monkeypatch.setattr(Releases, "_page", page)
        assert Releases(app).sweep() == 2
        assert [(item.book, item.item) for item in set_aside(app)] == [(book, f"*{book}")]

    def test_it_is_left_out_once_two_people_have_parked_it(self, desk: Desk, app: App) -> None:
        with failing("release_settlement", of_m2):
            Releases(app).sweep()
        (item,) = set_aside(app)
        about = {"proposal_id": "P-1", "reason": "cannot_be_released"}
        data = {"loop": item.loop, "book": item.book, "item": item.item}
        desk.expect("propose", actor=FINANCE, command="park_item", data=data, **about)
        desk.expect("approve_proposal", actor=ANN, in_stream=f"parking/{item.book}", proposal_id="P-1")
        desk.clock.forward(minutes=1)
        assert Releases(app).sweep() == 0
        assert released(desk) == {"M-1", "M-3"}

    def test_its_name_is_one_word_that_can_be_parked(self) -> None:
        assert all(
            len(item_key(name)) <= 300 and " " not in item_key(name) for name in ("a b", "x" * 5_000, "order/M/O#1")
        )
        assert item_key("a b") != item_key("a_b")


@pytest.mark.parametrize("trouble", [DatabaseTrouble("gone"), ViewBehind("due_releases")], ids=["database", "view"])
def test_what_stands_in_everybodys_way_sets_nobody_aside(app: App, trouble: Exception) -> None:
    def work() -> None:
        raise trouble

    with suppress(type(trouble)):
        Loop(app, "tests").alone(1, "order/M-1/O-1", work)
        pytest.fail("it is raised")
    assert set_aside(app) == []


BAD_VALUES = {
    "a number out of range": "SELECT 2147483647 + {}::integer",
    "a text that is no number": "SELECT 'many'::text::integer + {}",
    "no such day": "SELECT '2025-02-30'::text::date + {}",
}


@pytest.mark.parametrize("statement", BAD_VALUES.values(), ids=BAD_VALUES)
def test_a_value_that_the_database_refuses_sets_its_item_aside_on_every_way_to_it(app: App, statement: str) -> None:
    def by_sqlalchemy() -> None:
        with app.ledger.engine.connect() as connection:
            connection.exec_driver_sql(statement.format(1))

    def by_the_driver() -> None:
        with cursor_of(app.ledger.engine) as cursor:
            cursor.execute(statement.format(1))

    loop = Loop(app, "tests")
    for name, work in (("a", by_sqlalchemy), ("b", by_the_driver)):
        loop.alone(1, name, work)
    assert [item.item for item in set_aside(app)] == ["a", "b"]


def poison(app: App, merchant: str, signed_at: str) -> None:
    """A row of the view that nobody can read."""
    generation = app.views.read(DueReleases(), lambda opened: opened.generation)
    with app.ledger.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE {generation.stored_name(DUE)} SET signed_at = :signed_at WHERE merchant = :merchant"),
            {"signed_at": signed_at, "merchant": merchant},
        )


class TestASettlementRun:
    @pytest.mark.parametrize("command", ["issue_statement", "initiate_payout"])
    def test_a_merchant_that_fails_is_named_and_the_others_are_paid(self, app: App, command: str) -> None:
        with failing(command, of_m2):
            run = settle(app, "R-1")
        assert list(run.failed) == ["M-2"]
        assert run.statements + run.payouts == 5

    def test_one_whose_statement_cannot_be_made_holds_up_nobody_of_its_book(
        self, desk: Desk, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        neighbour = neighbour_of(desk, "M-2")
        whole = _Chunk._statement

        def statement(self: _Chunk, made: Statement, since: datetime | None) -> Command:
            if made.merchant == "M-2":
                raise AssertionError("the statement of M-2 is not what its account says")
            return whole(self, made, since)

        monkeypatch.setattr(_Chunk, "_statement", statement)
        run = settle(app, "R-1")
        assert (list(run.failed), run.merchants, run.payouts) == (["M-2"], 4, 3)
        assert neighbour in {row.stream.split("/")[1] for row in rows(desk) if row.type == "payout.initiated"}

    @pytest.mark.parametrize("stream", ["payouts/M-2", "statements/M-2"])
    def test_one_whose_stream_cannot_be_read_holds_up_nobody_of_its_book(
        self, desk: Desk, app: App, stream: str
    ) -> None:
        neighbour = neighbour_of(desk, "M-2")
        book = desk.ledger.directory.book_of("M-2")
        Poison(stream, "payout.teleported", 1, "{}").recorded_in(desk.ledger, book)
        run = settle(app, "R-1")
        assert (list(run.failed), run.merchants, run.payouts) == (["M-2"], 4, 3)
        assert neighbour in {row.stream.split("/")[1] for row in rows(desk) if row.type == "payout.initiated"}

    def test_the_run_is_begun_again_and_ends_as_if_nothing_had_failed(self, app: App) -> None:
        with failing("initiate_payout", of_m2):
            settle(app, "R-1")
        again = settle(app, "R-1")
        assert (again.failed, again.merchants, again.statements, again.payouts) == ({}, 3, 3, 3)


def neighbour_of(desk: Desk, merchant: str) -> str:
    """A merchant of the same book whose order is due too."""
    book_of = desk.ledger.directory.book_of
    name = next(name for n in count(1) if book_of(name := f"N-{n}") == book_of(merchant))
    merchant_ready(desk, name)
    paid(desk, merchant_id=name)
    sent(desk, merchant_id=name)
    signed(desk, merchant_id=name)
    desk.clock.forward(days=8)
    return name
