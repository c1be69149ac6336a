"""Part of a unit's price goes back while the unit is still open: it stays with the unit, wherever that goes."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.disputes import DisputeLost
from ledger.events.orders import OrderCancelled, OrderCompleted
from ledger.events.refunds import RefundApproved
from ledger.events.settlement import SettlementReleased
from tests.support.given import PARTNER, PLATFORM
from tests.support.orders import OrderScenario, after_days
from tests.support.payments import OF_DISPUTE, opened

A_UNIT = [{"line_id": "A", "qty": 1}]  # CNY 180.00 for USD 25.00
LINE_B = [{"line_id": "B", "qty": 1}]  # CNY 140.00 for USD 19.44
PART, LESS = 10_00, 72_02  # the list price's share of USD 10.00


def lost_in_part(scenario: OrderScenario, reason: str = "fraudulent", *, at: float = 2) -> OrderScenario:
    scenario.submit("report_dispute_opened", **opened("USD 10.00", reason, lines=LINE_B))
    scenario.submit("report_dispute_lost", **OF_DISPUTE, at=after_days(at))
    return scenario


@pytest.mark.parametrize("reason", ["not_received", "product_unacceptable", "fraudulent", "duplicate"])
@pytest.mark.parametrize("lines", [{"lines": LINE_B}, {}], ids=["of a line", "of the order"])
def test_part_of_the_price_of_a_unit_that_was_never_packed_is_the_merchants(reason: str, lines: dict[str, Any]) -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_opened", **opened("USD 10.00", reason, **lines))
    scenario.submit("report_dispute_lost", **OF_DISPUTE, at=after_days(2))
    assert (scenario.balance("5140"), scenario.balance("5140", "USD")) == (0, 0)
    assert scenario.event(DisputeLost).liability == "merchant"
    assert -scenario.balance("2110") == 500_00 - scenario.event(DisputeLost).lines[0].list_amount.minor < 500_00


def test_what_is_more_than_whole_unsent_units_is_part_of_another() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_opened", **opened("USD 60.00", "not_received"))
    scenario.submit("report_dispute_lost", **OF_DISPUTE, at=after_days(2))
    assert [(line.line_id, line.qty, line.buyer_amount.minor) for line in scenario.event(DisputeLost).lines] == [
        ("A", 2, 50_00),
        ("B", 0, 10_00),
    ]
    assert scenario.base("5140") == 0


def test_a_unit_that_is_sent_after_part_of_its_price_was_lost_is_released_at_the_rest() -> None:
    scenario = lost_in_part(OrderScenario().paid())
    scenario.sent("P-2", at=after_days(3), B=1).signed("P-2", at=after_days(6))
    scenario.submit("release_settlement", at=after_days(20))
    assert scenario.event(SettlementReleased).gross.minor == 140_00 - LESS
    assert -scenario.balance("2110") == 360_00


def test_units_that_stay_bear_the_part_before_those_that_leave() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_opened", **opened("USD 10.00", "fraudulent", lines=[{"line_id": "A", "qty": 1}]))
    scenario.submit("report_dispute_lost", **OF_DISPUTE, at=after_days(2))
    scenario.sent("P-1", at=after_days(3), A=1).signed("P-1", at=after_days(6))
    scenario.submit("release_settlement", at=after_days(20))
    assert scenario.event(SettlementReleased).gross.minor == 180_00


def test_a_unit_that_is_cancelled_after_part_of_its_price_was_lost_gives_the_rest_back() -> None:
    scenario = lost_in_part(OrderScenario().paid())
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=LINE_B, at=after_days(6))
    assert scenario.event(RefundApproved).money.amount.minor == 19_44 - PART
    assert -scenario.balance("2110") == 360_00


def test_a_parcel_that_is_turned_away_takes_the_refunded_part_back_to_the_merchant() -> None:
    scenario = lost_in_part(OrderScenario().paid().sent("P-2", B=1), "not_received")
    reported = {"parcel_id": "P-2", "milestone": "rejected_at_warehouse", "reason": "wrong_item", "warehouse_id": "W-1"}
    scenario.submit("report_tracking", by=PARTNER, at=after_days(3), **reported)
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=LINE_B, at=after_days(6))
    assert scenario.event(RefundApproved).money.amount.minor == 19_44 - PART
    assert -scenario.balance("2110") == 360_00


def test_a_parcel_that_is_packed_anew_keeps_the_refunded_part_of_its_units() -> None:
    scenario = lost_in_part(
        OrderScenario().paid().sent("P-2", B=1).received("P-2", at=after_days(1)), "product_unacceptable"
    )
    parts = [{"parcel_id": "P-9", "items": LINE_B, "tracking_no": "T-9"}]
    scenario.submit("report_split", by=PARTNER, parcel_id="P-2", parts=parts, at=after_days(3))
    scenario.signed("P-9", at=after_days(6)).submit("release_settlement", at=after_days(20))
    assert scenario.event(SettlementReleased).gross.minor == 140_00 - LESS


@pytest.mark.parametrize("sent_before", [True, False])
def test_a_dispute_that_is_won_after_its_unit_moved_gives_the_unit_its_price_again(sent_before: bool) -> None:
    scenario = OrderScenario().paid()
    if sent_before:
        scenario.sent("P-2", B=1).received("P-2", at=after_days(1))
    lost_in_part(scenario, "product_unacceptable")
    if sent_before:
        parts = [{"parcel_id": "P-9", "items": LINE_B, "tracking_no": "T-9"}]
        scenario.submit("report_split", by=PARTNER, parcel_id="P-2", parts=parts, at=after_days(3))
    else:
        scenario.sent("P-9", at=after_days(3), B=1)
    reported = opened("USD 10.00", "product_unacceptable", stage="second_stage")
    scenario.submit("report_dispute_opened", **reported, at=after_days(4))
    scenario.submit("report_dispute_won", **OF_DISPUTE, at=after_days(5))
    scenario.signed("P-9", at=after_days(6)).submit("release_settlement", at=after_days(20))
    assert scenario.event(SettlementReleased).gross.minor == 140_00
    assert -scenario.balance("2110") == 360_00


@pytest.mark.parametrize(("accepted", "bearer"), [(False, "merchant"), (True, "platform")])
def test_what_never_came_is_the_merchants_on_its_own_leg_and_ours_once_the_warehouse_has_it(
    accepted: bool, bearer: str
) -> None:
    """Statements 12 and 20: the domestic leg is the merchant's own, and custody passes at the warehouse."""
    scenario = OrderScenario().paid().sent("P-2", B=1)
    if accepted:
        scenario.received("P-2", at=after_days(1))
    scenario.submit("report_dispute_opened", **opened("USD 19.44", "not_received", lines=LINE_B))
    scenario.submit("report_dispute_lost", **OF_DISPUTE, at=after_days(25))
    assert scenario.event(DisputeLost).liability == bearer
    assert scenario.base("5140") == (0 if bearer == "merchant" else 139_58)


