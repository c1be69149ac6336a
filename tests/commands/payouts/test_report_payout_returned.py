"""Money paid out came back."""

import pytest

from commands.payouts.report_payout_returned import ReportPayoutReturned
from ledger.events.event import Event
from ledger.events.settlement import PayoutPaid, ReconciliationBreakOpened
from tests.commands.payouts.payout_stages import CANCELLED, FAILED, INITIATED, PAID, RETURNED
from tests.support.given import PARTNER, ask, given

REPORT = ask(ReportPayoutReturned, by=PARTNER, merchant_id="M-1", payout_id="P-1", bank_ref="B-2", code="AC04")


def test_money_that_came_back_is_available_again() -> None:
    given(INITIATED, PAID).when(REPORT).then(RETURNED)


def test_what_came_back_before_we_heard_it_was_paid_had_been_paid() -> None:
    given(INITIATED).when(REPORT).then(PayoutPaid, RETURNED)


def test_hearing_it_twice_changes_nothing() -> None:
    given(INITIATED, PAID, RETURNED).when(REPORT).then_nothing()


@pytest.mark.parametrize("end", [FAILED, CANCELLED], ids=["failed", "cancelled"])
def test_a_return_of_what_never_went_out_opens_a_break_and_moves_nothing(end: Event) -> None:
    given(INITIATED, end).when(REPORT).then(ReconciliationBreakOpened)


def test_an_unknown_payout_opens_a_break() -> None:
    given().when(REPORT).then(ReconciliationBreakOpened)
