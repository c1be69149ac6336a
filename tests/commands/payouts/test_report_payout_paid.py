"""The bank has paid."""

from typing import Any

import pytest

from commands.payouts.report_payout_paid import ReportPayoutPaid
from ledger.events.event import Event
from ledger.events.settlement import PayoutPaid, ReconciliationBreakOpened
from tests.commands.payouts.payout_stages import CANCELLED, FAILED, INITIATED, PAID, PAYOUT, RETURNED, SUBMITTED, TODAY
from tests.support.given import PARTNER, ask, given


def paid(**other: Any) -> ReportPayoutPaid:
    said = {"merchant_id": "M-1", "payout_id": "P-1", "bank_ref": "B-1", "value_date": TODAY}
    return ask(ReportPayoutPaid, by=PARTNER, **{**said, **other})


@pytest.mark.parametrize("events", [(INITIATED,), (INITIATED, SUBMITTED)], ids=["initiated", "submitted"])
def test_a_payout_on_its_way_is_paid(events: tuple[Event, ...]) -> None:
    given(*events).when(paid()).then(PAID)


def test_without_a_value_date_it_is_the_day_it_happened_in_china() -> None:
    report = paid(value_date=None, occurred_at="2025-04-01T16:30:00Z")
    assert given(INITIATED).when(report).event(PayoutPaid).value_date.isoformat() == "2025-04-02"


@pytest.mark.parametrize("events", [(PAID,), (PAID, RETURNED)], ids=["paid", "returned"])
def test_hearing_it_twice_changes_nothing(events: tuple[Event, ...]) -> None:
    given(INITIATED, *events).when(paid()).then_nothing()


@pytest.mark.parametrize("end", [FAILED, CANCELLED], ids=["failed", "cancelled"])
def test_a_payout_believed_dead_and_paid_after_all_leaves_available_and_opens_a_break(end: Event) -> None:
    came_late = PayoutPaid(**PAYOUT, bank_ref="B-1", value_date=TODAY, given_back_before=True)
    given(INITIATED, end).when(paid()).then(came_late, ReconciliationBreakOpened)


def test_another_bank_reference_for_a_paid_payout_is_a_second_payment() -> None:
    break_ = given(INITIATED, PAID).when(paid(bank_ref="B-9")).event(ReconciliationBreakOpened)
    assert (break_.kind, break_.expected) == ("double_payout", "paid B-1")


def test_another_amount_posts_nothing_and_opens_a_break() -> None:
    break_ = given(INITIATED).when(paid(amount="CNY 474.99")).then(ReconciliationBreakOpened)
    assert break_.event(ReconciliationBreakOpened).kind == "amount_mismatch"


def test_an_unknown_payout_opens_a_break() -> None:
    break_ = given().when(paid()).then(ReconciliationBreakOpened).event(ReconciliationBreakOpened)
    assert break_.kind == "payout_unknown"


def test_the_same_contradiction_opens_one_break() -> None:
    first = given().when(paid()).events
    given(*first).when(paid()).then_nothing()
