"""Reports of a dispute that come after its decision: the books are as if they had come before."""

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


def test_the_merchant_bears_its_units_if_the_dispute_was_lost_before_the_capture_was_reported() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_dispute_lost", **opened(), at=LATER)
    scenario.submit("report_payment_captured", **capture())
    assert (scenario.balance("2110"), scenario.base("5140")) == (0, 0)
