"""Closing a period over all books of a real ledger, and what comes late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from commands.command import Command
from ledger.actors import Actor
from ledger.events.periods import AccountingPeriodClosed
from ledger.ids import periods_stream
from ledger.log.books import create_books
from ledger.log.rows import Recorded
from ledger.log.verification.verify import verify_log
from ledger.trial_balance import Balances
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import SYSTEM
from tests.support.periods import TwoPeopleClose

APPROVER = Actor(kind="platform", id="ann", role="finance")
IN_MARCH = datetime(2025, 3, 30, 8, tzinfo=UTC)
IN_APRIL = datetime(2025, 4, 2, 8, tzinfo=UTC)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path, now=IN_MARCH) as desk:
        publish_programme(desk)
        desk.expect("enrol_merchant", merchant_id="M-1")
        yield desk


@pytest.fixture
def closing(desk: Desk) -> TwoPeopleClose:
    return TwoPeopleClose(desk.ledger, desk.bus)


def capture(desk: Desk, order: str, at: datetime, *, merchant: str = "M-1") -> Recorded:
    """A capture of USD 69.44 that happened then, as it was recorded."""
    partner = Actor(kind="partner", id="psp", role="service")
    outcome = desk.expect(
        "report_payment_captured",
        actor=partner,
        at=at,
        merchant_id=merchant,
        order_id=order,
        payment_id=f"PAY-{order}",
        psp="psp",
        capture_ref=f"c-{order}",
        amount="USD 69.44",
    )
    return desk.ledger.reader.read(outcome.book, outcome.first - 1, 1)[0]


def closed_of(desk: Desk) -> AccountingPeriodClosed:
    event = desk.ledger.reader.read_stream(0, periods_stream())[-1].event
    assert isinstance(event, AccountingPeriodClosed)
    return event


def close_march(desk: Desk, closing: TwoPeopleClose) -> AccountingPeriodClosed:
    desk.clock.now = IN_APRIL
    outcome = closing.close("2025-03", approver=APPROVER)
    assert outcome.status == "recorded", outcome
    return closed_of(desk)


def test_a_closing_names_a_position_of_every_book(desk: Desk, closing: TwoPeopleClose) -> None:
    assert set(close_march(desk, closing).positions) == set(desk.ledger.reader.heads())


def test_what_happened_in_a_closed_month_is_posted_to_the_first_open_day(desk: Desk, closing: TwoPeopleClose) -> None:
    close_march(desk, closing)
    late = capture(desk, "O-1", IN_MARCH)
    assert (late.accounting_date, late.occurred_at) == (date(2025, 4, 1), IN_MARCH)


def test_a_replay_comes_to_the_hash_of_the_closing_whatever_came_late(desk: Desk, closing: TwoPeopleClose) -> None:
    capture(desk, "O-1", IN_MARCH)
    closed = close_march(desk, closing)
    capture(desk, "O-2", IN_MARCH)
    assert TwoPeopleClose(desk.ledger, desk.bus).hash_of("2025-03", closed.positions) == closed.trial_balance_hash


def test_the_hash_is_over_what_the_accounts_came_to(desk: Desk, closing: TwoPeopleClose) -> None:
    before = close_march(desk, closing)
    closing.reopen("2025-03", approver=APPROVER)
    capture(desk, "O-1", IN_MARCH)
    closing.close("2025-03", approver=APPROVER)
    assert closed_of(desk).trial_balance_hash != before.trial_balance_hash


def test_a_closed_month_is_not_closed_again(desk: Desk, closing: TwoPeopleClose) -> None:
    close_march(desk, closing)
    assert closing.close("2025-03", approver=APPROVER).code == "PERIOD_CLOSED"


def test_a_closing_that_was_cut_off_behind_its_markers_goes_on(desk: Desk, closing: TwoPeopleClose) -> None:
    desk.clock.now = IN_APRIL

    def cut_off(*_: object) -> Balances:
        raise ConnectionError("the machine is gone")

    with pytest.raises(ConnectionError):
        TwoPeopleClose(desk.ledger, desk.bus, balances=cut_off).close("2025-03", approver=APPROVER)
    heads = desk.ledger.reader.heads()
    assert closing.close("2025-03", approver=APPROVER).status == "recorded"
    assert desk.ledger.reader.heads() == heads | {0: heads[0] + 1}


def test_a_reopened_month_takes_postings_again(desk: Desk, closing: TwoPeopleClose) -> None:
    close_march(desk, closing)
    closing.reopen("2025-03", approver=APPROVER)
    assert capture(desk, "O-1", IN_MARCH).accounting_date == date(2025, 3, 30)


def test_who_proposes_a_closing_does_not_approve_it(desk: Desk, closing: TwoPeopleClose) -> None:
    desk.clock.now = IN_APRIL
    assert closing.close("2025-03", proposer=APPROVER, approver=APPROVER).code == "MAKER_IS_CHECKER"


def test_a_month_that_is_not_over_is_closed_in_no_book(desk: Desk, closing: TwoPeopleClose) -> None:
    heads = desk.ledger.reader.heads()
    assert closing.close("2025-03", approver=APPROVER).code == "PERIOD_NOT_OVER"
    assert desk.ledger.reader.heads() == heads


def test_a_month_that_was_asked_for_too_early_is_closed_when_it_is_over(desk: Desk, closing: TwoPeopleClose) -> None:
    assert closing.close("2025-03", approver=APPROVER).code == "PERIOD_NOT_OVER"
    assert close_march(desk, closing).period == "2025-03"


def test_an_approver_may_close_what_another_proposes_after_all(desk: Desk, closing: TwoPeopleClose) -> None:
    desk.clock.now = IN_APRIL
    closing.close("2025-03", proposer=APPROVER, approver=APPROVER)
    assert closing.close("2025-03", approver=APPROVER).status == "recorded"


def first_open_days(desk: Desk) -> set[date]:
    with desk.ledger.engine.connect() as connection:
        return {row[0] for row in connection.exec_driver_sql("SELECT first_open_day FROM log.heads")}


def add_a_book(desk: Desk) -> int:
    url = desk.ledger.engine.url.render_as_string(hide_password=False)
    create_books(url, books=len(desk.ledger.reader.heads()) + 1)
    return max(desk.ledger.reader.heads())


def test_a_book_that_is_opened_after_a_closing_is_as_closed_as_the_others(desk: Desk, closing: TwoPeopleClose) -> None:
    close_march(desk, closing)
    add_a_book(desk)
    assert first_open_days(desk) == {date(2025, 4, 1)}


def test_a_book_that_was_opened_after_a_closing_is_reopened_and_closed_with_the_others(
    desk: Desk, closing: TwoPeopleClose
) -> None:
    close_march(desk, closing)
    book = add_a_book(desk)
    closing.reopen("2025-03", approver=APPROVER)
    assert first_open_days(desk) == {date(2025, 3, 1)}
    assert book in close_march(desk, closing).positions
    assert first_open_days(desk) == {date(2025, 4, 1)}


class _OpensABook:
    """A bus beside which a book is opened as soon as the markers are recorded."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._pending = desk, [desk]

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        outcomes = self._desk.bus.submit(commands)
        if self._pending:
            add_a_book(self._pending.pop())
        return outcomes


