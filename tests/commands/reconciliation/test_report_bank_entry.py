"""An entry of a bank's statement: a charge is posted, and what nobody expects is a break of its own."""

from __future__ import annotations

from typing import Any

import pytest

from commands.reconciliation.report_bank_entry import ReportBankEntry
from ledger.events.files import BankChargePosted, BankEntryMatched
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.journal.posting import post
from tests.support.given import PARTNER, ask, given


def reported(amount: str, **other: Any) -> ReportBankEntry:
    fields = {
        "account": "A-1",
        "statement_id": "1",
        "entry_ref": "1",
        "value_date": "2025-04-01",
        "closed_on": "2025-04-01",
    }
    return ask(ReportBankEntry, by=PARTNER, amount=amount, **(fields | other))


def charge(amount: str) -> ReportBankEntry:
    return reported(amount, matched_to="bank_charge", expected=amount)


@pytest.mark.parametrize(
    ("amount", "lines"),
    [
        ("CNY -5.00", {"5180": 500, "1010": -500}),
        ("CNY 5.00", {"5180": -500, "1010": 500}),  # given back
        ("USD -5.00", {"5180": 3590, "1020": -3590}),
    ],
)
def test_a_charge_is_an_expense_at_the_rate_of_its_day(amount: str, lines: dict[str, int]) -> None:
    posted = given().when(charge(amount)).then(BankChargePosted, BankEntryMatched).event(BankChargePosted)
    entry = post(posted)
    assert entry is not None
    assert {line.account: line.base for line in entry.lines} == lines
    assert abs(posted.amount.minor) == 500


def test_a_charge_in_a_currency_without_a_rate_is_a_break_and_posts_nothing() -> None:
    opened = given().when(charge("EUR -5.00")).then(ReconciliationBreakOpened).event(ReconciliationBreakOpened)
    assert opened.kind == "rate_missing"


def test_breaks_of_entries_of_two_statements_of_one_number_have_two_names() -> None:
    others: list[dict[str, Any]] = [{}, {"page": 2}, {"closed_on": "2026-04-01"}]
    entries = [*(reported("CNY 5.00", **other) for other in others), reported("USD 5.00")]
    names = {given().when(entry).event(ReconciliationBreakOpened).break_id for entry in entries}
    assert len(names) == 4
