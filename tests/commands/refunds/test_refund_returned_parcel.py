"""Parcels sent back: the buyer is refunded once, and who bears it goes by where the parcel had been."""

from typing import Any

from ledger.events.refunds import RefundApproved, RefundRequested
from ledger.events.settlement import SettlementReleased
from ledger.refusals.after_sales import ParcelNotReturned
from ledger.refusals.catalogue import LineAlreadyRefunded, RoleNotAllowed
from tests.support.given import MERCHANT, PARTNER, PLATFORM
from tests.support.orders import OrderScenario, after_days

REFUND: dict[str, Any] = {"by": PLATFORM, "refund_id": "R-1", "parcel_id": "P-2", "at": after_days(12)}


def sent_back(*milestones: str, accepted: bool = True) -> OrderScenario:
    """B travels alone in P-2, and turns round."""
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1)
    if accepted:
        scenario.received("P-2", at=after_days(1))
    for day, milestone in enumerate(milestones or ("returning_to_sender",), start=9):
        scenario.submit("report_tracking", by=PARTNER, parcel_id="P-2", milestone=milestone, at=after_days(day))
    return scenario


def test_the_platform_bears_what_could_not_be_delivered() -> None:
    scenario = sent_back()
    decided = scenario.submit("refund_returned_parcel", **REFUND)
    assert [type(event) for event in decided] == [RefundRequested, RefundApproved, SettlementReleased]
    assert (scenario.base("5150"), scenario.balance("2120")) == (139_58, -133_00)


def test_the_merchant_bears_what_the_warehouse_never_accepted() -> None:
    scenario = sent_back(accepted=False)
    scenario.submit("refund_returned_parcel", **REFUND)
    assert (scenario.base("5150"), scenario.balance("2110")) == (0, -360_00)


def test_a_merchants_fault_is_the_merchants_to_bear() -> None:
    scenario = sent_back()
    scenario.submit("refund_returned_parcel", reason="mis_declared", **REFUND)
    assert scenario.base("5150") == 0


def test_a_parcel_that_goes_on_is_not_refunded() -> None:
    scenario = OrderScenario().paid().sent("P-2", B=1)
    refusal = scenario.refusal("refund_returned_parcel", **REFUND)
    assert isinstance(refusal, ParcelNotReturned)
    assert refusal.status == "dispatched"


def test_nobody_is_refunded_twice_for_one_parcel() -> None:
    scenario = sent_back()
    scenario.submit("refund_returned_parcel", **REFUND)
    assert isinstance(scenario.refusal("refund_returned_parcel", **REFUND | {"refund_id": "R-2"}), LineAlreadyRefunded)


def test_what_came_back_to_the_warehouse_is_refunded_too() -> None:
    scenario = sent_back("returning_to_sender", "returned_to_warehouse")
    scenario.submit("refund_returned_parcel", **REFUND)
    assert scenario.order.cases["R-1"].state == "approved"


def test_only_the_platform_starts_it() -> None:
    assert isinstance(sent_back().refusal("refund_returned_parcel", **REFUND | {"by": MERCHANT}), RoleNotAllowed)
