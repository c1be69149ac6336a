"""Which book a merchant is in: written once, the same for everybody, spread over the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg2.extensions

from ledger.ledger import Ledger
from ledger.log.books import create_books
from ledger.log.directory import Directory

MERCHANTS = [f"M-{n}" for n in range(300)]


def test_a_merchant_is_never_in_the_platforms_book(ledger: Ledger) -> None:
    assert set(ledger.directory.books_of(MERCHANTS).values()) == {1, 2, 3}


def test_merchants_are_spread_evenly(ledger: Ledger) -> None:
    counts = Counter(ledger.directory.books_of(MERCHANTS).values())
    assert min(counts.values()) > len(MERCHANTS) / 3 * 0.7


def test_a_merchant_stays_in_its_book_when_books_are_added(ledger: Ledger) -> None:
    before = ledger.directory.books_of(MERCHANTS)
    create_books(ledger.engine.url.render_as_string(hide_password=False), books=10)
    assert Directory(ledger.engine).books_of(MERCHANTS) == before


def test_new_merchants_use_the_added_books(ledger: Ledger) -> None:
    create_books(ledger.engine.url.render_as_string(hide_password=False), books=10)
    assert set(ledger.directory.books_of(MERCHANTS).values()) == set(range(1, 10))


def test_a_book_that_is_closed_to_new_merchants_gets_none(ledger: Ledger, sql: psycopg2.extensions.cursor) -> None:
    sql.execute("UPDATE log.heads SET takes_merchants = false WHERE book = 2")
    assert set(ledger.directory.books_of(MERCHANTS).values()) == {1, 3}


def test_everybody_who_asks_at_once_gets_the_same_answer(ledger: Ledger) -> None:
    directories = [Directory(ledger.engine) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda directory: directory.books_of(MERCHANTS), directories))
    assert all(answer == answers[0] for answer in answers)


def test_an_answer_is_remembered_when_the_database_has_gone(ledger: Ledger, sql: psycopg2.extensions.cursor) -> None:
    book = ledger.directory.book_of("M-1")
    sql.execute("DELETE FROM log.directory")
    assert ledger.directory.book_of("M-1") == book


def test_asking_for_nobody_is_answered_with_nothing(ledger: Ledger) -> None:
    assert ledger.directory.books_of([]) == {}


def test_a_ledger_keeps_its_identity_when_it_is_opened_again(
    ledger: Ledger, open_ledger: Callable[[str], Ledger]
) -> None:
    again = open_ledger(ledger.engine.url.render_as_string(hide_password=False))
    assert again.identity == ledger.identity


def test_a_new_ledger_counts_days_in_shanghai_and_begins_its_first_epoch(ledger: Ledger) -> None:
    assert (ledger.identity.zone, ledger.identity.epoch) == ("Asia/Shanghai", 1)
