"""A check of the whole log names the book and the position of whatever was tampered with."""

from __future__ import annotations

import psycopg2.extensions
import pytest

from ledger.ledger import Ledger
from ledger.log.rows import Movement
from ledger.log.verification.finding import Finding, missing, unexpected
from ledger.log.verification.verify import verify_log, verify_rows
from tests.ledger.log.attempts import BOOK, attempt, entry, new_event, refusal, release

TAMPERING = {
    "payload": "payload = replace(payload, 'O-1', 'O-2')",
    "actor": "actor = ''",
    "entry, balanced": "entry = replace(entry, '500', '600')",
    "recorded_at": "recorded_at = recorded_at - interval '1 microsecond'",
    "accounting_date": "accounting_date = '2025-04-02'",
    "occurred_at beyond all calendars": "occurred_at = '294000-01-01Z'",
    "occurred_at before them": "occurred_at = '0044-03-15 BC'",
    "accounting_date beyond all calendars": "accounting_date = '20000-01-01'",
    "legal_entity": "legal_entity = 'OTHER'",
    "leaf": "leaf = sha256('x')",
}


@pytest.fixture(autouse=True)
def _history(ledger: Ledger, sql: psycopg2.extensions.cursor) -> None:
    for merchant, book in (("M-1", BOOK), ("M-2", BOOK), ("M-3", 2)):
        line = (merchant, book, merchant, book)
        sql.execute("INSERT INTO log.directory VALUES (%s, %s, log.directory_leaf(%s, %s))", line)
    ledger.append(BOOK, [attempt("order/M-1/1", events=[new_event("order/M-1/1")] * 3), refusal("order/M-1/2")])
    ledger.append(BOOK, [release("M-1", 500, "order/M-1/3"), release("M-2", 500, "order/M-2/1")])
    moves = [Movement("M-1", -300, 0, 300)]
    paid = new_event("payouts/M-1", entry=entry(("2120", 300), ("2140", -300)))
    ledger.append(BOOK, [attempt("payouts/M-1", events=[paid, new_event("payouts/M-1")], moves=moves)])
    ledger.append(2, [attempt("order/M-3/1")])


@pytest.fixture
def tamper(sql: psycopg2.extensions.cursor) -> psycopg2.extensions.cursor:
    """Somebody with all rights, who gets round the triggers."""
    sql.execute("SET session_replication_role = replica")
    return sql


def findings(ledger: Ledger) -> list[tuple[str, str, str]]:
    return [(finding.table, finding.key, finding.column) for finding in verify_log(ledger.reader)]


def event(position: int, column: str = "leaf", book: int = BOOK) -> tuple[str, str, str]:
    return "log.events", f"book {book}, position {position}", column


def test_a_log_that_nobody_touched_has_no_findings(ledger: Ledger) -> None:
    assert list(verify_log(ledger.reader)) == []


@pytest.mark.parametrize("change", TAMPERING.values(), ids=TAMPERING)
def test_the_check_of_a_range_finds_each_change_within_it_and_none_outside(
    ledger: Ledger, tamper: psycopg2.extensions.cursor, change: str
) -> None:
    tamper.execute(f"UPDATE log.events SET {change} WHERE book = %s AND position = 4", (BOOK,))
    found = [{finding.key for finding in verify_rows(ledger.reader, BOOK, *ends)} for ends in ((1, 3), (3, 5), (5, 7))]
    assert found == [set(), {event(4)[1]}, set()]


@pytest.mark.parametrize("change", TAMPERING.values(), ids=TAMPERING)
def test_a_changed_field_is_found_at_its_position(
    ledger: Ledger, tamper: psycopg2.extensions.cursor, change: str
) -> None:
    tamper.execute(f"UPDATE log.events SET {change} WHERE book = {BOOK} AND position = 4")
    assert event(4) in findings(ledger)


def test_only_the_tampered_book_is_named(ledger: Ledger, tamper: psycopg2.extensions.cursor) -> None:
    tamper.execute(f"UPDATE log.events SET source = 'x' WHERE book = {BOOK} AND position = 2")
    assert findings(ledger) == [event(2)]


