"""Closing and reopening accounting periods."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from commands.accounting.close_book_period import CloseBookPeriod
from commands.accounting.close_period import ClosePeriod
from commands.accounting.complete_period_close import CompletePeriodClose
from commands.accounting.reopen_book_period import ReopenBookPeriod
from commands.accounting.reopen_period import ReopenPeriod
from ledger.actors import Actor
from ledger.events.periods import (
    AccountingPeriodClosed,
    AccountingPeriodReopened,
    BookPeriodClosed,
    BookPeriodReopened,
    PeriodClosingApproved,
)
from ledger.events.settlement import ReconciliationBreakOpened, ReconciliationBreakResolved
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import ClosingNotApproved, PeriodClosed, PeriodNotOver, PeriodOutOfOrder
from tests.support.given import FINANCE, MERCHANT, SYSTEM, ask, given

MAY = "2025-06-10T08:00:00Z"
HASH = "0" * 64


def close_book(period: str, *, at: str = MAY, by: Actor = SYSTEM) -> CloseBookPeriod:
    return ask(CloseBookPeriod, by=by, at=at, book=3, period=period)


def reopen_book(period: str) -> ReopenBookPeriod:
    return ask(ReopenBookPeriod, by=SYSTEM, at=MAY, book=3, period=period)


def close(period: str) -> ClosePeriod:
    return ask(ClosePeriod, by=FINANCE, at=MAY, period=period)


def complete(period: str, *, by: Actor = SYSTEM) -> CompletePeriodClose:
    return ask(CompletePeriodClose, by=by, at=MAY, period=period, positions={0: 7}, trial_balance_hash=HASH)


def reopen(period: str) -> ReopenPeriod:
    return ask(ReopenPeriod, by=FINANCE, at=MAY, period=period, reason="late_invoice")


MARCH = tuple(given().when(close_book("2025-03")).events)
APPROVED = tuple(given().when(close("2025-03")).events)
MARCH_OF_ALL = (*APPROVED, *given(*APPROVED).when(complete("2025-03")).events)


def test_a_closed_book_is_open_from_the_next_month_on() -> None:
    event = given().when(close_book("2025-03")).then(BookPeriodClosed).event(BookPeriodClosed)
    assert (event.book, event.first_open_day) == (3, date(2025, 4, 1))


def test_a_marker_stands_in_its_own_book() -> None:
    assert close_book("2025-03").stream == "periods/3"


def test_a_month_is_closed_when_its_last_day_is_over_in_shanghai() -> None:
    given().when(close_book("2025-03", at="2025-03-31T15:59:59Z")).then_refused(
        PeriodNotOver, last_day=date(2025, 3, 31)
    )
    given().when(close_book("2025-03", at="2025-03-31T16:00:00Z")).then(BookPeriodClosed)


def test_a_closed_month_is_not_closed_again() -> None:
    given(*MARCH).when(close_book("2025-03")).then_refused(PeriodClosed, first_open_day=date(2025, 4, 1))


def test_no_month_is_left_out() -> None:
    given(*MARCH).when(close_book("2025-05")).then_refused(PeriodOutOfOrder, asked="2025-05", expected="2025-04")


def test_months_are_closed_one_after_the_other() -> None:
    given(*MARCH).when(close_book("2025-04")).then(BookPeriodClosed)


def test_a_reopened_book_is_open_from_the_months_first_day_on() -> None:
    event = given(*MARCH).when(reopen_book("2025-03")).then(BookPeriodReopened).event(BookPeriodReopened)
    assert event.first_open_day == date(2025, 3, 1)


def test_a_reopened_month_is_closed_again() -> None:
    reopened = given(*MARCH).when(reopen_book("2025-03")).events
    given(*MARCH, *reopened).when(close_book("2025-03")).then(BookPeriodClosed)


def test_only_the_last_closed_month_is_reopened() -> None:
    given(*MARCH).when(reopen_book("2025-02")).then_refused(PeriodOutOfOrder, expected="2025-03")


def test_what_was_never_closed_is_not_reopened() -> None:
    given().when(reopen("2025-03")).then_refused(PeriodOutOfOrder, asked="2025-03", expected="none")


def test_an_approved_closing_closes_nothing_yet() -> None:
    event = given().when(close("2025-03")).then(PeriodClosingApproved).event(PeriodClosingApproved)
    assert (event.proposer, event.approver) == ("pan", "fang")


def test_a_closing_that_is_under_way_is_not_approved_again() -> None:
    given(*APPROVED).when(close("2025-03")).then_nothing()


def test_the_ledgers_closing_keeps_hash_positions_and_both_people() -> None:
    event = given(*APPROVED).when(complete("2025-03")).then(AccountingPeriodClosed).event(AccountingPeriodClosed)
    assert (event.trial_balance_hash, event.positions, event.proposer, event.approver) == (HASH, {0: 7}, "pan", "fang")


def test_a_closing_that_nobody_approved_is_not_completed() -> None:
    given().when(complete("2025-03")).then_refused(ClosingNotApproved, period="2025-03")


def test_an_approver_reopens_what_somebody_else_proposed() -> None:
    event = given(*MARCH_OF_ALL).when(reopen("2025-03")).then(AccountingPeriodReopened).event(AccountingPeriodReopened)
    assert (event.proposer, event.approver, event.reason) == ("pan", "fang", "late_invoice")


def test_no_month_is_reopened_while_the_next_is_being_closed() -> None:
    april = given(*MARCH_OF_ALL).when(close("2025-04")).events
    given(*MARCH_OF_ALL, *april).when(reopen("2025-03")).then_refused(PeriodOutOfOrder, expected="2025-04")


@pytest.mark.parametrize("step", [close_book, complete])
def test_no_person_closes_books_alone(step: Any) -> None:
    given(*APPROVED).when(step("2025-03", by=FINANCE)).then_refused(RoleNotAllowed, needed="system")


def test_a_merchant_closes_nothing() -> None:
    given().when(close_book("2025-03", by=MERCHANT)).then_refused(RoleNotAllowed)


@pytest.mark.parametrize("period", ["2025-13", "2025-3", "March", "2025-00", ""])
def test_a_period_that_is_no_month_is_malformed(period: str) -> None:
    with pytest.raises(ValidationError):
        close_book(period)


def reminder(period: str) -> ReconciliationBreakOpened:
    refs = {"period": period}
    return ReconciliationBreakOpened(
        break_id=f"closing_due.{period}",
        kind="closing_due",
        expected=f"{period} closed",
        actual="open",
        refs=refs,
        opened_at=datetime(2025, 4, 3, tzinfo=UTC),
    )


def test_a_closing_ends_the_reminders_of_it_and_of_no_later_one() -> None:
    events = given(*APPROVED, reminder("2025-03"), reminder("2025-04")).when(complete("2025-03")).events
    ended = [event for event in events if isinstance(event, ReconciliationBreakResolved)]
    assert [(event.refs["period"], event.resolution) for event in ended] == [("2025-03", "period_closed")]
