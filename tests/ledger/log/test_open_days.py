"""Closing days in the log: the head row moves with its marker, or neither does."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import pytest

from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Status
from tests.ledger.log.attempts import BOOK, attempt, new_event

APRIL, MARCH = date(2025, 4, 1), date(2025, 3, 1)
STREAM = f"periods/{BOOK}"


def marker(version: int = 0, *, opens: date = APRIL, type: str = "period.book_closed", **more: Any) -> Attempt:
    payload = f'{{"book":{BOOK},"first_open_day":"{opens.isoformat()}","period":"2025-03"}}'
    event = new_event(STREAM, type=type, payload=payload, accounting_date=date(2025, 4, 3))
    made = attempt(STREAM, version, events=[event], **more)
    return Attempt(made.command_id, made.fingerprint, made.events, made.expects, marks_open_day=True)


def dated(day: date, stream: str = "order/M-1/O-1") -> Attempt:
    return attempt(stream, events=[new_event(stream, accounting_date=day)])


def test_behind_a_marker_the_days_before_it_are_closed(ledger: Ledger) -> None:
    ledger.append(BOOK, [marker()])
    (receipt,) = ledger.append(BOOK, [dated(date(2025, 3, 31))])
    assert (receipt.status, receipt.first_open_day) == (Status.DAY_CLOSED, APRIL)


def test_other_books_stay_open(ledger: Ledger) -> None:
    ledger.append(BOOK, [marker()])
    (receipt,) = ledger.append(BOOK + 1, [dated(date(2025, 3, 31))])
    assert receipt.status is Status.RECORDED


def test_what_stands_behind_a_marker_in_one_append_is_on_its_days(ledger: Ledger) -> None:
    before, closing, behind, open_ = ledger.append(
        BOOK,
        [
            dated(date(2025, 3, 31), "order/M-1/O-1"),
            marker(),
            dated(date(2025, 3, 31), "order/M-1/O-2"),
            dated(APRIL, "order/M-1/O-3"),
        ],
    )
    assert [receipt.status for receipt in (before, closing, behind, open_)] == [
        Status.RECORDED, Status.RECORDED, Status.DAY_CLOSED, Status.RECORDED,
    ]  # fmt: skip


def test_a_marker_decided_on_an_older_version_moves_nothing(ledger: Ledger) -> None:
    (receipt,) = ledger.append(BOOK, [marker(version=1)])
    assert receipt.status is Status.CONFLICT
    assert ledger.append(BOOK, [dated(date(2025, 3, 31))])[0].status is Status.RECORDED


def test_a_marker_sent_again_moves_the_day_once(ledger: Ledger) -> None:
    ledger.append(BOOK, [marker(command_id="system:c/close/-")])
    ledger.append(BOOK, [marker(1, opens=MARCH, type="period.book_reopened")])
    (again,) = ledger.append(BOOK, [marker(command_id="system:c/close/-")])
    assert again.status is Status.REPEATED
    assert ledger.append(BOOK, [dated(date(2025, 3, 31))])[0].status is Status.RECORDED


def test_a_reopened_book_takes_the_days_again(ledger: Ledger) -> None:
    ledger.append(BOOK, [marker()])
    ledger.append(BOOK, [marker(1, opens=MARCH, type="period.book_reopened")])
    assert ledger.append(BOOK, [dated(date(2025, 3, 31))])[0].status is Status.RECORDED


def test_only_a_marker_moves_the_day(ledger: Ledger) -> None:
    other = attempt(events=[new_event(payload='{"first_open_day":"2030-01-01"}')])
    posing = Attempt(other.command_id, other.fingerprint, other.events, other.expects, marks_open_day=True)
    with pytest.raises(psycopg2.Error) as refused:
        ledger.append(BOOK, [posing])
    assert refused.value.pgcode == "RL004"


def test_the_application_moves_no_day_by_itself(sql: psycopg2.extensions.cursor) -> None:
    sql.execute("SELECT has_table_privilege('redledger_app', 'log.heads', 'UPDATE')")
    assert sql.fetchall() == [(False,)]
