"""Asking for money back: before dispatch, while the parcel is on its way, and after."""

from datetime import timedelta
from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundAutoApproved, RefundRequested
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from ledger.refusals.catalogue import (
    AfterSalesLocked,
    CaseAlreadyOpen,
    NotCaptured,
    OrderNotConfirmed,
    RefundExceedsRemaining,
    Refusal,
    ReturnWindowClosed,
)
from tests.support.given import BUYER, PLATFORM, instant, usd
from tests.support.orders import OrderScenario, after_days, basket

A_LITTLE = timedelta(milliseconds=1)


def one(line_id: str, qty: int = 1) -> list[dict[str, Any]]:
    return [{"line_id": line_id, "qty": qty}]


def ask(scenario: OrderScenario, refund_id: str = "R-1", **reported: Any) -> list[Event]:
    return scenario.submit("request_refund", **_asked(refund_id) | reported)


def refused(scenario: OrderScenario, refund_id: str = "R-1", **reported: Any) -> Refusal:
    return scenario.refusal("request_refund", **_asked(refund_id) | reported)


def _asked(refund_id: str) -> dict[str, Any]:
    return {"by": BUYER, "refund_id": refund_id, "reason": "changed_mind"}


def lock(**other: Any) -> AfterSalesLock:
    terms = {"mode": "earlier_of", "window": "P20D", "signature_evidence": ["recipient"]}
    return AfterSalesLock.model_validate(terms | other)


def test_with_express_refund_a_request_before_dispatch_is_approved_at_once() -> None:
    decided = ask(OrderScenario(express=True).paid())
    assert [type(event) for event in decided] == [RefundRequested, RefundAutoApproved, OrderCompleted]


def test_an_express_refund_gives_everything_back() -> None:
    scenario = OrderScenario(express=True).paid()
    ask(scenario)
    assert (scenario.balance("2110"), scenario.balance("2210", "USD"), scenario.base("4210")) == (0, -69_44, 0)


def test_part_of_an_order_can_be_asked_back() -> None:
    scenario = OrderScenario(express=True).paid()
    ask(scenario, lines=one("B"))
    assert scenario.event(RefundAutoApproved).money.amount == usd("19.44")


def test_without_express_refund_a_request_waits_for_two_rounds() -> None:
    (requested,) = ask(OrderScenario().paid())
    assert isinstance(requested, RefundRequested)
    assert (requested.rounds_required, requested.express_setting) == (2, False)


def test_a_waiting_request_moves_no_money() -> None:
    scenario = OrderScenario().paid()
    before = len(scenario.entries)
    ask(scenario)
    assert len(scenario.entries) == before


def test_what_is_packed_but_not_sent_can_be_asked_back() -> None:
    scenario = OrderScenario(express=True).paid()
    scenario.submit("create_parcel", parcel_id="P-1", items=one("A", 2), warehouse_id="W-1")
    ask(scenario, lines=one("A", 2))
    assert scenario.order.lines["A"].refunded == 2


def test_of_a_partly_sent_order_all_that_is_unsent_is_asked_back() -> None:
    scenario = OrderScenario(express=True).paid().sent(A=1)
    ask(scenario)
    assert {line_id: book.refunded for line_id, book in scenario.order.lines.items()} == {"A": 1, "B": 1}


def test_an_order_that_is_not_there_cannot_be_refunded() -> None:
    assert isinstance(refused(OrderScenario(), by=PLATFORM), OrderNotConfirmed)


def test_an_unpaid_order_cannot_be_refunded() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    assert isinstance(refused(scenario), NotCaptured)


def test_no_more_than_is_left_can_be_asked_back() -> None:
    refusal = refused(OrderScenario(express=True).paid(), lines=one("A", 3))
    assert isinstance(refusal, RefundExceedsRemaining)
    assert (refusal.asked, refusal.remaining) == ("3", "2")


def test_what_is_refunded_cannot_be_asked_back_again() -> None:
    scenario = OrderScenario(express=True).paid()
    ask(scenario, "R-1")
    assert isinstance(refused(scenario, "R-2"), RefundExceedsRemaining)


def test_a_unit_has_one_open_case() -> None:
    scenario = OrderScenario().paid()
    ask(scenario, "R-1", lines=one("A", 2))
    refusal = refused(scenario, "R-2", lines=one("A"))
    assert isinstance(refusal, CaseAlreadyOpen)
    assert refusal.refund_id == "R-1"


def test_a_case_on_one_line_leaves_the_others_free() -> None:
    scenario = OrderScenario().paid()
    ask(scenario, "R-1", lines=one("A"))
    assert isinstance(ask(scenario, "R-2", lines=one("B"))[0], RefundRequested)


def test_a_refund_has_a_name_of_its_own() -> None:
    scenario = OrderScenario(express=True).paid()
    ask(scenario, "R-1", lines=one("A"))
    assert isinstance(refused(scenario, "R-1", lines=one("B")), CaseAlreadyOpen)