def test_a_book_that_is_opened_while_a_month_is_closed_is_closed_with_it(desk: Desk) -> None:
    closing = TwoPeopleClose(desk.ledger, _OpensABook(desk))  # type: ignore[arg-type]
    assert set(close_march(desk, closing).positions) == set(desk.ledger.reader.heads())
    assert first_open_days(desk) == {date(2025, 4, 1)}


class _DiesAfter:
    """A bus that goes away after so many commands: those before are recorded, the others never asked."""

    def __init__(self, desk: Desk, lives: int) -> None:
        self._desk, self._lives = desk, lives

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        outcomes = self._desk.bus.submit(commands[: self._lives])
        self._lives -= len(commands)
        if self._lives < 0:
            raise InterruptedError
        return outcomes


@pytest.mark.parametrize("lives", [0, 1, 2, 3, 9, 34])
def test_a_reopening_that_is_cut_off_anywhere_is_finished_by_the_next(
    desk: Desk, closing: TwoPeopleClose, lives: int
) -> None:
    close_march(desk, closing)
    asked: dict[str, Any] = {"approver": APPROVER}
    with pytest.raises(InterruptedError):
        TwoPeopleClose(desk.ledger, _DiesAfter(desk, lives)).reopen("2025-03", **asked)  # type: ignore[arg-type]
    if lives < 2:  # nobody approved it yet
        closing.reopen("2025-03", **asked)
    closing.finish()
    assert first_open_days(desk) == {date(2025, 3, 1)}
    assert not closing.unfinished


@pytest.mark.parametrize("lives", [2, 3, 10])
def test_a_closing_behind_a_reopening_that_was_cut_off_finishes_that_first(
    desk: Desk, closing: TwoPeopleClose, lives: int
) -> None:
    close_march(desk, closing)
    asked: dict[str, Any] = {"approver": APPROVER}
    with pytest.raises(InterruptedError):
        TwoPeopleClose(desk.ledger, _DiesAfter(desk, lives)).reopen("2025-03", **asked)  # type: ignore[arg-type]
    closed = close_march(desk, closing)
    assert closing.hash_of("2025-03", closed.positions) == closed.trial_balance_hash
    assert first_open_days(desk) == {date(2025, 4, 1)}


