"""The bank has a payout's instruction."""

import pytest

from commands.payouts.submit_payout import SubmitPayout
from ledger.events.event import Event
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import PayoutIsOver, PayoutNotFound
from tests.commands.payouts.payout_stages import CANCELLED, FAILED, INITIATED, PAID, RETURNED, SUBMITTED
from tests.support.given import FINANCE, MERCHANT, ask, given

SUBMIT = ask(SubmitPayout, by=FINANCE, merchant_id="M-1", payout_id="P-1", bank_ref="B-1")


def test_a_payout_that_went_out_is_submitted() -> None:
    given(INITIATED).when(SUBMIT).then(SUBMITTED)


def test_reporting_it_twice_changes_nothing() -> None:
    given(INITIATED, SUBMITTED).when(SUBMIT).then_nothing()


@pytest.mark.parametrize("end", [(PAID,), (FAILED,), (CANCELLED,), (PAID, RETURNED)], ids=lambda end: end[-1].name)
def test_a_payout_that_is_over_is_not_submitted(end: tuple[Event, ...]) -> None:
    given(INITIATED, *end).when(SUBMIT).then_refused(PayoutIsOver, payout_id="P-1")


def test_a_payout_that_was_never_made_is_not_submitted() -> None:
    given().when(SUBMIT).then_refused(PayoutNotFound, merchant_id="M-1", payout_id="P-1")


def test_a_merchant_instructs_no_bank() -> None:
    given(INITIATED).when(ask(SubmitPayout, by=MERCHANT, merchant_id="M-1", payout_id="P-1")).then_refused(
        RoleNotAllowed
    )
