"""A provider's batch: only its own fees and the rounding of the deposit are posted in book 0."""

from typing import Any

from commands.settlement.report_psp_batch import ReportPspBatch
from ledger.events.psp_settlement import PspSettlementReported
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.journal.posting import post
from tests.support.given import PARTNER, When, ask, cny, given
from tests.support.payments import rate

BATCH: dict[str, Any] = {
    "psp": "stripe",
    "batch_ref": "po-1",
    "digest": "d1",
    "line_count": 3,
    "fees": [{"psp_ref": "txn-f", "amount": "USD 10.00", "rate": rate("7.1500")}],
    "orders_cash": "CNY 1000.00",
    "cash": "CNY 928.48",
    "bank_entry_ref": "b-1",
}


def report(*events: Any, **other: Any) -> When:
    return given(*events).when(ask(ReportPspBatch, by=PARTNER, **BATCH | other))


def lines(event: PspSettlementReported) -> list[tuple[str, int, int]]:
    entry = post(event)
    return [(line.account, line.amount, line.base) for line in entry.lines] if entry else []


def test_fees_of_the_account_and_rounding_are_all_it_posts() -> None:
    reported = report().then(PspSettlementReported).event(PspSettlementReported)
    assert lines(reported) == [("5130", 10_00, 71_50), ("5290", 2, 2), ("1010", -71_52, -71_52)]


def test_a_batch_that_comes_out_even_posts_nothing() -> None:
    reported = report(fees=[], cash="CNY 1000.00").event(PspSettlementReported)
    assert lines(reported) == []


def test_more_than_rounding_is_a_break_and_not_an_expense() -> None:
    reported = report(cash="CNY 928.40").then(PspSettlementReported, ReconciliationBreakOpened)
    assert reported.event(PspSettlementReported).rounding == cny("0.00")
    opened = reported.event(ReconciliationBreakOpened)
    assert (opened.kind, opened.expected, opened.actual) == ("psp_batch_mismatch", "CNY 928.50", "CNY 928.40")


def test_the_same_batch_again_changes_nothing() -> None:
    reported = report().event(PspSettlementReported)
    report(reported).then_nothing()


def test_the_same_batch_with_other_contents_is_a_break() -> None:
    reported = report().event(PspSettlementReported)
    report(reported, digest="d2").then(ReconciliationBreakOpened)
