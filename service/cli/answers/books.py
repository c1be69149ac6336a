"""Answers about the books of account, for people."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from service.cli.options import Format
from service.cli.output import show, stderr
from service.failures import ServiceFailure
from service.tables import tables

if TYPE_CHECKING:
    from ledger.money import Money
    from projections.accounting.exposure import Exposure
    from service.questions.asked import Answer
    from service.questions.shapes import ExplainedDifference, TrialBalance


def print_trial_balance(answer: Answer, format: Format) -> None:
    found: TrialBalance = answer.data
    period = f"{found.since} to {found.as_of}" if found.accounts else "nothing was posted by then"
    table = tables.TRIAL_BALANCE.titled(f"Trial balance, {period}")
    show(table, table.rows_of(found.accounts), format)


def expect_balanced(answer: Answer) -> None:
    """Raises `ServiceFailure` for books that do not balance."""
    if total := answer.data.total:
        raise ServiceFailure(f"The books do not balance: {total}. Run `redledger verify-log` to find the event.")


def print_contribution(answer: Answer, format: Format) -> None:
    table = tables.CONTRIBUTION
    rows = table.rows_of(answer.data)
    if format is Format.TABLE:
        rows += table.rows_of([answer.summary.total])
        rows[-1] |= {"merchant": "all", "order_id": f"{answer.summary.count} orders"}
    show(table, rows, format)


def print_exposure(answer: Answer, format: Format) -> None:
    table = tables.EXPOSURE.titled(f"Exposure as of {answer.data.as_of}")
    classes = answer.data.classes
    ages = {age: partial(_of_age, age) for row in classes for age in row.by_age}
    show(table, table.rows_of(classes, **ages), format)


def _of_age(age: str, row: Exposure) -> Money:
    return row.by_age[age]


def print_difference(answer: Answer, format: Format) -> None:
    found: ExplainedDifference = answer.data
    days = f"for days up to {found.as_of}" if found.as_of else "between the two"
    table = tables.LATE_EVENTS.titled(f"Recorded later {days}")
    show(table, table.rows_of(found.events), format)
    if format is Format.TABLE:
        show(tables.DIFFERENCES, tables.DIFFERENCES.rows_of(found.accounts), format)
    elif not found.events:
        stderr().print("Nothing was recorded between the two answers for days up to then.")


def print_periods(answer: Answer, format: Format) -> None:
    found = answer.data
    opens = f"open from {found.open_from}" if found.open_from else "nothing was ever closed"
    show(tables.PERIODS.titled(f"Accounting periods, {opens}"), tables.PERIODS.rows_of(found.changes), format)


def expect_finished(answer: Answer) -> None:
    """Raises `ServiceFailure` for a closing or reopening that was cut off."""
    if unfinished := answer.data.unfinished:
        books = ", ".join(map(str, unfinished))
        raise ServiceFailure(
            f"Cut off: the change is not done in {books}. `redledger close-period` of the same month finishes it."
        )


def print_rates(answer: Answer, format: Format) -> None:
    table = tables.RATES.titled(f"Rates of {answer.data.day}, CNY for one unit")
    show(table, table.rows_of(answer.data.rates), format)
