"""Claims that goods never came: after the window, to customer service, at the platform's cost by default."""

from typing import Any

from ledger.events.refunds import RefundApproved, RefundRequested
from ledger.refusals.catalogue import NotDue, RoleNotAllowed
from tests.support.after_sales import SERVICE, approve, asked, delivered, one
from tests.support.given import FINANCE, MERCHANT
from tests.support.orders import OrderScenario, after_days


def claimed(**reported: Any) -> OrderScenario:
    return asked(OrderScenario().paid().sent(A=2, B=1).received(at=after_days(1)), day=20, **reported)


def test_a_claim_moves_no_money_by_itself() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    entries = len(scenario.entries)
    asked(scenario, day=20)
    assert len(scenario.entries) == entries


def test_only_customer_service_decides_a_claim() -> None:
    for actor in (MERCHANT, FINANCE):
        refusal = claimed().refusal("approve_refund", by=actor, refund_id="R-1", round=1)
        assert isinstance(refusal, RoleNotAllowed)


def test_what_never_came_is_the_platforms_loss_and_the_merchant_has_the_sale_at_once() -> None:
    scenario = claimed()
    approve(scenario, day=21)
    assert (scenario.event(RefundApproved).liability, scenario.balance("2120"), scenario.order.completed) == (
        "platform",
        -475_00,
        True,
    )


def test_a_claim_may_be_about_some_units() -> None:
    scenario = claimed(lines=one("A"))
    approve(scenario, day=21)
    assert (scenario.order.lines["A"].refunded, scenario.base("5150")) == (1, 179_50)


def test_a_signature_reported_while_the_claim_is_open_opens_a_break_and_decides_nothing() -> None:
    scenario = claimed().signed(at=after_days(18))
    assert (scenario.breaks(), scenario.order.cases["R-1"].state) == (["fact_contradicts_state"], "open")


def test_a_signature_reported_after_the_refund_opens_a_break_and_moves_no_money() -> None:
    scenario = claimed()
    approve(scenario, day=21)
    entries = len(scenario.entries)
    scenario.signed(at=after_days(22))
    assert (set(scenario.breaks()), len(scenario.entries)) == ({"fact_contradicts_state"}, entries)


def test_a_claim_that_a_signature_disproves_can_be_rejected_and_the_sale_is_released_when_due() -> None:
    scenario = claimed().signed(at=after_days(18))
    scenario.submit("reject_refund", by=SERVICE, refund_id="R-1", round=1, reason="signed_for", at=after_days(21))
    assert isinstance(scenario.refusal("release_settlement", at=after_days(24)), NotDue)
    scenario.submit("release_settlement", at=after_days(25))
    assert scenario.balance("2120") == -475_00


def test_a_buyer_may_say_that_what_a_neighbour_signed_for_never_came() -> None:
    scenario = asked(delivered(), type="not_received", reason="neighbour_has_nothing")
    assert scenario.event(RefundRequested).type == "not_received"
