"""The fee of an order is rounded once, whatever its lines, and whatever the order and day of release and refund."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ledger.events.settlement import SettlementReleased
from ledger.policies.fees import Fees, Vat
from tests.support.given import BUYER, PLATFORM
from tests.support.orders import OrderScenario, after_days, line

THIRDS = [
    line("A", 1, "CNY 33.33", "USD 4.63"),
    line("B", 1, "CNY 33.33", "USD 4.63"),
    line("C", 1, "CNY 33.34", "USD 4.63"),
]
ALIKE = [line(name, 1, "CNY 10.10", "USD 1.40") for name in ("A", "B", "C", "D")]
PRODUCTS = [f"SKU-{name}" for name in "ABCD"]


def delivered(lines: list[dict[str, Any]], fees: Fees | None = None, **reported: Any) -> OrderScenario:
    """Every line in a parcel of its own, signed for on the first day."""
    scenario = OrderScenario(policies=[fees] if fees else [], products=PRODUCTS, **reported)
    fen = sum(round(float(item["unit_list"][4:]) * 100) * item["qty"] for item in lines)
    cents = sum(round(float(item["unit_reference"][4:]) * 100) * item["qty"] for item in lines)
    scenario.paid(lines=lines, list_total=f"CNY {fen / 100:.2f}", buyer_total=f"USD {cents / 100:.2f}")
    for item in lines:
        qty: dict[str, Any] = {item["line_id"]: item["qty"]}
        scenario.sent(f"P-{item['line_id']}", **qty).signed(f"P-{item['line_id']}")
    return scenario


def take_back(scenario: OrderScenario, line_id: str, day: int, **reported: Any) -> None:
    asked = {"refund_id": f"R-{line_id}", "lines": [{"line_id": line_id, "qty": 1}]}
    scenario.submit("request_refund", by=BUYER, at=after_days(day), reason="broken", **asked)
    scenario.submit("approve_refund", by=PLATFORM, at=after_days(day), refund_id=f"R-{line_id}", round=1, **reported)


def kept_fee(scenario: OrderScenario) -> int:
    """The fee that the platform keeps, in fen."""
    return -scenario.balance("4110") - scenario.balance("4120")


def test_three_thirds_of_a_hundred_yuan_pay_five() -> None:
    scenario = delivered(THIRDS)
    scenario.submit("release_settlement", at=after_days(7))
    assert (kept_fee(scenario), scenario.balance("2120")) == (5_00, -95_00)


def test_twenty_lines_pay_the_fee_of_their_sum() -> None:
    lines = [line(f"L{n}", 1, "CNY 10.10", "USD 1.40") for n in range(20)]
    scenario = OrderScenario(products=[item["product_id"] for item in lines])
    scenario.paid(lines=lines, list_total="CNY 202.00", buyer_total="USD 28.00")
    one_each: dict[str, Any] = {item["line_id"]: 1 for item in lines}
    scenario.sent(**one_each).signed()
    scenario.submit("release_settlement", at=after_days(7))
    assert kept_fee(scenario) == 10_10


@pytest.mark.parametrize("order", list(permutations("ABC")))
def test_the_order_and_the_day_of_release_change_nothing(order: tuple[str, ...]) -> None:
    scenario = delivered(THIRDS)
    for day, line_id in enumerate(order, start=7):
        scenario.submit("release_settlement", line_id=line_id, at=after_days(day))
    assert kept_fee(scenario) == 5_00


@pytest.mark.parametrize("order", list(permutations("ABCD", 3)))
def test_what_is_kept_after_refunds_bears_its_own_fee(order: tuple[str, ...]) -> None:
    scenario = delivered(ALIKE)
    scenario.submit("release_settlement", at=after_days(7))
    fees = [kept_fee(scenario)]
    for day, line_id in enumerate(order, start=8):
        take_back(scenario, line_id, day)
        fees.append(kept_fee(scenario))
    assert fees == [2_02, 1_52, 1_01, 51]


def test_a_fee_is_given_back_to_the_fen_with_the_last_line() -> None:
    scenario = delivered(THIRDS)
    scenario.submit("release_settlement", at=after_days(7))
    for day, line_id in enumerate("BAC", start=8):
        take_back(scenario, line_id, day)
    assert (kept_fee(scenario), scenario.balance("2120")) == (0, 0)


def test_a_refund_between_two_releases_moves_no_fen() -> None:
    scenario = delivered(THIRDS)
    scenario.submit("release_settlement", line_id="A", at=after_days(7))
    take_back(scenario, "A", 8)
    scenario.submit("release_settlement", at=after_days(9))
    assert kept_fee(scenario) == 3_33


def test_a_return_that_never_came_is_charged_what_the_order_owes_now() -> None:
    """B comes back while A was on its way: of three alike, what is kept in the end is two, at 1.01."""
    scenario = delivered(ALIKE[:3])
    scenario.submit("release_settlement", at=after_days(7))
    take_back(scenario, "A", 8, return_required=True, return_by=after_days(20))
    take_back(scenario, "B", 9)
    scenario.submit("expire_return", at=after_days(21), refund_id="R-A")
    assert (kept_fee(scenario), scenario.balance("2120")) == (1_01, -(20_20 - 1_01))


def test_the_vat_on_the_fee_is_the_orders_too() -> None:
    scenario = delivered(THIRDS, Fees(rate_bps=500, vat=Vat(rate_bps=600, inclusive=True)))
    for day, line_id in enumerate("CAB", start=7):
        scenario.submit("release_settlement", line_id=line_id, at=after_days(day))
    assert (scenario.balance("4110"), scenario.balance("2410")) == (-4_72, -28)


def test_lines_of_different_rates_are_rounded_apart() -> None:
    """Two lines of 10.10 at 5 % pay 1.01 together, two at 3.33 % 0.67."""
    scenario = delivered(
        ALIKE, Fees(rate_bps=500, category_rates={"tea": 333}), categories={"SKU-B": "tea", "SKU-D": "tea"}
    )
    scenario.submit("release_settlement", at=after_days(7))
    released = [event for event in scenario.events if isinstance(event, SettlementReleased)]
    by_rate = {rate: sum(e.fee.minor for e in released if e.fee_rate_bps == rate) for rate in (500, 333)}
    assert by_rate == {500: 1_01, 333: 67}


def test_a_policy_may_round_line_by_line() -> None:
    scenario = delivered(THIRDS, Fees(rate_bps=500, scope="line"))
    scenario.submit("release_settlement", at=after_days(7))
    assert kept_fee(scenario) == 5_01
