"""Releasing what is due to the merchant."""

from datetime import timedelta

import pytest

from ledger.events.orders import OrderCompleted
from ledger.events.settlement import SettlementReleased
from ledger.policies.fees import Fees, Vat
from ledger.refusals.catalogue import AlreadyReleased, LineNotFound, NotDue, NotSignedOff, OpenCase, OrderNotConfirmed
from tests.support.given import BUYER, NOW, PLATFORM, cny
from tests.support.orders import OrderScenario, after_days, basket, line

B = [{"line_id": "B", "qty": 1}]


def signed() -> OrderScenario:
    return OrderScenario().paid().sent(A=2, B=1).signed()


def test_a_week_after_the_signature_everything_is_released_and_the_order_is_complete() -> None:
    decided = signed().submit("release_settlement", at=after_days(7))
    assert [type(event) for event in decided] == [SettlementReleased, SettlementReleased, OrderCompleted]


def test_the_fee_is_taken_from_the_list_price() -> None:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(7))
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.balance("4110")) == (0, -475_00, -25_00)


def test_a_release_says_when_it_fell_due_and_under_which_rules() -> None:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(9))
    released = scenario.event(SettlementReleased)
    assert (released.due_at, released.rule, released.rule_version) == (after_days(7), "signed_off", 1)


def test_a_moment_before_it_is_due_nothing_is_released() -> None:
    refusal = signed().refusal("release_settlement", at=after_days(7) - timedelta(microseconds=1))
    assert isinstance(refusal, NotDue)
    assert refusal.due_at == after_days(7)


def test_what_is_not_signed_for_is_not_released() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    assert isinstance(scenario.refusal("release_settlement", at=after_days(30)), NotSignedOff)


def test_an_order_that_is_not_there_releases_nothing() -> None:
    assert isinstance(OrderScenario().refusal("release_settlement"), OrderNotConfirmed)


def test_a_signature_for_an_unpaid_order_releases_nothing() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.signed()
    assert isinstance(scenario.refusal("release_settlement", at=after_days(7)), NotSignedOff)


def test_what_is_released_is_not_released_again() -> None:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(7))
    assert isinstance(scenario.refusal("release_settlement", at=after_days(8)), AlreadyReleased)


def test_an_open_case_holds_its_line_back() -> None:
    scenario = signed()
    scenario.submit("request_refund", by=BUYER, at=after_days(6), refund_id="R-1", reason="broken", lines=B)
    scenario.submit("release_settlement", at=after_days(7))
    assert scenario.balance("2110") == -140_00


def test_a_line_under_a_case_is_refused_by_its_case() -> None:
    scenario = signed()
    scenario.submit("request_refund", by=BUYER, at=after_days(6), refund_id="R-1", reason="broken", lines=B)
    refusal = scenario.refusal("release_settlement", at=after_days(7), line_id="B")
    assert isinstance(refusal, OpenCase)
    assert refusal.refund_id == "R-1"


def test_a_rejected_case_lets_its_line_go() -> None:
    scenario = signed()
    scenario.submit("request_refund", by=BUYER, at=after_days(6), refund_id="R-1", reason="broken", lines=B)
    scenario.submit("reject_refund", by=PLATFORM, at=after_days(7), refund_id="R-1", round=1, reason="no_evidence")
    scenario.submit("release_settlement", at=after_days(7))
    assert scenario.balance("2110") == 0


def test_one_line_can_be_released_by_itself() -> None:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(7), line_id="B")
    assert (scenario.balance("2110"), scenario.order.completed) == (-360_00, False)


def test_a_line_that_is_not_there_is_not_released() -> None:
    assert isinstance(signed().refusal("release_settlement", line_id="C"), LineNotFound)


def test_each_parcel_is_released_by_its_own_signature() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=1).sent("P-2", A=1, B=1)
    scenario.signed("P-1").signed("P-2", at=after_days(3))
    scenario.submit("release_settlement", at=after_days(7))
    assert (scenario.balance("2110"), scenario.balance("2120")) == (-320_00, -171_00)


