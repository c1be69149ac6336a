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
from ledger.streams.orders.line_balance import UnitBalance
from ledger.streams.orders.order import Order
from tests.support.after_sales import CARRIER, SERVICE, approve, asked, delivered, one, paid_back
from tests.support.given import BUYER, MERCHANT, PARTNER, PLATFORM, SYSTEM, usd
from tests.support.orders import OrderScenario, after_days, capture
from tests.support.payments import disputed

LOOKED_AT: dict[str, Any] = {"refund_id": "R-1", "condition": "worn", "disposition": "to_the_merchant"}


def returning(**reported: Any) -> OrderScenario:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, return_required=True, return_by=after_days(20), **reported)
    return scenario


def shipped(scenario: OrderScenario, *, day: float = 12) -> list[Any]:
    names = {"refund_id": "R-1", "carrier": "usps", "tracking_no": "RT-1"}
    return scenario.submit("report_return_shipped", by=CARRIER, at=after_days(day), **names)


def received(scenario: OrderScenario, *, day: float = 15) -> list[Any]:
    return scenario.submit("report_return_received", by=CARRIER, refund_id="R-1", condition="good", at=after_days(day))


def expire(scenario: OrderScenario, *, day: float = 20) -> list[Any]:
    return scenario.submit("expire_return", by=SYSTEM, refund_id="R-1", at=after_days(day))


def test_the_way_back_is_remembered_step_by_step() -> None:
    scenario = returning()
    assert [type(event) for event in shipped(scenario) + received(scenario)] == [ReturnShipped, ReturnReceived]
    (inspected,) = scenario.submit("record_return_inspection", by=SERVICE, at=after_days(16), **LOOKED_AT)
    assert isinstance(inspected, ReturnInspected)
    assert scenario.order.cases["R-1"].return_state == "inspected"


@pytest.mark.parametrize("fact", [shipped, received])
def test_the_same_fact_reported_again_is_nothing_new(fact: Any) -> None:
    scenario = returning()
    fact(scenario)
    assert fact(scenario) == []


def test_goods_that_nobody_waits_for_open_a_break() -> None:
    scenario = delivered()
    received(scenario)
    assert scenario.breaks() == ["fact_contradicts_state"]


def test_goods_of_a_refund_that_needed_none_open_a_break() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario)
    received(scenario)
    assert scenario.breaks() == ["fact_contradicts_state"]


def test_only_what_is_back_is_inspected() -> None:
    refusal = returning().refusal("record_return_inspection", by=SERVICE, **LOOKED_AT)
    assert isinstance(refusal, ReturnNotReceived)


def test_a_merchant_does_not_record_the_inspection() -> None:
    refusal = returning().refusal("record_return_inspection", by=MERCHANT, **LOOKED_AT)
    assert isinstance(refusal, RoleNotAllowed)


def test_what_is_not_to_come_back_is_not_inspected() -> None:
    scenario = asked(delivered(), lines=one("B"))
    assert isinstance(scenario.refusal("record_return_inspection", by=SERVICE, **LOOKED_AT), ReturnNotAuthorized)


def test_a_return_expires_at_its_deadline() -> None:
    assert isinstance(expire(returning())[0], ReturnExpired)


def test_an_expired_return_takes_the_whole_refund_back() -> None:
    scenario = asked(delivered(), lines=one("B"))
    before = {account: scenario.base(account) for account in ("2110", "2120", "2210", "4210", "5210")}
    approve(scenario, return_required=True, return_by=after_days(20))
    expire(scenario)
    assert {account: scenario.base(account) for account in before} == before
    assert scenario.order.lines["B"].refunded == 0


def test_after_release_an_expired_return_gives_the_fee_back_to_nobody() -> None:
    scenario = delivered()
    scenario.submit("release_settlement", at=after_days(12))
    asked(scenario, day=13, lines=one("B"))
    approve(scenario, day=14, return_required=True, return_by=after_days(20))
    assert scenario.balance("2120") == -342_00
    expire(scenario)
    assert (scenario.balance("2120"), scenario.balance("4120")) == (-475_00, 0)


def test_after_an_expired_return_the_merchants_money_is_released() -> None:
    scenario = returning()
    expire(scenario)
    decided = scenario.submit("release_settlement", at=after_days(21))
    assert isinstance(decided[-1], OrderCompleted)
    assert scenario.balance("2120") == -475_00


def test_after_an_expired_return_the_buyer_may_ask_again() -> None:
    scenario = returning()
    expire(scenario)
    asked(scenario, "R-2", day=21, lines=one("B"))
    assert scenario.order.cases["R-2"].is_open


def test_an_expired_return_is_a_closed_case() -> None:
    scenario = returning()
    expire(scenario)
    assert isinstance(scenario.refusal("submit_refund", refund_id="R-1"), CaseClosed)