@pytest.mark.parametrize("place", ["unsent", "to_warehouse", "turned_back", "in_custody", "signed_for", "coming_back"])
def test_a_claim_on_a_partner_is_between_it_and_us_wherever_the_units_are(place: str) -> None:
    """It decides nothing about who bears what: nothing of the merchant's is asked, taken or given."""
    scenario = OrderScenario().paid()
    scenario.submit("create_parcel", parcel_id="P-2", items=LINE_B, warehouse_id="W-1")
    if place != "unsent":
        scenario.submit("dispatch_parcel", parcel_id="P-2", carrier="SF", tracking_no="T-2")
    if place in ("in_custody", "signed_for", "coming_back"):
        scenario.received("P-2", at=after_days(1))
    if place in ("turned_back", "coming_back"):
        reported = {"parcel_id": "P-2", "milestone": "returning_to_sender"}
        scenario.submit("report_tracking", by=PARTNER, at=after_days(2), **reported)
    if place == "signed_for":
        scenario.signed("P-2", at=after_days(2))
    before, book = len(scenario.entries), scenario.order.lines["B"]
    counts = dict(book.places)
    named = {"claim_id": "CL-1", "partner": "sf"}
    scenario.submit("file_logistics_claim", by=PLATFORM, **named, parcel_id="P-2", amount="CNY 140.00", reason="lost")
    scenario.submit("report_claim_accepted", by=PARTNER, **named, parcel_id="P-2", amount="CNY 140.00")
    paid = {"amount": "CNY 140.00", "cash": "CNY 140.00", "bank_entry_ref": "b-1"}
    scenario.submit("report_claim_settled", by=PARTNER, **named, parcel_id="P-2", **paid)
    touched = {line.account for entry in scenario.entries[before:] for line in entry.lines}
    assert touched == {"1210", "5150", "1010"}
    assert dict(book.places) == counts


def _asked(scenario: OrderScenario, name: str, *, lines: list[dict[str, Any]] = A_UNIT) -> str:
    asked = {"refund_id": name, "reason": "broken", "lines": lines, "type": "return_refund"}
    scenario.submit("request_refund", by=PLATFORM, **asked, at=after_days(8))
    return str(scenario.order.cases[name].amount)


def _granted(scenario: OrderScenario, name: str, amount: str = "", **other: Any) -> str:
    part = {"lines": [{"line_id": "A", "amount": amount}]} if amount else {}
    decided = {"refund_id": name, "round": 1, "liability": "merchant"} | part | other
    (approval,) = [
        each
        for each in scenario.submit("approve_refund", by=PLATFORM, **decided, at=after_days(8))
        if isinstance(each, RefundApproved)
    ]
    return str(approval.money.amount)


@pytest.mark.parametrize("other", ["", "reject_refund"])
def test_a_request_is_approved_at_what_was_asked_whatever_becomes_of_another(other: str) -> None:
    """A cent of the price of one of two units went back while a request for the other was open."""
    scenario = OrderScenario().paid().sent(A=2).signed()
    assert [_asked(scenario, "R-other"), _asked(scenario, "R-part")] == ["USD 25.00", "USD 25.00"]
    assert _granted(scenario, "R-part", "USD 0.01") == "USD 0.01"
    assert _asked(scenario, "R-rest") == "USD 24.99"
    if other:
        scenario.submit(other, by=PLATFORM, refund_id="R-other", round=1, reason="no_evidence", at=after_days(8))
    assert _granted(scenario, "R-rest") == "USD 24.99"
    assert scenario.balance("2210", "USD") == -25_00


def test_an_order_of_which_a_part_of_a_price_is_pending_is_not_cancelled_with_its_last_unit() -> None:
    """Two units came back for a dollar, and the rest of their price is still to be released."""
    scenario = OrderScenario().paid().sent(A=2).signed()
    _asked(scenario, "R-back", lines=[{"line_id": "A", "qty": 2}])
    _granted(scenario, "R-back", "USD 1.00", return_required=True, return_by=after_days(20))
    scenario.submit("report_return_received", refund_id="R-back", at=after_days(9))
    cancelled = scenario.submit("cancel_order", reason="out_of_stock", at=after_days(10))
    assert not any(isinstance(each, OrderCancelled | OrderCompleted) for each in cancelled)
    released = scenario.submit("release_settlement", at=after_days(11))
    assert any(isinstance(each, OrderCompleted) for each in released)
    assert scenario.balance("2110") == 0