def test_a_row_taken_out_is_missed(ledger: Ledger, tamper: psycopg2.extensions.cursor) -> None:
    tamper.execute(f"DELETE FROM log.events WHERE book = {BOOK} AND position = 2")
    assert missing("log.events", f"book {BOOK}, position 2", "an event") in list(verify_log(ledger.reader))


def test_the_last_row_taken_out_is_missed(ledger: Ledger, tamper: psycopg2.extensions.cursor) -> None:
    tamper.execute("DELETE FROM log.events WHERE book = 2")
    assert findings(ledger)[:2] == [("log.heads", "book 2", "position"), event(1, "row", book=2)]


def test_a_version_left_out_is_found(ledger: Ledger, tamper: psycopg2.extensions.cursor) -> None:
    tamper.execute(f"UPDATE log.events SET version = 7 WHERE book = {BOOK} AND position = 3")
    where = f"book {BOOK}, position 3"
    wrong = Finding("log.events", where, "version", "3, the next of order/M-1/1", "7")
    assert wrong in list(verify_log(ledger.reader))


def test_a_command_with_a_part_left_out_is_found(ledger: Ledger, tamper: psycopg2.extensions.cursor) -> None:
    tamper.execute(f"UPDATE log.events SET command_n = 5 WHERE book = {BOOK} AND position = 2")
    assert event(2, "command_n") in findings(ledger)


def test_time_that_goes_back_is_found(ledger: Ledger, tamper: psycopg2.extensions.cursor) -> None:
    tamper.execute(f"UPDATE log.events SET recorded_at = '2020-01-01Z' WHERE book = {BOOK} AND position = 4")
    assert event(4, "recorded_at") in findings(ledger)


def test_an_entry_that_does_not_balance_is_found_without_the_check(
    ledger: Ledger, tamper: psycopg2.extensions.cursor
) -> None:
    tamper.execute("ALTER TABLE log.events DROP CONSTRAINT events_entry_balances")
    try:
        tamper.execute(
            f"UPDATE log.events SET entry = replace(entry, '-500', '-400') WHERE book = {BOOK} AND position = 4"
        )
        wrong = Finding("log.events", f"book {BOOK}, position 4", "entry", "a sum of 0 fen", "100 fen")
        assert wrong in list(verify_log(ledger.reader))
    finally:
        tamper.execute("DELETE FROM log.events")
        tamper.execute(
            "ALTER TABLE log.events ADD CONSTRAINT events_entry_balances"
            " CHECK (entry IS NULL OR log.entry_balances(entry))"
        )


def test_a_payload_that_no_event_has_is_found(ledger: Ledger, tamper: psycopg2.extensions.cursor) -> None:
    tamper.execute(f"UPDATE log.events SET type = 'order.unheard_of' WHERE book = {BOOK} AND position = 1")
    assert event(1, "payload") in findings(ledger)


@pytest.mark.parametrize("column", ["available", "version", "on_hold", "in_transit", "in_open_cases"])
def test_a_guard_that_its_entries_do_not_make_is_found(
    ledger: Ledger, tamper: psycopg2.extensions.cursor, column: str
) -> None:
    tamper.execute(f"UPDATE log.accounts SET {column} = {column} + 1 WHERE book = {BOOK} AND merchant_id = 'M-1'")
    assert findings(ledger) == [("log.accounts", f"book {BOOK}, merchant M-1", column)]


def test_a_guard_that_is_gone_is_found(ledger: Ledger, tamper: psycopg2.extensions.cursor) -> None:
    tamper.execute(f"DELETE FROM log.accounts WHERE book = {BOOK} AND merchant_id = 'M-2'")
    assert findings(ledger) == [("log.accounts", f"book {BOOK}, merchant M-2", "row")]


def test_a_head_that_is_behind_hides_no_tampering_with_the_rest(
    ledger: Ledger, tamper: psycopg2.extensions.cursor
) -> None:
    tamper.execute(f"UPDATE log.heads SET position = 3 WHERE book = {BOOK}")
    wrong = unexpected("log.events", f"book {BOOK}, position 4", "an event behind the position of the head")
    assert wrong in list(verify_log(ledger.reader))