def test_a_return_expires_once() -> None:
    scenario = returning()
    expire(scenario)
    assert expire(scenario) == []


def test_before_its_deadline_a_return_does_not_expire() -> None:
    refusal = returning().refusal("expire_return", refund_id="R-1", at=after_days(19.9))
    assert isinstance(refusal, ReturnNotExpired)
    assert refusal.return_by == after_days(20)


def test_goods_on_their_way_back_do_not_expire() -> None:
    scenario = returning()
    shipped(scenario)
    assert isinstance(scenario.refusal("expire_return", refund_id="R-1", at=after_days(30)), ReturnNotExpired)


def test_only_a_return_expires() -> None:
    scenario = asked(delivered(), lines=one("B"))
    assert isinstance(scenario.refusal("expire_return", refund_id="R-1", at=after_days(30)), ReturnNotAuthorized)
    assert isinstance(scenario.refusal("expire_return", refund_id="R-9", at=after_days(30)), CaseNotFound)


def test_a_buyer_does_not_expire_a_return() -> None:
    assert isinstance(returning().refusal("expire_return", by=BUYER, refund_id="R-1"), RoleNotAllowed)


def test_goods_that_come_back_too_late_are_recorded_and_move_no_money() -> None:
    scenario = returning()
    expire(scenario)
    entries = len(scenario.entries)
    received(scenario, day=22)
    assert (scenario.breaks(), len(scenario.entries)) == (["fact_contradicts_state"], entries)


def lost_meanwhile(scenario: OrderScenario, amount: str, dispute_id: str = "dp-1") -> OrderScenario:
    """The issuer gives the buyer so much of it back while the goods are awaited."""
    disputed(scenario, amount, dispute_id=dispute_id)
    scenario.submit("report_dispute_lost", dispute_id=dispute_id, psp="stripe")
    return scenario


def test_goods_that_never_came_of_money_lost_in_a_dispute_undo_nothing() -> None:
    scenario = lost_meanwhile(returning(), "USD 19.44")
    before = [scenario.balance("2110"), scenario.base("2210"), scenario.base("1120")]
    (expired,) = expire(scenario)
    assert isinstance(expired, ReturnExpired)
    assert [scenario.balance("2110"), scenario.base("2210"), scenario.base("1120")] == before == [-360_00, 0, 0]
    assert scenario.order.lines["B"].refunded == 1


