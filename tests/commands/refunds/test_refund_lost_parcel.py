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
from tests.support.orders import OrderStory, after_days


def lost(story: OrderStory, parcel_id: str = "P-1") -> OrderStory:
    story.tell("report_loss", by=PARTNER, parcel_id=parcel_id, at=after_days(10))
    return story


def refund(story: OrderStory, parcel_id: str = "P-1", refund_id: str = "R-1", **told: Any) -> list[Event]:
    names: dict[str, Any] = {"parcel_id": parcel_id, "refund_id": refund_id, "by": PLATFORM, "at": after_days(11)}
    return story.tell("refund_lost_parcel", **names | told)


def after_the_warehouse() -> OrderStory:
    return lost(OrderStory().paid().sent("P-1", A=2).sent("P-2", B=1).received("P-1").received("P-2"), "P-2")


def test_after_the_warehouse_the_platform_bears_the_loss() -> None:
    story = after_the_warehouse()
    refund(story, "P-2")
    assert (story.base("5150"), story.balance("2210", "USD")) == (139_58, -19_44)


def test_the_merchant_keeps_the_line_and_it_is_released_at_once() -> None:
    story = after_the_warehouse()
    decided = refund(story, "P-2")
    assert [type(event) for event in decided] == [RefundRequested, RefundApproved, SettlementReleased]
    assert (story.balance("2120"), story.balance("4110")) == (-133_00, -7_00)


def test_the_lock_does_not_apply() -> None:
    story = after_the_warehouse()
    refund(story, "P-2", at=after_days(10))
    assert story.order.cases["R-1"].state == "approved"


def test_before_the_warehouse_the_merchant_bears_the_loss() -> None:
    story = lost(OrderStory().paid().sent("P-1", A=2).sent("P-2", B=1), "P-2")
    refund(story, "P-2")
    assert (story.base("5150"), story.balance("2110")) == (0, -360_00)


def test_a_merchants_fault_is_the_merchants_wherever_the_parcel_is() -> None:
    story = after_the_warehouse()
    refund(story, "P-2", reason="prohibited")
    assert (story.base("5150"), story.balance("2120")) == (0, 0)


def test_a_parcel_that_crossed_a_border_was_in_the_platforms_hands() -> None:
    story = OrderStory().paid().sent(A=2, B=1)
    story.tell("report_tracking", parcel_id="P-1", milestone="departed", at=after_days(5))
    refund(lost(story))
    assert story.base("5150") == 498_58


def test_an_order_whose_only_parcel_was_lost_is_completed() -> None:
    story = lost(OrderStory().paid().sent(A=2, B=1).received())
    assert isinstance(refund(story)[-1], OrderCompleted)


def test_an_order_of_which_nothing_arrived_gives_its_charges_back() -> None:
    charges = [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}]
    story = lost(OrderStory().paid(charges=charges, buyer_total="USD 74.44").sent(A=2, B=1).received())
    refund(story)
    assert story.event(RefundApproved).money.amount == usd("74.44")
    assert (story.balance("4220", "USD"), story.base("4220")) == (0, 0)


def test_an_order_of_which_something_arrived_keeps_its_charges() -> None:
    charges = [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}]
    story = OrderStory().paid(charges=charges, buyer_total="USD 74.44").sent("P-1", A=2).sent("P-2", B=1)
    refund(lost(story.signed("P-1"), "P-2"), "P-2")
    assert story.event(RefundApproved).money.amount == usd("19.44")


def test_what_the_platform_bears_may_wait_for_the_ordinary_release() -> None:
    terms = Release.model_validate({"after_signature": "P7D", "platform_borne_at_once": False})
    story = lost(OrderStory(policies=[terms]).paid().sent(A=2, B=1).received())
    refund(story)
    assert isinstance(story.refusal("release_settlement", at=after_days(30)), NotSignedOff)


def test_a_lost_parcel_that_is_found_and_signed_for_is_not_released_twice() -> None:
    story = after_the_warehouse()
    refund(story, "P-2")
    story.signed("P-1", at=after_days(12)).signed("P-2", at=after_days(12))
    assert isinstance(story.refusal("release_settlement", at=after_days(13)), NotDue)
    story.tell("release_settlement", at=after_days(19))
    assert (story.balance("2110"), story.balance("2120")) == (0, -475_00)


def test_only_a_lost_parcel_is_refunded_so() -> None:
    story = OrderStory().paid().sent(A=2, B=1)
    told: dict[str, Any] = {"parcel_id": "P-1", "refund_id": "R-1"}
    assert isinstance(story.refusal("refund_lost_parcel", by=PLATFORM, **told), ParcelNotLost)


def test_a_lost_parcel_is_refunded_once() -> None:
    story = after_the_warehouse()
    refund(story, "P-2")
    told: dict[str, Any] = {"parcel_id": "P-2", "refund_id": "R-2"}
    assert isinstance(story.refusal("refund_lost_parcel", by=PLATFORM, **told), LineAlreadyRefunded)


def test_an_open_case_about_the_parcel_is_decided_first() -> None:
    story = OrderStory().paid().sent(A=2, B=1)
    story.tell("request_refund", by=BUYER, at=after_days(20), refund_id="R-1", reason="not_received")
    told: dict[str, Any] = {"parcel_id": "P-1", "refund_id": "R-2"}
    assert isinstance(lost(story).refusal("refund_lost_parcel", by=PLATFORM, **told), CaseAlreadyOpen)


def test_only_the_platform_refunds_a_lost_parcel() -> None:
    told: dict[str, Any] = {"parcel_id": "P-2", "refund_id": "R-1"}
    assert isinstance(after_the_warehouse().refusal("refund_lost_parcel", by=MERCHANT, **told), RoleNotAllowed)


def test_what_the_warehouse_packed_together_was_in_its_custody() -> None:
    story = OrderStory().paid().sent("P-1", A=2).sent("P-2", B=1)
    story.tell("report_consolidation", at=after_days(2), from_parcels=["P-1", "P-2"], to_parcel="P-3")
    story.tell("report_loss", at=after_days(5), parcel_id="P-3", reason="lost")
    told: dict[str, Any] = {"refund_id": "R-1", "parcel_id": "P-3", "reason": "lost"}
    story.tell("refund_lost_parcel", by=PLATFORM, at=after_days(6), **told)
    assert story.event(RefundApproved).liability == "platform"
