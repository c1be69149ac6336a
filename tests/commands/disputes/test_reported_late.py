"""Reports of a dispute that come after its decision: the books are as if they had come before."""

import pytest

from tests.support.orders import OrderScenario, basket, capture
from tests.support.payments import OF_DISPUTE, opened

LATER = "2025-05-01T08:00:00Z"


def test_money_withdrawn_before_it_was_won_comes_back() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_won", **OF_DISPUTE, at=LATER)
    scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44")
    assert (scenario.balance("1120", "USD"), scenario.balance("1110", "USD"), scenario.breaks()) == (0, 69_44, [])


def test_the_opening_of_a_decided_dispute_opens_nothing() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_won", **OF_DISPUTE, at=LATER)
    scenario.submit("report_dispute_opened", **opened())
    dispute = scenario.order.disputes.by_id["dp-1"]
    assert (dispute.is_open, dispute.reason, dispute.stage) == (False, "product_unacceptable", "chargeback")


@pytest.mark.parametrize("amount", [{}, {"amount": "USD 69.44"}])
def test_a_loss_of_an_unreported_dispute_without_a_reason_waits_until_it_is_reported(amount: dict[str, str]) -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1).received()
    for at in (LATER, "2025-05-02T08:00:00Z"):  # it is reported twice, at two instants
        scenario.submit("report_dispute_lost", **OF_DISPUTE | amount, at=at)
    waits = (scenario.balance("1120", "USD"), scenario.balance("2110"), scenario.base("5140"))
    assert waits == (69_44 if amount else 0, -500_00, 0)
    scenario.submit("report_dispute_opened", **opened())
    left = [each for each in scenario.order.known_breaks.values() if each.is_open]
    assert (scenario.balance("1120", "USD"), scenario.balance("2110"), scenario.base("5140"), left) == (0, 0, 0, [])


def test_the_merchant_bears_its_units_if_the_dispute_was_lost_before_the_capture_was_reported() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_dispute_lost", **opened(), at=LATER)
    scenario.submit("report_payment_captured", **capture())
    assert (scenario.balance("2110"), scenario.base("5140")) == (0, 0)
