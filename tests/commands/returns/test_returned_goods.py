"""Goods on their way back: sent, received, inspected, or never sent."""

from typing import Any

import pytest

from ledger.events.disputes import DisputeWon
from ledger.events.event import decode
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import ReturnExpired, ReturnInspected, ReturnReceived, ReturnShipped
from ledger.journal.posting import post
from ledger.refusals.after_sales import ReturnNotAuthorized, ReturnNotExpired
from ledger.refusals.catalogue import CaseClosed, CaseNotFound, ReturnNotReceived, RoleNotAllowed
from ledger.streams.amounts.refundable import refundable
from ledger.streams.orders.line_balance import Worth
from ledger.streams.orders.order import Order
from tests.support.after_sales import CARRIER, SERVICE, approve, asked, delivered, one, paid_back
from tests.support.given import BUYER, MERCHANT, PARTNER, PLATFORM, SYSTEM, usd
from tests.support.orders import OrderStory, after_days, capture
from tests.support.payments import disputed

LOOKED_AT: dict[str, Any] = {"refund_id": "R-1", "condition": "worn", "disposition": "to_the_merchant"}


def returning(**told: Any) -> OrderStory:
    story = asked(delivered(), lines=one("B"))
    approve(story, return_required=True, return_by=after_days(20), **told)
    return story


def shipped(story: OrderStory, *, day: float = 12) -> list[Any]:
    names = {"refund_id": "R-1", "carrier": "usps", "tracking_no": "RT-1"}
    return story.tell("report_return_shipped", by=CARRIER, at=after_days(day), **names)


def received(story: OrderStory, *, day: float = 15) -> list[Any]:
    return story.tell("report_return_received", by=CARRIER, refund_id="R-1", condition="good", at=after_days(day))


def expire(story: OrderStory, *, day: float = 20) -> list[Any]:
    return story.tell("expire_return", by=SYSTEM, refund_id="R-1", at=after_days(day))


def test_the_way_back_is_remembered_step_by_step() -> None:
    story = returning()
    assert [type(event) for event in shipped(story) + received(story)] == [ReturnShipped, ReturnReceived]
    (inspected,) = story.tell("record_return_inspection", by=SERVICE, at=after_days(16), **LOOKED_AT)
    assert isinstance(inspected, ReturnInspected)
    assert story.order.cases["R-1"].return_state == "inspected"


@pytest.mark.parametrize("fact", [shipped, received])
def test_the_same_fact_told_again_is_nothing_new(fact: Any) -> None:
    story = returning()
    fact(story)
    assert fact(story) == []


def test_goods_that_nobody_waits_for_open_a_break() -> None:
    story = delivered()
    received(story)
    assert story.breaks() == ["fact_contradicts_state"]


def test_goods_of_a_refund_that_needed_none_open_a_break() -> None:
    story = asked(delivered(), lines=one("B"))
    approve(story)
    received(story)
    assert story.breaks() == ["fact_contradicts_state"]


def test_only_what_is_back_is_inspected() -> None:
    refusal = returning().refusal("record_return_inspection", by=SERVICE, **LOOKED_AT)
    assert isinstance(refusal, ReturnNotReceived)


def test_a_merchant_does_not_record_the_inspection() -> None:
    refusal = returning().refusal("record_return_inspection", by=MERCHANT, **LOOKED_AT)
    assert isinstance(refusal, RoleNotAllowed)


def test_what_is_not_to_come_back_is_not_inspected() -> None:
    story = asked(delivered(), lines=one("B"))
    assert isinstance(story.refusal("record_return_inspection", by=SERVICE, **LOOKED_AT), ReturnNotAuthorized)


def test_a_return_expires_at_its_deadline() -> None:
    assert isinstance(expire(returning())[0], ReturnExpired)


def test_an_expired_return_takes_the_whole_refund_back() -> None:
    story = asked(delivered(), lines=one("B"))
    before = {account: story.base(account) for account in ("2110", "2120", "2210", "4210", "5210")}
    approve(story, return_required=True, return_by=after_days(20))
    expire(story)
    assert {account: story.base(account) for account in before} == before
    assert story.order.lines["B"].refunded == 0


def test_after_release_an_expired_return_gives_the_fee_back_to_nobody() -> None:
    story = delivered()
    story.tell("release_settlement", at=after_days(12))
    asked(story, day=13, lines=one("B"))
    approve(story, day=14, return_required=True, return_by=after_days(20))
    assert story.balance("2120") == -342_00
    expire(story)
    assert (story.balance("2120"), story.balance("4120")) == (-475_00, 0)


