"""Lost parcels: the buyer is refunded at once, and who bears it goes by where the parcel was."""

from typing import Any

from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundApproved, RefundRequested
from ledger.events.settlement import SettlementReleased
from ledger.policies.release import Release
from ledger.refusals.after_sales import ParcelNotLost
from ledger.refusals.catalogue import CaseAlreadyOpen, LineAlreadyRefunded, NotDue, NotSignedOff, RoleNotAllowed
from tests.support.given import BUYER, MERCHANT, PARTNER, PLATFORM, usd
from tests.support.orders import OrderScenario, after_days


def lost(scenario: OrderScenario, parcel_id: str = "P-1") -> OrderScenario:
    scenario.submit("report_loss", by=PARTNER, parcel_id=parcel_id, at=after_days(10))
    return scenario


def refund(scenario: OrderScenario, parcel_id: str = "P-1", refund_id: str = "R-1", **reported: Any) -> list[Event]:
    names: dict[str, Any] = {"parcel_id": parcel_id, "refund_id": refund_id, "by": PLATFORM, "at": after_days(11)}
    return scenario.submit("refund_lost_parcel", **names | reported)


def after_the_warehouse() -> OrderScenario:
    return lost(OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1).received("P-1").received("P-2"), "P-2")


def test_after_the_warehouse_the_platform_bears_the_loss() -> None:
    scenario = after_the_warehouse()
    refund(scenario, "P-2")
    assert (scenario.base("5150"), scenario.balance("2210", "USD")) == (139_58, -19_44)


def test_the_merchant_keeps_the_line_and_it_is_released_at_once() -> None:
    scenario = after_the_warehouse()
    decided = refund(scenario, "P-2")
    assert [type(event) for event in decided] == [RefundRequested, RefundApproved, SettlementReleased]
    assert (scenario.balance("2120"), scenario.balance("4110")) == (-133_00, -7_00)


def test_the_lock_does_not_apply() -> None:
    scenario = after_the_warehouse()
    refund(scenario, "P-2", at=after_days(10))
    assert scenario.order.cases["R-1"].state == "approved"


def test_before_the_warehouse_the_merchant_bears_the_loss() -> None:
    scenario = lost(OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1), "P-2")
    refund(scenario, "P-2")
    assert (scenario.base("5150"), scenario.balance("2110")) == (0, -360_00)


def test_a_merchants_fault_is_the_merchants_wherever_the_parcel_is() -> None:
    scenario = after_the_warehouse()
    refund(scenario, "P-2", reason="prohibited")
    assert (scenario.base("5150"), scenario.balance("2120")) == (0, 0)


def test_a_parcel_that_crossed_a_border_was_in_the_platforms_hands() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("report_tracking", parcel_id="P-1", milestone="departed", at=after_days(5))
    refund(lost(scenario))
    assert scenario.base("5150") == 498_58


def test_an_order_whose_only_parcel_was_lost_is_completed() -> None:
    scenario = lost(OrderScenario().paid().sent(A=2, B=1).received())
    assert isinstance(refund(scenario)[-1], OrderCompleted)


def test_an_order_of_which_nothing_arrived_gives_its_charges_back() -> None:
    charges = [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}]
    scenario = lost(OrderScenario().paid(charges=charges, buyer_total="USD 74.44").sent(A=2, B=1).received())
    refund(scenario)
    assert scenario.event(RefundApproved).money.amount == usd("74.44")
    assert (scenario.balance("4220", "USD"), scenario.base("4220")) == (0, 0)


def test_an_order_of_which_something_arrived_keeps_its_charges() -> None:
    charges = [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}]
    scenario = OrderScenario().paid(charges=charges, buyer_total="USD 74.44").sent("P-1", A=2).sent("P-2", B=1)
    refund(lost(scenario.signed("P-1"), "P-2"), "P-2")
    assert scenario.event(RefundApproved).money.amount == usd("19.44")


def test_what_the_platform_bears_may_wait_for_the_ordinary_release() -> None:
    terms = Release.model_validate({"after_signature": "P7D", "platform_borne_at_once": False})
    scenario = lost(OrderScenario(policies=[terms]).paid().sent(A=2, B=1).received())
    refund(scenario)
    assert isinstance(scenario.refusal("release_settlement", at=after_days(30)), NotSignedOff)


def test_a_lost_parcel_that_is_found_and_signed_for_is_not_released_twice() -> None:
    scenario = after_the_warehouse()
    refund(scenario, "P-2")
    scenario.signed("P-1", at=after_days(12)).signed("P-2", at=after_days(12))
    assert isinstance(scenario.refusal("release_settlement", at=after_days(13)), NotDue)
    scenario.submit("release_settlement", at=after_days(19))
    assert (scenario.balance("2110"), scenario.balance("2120")) == (0, -475_00)


def test_only_a_lost_parcel_is_refunded_so() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    reported: dict[str, Any] = {"parcel_id": "P-1", "refund_id": "R-1"}
    assert isinstance(scenario.refusal("refund_lost_parcel", by=PLATFORM, **reported), ParcelNotLost)


def test_a_lost_parcel_is_refunded_once() -> None:
    scenario = after_the_warehouse()
    refund(scenario, "P-2")
    reported: dict[str, Any] = {"parcel_id": "P-2", "refund_id": "R-2"}
    assert isinstance(scenario.refusal("refund_lost_parcel", by=PLATFORM, **reported), LineAlreadyRefunded)


def test_an_open_case_about_the_parcel_is_decided_first() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("request_refund", by=BUYER, at=after_days(20), refund_id="R-1", reason="not_received")
    reported: dict[str, Any] = {"parcel_id": "P-1", "refund_id": "R-2"}
    assert isinstance(lost(scenario).refusal("refund_lost_parcel", by=PLATFORM, **reported), CaseAlreadyOpen)


def test_only_the_platform_refunds_a_lost_parcel() -> None:
    reported: dict[str, Any] = {"parcel_id": "P-2", "refund_id": "R-1"}
    assert isinstance(after_the_warehouse().refusal("refund_lost_parcel", by=MERCHANT, **reported), RoleNotAllowed)


def test_what_the_warehouse_packed_together_was_in_its_custody() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1)
    scenario.submit("report_consolidation", at=after_days(2), from_parcels=["P-1", "P-2"], to_parcel="P-3")
    scenario.submit("report_loss", at=after_days(5), parcel_id="P-3", reason="lost")
    reported: dict[str, Any] = {"refund_id": "R-1", "parcel_id": "P-3", "reason": "lost"}
    scenario.submit("refund_lost_parcel", by=PLATFORM, at=after_days(6), **reported)
    assert scenario.event(RefundApproved).liability == "platform"
