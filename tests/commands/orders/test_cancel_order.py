"""Cancelling before dispatch: free of money before payment, a merchant-borne refund after it."""

from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.orders import OrderCancelled, OrderCompleted, OrderConfirmed, OrderLineCancelled
from ledger.events.payments import PaymentAllocated
from ledger.events.refunds import RefundApproved, RefundRequested
from ledger.refusals.catalogue import (
    AfterSalesLocked,
    CaseAlreadyOpen,
    LineAlreadyRefunded,
    LineNotFound,
    OrderNotConfirmed,
    QtyExceedsRemaining,
    RefundPendingOnLine,
)
from tests.support.given import BUYER, MERCHANT, cny, instant, usd
from tests.support.orders import OrderScenario, after_days, basket, capture
from tests.support.payments import OF_DISPUTE, opened

B = [{"line_id": "B", "qty": 1}]
WITH_SHIPPING = {
    "charges": [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}],
    "buyer_total": "USD 74.44",
}


def placed() -> OrderScenario:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    return scenario


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def test_an_unpaid_order_is_just_cancelled() -> None:
    decided = placed().submit("cancel_order", by=BUYER, reason="changed_mind")
    assert kinds(decided) == [OrderLineCancelled, OrderLineCancelled, OrderCancelled]


def test_a_cancellation_says_who_wanted_it() -> None:
    scenario = placed()
    scenario.submit("cancel_order", by=MERCHANT, reason="out_of_stock")
    assert scenario.event(OrderCancelled).by == "merchant"


def test_part_of_an_unpaid_order_can_be_cancelled() -> None:
    scenario = placed()
    assert kinds(scenario.submit("cancel_order", reason="out_of_stock", lines=B)) == [OrderLineCancelled]


def test_what_is_left_of_an_unpaid_order_costs_less() -> None:
    scenario = placed()
    scenario.submit("cancel_order", reason="out_of_stock", lines=B)
    scenario.submit("report_payment_captured", **capture(amount="USD 50.00"))
    assert scenario.event(PaymentAllocated).list_total == cny("360.00")


def test_money_that_is_enough_for_what_is_left_confirms_the_order() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture(amount="USD 50.00"))
    decided = scenario.submit("cancel_order", reason="out_of_stock", lines=B)
    assert kinds(decided) == [OrderLineCancelled, PaymentAllocated, OrderConfirmed]


def test_money_of_an_order_cancelled_before_it_was_paid_is_flagged() -> None:
    scenario = placed()
    scenario.submit("report_payment_captured", **capture(amount="USD 50.00"))
    scenario.submit("cancel_order", reason="out_of_stock")
    assert (scenario.breaks(), scenario.balance("2220", "USD")) == (["unexpected_capture"], -50_00)


def test_a_paid_order_is_refunded_at_once() -> None:
    scenario = OrderScenario().paid()
    decided = scenario.submit("cancel_order", reason="out_of_stock")
    assert kinds(decided) == [OrderLineCancelled, OrderLineCancelled, RefundRequested, RefundApproved, OrderCancelled]


def test_the_merchant_bears_the_cancellation_of_a_paid_order() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("cancel_order", reason="out_of_stock")
    assert (scenario.balance("2110"), scenario.balance("2210", "USD"), scenario.base("4210")) == (0, -69_44, 0)


def test_cancelling_the_whole_order_gives_the_charges_back() -> None:
    scenario = OrderScenario().paid(**WITH_SHIPPING)
    scenario.submit("cancel_order", reason="out_of_stock")
    assert (scenario.balance("4220", "USD"), scenario.base("4220")) == (0, 0)


def test_cancelling_a_part_keeps_the_charges() -> None:
    scenario = OrderScenario().paid(**WITH_SHIPPING)
    scenario.submit("cancel_order", reason="out_of_stock", lines=B)
    assert scenario.event(RefundApproved).money.amount == usd("19.44")