def test_after_an_expired_return_the_merchants_money_is_released() -> None:
    story = returning()
    expire(story)
    decided = story.tell("release_settlement", at=after_days(21))
    assert isinstance(decided[-1], OrderCompleted)
    assert story.balance("2120") == -475_00


def test_after_an_expired_return_the_buyer_may_ask_again() -> None:
    story = returning()
    expire(story)
    asked(story, "R-2", day=21, lines=one("B"))
    assert story.order.cases["R-2"].is_open


def test_an_expired_return_is_a_closed_case() -> None:
    story = returning()
    expire(story)
    assert isinstance(story.refusal("submit_refund", refund_id="R-1"), CaseClosed)


def test_a_return_expires_once() -> None:
    story = returning()
    expire(story)
    assert expire(story) == []


def test_before_its_deadline_a_return_does_not_expire() -> None:
    refusal = returning().refusal("expire_return", refund_id="R-1", at=after_days(19.9))
    assert isinstance(refusal, ReturnNotExpired)
    assert refusal.return_by == after_days(20)


def test_goods_on_their_way_back_do_not_expire() -> None:
    story = returning()
    shipped(story)
    assert isinstance(story.refusal("expire_return", refund_id="R-1", at=after_days(30)), ReturnNotExpired)


def test_only_a_return_expires() -> None:
    story = asked(delivered(), lines=one("B"))
    assert isinstance(story.refusal("expire_return", refund_id="R-1", at=after_days(30)), ReturnNotAuthorized)
    assert isinstance(story.refusal("expire_return", refund_id="R-9", at=after_days(30)), CaseNotFound)


def test_a_buyer_does_not_expire_a_return() -> None:
    assert isinstance(returning().refusal("expire_return", by=BUYER, refund_id="R-1"), RoleNotAllowed)


def test_goods_that_come_back_too_late_are_recorded_and_move_no_money() -> None:
    story = returning()
    expire(story)
    entries = len(story.entries)
    received(story, day=22)
    assert (story.breaks(), len(story.entries)) == (["fact_contradicts_state"], entries)


def lost_meanwhile(story: OrderStory, amount: str, dispute_id: str = "dp-1") -> OrderStory:
    """The issuer gives the buyer so much of it back while the goods are awaited."""
    disputed(story, amount, dispute_id=dispute_id)
    story.tell("report_dispute_lost", dispute_id=dispute_id, psp="stripe")
    return story


def test_goods_that_never_came_of_money_lost_in_a_dispute_undo_nothing() -> None:
    story = lost_meanwhile(returning(), "USD 19.44")
    before = [story.balance("2110"), story.base("2210"), story.base("1120")]
    (expired,) = expire(story)
    assert isinstance(expired, ReturnExpired)
    assert [story.balance("2110"), story.base("2210"), story.base("1120")] == before == [-360_00, 0, 0]
    assert story.order.lines["B"].refunded == 1