def test_goods_that_never_came_of_money_that_was_won_back_are_extinguished_liabilities() -> None:
    scenario = lost_meanwhile(returning(), "USD 19.44")
    expire(scenario)
    won = scenario.submit("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(30))
    assert [type(event) for event in won] == [DisputeWon, ReturnExpired]
    assert (scenario.balance("2210", "USD"), scenario.base("2210"), scenario.balance("2110")) == (0, 0, -500_00)
    assert (scenario.order.lines["B"].refunded, scenario.order.cases["R-1"].state) == (0, "expired")
    assert scenario.submit("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(30)) == []


def test_a_dispute_won_while_the_goods_are_awaited_leaves_the_return_to_expire() -> None:
    scenario = lost_meanwhile(returning(), "USD 9.44")
    scenario.submit("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(15))
    expire(scenario)
    assert (scenario.balance("2210", "USD"), scenario.base("2210"), scenario.balance("2110")) == (0, 0, -500_00)


def test_of_goods_that_never_came_what_a_dispute_did_not_give_is_extinguished() -> None:
    scenario = lost_meanwhile(returning(), "USD 9.44")
    expire(scenario)
    assert (scenario.balance("2210", "USD"), scenario.base("2210"), scenario.base("1120")) == (0, 0, 0)
    assert scenario.balance("2110") == -432_02  # of 140.00 the merchant gave 9.44 / 19.44
    assert (scenario.order.lines["B"].refunded, scenario.order.cases["R-1"].state) == (0, "expired")


def test_a_return_that_expires_in_part_takes_nothing_from_a_merchant_anew() -> None:
    scenario = lost_meanwhile(returning(), "USD 9.44")
    expired = next(event for event in expire(scenario) if isinstance(event, ReturnExpired))
    entry = post(expired)
    assert entry is not None
    assert [(line.account, line.base) for line in entry.lines if line.merchant] == [("2110", -72_02)]


def test_a_return_that_expired_in_part_of_released_money_takes_its_share_of_the_fee_back() -> None:
    scenario = delivered()
    scenario.submit("release_settlement", at=after_days(12))
    asked(scenario, day=13, lines=one("B"))
    approve(scenario, day=14, return_required=True, return_by=after_days(20))
    expire(lost_meanwhile(scenario, "USD 9.44"))
    assert (scenario.balance("2120"), scenario.balance("4120")) == (-475_00 + 67_98 - 3_40, 3_40)


def test_a_return_the_platform_bears_that_expired_in_part_costs_it_what_the_buyer_has() -> None:
    scenario = lost_meanwhile(returning(liability="platform"), "USD 9.44")
    expire(scenario)
    carried = scenario.order.cases["R-1"].carried
    assert (scenario.base("5160"), scenario.base("2210")) == (carried.minor, 0)
    assert scenario.balance("2110") + scenario.balance("2120") + scenario.balance("4110") == -500_00


def test_after_a_return_expired_in_part_the_buyer_may_ask_for_the_rest_and_no_more() -> None:
    scenario = lost_meanwhile(returning(), "USD 9.44")
    expire(scenario)
    asked(scenario, "R-2", day=21, lines=one("B"))
    assert scenario.order.cases["R-2"].amount == usd("10.00")
    approve(scenario, "R-2", day=22)
    paid_back(scenario, "R-2", day=23)
    assert (scenario.balance("2110"), scenario.base("2210"), scenario.order.lines["B"].refunded) == (-360_00, 0, 1)


@pytest.mark.parametrize("amount", ["USD 9.44", "USD 19.44"])
def test_what_a_buyer_has_by_a_dispute_after_a_return_expired_is_refunded_no_second_time(amount: str) -> None:
    scenario = lost_meanwhile(returning(), amount)
    expire(scenario)
    assert refundable(scenario.order) == usd("69.44") - usd(amount.split()[1])


def test_a_dispute_won_after_a_return_expired_in_part_leaves_nothing_of_it() -> None:
    scenario = lost_meanwhile(returning(), "USD 9.44")
    expire(scenario)
    won = scenario.submit("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(30))
    assert [type(event) for event in won] == [DisputeWon, ReturnExpired]
    assert (scenario.balance("2210", "USD"), scenario.base("2210"), scenario.balance("2110")) == (0, 0, -500_00)
    assert scenario.order.lines["B"].places["P-1"].balance == UnitBalance()


def test_of_two_disputes_that_gave_it_all_the_one_that_is_won_takes_its_part_back() -> None:
    scenario = lost_meanwhile(lost_meanwhile(returning(), "USD 9.44"), "USD 10.00", "dp-2")
    expire(scenario)
    scenario.submit("report_dispute_won", dispute_id="dp-2", psp="stripe", at=after_days(30))
    assert (scenario.base("2210"), scenario.balance("2110"), scenario.order.lines["B"].refunded) == (0, -432_02, 0)
    scenario.submit("report_dispute_won", dispute_id="dp-1", psp="stripe", at=after_days(31))
    assert (scenario.base("2210"), scenario.balance("2110"), scenario.order.lines["B"].refunded) == (0, -500_00, 0)


def test_with_the_last_of_its_money_in_a_dispute_an_expired_return_completes_the_order() -> None:
    scenario = returning()
    scenario.submit("release_settlement", at=after_days(13))
    lost_meanwhile(scenario, "USD 19.44")
    assert [type(event) for event in expire(scenario)] == [ReturnExpired, OrderCompleted]


def test_a_return_that_has_expired_in_part_is_remembered_the_same_from_the_log() -> None:
    scenario = lost_meanwhile(returning(), "USD 9.44")
    expire(scenario)
    again = Order(scenario.order.name)
    for event in scenario.events:
        again.apply(decode(event.name, event.schema_version, event.payload()))
    assert (again.cases, again.lines, again.claims) == (
        scenario.order.cases,
        scenario.order.lines,
        scenario.order.claims,
    )


def test_goods_that_came_back_for_money_of_no_order_can_be_inspected() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("refund_buyer_funds", by=PLATFORM, refund_id="R-1", capture_ref="cap-1", reason="nobody")
    scenario.submit("report_return_received", by=PARTNER, refund_id="R-1")
    reported = scenario.submit(
        "record_return_inspection", by=PLATFORM, refund_id="R-1", condition="good", disposition="restocked"
    )
    assert [event.return_id for event in reported if isinstance(event, ReturnInspected)] == ["R-1.return"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("report_consolidation", {"from_parcels": ["P-1"], "to_parcel": "P-3"}),
        ("report_split", {"parcel_id": "P-1", "parts": [{"parcel_id": "P-3", "items": one("A") + one("B")}]}),
    ],
)
def test_an_expired_return_is_undone_where_repacking_brought_its_units(name: str, said: dict[str, Any]) -> None:
    scenario = asked(delivered(), lines=one("A", 2) + one("B"))
    approve(scenario, return_required=True, return_by=after_days(20))
    scenario.submit(name, by=CARRIER, at=after_days(10), **said)
    scenario.signed("P-3", at=after_days(11))
    expire(scenario)
    scenario.submit("release_settlement", at=after_days(30))
    counts = [units.refunded for book in scenario.order.lines.values() for units in book.places.values()]
    assert (set(counts), scenario.balance("2110"), scenario.balance("2120")) == ({0}, 0, -475_00)