def test_the_last_part_that_is_cancelled_brings_the_charges_back() -> None:
    scenario = OrderScenario().paid(**WITH_SHIPPING)
    scenario.submit("cancel_order", reason="out_of_stock", lines=B)
    scenario.submit("cancel_order", reason="out_of_stock")
    assert scenario.event(RefundApproved).money.amount == usd("55.00")


def test_the_refund_is_named_after_the_command_unless_it_has_a_name() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("cancel_order", reason="out_of_stock", lines=B)
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-9")
    assert list(scenario.order.cases) == ["cmd-3", "R-9"]


def test_an_order_of_which_the_rest_was_released_is_completed_by_a_cancellation() -> None:
    scenario = OrderScenario().paid().sent(A=2).signed()
    scenario.submit("release_settlement", at=after_days(7))
    decided = scenario.submit("cancel_order", at=after_days(8), reason="out_of_stock", lines=B)
    assert kinds(decided)[-1] is OrderCompleted


@pytest.mark.parametrize(
    ("reported", "kind", "facts"),
    [
        ({"lines": [{"line_id": "C", "qty": 1}]}, LineNotFound, {"line_id": "C"}),
        ({"lines": [{"line_id": "A", "qty": 3}]}, QtyExceedsRemaining, {"asked": 3, "remaining": 2}),
    ],
)
def test_only_what_is_there_can_be_cancelled(reported: dict[str, Any], kind: type, facts: dict[str, Any]) -> None:
    refusal = placed().refusal("cancel_order", reason="out_of_stock", **reported)
    assert (type(refusal), {name: getattr(refusal, name) for name in facts}) == (kind, facts)


def test_a_cancelled_order_is_not_cancelled_again() -> None:
    scenario = placed()
    scenario.submit("cancel_order", reason="out_of_stock")
    refusal = scenario.refusal("cancel_order", reason="out_of_stock")
    assert isinstance(refusal, OrderNotConfirmed)
    assert refusal.status == "cancelled"


def test_what_has_left_cannot_be_cancelled_before_the_lock_ends() -> None:
    scenario = OrderScenario().paid().sent(A=2)
    refusal = scenario.refusal("cancel_order", reason="changed_mind")
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at == instant("2025-04-21T08:00:00Z")


def test_what_was_delivered_cannot_be_cancelled_at_all() -> None:
    scenario = OrderScenario().paid().sent(A=2).signed()
    assert isinstance(scenario.refusal("cancel_order", reason="changed_mind"), QtyExceedsRemaining)


def test_the_part_that_has_not_left_can_be_cancelled() -> None:
    scenario = OrderScenario().paid().sent(A=2)
    scenario.submit("cancel_order", reason="out_of_stock", lines=B)
    assert scenario.balance("2110") == -360_00


def test_what_is_refunded_cannot_be_cancelled() -> None:
    scenario = OrderScenario(express=True).paid()
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind", lines=B)
    refusal = scenario.refusal("cancel_order", reason="out_of_stock", lines=B)
    assert isinstance(refusal, LineAlreadyRefunded)


def test_what_a_buyer_has_asked_back_cannot_be_cancelled() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind", lines=B)
    assert isinstance(scenario.refusal("cancel_order", reason="out_of_stock", lines=B), RefundPendingOnLine)


def test_a_refund_has_a_name_of_its_own() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("cancel_order", reason="out_of_stock", lines=B, refund_id="R-1")
    assert isinstance(scenario.refusal("cancel_order", reason="out_of_stock", refund_id="R-1"), CaseAlreadyOpen)


def test_an_order_is_not_over_while_a_dispute_may_give_units_back() -> None:
    """A lost dispute took A; the merchant cancels B; the dispute is won after all, and A is sent and paid."""
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_opened", **opened("USD 50.00", lines=[{"line_id": "A", "qty": 2}]))
    scenario.submit("report_dispute_lost", **OF_DISPUTE)
    assert OrderCancelled not in kinds(scenario.submit("cancel_order", reason="out_of_stock", lines=B))
    scenario.submit("report_dispute_won", **OF_DISPUTE)
    scenario.sent("P-9", A=1)
