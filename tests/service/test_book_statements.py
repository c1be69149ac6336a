"""The statements of commands, timers and questions about one merchant fix their book, as PostgreSQL parses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from service.app import App
from service.automation.match_plans import MatchPlans
from service.automation.missing_lines import MissingLines
from service.automation.month_end import MonthEnd
from service.automation.settlement import Settlement
from service.automation.unmatched_facts import WaitingFacts
from service.automation.unmatched_scans import UnmatchedScans
from service.automation.untied_declarations import UntiedDeclarations
from service.automation.waiting_lines import WaitingLines
from service.automation.worker import TIMERS
from service.loops.timer import Timer
from tests.house.book_statements import unbound
from tests.service.test_lost_book import answers
from tests.support.access import reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import merchant_ready, paid, sent, signed
from tests.support.shops import app_of
from tests.support.statements import statements

pytestmark = pytest.mark.slow
# Timers that compare books with each other: they wait while one is lost.
COMPARING = (
    MatchPlans, MissingLines, MonthEnd, Settlement, UnmatchedScans, UntiedDeclarations, WaitingFacts, WaitingLines,
)  # fmt: skip
_WHICH_BOOKS = "SELECT book, position FROM log.heads ORDER BY book"
# Parts of statements that ask all books together in the path of a question about one merchant, with the reason.
READING_ALL = {
    "FROM log.set_aside": "exceptions list what loops have set aside, of which few rows name a merchant",
    "FROM delivery.books": "a subscription is behind by the events of all books",
}


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two merchants in books of their own, each with an order whose money is due."""
    from tests.support.postgres import clone

    url = clone(request.getfixturevalue("postgres"), request.getfixturevalue("template"), "book_statements")
    with open_desk(url, tmp_path_factory.mktemp("keys")) as desk:
        publish_programme(desk)
        for merchant in ("M-1", "M-2"):
            merchant_ready(desk, merchant)
            paid(desk, merchant_id=merchant)
            sent(desk, merchant_id=merchant)
            signed(desk, merchant_id=merchant)
        desk.clock.forward(days=8)
        yield desk


@pytest.fixture(scope="module")
def app(desk: Desk) -> App:
    app = app_of(desk)
    app.catch_up()
    return app


def of_all_books(sent: Iterable[str], but: Iterable[str] = ()) -> list[str]:
    """Returns the statements that do not fix their book, without those with one of the excepted parts."""
    found = {" ".join(each.split()) for each in sent if unbound(each)}
    return sorted(each for each in found if not any(part in each for part in but))


def test_a_command_reads_and_writes_its_own_book(desk: Desk) -> None:
    with statements(desk.ledger.engine) as kept:
        paid(desk, "O-7", merchant_id="M-2")
    assert len(kept) > 5
    assert not of_all_books(kept)


@pytest.mark.parametrize("timer", [timer for timer in TIMERS if timer not in COMPARING], ids=lambda timer: timer.name)
def test_a_timer_reads_book_by_book(app: App, timer: type[Timer]) -> None:
    with statements(app.ledger.engine) as kept:
        timer(app).sweep()
    assert of_all_books(kept) == [_WHICH_BOOKS]


def test_a_question_about_a_merchant_reads_its_books(app: App) -> None:
    with statements(app.ledger.engine) as kept:
        answers(reader_of(app), {"merchant": "M-2", "q": "O-1"}, needs="merchant")
    assert len(kept) > 50
    assert not of_all_books(kept, but=READING_ALL)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM log.heads",
        "SELECT 1 FROM log.directory d JOIN log.events e ON e.book = d.book",
        "SELECT 1 FROM unnest('{1}'::integer[]) AS v (book) JOIN views.payouts p ON p.book = v.book",
        "SELECT 1 FROM log.events WHERE book = 1 UNION ALL SELECT 1 FROM log.outcomes",
        "SELECT 1 FROM log.events e JOIN log.outcomes o ON o.command_id = e.command_id WHERE e.book = 1",
        "UPDATE log.heads SET position = 1",
    ],
)
def test_a_statement_that_fixes_no_book_is_found(statement: str) -> None:
    assert of_all_books([statement]) == [statement]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM log.heads AS h WHERE h.book = 3",
        "SELECT 1 FROM log.events e JOIN log.outcomes o USING (book) WHERE e.book = ANY('{1,2}')",
        "SELECT 1 FROM log.heads h, LATERAL (SELECT 1 FROM log.events e WHERE e.book = h.book) f WHERE h.book = 4",
        "SELECT 1 FROM (SELECT * FROM views.payouts WHERE book = 1) p JOIN views.steps s ON s.book = p.book",
    ],
)
def test_a_statement_that_fixes_its_book_is_not(statement: str) -> None:
    assert not of_all_books([statement])
