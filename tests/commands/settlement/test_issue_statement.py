"""Settlement statements tile and foot; settlement runs fix what they derive from."""

from typing import Any

import pytest
from pydantic import ValidationError

from commands.settlement.complete_settlement_run import CompleteSettlementRun
from commands.settlement.issue_statement import IssueStatement
from commands.settlement.start_settlement_run import StartSettlementRun
from ledger.events.statements import SettlementRunCompleted, SettlementRunStarted, SettlementStatementIssued
from ledger.refusals.catalogue import MerchantCurrencyNotCny, RoleNotAllowed
from ledger.refusals.finance import RunNotStarted, StatementGap, StatementOutdated, StatementUnbalanced
from tests.support.given import FINANCE, MERCHANT, NOW, ask, cny, given

SALES = ({"kind": "sale", "amount": "CNY 500.00", "lines": 2}, {"kind": "fee", "amount": "CNY -25.00", "lines": 2})


def issue(**other: Any) -> IssueStatement:
    said = {
        "merchant_id": "M-1",
        "statement_id": "S-1",
        "book": 3,
        "after_position": 0,
        "upto_position": 40,
        "period_to": NOW,
        "opening": "CNY 0.00",
        "totals": SALES,
        "closing": "CNY 475.00",
        "lines_hash": "0" * 64,
    }
    return ask(IssueStatement, by=other.pop("by", FINANCE), **{**said, **other})


FIRST = tuple(given().when(issue()).events)
PAYOUT = ({"kind": "payout", "amount": "CNY -475.00", "lines": 1},)
NEXT: dict[str, Any] = {
    "statement_id": "S-2", "after_position": 40, "upto_position": 55, "opening": "CNY 475.00", "totals": PAYOUT,
    "closing": "CNY 0.00",
}  # fmt: skip


def test_a_merchants_first_statement_begins_with_nothing() -> None:
    event = given().when(issue()).then(SettlementStatementIssued).event(SettlementStatementIssued)
    assert (event.number, event.opening, event.closing) == (1, cny("0.00"), cny("475.00"))


def test_the_next_begins_where_the_last_one_ended() -> None:
    assert given(*FIRST).when(issue(**NEXT)).event(SettlementStatementIssued).number == 2


def test_a_statement_is_issued_once() -> None:
    given(*FIRST).when(issue()).then_nothing()


@pytest.mark.parametrize("position", [39, 41])
def test_statements_leave_no_position_out_and_show_none_twice(position: int) -> None:
    given(*FIRST).when(issue(**{**NEXT, "after_position": position})).then_refused(
        StatementGap, field="position", given=str(position), expected="40"
    )


def test_the_opening_balance_is_the_last_closing_balance() -> None:
    given(*FIRST).when(issue(**{**NEXT, "opening": "CNY 474.99", "closing": "CNY -0.01"})).then_refused(
        StatementGap, field="balance", given="CNY 474.99", expected="CNY 475.00"
    )


def test_opening_and_totals_come_to_the_closing_balance() -> None:
    given().when(issue(closing="CNY 475.01")).then_refused(
        StatementUnbalanced, given="CNY 475.01", expected="CNY 475.00"
    )


def test_a_statement_of_this_moment_conflicts_with_money_that_moved() -> None:
    given(accounts={"M-1": cny("475.00")}).when(issue(account_version=0)).then_refused(
        StatementOutdated, given=0, current=1
    )


def test_a_statement_of_this_moment_closes_with_what_is_available() -> None:
    merchant = given(accounts={"M-1": cny("474.00")})
    merchant.when(issue(account_version=1)).then_refused(StatementUnbalanced, expected="CNY 474.00")


def test_a_statement_of_this_moment_rests_on_the_merchants_money() -> None:
    assert issue(account_version=1).reads == ("account/M-1",)


def test_a_statement_of_a_cut_off_does_not_care_what_moved_since() -> None:
    assert issue().reads == ()


def test_statements_are_in_cny() -> None:
    given().when(issue(opening="USD 0.00")).then_refused(MerchantCurrencyNotCny, currency="USD")


def test_a_merchant_issues_no_statement() -> None:
    given().when(issue(by=MERCHANT)).then_refused(RoleNotAllowed)


def test_a_statement_that_ends_before_it_begins_is_malformed() -> None:
    with pytest.raises(ValidationError):
        issue(after_position=41)


START = ask(StartSettlementRun, by=FINANCE, run_id="run-2025-04-01", cut_off=NOW, positions={0: 12, 3: 40})
COMPLETE = ask(
    CompleteSettlementRun,
    by=FINANCE,
    run_id="run-2025-04-01",
    merchants=3,
    statements=3,
    payouts=2,
    paid="CNY 589.00",
    refused={"INSUFFICIENT_AVAILABLE": 1},
)
STARTED = tuple(given().when(START).events)


def test_a_run_fixes_its_cut_off_and_positions() -> None:
    event = given().when(START).then(SettlementRunStarted).event(SettlementRunStarted)
    assert (event.cut_off, event.positions) == (NOW, {0: 12, 3: 40})


def test_another_machine_goes_on_with_the_run_of_the_first() -> None:
    other = ask(StartSettlementRun, by=FINANCE, run_id="run-2025-04-01", cut_off=NOW, positions={0: 13, 3: 41})
    given(*STARTED).when(other).then_nothing()


def test_a_run_ends_with_what_it_came_to() -> None:
    event = given(*STARTED).when(COMPLETE).then(SettlementRunCompleted).event(SettlementRunCompleted)
    assert (event.payouts, event.paid, event.refused) == (2, cny("589.00"), {"INSUFFICIENT_AVAILABLE": 1})


def test_a_run_ends_once() -> None:
    given(*STARTED, *given(*STARTED).when(COMPLETE).events).when(COMPLETE).then_nothing()


def test_a_run_that_never_started_does_not_end() -> None:
    given().when(COMPLETE).then_refused(RunNotStarted, run_id="run-2025-04-01")