def test_goods_that_never_came_of_money_that_was_won_back_are_owed_to_nobody() -> None:
    story = lost_meanwhile(returning(), "USD 19.44")
    expire(story)
    won = story.tell("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(30))
    assert [type(event) for event in won] == [DisputeWon, ReturnExpired]
    assert (story.balance("2210", "USD"), story.base("2210"), story.balance("2110")) == (0, 0, -500_00)
    assert (story.order.lines["B"].refunded, story.order.cases["R-1"].state) == (0, "expired")
    assert story.tell("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(30)) == []


def test_a_dispute_won_while_the_goods_are_awaited_leaves_the_return_to_expire() -> None:
    story = lost_meanwhile(returning(), "USD 9.44")
    story.tell("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(15))
    expire(story)
    assert (story.balance("2210", "USD"), story.base("2210"), story.balance("2110")) == (0, 0, -500_00)


def test_of_goods_that_never_came_what_a_dispute_did_not_give_is_owed_no_more() -> None:
    story = lost_meanwhile(returning(), "USD 9.44")
    expire(story)
    assert (story.balance("2210", "USD"), story.base("2210"), story.base("1120")) == (0, 0, 0)
    assert story.balance("2110") == -432_02  # of 140.00 the merchant gave 9.44 / 19.44
    assert (story.order.lines["B"].refunded, story.order.cases["R-1"].state) == (0, "expired")


def test_a_return_that_expires_in_part_takes_nothing_from_a_merchant_anew() -> None:
    story = lost_meanwhile(returning(), "USD 9.44")
    expired = next(event for event in expire(story) if isinstance(event, ReturnExpired))
    entry = post(expired)
    assert entry is not None
    assert [(line.account, line.base) for line in entry.lines if line.merchant] == [("2110", -72_02)]


def test_a_return_that_expired_in_part_of_released_money_takes_its_share_of_the_fee_back() -> None:
    story = delivered()
    story.tell("release_settlement", at=after_days(12))
    asked(story, day=13, lines=one("B"))
    approve(story, day=14, return_required=True, return_by=after_days(20))
    expire(lost_meanwhile(story, "USD 9.44"))
    assert (story.balance("2120"), story.balance("4120")) == (-475_00 + 67_98 - 3_40, 3_40)


def test_a_return_the_platform_bears_that_expired_in_part_costs_it_what_the_buyer_has() -> None:
    story = lost_meanwhile(returning(liability="platform"), "USD 9.44")
    expire(story)
    carried = story.order.cases["R-1"].carried
    assert (story.base("5160"), story.base("2210")) == (carried.minor, 0)
    assert story.balance("2110") + story.balance("2120") + story.balance("4110") == -500_00


def test_after_a_return_expired_in_part_the_buyer_may_ask_for_the_rest_and_no_more() -> None:
    story = lost_meanwhile(returning(), "USD 9.44")
    expire(story)
    asked(story, "R-2", day=21, lines=one("B"))
    assert story.order.cases["R-2"].amount == usd("10.00")
    approve(story, "R-2", day=22)
    paid_back(story, "R-2", day=23)
    assert (story.balance("2110"), story.base("2210"), story.order.lines["B"].refunded) == (-360_00, 0, 1)


@pytest.mark.parametrize("amount", ["USD 9.44", "USD 19.44"])
def test_what_a_buyer_has_by_a_dispute_after_a_return_expired_is_refunded_no_second_time(amount: str) -> None:
    story = lost_meanwhile(returning(), amount)
    expire(story)
    assert refundable(story.order) == usd("69.44") - usd(amount.split()[1])


def test_a_dispute_won_after_a_return_expired_in_part_leaves_nothing_of_it() -> None:
    story = lost_meanwhile(returning(), "USD 9.44")
    expire(story)
    won = story.tell("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(30))
    assert [type(event) for event in won] == [DisputeWon, ReturnExpired]
    assert (story.balance("2210", "USD"), story.base("2210"), story.balance("2110")) == (0, 0, -500_00)
    assert story.order.lines["B"].places["P-1"].worth == Worth()


def test_of_two_disputes_that_gave_it_all_the_one_that_is_won_takes_its_part_back() -> None:
    story = lost_meanwhile(lost_meanwhile(returning(), "USD 9.44"), "USD 10.00", "dp-2")
    expire(story)
    story.tell("report_dispute_won", dispute_id="dp-2", psp="stripe", at=after_days(30))
    assert (story.base("2210"), story.balance("2110"), story.order.lines["B"].refunded) == (0, -432_02, 0)
    story.tell("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(31))
    assert (story.base("2210"), story.balance("2110"), story.order.lines["B"].refunded) == (0, -500_00, 0)


def test_with_the_last_of_its_money_in_a_dispute_an_expired_return_completes_the_order() -> None:
    story = returning()
    story.tell("release_settlement", at=after_days(13))
    lost_meanwhile(story, "USD 19.44")
    assert [type(event) for event in expire(story)] == [ReturnExpired, OrderCompleted]


def test_a_return_that_has_expired_in_part_is_remembered_the_same_from_the_log() -> None:
    story = lost_meanwhile(returning(), "USD 9.44")
    expire(story)
    again = Order(story.order.name)
    for event in story.events:
        again.apply(decode(event.name, event.schema_version, event.payload()))
    assert (again.cases, again.lines, again.claims) == (story.order.cases, story.order.lines, story.order.claims)


def test_goods_that_came_back_for_money_of_no_order_can_be_inspected() -> None:
    story = OrderStory()
    story.tell("report_payment_captured", **capture())
    story.tell("refund_buyer_funds", by=PLATFORM, refund_id="R-1", capture_ref="cap-1", reason="nobody")
    story.tell("report_return_received", by=PARTNER, refund_id="R-1")
    told = story.tell(
        "record_return_inspection", by=PLATFORM, refund_id="R-1", condition="good", disposition="restocked"
    )
    assert [event.return_id for event in told if isinstance(event, ReturnInspected)] == ["R-1.return"]