@pytest.mark.parametrize("lives", [0, 1, 9, 17])
def test_a_closing_that_is_cut_off_anywhere_is_finished_by_the_next(
    desk: Desk, closing: TwoPeopleClose, lives: int
) -> None:
    desk.clock.now = IN_APRIL
    asked: dict[str, Any] = {"approver": APPROVER}
    with pytest.raises(InterruptedError):
        TwoPeopleClose(desk.ledger, _DiesAfter(desk, lives)).close("2025-03", **asked)  # type: ignore[arg-type]
    assert closing.close("2025-03", **asked).status == "recorded"
    assert first_open_days(desk) == {date(2025, 4, 1)}


def test_two_that_close_a_month_at_once_close_it_once(desk: Desk, closing: TwoPeopleClose) -> None:
    desk.clock.now = IN_APRIL
    with ThreadPoolExecutor(2) as both:
        asked = [both.submit(closing.close, "2025-03", approver=APPROVER) for _ in range(2)]
    assert {each.result().status for each in asked} <= {"recorded", "refused"}
    types = [row.type for row in desk.ledger.reader.read_stream(0, periods_stream())]
    assert types.count("period.closed") == 1
    assert first_open_days(desk) == {date(2025, 4, 1)}


def test_a_month_is_closed_while_facts_of_it_are_recorded_in_many_books(desk: Desk, closing: TwoPeopleClose) -> None:
    is_closed = Event()

    def submit(merchant: str) -> None:
        reported = 0
        while not is_closed.is_set() or reported < 5:
            capture(desk, f"O-{reported}", IN_MARCH, merchant=merchant)
            reported += 1
        capture(desk, "O-late", IN_MARCH, merchant=merchant)

    desk.clock.now = IN_APRIL
    with ThreadPoolExecutor(4) as others:
        reporting = [others.submit(submit, f"M-{n}") for n in range(1, 5)]
        try:
            closed = close_march(desk, closing)
        finally:
            is_closed.set()
        for each in reporting:
            each.result()
    assert closing.hash_of("2025-03", closed.positions) == closed.trial_balance_hash
    behind = [
        row.accounting_date
        for book, marker in closed.positions.items()
        for row in desk.ledger.reader.read(book, marker, 10_000)
        if row.entry
    ]
    assert set(behind) == {date(2025, 4, 1)}
    assert len(behind) >= len(reporting)


def test_a_month_is_not_reopened_while_the_next_one_is_half_closed(desk: Desk, closing: TwoPeopleClose) -> None:
    close_march(desk, closing)
    desk.clock.now = datetime(2025, 5, 2, tzinfo=UTC)
    with pytest.raises(InterruptedError):
        TwoPeopleClose(desk.ledger, _DiesAfter(desk, 3)).close("2025-04", approver=APPROVER)  # type: ignore[arg-type]
    refused = closing.reopen("2025-03", approver=APPROVER)
    assert (refused.code, refused.facts["expected"]) == ("PERIOD_OUT_OF_ORDER", "2025-04")


def test_an_adjustment_of_a_closed_day_is_refused_and_not_moved(desk: Desk, closing: TwoPeopleClose) -> None:
    lines = [
        {"account": "5130", "side": "debit", "amount": "CNY 3.00"},
        {"account": "1010", "side": "credit", "amount": "CNY 3.00"},
    ]
    data = {"adjustment_id": "A-1", "lines": lines, "accounting_date": "2025-03-31"}
    desk.expect("propose", proposal_id="P-1", command="post_adjustment", data=data, reason="bank")
    close_march(desk, closing)
    approved = desk.ask("approve_proposal", actor=APPROVER, in_stream="adjustment/A-1", proposal_id="P-1")
    assert (approved.code, approved.facts["first_open_day"]) == ("PERIOD_CLOSED", "2025-04-01")


def test_a_revaluation_stands_on_the_last_day_and_goes_on_the_next(desk: Desk) -> None:
    desk.clock.now = IN_APRIL
    balance = {"account": "1110", "psp": "psp", "balance": "USD 100.00", "carried": "CNY 715.00"}
    outcome = desk.expect("post_fx_revaluation", period="2025-03", balances=[balance], positions={"0": 1})
    rows = desk.ledger.reader.read(0, outcome.first - 1, 2)
    assert [row.accounting_date for row in rows] == [date(2025, 3, 31), date(2025, 4, 1)]


def test_a_log_that_was_closed_and_reopened_holds_together(desk: Desk, closing: TwoPeopleClose) -> None:
    capture(desk, "O-1", IN_MARCH)
    close_march(desk, closing)
    capture(desk, "O-2", IN_MARCH)
    closing.reopen("2025-03", approver=APPROVER)
    assert list(verify_log(desk.ledger.reader)) == []


def test_a_book_there_is_not_is_not_closed(desk: Desk) -> None:
    desk.clock.now = IN_APRIL
    assert desk.ask("close_book_period", actor=SYSTEM, book=99, period="2025-03").code == "BOOK_UNKNOWN"