@pytest.mark.parametrize("at", [after_days(20) - timedelta(hours=1), after_days(20) - A_LITTLE])
def test_a_parcel_on_its_way_locks_after_sales_for_twenty_days(at: Any) -> None:
    refusal = refused(OrderScenario().paid().sent(A=2, B=1), at=at)
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at == instant("2025-04-21T08:00:00Z")


def test_after_twenty_days_without_a_signature_a_buyer_can_say_it_never_came() -> None:
    (requested,) = ask(OrderScenario().paid().sent(A=2, B=1), at=after_days(20))
    assert isinstance(requested, RefundRequested)
    assert (requested.type, requested.rounds_required, requested.parcel_ids) == ("not_received", 1, ("P-1",))


def test_once_signed_for_a_return_is_open_without_waiting() -> None:
    (requested,) = ask(OrderScenario(express=True).paid().sent(A=2, B=1).signed(at=after_days(5)), at=after_days(8))
    assert isinstance(requested, RefundRequested)
    assert (requested.type, requested.rounds_required) == ("return_refund", 1)


def test_under_the_plain_grammar_a_signed_parcel_waits_for_the_window_too() -> None:
    scenario = OrderScenario(policies=[lock(mode="latest_of")]).paid().sent(A=2, B=1).signed(at=after_days(5))
    assert isinstance(refused(scenario, at=after_days(8)), AfterSalesLocked)


def test_until_signed_never_ends_by_itself() -> None:
    scenario = OrderScenario(policies=[lock(mode="until_signed")]).paid().sent(A=2, B=1)
    refusal = refused(scenario, at=after_days(400))
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at is None


def test_a_signature_that_is_no_evidence_does_not_end_the_lock() -> None:
    scenario = OrderScenario(policies=[lock()]).paid().sent(A=2, B=1)
    scenario.submit("report_signature", parcel_id="P-1", evidence_kind="locker", at=after_days(5))
    assert isinstance(refused(scenario, at=after_days(8)), AfterSalesLocked)


def test_the_lock_can_be_anchored_at_the_warehouse() -> None:
    scenario = (
        OrderScenario(policies=[lock(anchor="warehouse_received")]).paid().sent(A=2, B=1).received(at=after_days(3))
    )
    refusal = refused(scenario, at=after_days(21))
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at == after_days(23)


def test_a_lock_on_the_whole_order_waits_for_its_last_parcel() -> None:
    scenario = OrderScenario(policies=[lock(scope="order")]).paid().sent("P-1", A=2).sent("P-2", B=1, at=after_days(1))
    scenario.signed("P-1", at=after_days(2))
    assert isinstance(refused(scenario, lines=one("A"), at=after_days(3)), AfterSalesLocked)


def test_the_lock_binds_buyers_only() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    assert isinstance(ask(scenario, by=PLATFORM)[0], RefundRequested)


def test_of_several_parcels_the_signed_one_can_be_returned() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=1).sent("P-2", A=1, B=1).signed("P-2", at=after_days(2))
    (requested,) = ask(scenario, lines=one("A"), at=after_days(3))
    assert isinstance(requested, RefundRequested)
    assert requested.parcel_ids == ("P-2",)


def test_more_than_is_signed_for_is_locked() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=1).sent("P-2", A=1, B=1).signed("P-2", at=after_days(2))
    assert isinstance(refused(scenario, lines=one("A", 2), at=after_days(3)), AfterSalesLocked)


def test_a_return_and_a_claim_are_two_cases() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1).signed("P-1", at=after_days(2))
    ask(scenario, lines=[*one("A"), *one("B")], at=after_days(21))
    cases = {case.id: (case.type, [line.line_id for line in case.lines]) for case in scenario.order.cases.values()}
    assert cases == {"R-1": ("return_refund", ["A"]), "R-1.not_received": ("not_received", ["B"])}


def test_after_the_return_window_it_is_too_late() -> None:
    scenario = OrderScenario(policies=[ReturnWindow(window=timedelta(days=30))]).paid().sent(A=2, B=1).signed()
    refusal = refused(scenario, at=after_days(30))
    assert isinstance(refusal, ReturnWindowClosed)
    assert refusal.closed_at == after_days(30)


def test_a_refusal_of_one_line_among_others_names_the_line() -> None:
    scenario = OrderScenario(policies=[ReturnWindow(window=timedelta(days=10))]).paid().sent("P-1", A=2)
    scenario.signed("P-1", at=after_days(2)).sent("P-2", B=1, at=after_days(3))
    assert "for line B are locked" in refused(scenario, lines=[*one("A"), *one("B")], at=after_days(4)).sentence
    assert "of line A closed" in refused(scenario, lines=one("A"), at=after_days(12)).sentence
