"""A rejection in either round ends the case."""

from ledger.events.refunds import RefundRejected, RefundRoundRejected
from ledger.refusals.catalogue import RoleNotAllowed
from tests.support.given import BUYER, MERCHANT, PLATFORM
from tests.support.orders import OrderScenario, after_days

A = [{"line_id": "A", "qty": 1}]


def waiting() -> OrderScenario:
    scenario = OrderScenario().paid()
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind")
    return scenario


def test_a_no_in_the_first_round_ends_the_case() -> None:
    decided = waiting().submit("reject_refund", by=MERCHANT, refund_id="R-1", round=1, reason="packed_already")
    assert tuple(type(event) for event in decided) == (RefundRoundRejected, RefundRejected)


def test_a_no_in_the_second_round_moves_no_money() -> None:
    scenario = waiting()
    before = len(scenario.entries)
    scenario.submit("approve_refund", by=MERCHANT, refund_id="R-1", round=1)
    scenario.submit("reject_refund", by=PLATFORM, refund_id="R-1", round=2, reason="packed_already")
    assert len(scenario.entries) == before


def test_after_a_rejection_the_units_can_be_sent() -> None:
    scenario = waiting()
    scenario.submit("reject_refund", by=MERCHANT, refund_id="R-1", round=1, reason="packed_already")
    assert scenario.sent(A=2, B=1).order.status == "in_transit"


def test_after_a_rejection_a_new_request_starts_at_round_one() -> None:
    scenario = waiting()
    scenario.submit("reject_refund", by=MERCHANT, refund_id="R-1", round=1, reason="packed_already")
    scenario.submit("request_refund", by=BUYER, refund_id="R-2", reason="changed_mind")
    assert scenario.order.cases["R-2"].next_round == 1


def test_an_order_that_only_waited_for_the_case_is_completed() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1).signed("P-1").signed("P-2", at=after_days(3))
    scenario.submit("release_settlement", at=after_days(7))
    scenario.submit("request_refund", by=BUYER, at=after_days(8), refund_id="R-1", reason="broken", lines=A)
    scenario.submit("release_settlement", at=after_days(10))
    scenario.submit("reject_refund", by=PLATFORM, at=after_days(11), refund_id="R-1", round=1, reason="no_evidence")
    assert scenario.order.completed


def test_a_buyer_does_not_decide() -> None:
    refusal = waiting().refusal("reject_refund", by=BUYER, refund_id="R-1", round=1, reason="changed_mind")
    assert isinstance(refusal, RoleNotAllowed)
