"""Taking a payout back."""

import pytest

from commands.payouts.cancel_payout import CancelPayout
from ledger.events.event import Event
from ledger.refusals.finance import PayoutAlreadySubmitted, PayoutIsOver, PayoutNotFound
from tests.commands.payouts.payout_stages import CANCELLED, FAILED, INITIATED, PAID, RETURNED, SUBMITTED
from tests.support.given import FINANCE, ask, given

CANCEL = ask(CancelPayout, by=FINANCE, merchant_id="M-1", payout_id="P-1", reason="recalled")


def test_a_payout_the_bank_does_not_have_yet_is_taken_back() -> None:
    given(INITIATED).when(CANCEL).then(CANCELLED.model_copy(update={"bank_ref": ""}))


@pytest.mark.parametrize(
    "later", [(SUBMITTED,), (SUBMITTED, PAID), (PAID, RETURNED)], ids=["submitted", "paid", "returned"]
)
def test_what_the_bank_has_is_not_taken_back(later: tuple[Event, ...]) -> None:
    given(INITIATED, *later).when(CANCEL).then_refused(PayoutAlreadySubmitted, payout_id="P-1")


@pytest.mark.parametrize("end", [FAILED, CANCELLED], ids=["failed", "cancelled"])
def test_a_payout_that_is_over_is_not_taken_back(end: Event) -> None:
    given(INITIATED, end).when(CANCEL).then_refused(PayoutIsOver, payout_id="P-1")


def test_a_payout_that_was_never_made_is_not_taken_back() -> None:
    given().when(CANCEL).then_refused(PayoutNotFound)
