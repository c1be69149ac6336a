"""Another system's status moves nothing; where it contradicts, a person must look."""

from __future__ import annotations

from typing import Any

from commands.orders.report_status import ReportStatus
from ledger.events.settlement import ReconciliationBreakOpened
from tests.support.given import PARTNER, ask, given
from tests.support.parcels import ORDER, PAID, at, dispatched, packed, signed

SENT = (*PAID, packed(), dispatched())


def report(status: str, **data: Any) -> ReportStatus:
    return ask(ReportStatus, by=PARTNER, **ORDER, status=status, occurred_at=at(90), at=at(91), **data)


def test_a_cancellation_of_goods_on_their_way_opens_a_break() -> None:
    decided = given(*SENT).when(report("cancelled", reported="canceled")).then(ReconciliationBreakOpened)
    opened = decided.event(ReconciliationBreakOpened)
    assert (opened.kind, opened.actual) == ("fact_contradicts_state", f"canceled at {at(90).isoformat()}")


def test_a_delivery_without_any_signature_opens_a_break() -> None:
    given(*SENT).when(report("delivered")).then(ReconciliationBreakOpened)


def test_a_delivery_that_was_signed_for_is_no_contradiction() -> None:
    given(*PAID, packed(A=2, B=1), dispatched(), signed(hours=80)).when(report("delivered")).then_nothing()


def test_an_order_that_another_system_says_is_unpaid_opens_a_break_once_it_is_paid_here() -> None:
    decided = given(*SENT).when(report("unpaid", reported="no approval")).then(ReconciliationBreakOpened)
    opened = decided.event(ReconciliationBreakOpened)
    assert (opened.kind, opened.refs["status"]) == ("fact_contradicts_state", "unpaid")
    assert opened.actual == f"no approval at {at(90).isoformat()}"


def test_an_order_that_is_unpaid_here_too_is_no_contradiction() -> None:
    given(PAID[0]).when(report("unpaid")).then_nothing()


def test_the_same_contradiction_opens_one_break() -> None:
    first = given(*SENT).when(report("cancelled")).event(ReconciliationBreakOpened)
    given(*SENT, first).when(report("cancelled")).then_nothing()


def test_a_status_of_an_order_that_is_not_placed_yet_is_kept_as_a_break() -> None:
    decided = given().when(report("delivered")).then(ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).expected == "order unplaced"
