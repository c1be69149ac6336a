"""The bank could not pay."""

import pytest

from commands.payouts.report_payout_failed import ReportPayoutFailed
from ledger.events.event import Event
from ledger.events.settlement import PayoutReturned, ReconciliationBreakOpened
from tests.commands.payouts.payout_stages import CANCELLED, FAILED, INITIATED, PAID, PAYOUT, RETURNED, SUBMITTED, TODAY
from tests.support.given import PARTNER, ask, given

REPORT = ask(ReportPayoutFailed, by=PARTNER, merchant_id="M-1", payout_id="P-1", bank_ref="B-1", code="AC04")


@pytest.mark.parametrize("events", [(INITIATED,), (INITIATED, SUBMITTED)], ids=["initiated", "submitted"])
def test_the_money_of_a_failed_payout_is_available_again(events: tuple[Event, ...]) -> None:
    given(*events).when(REPORT).then(FAILED)


def test_failing_after_it_was_paid_means_the_money_came_back() -> None:
    came_back = PayoutReturned(**PAYOUT, bank_ref="B-1", code="AC04", value_date=TODAY)
    given(INITIATED, PAID).when(REPORT).then(came_back)


@pytest.mark.parametrize("events", [(FAILED,), (CANCELLED,), (PAID, RETURNED)], ids=["failed", "cancelled", "returned"])
def test_what_is_over_already_changes_nothing(events: tuple[Event, ...]) -> None:
    given(INITIATED, *events).when(REPORT).then_nothing()


def test_an_unknown_payout_opens_a_break() -> None:
    given().when(REPORT).then(ReconciliationBreakOpened)