def test_a_returned_unit_is_not_released() -> None:
    scenario = signed()
    scenario.submit("request_refund", by=BUYER, at=after_days(1), refund_id="R-1", reason="broken", lines=B)
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(2), refund_id="R-1", round=1)
    decided = scenario.submit("release_settlement", at=after_days(7))
    assert [event.line_id for event in decided if isinstance(event, SettlementReleased)] == ["A"]


def test_an_order_is_completed_when_the_rest_was_refunded() -> None:
    scenario = signed()
    scenario.submit("request_refund", by=BUYER, at=after_days(1), refund_id="R-1", reason="broken", lines=B)
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(2), refund_id="R-1", round=1)
    scenario.submit("release_settlement", at=after_days(7))
    assert scenario.order.completed


@pytest.mark.parametrize("parcels", [1, 2, 3, 7])
def test_the_fees_of_a_line_that_is_released_in_parts_add_up(parcels: int) -> None:
    lines = [line("A", 7, "CNY 1.11", "USD 0.15")]
    scenario = OrderScenario().paid(lines=lines, list_total="CNY 7.77", buyer_total="USD 1.05")
    for n in range(parcels):
        qty = 7 - n if n == parcels - 1 else 1
        scenario.sent(f"P-{n}", A=qty).signed(f"P-{n}", at=after_days(n))
        scenario.submit("release_settlement", at=after_days(n + 7))
    assert (scenario.balance("4110"), scenario.balance("2110")) == (-39, 0)


def test_vat_on_the_fee_stands_apart() -> None:
    fees = Fees(rate_bps=500, vat=Vat(rate_bps=600, inclusive=True))
    scenario = OrderScenario(policies=[fees]).paid().sent(A=2, B=1).signed()
    scenario.submit("release_settlement", at=after_days(7))
    assert (scenario.balance("4110"), scenario.balance("2410")) == (-23_58, -1_42)


def test_a_later_fee_schedule_does_not_touch_an_order() -> None:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(7))
    assert scenario.event(SettlementReleased).fee_schedule_version == 1


def test_a_return_after_release_gives_the_fee_back_in_proportion() -> None:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(7))
    scenario.submit("request_refund", by=BUYER, at=after_days(8), refund_id="R-1", reason="broken", lines=B)
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(9), refund_id="R-1", round=1)
    assert (scenario.balance("2120"), scenario.balance("4120")) == (-342_00, 7_00)


def test_a_fee_that_is_not_refundable_stays() -> None:
    scenario = OrderScenario(policies=[Fees(rate_bps=500, refundable=False)]).paid().sent(A=2, B=1).signed()
    scenario.submit("release_settlement", at=after_days(7))
    scenario.submit("request_refund", by=BUYER, at=after_days(8), refund_id="R-1", reason="broken", lines=B)
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(9), refund_id="R-1", round=1)
    assert (scenario.balance("2120"), scenario.balance("4120")) == (-335_00, 0)


def test_the_unit_of_a_released_parcel_is_taken_back_from_what_is_available() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=1).sent("P-2", A=1, B=1).signed("P-1")
    scenario.submit("release_settlement", at=after_days(7))
    lines = [{"line_id": "A", "qty": 1}]
    scenario.submit("request_refund", by=BUYER, at=after_days(8), refund_id="R-1", reason="broken", lines=lines)
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(9), refund_id="R-1", round=1)
    assert (scenario.balance("2120"), scenario.balance("2110")) == (0, -320_00)


def test_a_release_is_worth_what_its_parts_are() -> None:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(7))
    released = scenario.event(SettlementReleased)
    assert released.gross == released.net + released.fee + released.vat == cny("140.00")


def test_nothing_is_released_before_its_time_has_come_even_for_the_platform() -> None:
    assert isinstance(signed().refusal("release_settlement", by=PLATFORM, at=NOW), NotDue)
