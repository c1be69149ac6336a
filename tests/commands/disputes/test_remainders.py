"""Disputes that are won after units were closed at a part of their price: nobody's money is left without a unit.

A dispute takes USD 10.00 of the USD 19.44 of B; that is CNY 72.02 of the list price of CNY 140.00.
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundApproved
from ledger.events.settlement import SettlementReleased
from ledger.money import Money
from tests.support.given import NOW, PARTNER, PLATFORM, cny, usd
from tests.support.orders import OrderScenario, after_days
from tests.support.payments import OF_DISPUTE, opened

B = [{"line_id": "B", "qty": 1}]


def lose(scenario: OrderScenario, amount: str = "USD 10.00", **other: Any) -> OrderScenario:
    """The issuer gives the buyer a part of the price of B."""
    scenario.submit("report_dispute_opened", **opened(amount, lines=B) | other)
    scenario.submit("report_dispute_lost", **OF_DISPUTE | {k: v for k, v in other.items() if k == "dispute_id"})
    return scenario


def win(scenario: OrderScenario, at: Any = NOW, dispute_id: str = "dp-1") -> list[Event]:
    return scenario.submit("report_dispute_won", **OF_DISPUTE | {"dispute_id": dispute_id}, at=at)


def refunds(events: list[Event]) -> list[tuple[Money, str]]:
    return [(event.money.amount, event.liability) for event in events if isinstance(event, RefundApproved)]


def releases(events: list[Event]) -> list[tuple[int, Money, str]]:
    return [(event.qty, event.gross, event.rule) for event in events if isinstance(event, SettlementReleased)]


def open_breaks(scenario: OrderScenario) -> list[str]:
    return [known.opened.kind for known in scenario.order.known_breaks.values() if known.is_open]


def signed(*, released: bool = False) -> OrderScenario:
    scenario = OrderScenario().paid().sent(A=2, B=1).signed()
    if released:
        scenario.submit("release_settlement", at=after_days(7))
    return scenario


def refunded(
    scenario: OrderScenario, name: str = "R-1", *, lines: Any = B, liability: str = "merchant", **other: Any
) -> OrderScenario:
    """Units are refunded at what disputes have left of their price."""
    asked = {"refund_id": name, "reason": "broken", "lines": lines, "type": "return_refund"}
    scenario.submit("request_refund", by=PLATFORM, **asked, at=after_days(8))
    decided = {"refund_id": name, "round": 1, "liability": liability}
    scenario.submit("approve_refund", by=PLATFORM, **decided, **other, at=after_days(8))
    return scenario


class TestCancelledUnits:
    def test_the_buyer_is_refunded_the_rest_at_the_merchants_cost(self) -> None:
        scenario = lose(OrderScenario().paid())
        scenario.submit("cancel_order", reason="out_of_stock", lines=B)
        assert refunds(win(scenario)) == [(usd("10.00"), "merchant")]

    def test_the_books_hold_the_price_of_the_other_units_and_the_whole_refund(self) -> None:
        scenario = lose(OrderScenario().paid())
        scenario.submit("cancel_order", reason="out_of_stock", lines=B)
        win(scenario)
        assert (scenario.balance("2110"), scenario.balance("2210", "USD"), scenario.breaks()) == (-360_00, -19_44, [])

    def test_an_order_that_is_cancelled_as_a_whole_is_complete_with_the_refund(self) -> None:
        scenario = lose(OrderScenario().paid())
        scenario.submit("cancel_order", reason="out_of_stock")
        win(scenario)
        assert scenario.order.completed
        assert (scenario.balance("2110"), scenario.balance("2210", "USD")) == (0, -69_44)


class TestReleasedUnits:
    def test_the_merchant_gets_the_rest_of_their_price(self) -> None:
        scenario = lose(signed())
        scenario.submit("release_settlement", at=after_days(7))
        assert releases(win(scenario, at=after_days(8))) == [(0, cny("72.02"), "remainder")]

    def test_the_buyer_gets_nothing_and_no_break_opens(self) -> None:
        scenario = lose(signed())
        scenario.submit("release_settlement", at=after_days(7))
        assert (refunds(win(scenario, at=after_days(8))), scenario.breaks()) == ([], [])

    def test_the_fee_is_the_fee_of_the_whole_price(self) -> None:
        scenario = lose(signed())
        scenario.submit("release_settlement", at=after_days(7))
        win(scenario, at=after_days(8))
        assert (scenario.balance("2110"), scenario.balance("2120"), scenario.balance("4110")) == (0, -475_00, -25_00)

    def test_an_open_dispute_about_the_units_keeps_the_rest_back_until_it_is_decided(self) -> None:
        scenario = lose(signed())
        scenario.submit("release_settlement", at=after_days(7))
        scenario.submit("report_dispute_opened", **opened("USD 2.00", lines=B) | {"dispute_id": "dp-2"})
        assert releases(win(scenario, at=after_days(8))) == []
        assert releases(win(scenario, at=after_days(9), dispute_id="dp-2")) == [(0, cny("72.02"), "remainder")]

    def test_an_order_is_not_complete_while_the_rest_is_kept_back(self) -> None:
        scenario = lose(OrderScenario().paid().sent("P-1", B=1).sent("P-2", A=2).signed("P-1"))
        scenario.submit("release_settlement", at=after_days(7))
        scenario.submit("report_dispute_opened", **opened("USD 2.00", lines=B) | {"dispute_id": "dp-2"})
        win(scenario, at=after_days(8))
        scenario.signed("P-2", at=after_days(9))
        assert OrderCompleted not in [type(e) for e in scenario.submit("release_settlement", at=after_days(16))]
        assert OrderCompleted in [type(e) for e in win(scenario, at=after_days(17), dispute_id="dp-2")]


class TestReleasedAndRefundedUnits:
    def test_the_buyer_is_refunded_the_rest_at_the_merchants_cost(self) -> None:
        scenario = refunded(lose(signed(released=True)))
        assert refunds(win(scenario, at=after_days(9))) == [(usd("10.00"), "merchant")]

    def test_the_merchant_has_the_price_of_the_other_units_less_its_fee(self) -> None:
        scenario = refunded(lose(signed(released=True)))
        win(scenario, at=after_days(9))
        books = [scenario.balance(account) for account in ("2110", "2120", "4110", "4120")]
        assert (books, scenario.balance("2210", "USD")) == ([0, -342_00, -25_00, 7_00], -19_44)

    def test_what_the_platform_refunded_is_at_the_platforms_cost(self) -> None:
        scenario = refunded(lose(signed(released=True)), liability="platform")
        assert refunds(win(scenario, at=after_days(9))) == [(usd("10.00"), "platform")]
        assert (scenario.balance("2110"), scenario.balance("2120")) == (0, -475_00)


class TestLostParcel:
    """The merchant bears the part of a parcel that never reached the warehouse; the platform pays for the rest."""

    def lost(self) -> OrderScenario:
        scenario = OrderScenario().paid().sent("P-2", A=2).signed("P-2").sent("P-1", B=1)
        lose(scenario, reason="not_received")
        scenario.submit("report_tracking", parcel_id="P-1", milestone="departed", at=after_days(1))
        scenario.submit("report_loss", by=PARTNER, parcel_id="P-1", at=after_days(2))
        refund = {"parcel_id": "P-1", "refund_id": "R-1", "reason": "lost"}
        scenario.submit("refund_lost_parcel", by=PLATFORM, **refund, at=after_days(3))
        return scenario

    def test_the_merchant_gets_the_rest_and_the_platform_refunds_the_buyer(self) -> None:
        scenario = self.lost()
        decided = win(scenario, at=after_days(4))
        assert (releases(decided), refunds(decided)) == ([(0, cny("72.02"), "remainder")], [(usd("10.00"), "platform")])

    def test_a_parcel_that_was_found_and_signed_for_is_not_paid_back_in_full_by_itself(self) -> None:
        scenario = self.lost()
        scenario.signed("P-1", at=after_days(4))
        decided = win(scenario, at=after_days(5))
        assert (releases(decided), refunds(decided)) == ([(0, cny("72.02"), "remainder")], [])
        assert "dispute_won_on_closed_units" in scenario.breaks()


class TestReturns:
    def awaited(self) -> OrderScenario:
        return refunded(lose(signed()), return_required=True, return_by=after_days(20))

    def test_a_refund_that_waits_for_its_goods_gets_the_rest_once_they_are_back(self) -> None:
        scenario = self.awaited()
        assert refunds(win(scenario, at=after_days(9))) == []
        received = scenario.submit("report_return_received", refund_id="R-1", at=after_days(10))
        assert refunds(received) == [(usd("10.00"), "merchant")]

    def test_goods_that_never_come_back_are_paid_to_the_merchant(self) -> None:
        scenario = self.awaited()
        win(scenario, at=after_days(9))
        assert refunds(scenario.submit("expire_return", refund_id="R-1", at=after_days(20))) == []
        scenario.submit("release_settlement", at=after_days(20))
        assert (scenario.balance("2110"), scenario.balance("2120")) == (0, -475_00)

    def test_a_part_that_was_kept_after_the_return_expired_comes_back_to_released_units(self) -> None:
        scenario = refunded(signed(), return_required=True, return_by=after_days(10))
        lose(scenario)
        scenario.submit("expire_return", refund_id="R-1", at=after_days(10))
        scenario.submit("release_settlement", at=after_days(11))
        assert releases(win(scenario, at=after_days(12))) == [(0, cny("72.02"), "remainder")]


class TestUnitsThatASecondDisputeTook:
    """The issuer gives the buyer USD 10.00 of B, then USD 9.44, and takes the first amount back."""

    def taken(self) -> OrderScenario:
        return lose(lose(OrderScenario().paid()), "USD 9.44", dispute_id="dp-2")

    def test_the_merchant_has_the_first_amount_released_and_the_buyer_keeps_the_second(self) -> None:
        decided = win(self.taken())
        assert (releases(decided), refunds(decided)) == ([(0, cny("72.02"), "remainder")], [])

    def test_the_unit_is_paid_once_when_the_second_amount_is_taken_back_too(self) -> None:
        scenario = self.taken()
        win(scenario)
        win(scenario, dispute_id="dp-2")
        scenario.sent("P-1", A=2, B=1).signed().submit("release_settlement", at=after_days(7))
        assert (scenario.balance("2110"), scenario.balance("2120"), scenario.order.completed) == (0, -475_00, True)

    def test_a_refund_of_the_unit_takes_both_parts_of_its_price_from_where_they_are(self) -> None:
        scenario = self.taken()
        win(scenario)
        win(scenario, dispute_id="dp-2")
        scenario.submit("cancel_order", reason="out_of_stock", lines=B)
        assert (scenario.balance("2110"), scenario.balance("2120")) == (-360_00, 0)


def test_a_request_is_approved_at_the_whole_price_if_a_part_was_taken_back_since() -> None:
    scenario = lose(signed())
    asked: dict[str, Any] = {"refund_id": "R-1", "reason": "broken", "lines": B, "type": "return_refund"}
    scenario.submit("request_refund", by=PLATFORM, **asked)
    win(scenario)
    scenario.submit("approve_refund", by=PLATFORM, refund_id="R-1", round=1, liability="merchant")
    assert scenario.event(RefundApproved).money.amount == usd("19.44")


def test_disputes_take_no_more_of_units_than_their_price() -> None:
    """Three disputes about units of A, of which there are two at USD 25.00."""
    scenario = OrderScenario().paid()
    for n, qty in enumerate([2, 2, 1]):
        of: dict[str, Any] = {"dispute_id": f"dp-{n}", "lines": [{"line_id": "A", "qty": qty}]}
        scenario.submit("report_dispute_opened", **opened("USD 20.00") | of)
        scenario.submit("report_dispute_lost", **OF_DISPUTE | {"dispute_id": f"dp-{n}"})
    assert scenario.balance("2110") == -140_00


def test_units_that_are_cancelled_before_and_after_two_disputes_are_won_are_paid_in_full() -> None:
    """Two disputes take USD 15.00 each of A, so one A is cancelled at USD 20.00, and the other at its whole price."""
    one = [{"line_id": "A", "qty": 1}]
    scenario = OrderScenario().paid()
    for n in (1, 2):
        of: dict[str, Any] = {"lines": [{"line_id": "A", "qty": 2}], "dispute_id": f"dp-{n}"}
        scenario.submit("report_dispute_opened", **opened("USD 15.00") | of)
        scenario.submit("report_dispute_lost", **OF_DISPUTE | {"dispute_id": f"dp-{n}"})
    scenario.submit("cancel_order", reason="out_of_stock", lines=one)
    win(scenario)
    win(scenario, dispute_id="dp-2")
    scenario.submit("cancel_order", reason="out_of_stock", lines=one)
    assert (scenario.balance("2110"), scenario.balance("2210", "USD")) == (-140_00, -50_00)


class TestCapturedMoney:
    """Another dispute is about USD 62.00 of the USD 69.44. A refund of USD 9.44 waits for it, and is part of its money
    if it is lost."""

    def disputed(self) -> OrderScenario:
        scenario = lose(OrderScenario().paid())
        scenario.submit("cancel_order", reason="out_of_stock", lines=B)
        scenario.submit("report_dispute_opened", **opened("USD 62.00") | {"dispute_id": "dp-2"})
        return scenario

    def test_the_refund_is_at_most_what_is_left_of_it(self) -> None:
        assert refunds(win(self.disputed())) == [(usd("7.44"), "merchant")]

    def test_a_break_stands_for_the_rest_until_it_can_be_refunded(self) -> None:
        scenario = self.disputed()
        win(scenario)
        assert open_breaks(scenario) == ["dispute_won_on_closed_units"]
        assert refunds(win(scenario, dispute_id="dp-2")) == [(usd("2.56"), "merchant")]
        assert open_breaks(scenario) == []


@pytest.mark.parametrize("parts", [("USD 3.33", "USD 3.33"), ("USD 0.01", "USD 0.02"), ("USD 7.77", "USD 1.11")])
def test_parts_that_are_undone_one_by_one_leave_no_fen(parts: tuple[str, str]) -> None:
    scenario = OrderScenario().paid()
    for n, part in enumerate(parts, start=1):
        lose(scenario, part, dispute_id=f"dp-{n}")
    scenario.submit("cancel_order", reason="out_of_stock", lines=B)
    for n in (1, 2):
        win(scenario, dispute_id=f"dp-{n}")
    assert (scenario.balance("2110"), scenario.balance("2210", "USD")) == (-360_00, -19_44)


def of_a(scenario: OrderScenario, amount: str, dispute_id: str = "dp-1") -> OrderScenario:
    """The issuer gives the buyer a part of the price of one A, of which there are two at USD 25.00."""
    lines = [{"line_id": "A", "qty": 1}]
    scenario.submit("report_dispute_opened", **opened(amount, lines=lines) | {"dispute_id": dispute_id})
    scenario.submit("report_dispute_lost", **OF_DISPUTE | {"dispute_id": dispute_id})
    return scenario


def test_amounts_that_are_undone_in_their_order_leave_each_unit_its_list_price() -> None:
    """The first USD 12.33 are CNY 88.78 of the list price, the second ones CNY 88.77."""
    scenario = of_a(of_a(signed(), "USD 12.33"), "USD 12.33", "dp-2")
    win(scenario)
    refunded(scenario, lines=[{"line_id": "A", "qty": 1}])
    win(scenario, dispute_id="dp-2")
    assert scenario.balance("2110") == -(500_00 - 180_00)


def test_an_amount_of_units_that_left_since_is_undone_where_they_are() -> None:
    scenario = of_a(OrderScenario().paid(), "USD 10.00").sent("P-1", A=2, B=1).signed()
    scenario.submit("release_settlement", at=after_days(7))
    refunded(scenario, lines=[{"line_id": "A", "qty": 1}])
    win(scenario, at=after_days(9))
    refunded(scenario, "R-2", lines=[{"line_id": "A", "qty": 1}])
    assert (scenario.balance("2110"), scenario.balance("2120")) == (0, -133_00)


class TestASecondDisputeThatTookMoreThanThereWas:
    """The issuer gives the buyer an amount, then the whole price again under another id, and takes the first back."""

    def taken(self, scenario: OrderScenario, first: str, second: str, **other: Any) -> OrderScenario:
        for dispute_id, amount in (("dp-1", first), ("dp-2", second)):
            scenario.submit("report_dispute_opened", **opened(amount, **other) | {"dispute_id": dispute_id})
            scenario.submit("report_dispute_lost", **OF_DISPUTE | {"dispute_id": dispute_id})
        return scenario

    def books(self, scenario: OrderScenario) -> tuple[int, ...]:
        return tuple(scenario.balance(account) for account in ("2110", "2120", "5140"))

    def test_the_platform_bears_the_excess_while_both_stand(self) -> None:
        scenario = self.taken(OrderScenario().paid(), "USD 10.00", "USD 19.44", lines=B)
        assert self.books(scenario)[0] == -360_00
        assert scenario.base("5140") > 0

    def test_the_merchant_bears_the_units_in_full_once_the_first_is_undone(self) -> None:
        scenario = self.taken(OrderScenario().paid(), "USD 10.00", "USD 19.44", lines=B)
        win(scenario)
        assert (self.books(scenario), scenario.base("5140"), scenario.breaks()) == ((-360_00, 0, 0), 0, [])

    def test_a_unit_that_is_open_again_is_taken_by_the_dispute_about_its_line(self) -> None:
        scenario = self.taken(OrderScenario().paid(), "USD 19.44", "USD 19.44", lines=B)
        win(scenario)
        assert (self.books(scenario), scenario.base("5140")) == ((-360_00, 0, 0), 0)

    @pytest.mark.parametrize("dispute_ids", [("dp-1", "dp-2"), ("dp-2", "dp-1")])
    def test_nothing_is_left_in_any_order_of_undoing(self, dispute_ids: tuple[str, str]) -> None:
        scenario = self.taken(OrderScenario().paid(), "USD 69.44", "USD 69.44")
        win(scenario, dispute_id=dispute_ids[0])
        assert (self.books(scenario), scenario.base("5140")) == ((0, 0, 0), 0)
        win(scenario, dispute_id=dispute_ids[1])
        assert (self.books(scenario), scenario.base("5140")) == ((-500_00, 0, 0), 0)

    def test_units_that_were_released_are_taken_back_from_the_merchant(self) -> None:
        scenario = self.taken(signed(released=True), "USD 69.44", "USD 69.44")
        win(scenario, at=after_days(9))
        assert (self.books(scenario), scenario.base("5140")) == ((0, 0, 0), 0)

    def test_units_that_the_platform_bears_are_the_merchants(self) -> None:
        sent = OrderScenario().paid().sent("P-1", A=2, B=1).received("P-1")
        scenario = self.taken(sent, "USD 69.44", "USD 69.44", reason="not_received")
        lost = scenario.base("5140")
        win(scenario, at=after_days(9))
        assert (scenario.balance("2110"), scenario.balance("2120"), scenario.order.completed) == (0, -475_00, True)
        assert 0 < scenario.base("5140") < lost

    def test_a_return_that_expires_leaves_its_units_to_the_dispute(self) -> None:
        scenario = refunded(signed(), return_required=True, return_by=after_days(10))
        self.taken(scenario, "USD 10.00", "USD 19.44", lines=B)
        scenario.submit("expire_return", refund_id="R-1", at=after_days(10))
        assert self.books(scenario)[0] == -360_00
