"""A buyer pays USD, the provider settles in HKD: 1110 is cleared in USD, and HKD stand in 5130 and 1020 alone (P3)."""

from typing import Any

import pytest

from tests.support.orders import OrderScenario, capture
from tests.support.payments import OF_DISPUTE, disputed, rate, settled_line, settles

HKD = rate("0.9150", "HKD")
CHARGE = settled_line("cap-1", "USD 69.44", "HKD 15.00", "HKD 523.00") | {"rate": HKD}
IN_HKD_ONLY = CHARGE | {"gross": "HKD 538.00"}  # the report does not say what the buyer was charged


def in_1110(scenario: OrderScenario) -> tuple[int, int, int]:
    """USD, HKD, and all of it in CNY."""
    return scenario.balance("1110", "USD"), scenario.balance("1110", "HKD"), scenario.base("1110")


@pytest.mark.parametrize("line", [CHARGE, IN_HKD_ONLY], ids=["both amounts", "the settled amount alone"])
def test_a_charge_clears_what_the_buyer_owed_and_pays_into_the_foreign_account(line: dict[str, Any]) -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(line))
    assert (in_1110(scenario), scenario.breaks()) == ((0, 0, 0), [])
    assert (scenario.balance("5130", "HKD"), scenario.balance("1020", "HKD")) == (15_00, 523_00)
    assert (scenario.base("5130"), scenario.base("1020"), scenario.balance("1010")) == (13_73, 478_55, 0)
    assert scenario.balance("5210") == 498_58 - 13_73 - 478_55


def test_what_was_paid_out_in_cny_stands_in_the_cny_account() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(CHARGE, payout_currency="CNY"))
    assert (scenario.balance("1010"), scenario.balance("1020", "HKD"), in_1110(scenario)) == (478_55, 0, (0, 0, 0))


def test_cash_that_the_report_names_in_cny_stands_in_the_cny_account() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(IN_HKD_ONLY | {"cash": "CNY 478.00"}))
    assert (scenario.balance("1010"), scenario.balance("1020", "HKD"), in_1110(scenario)) == (478_00, 0, (0, 0, 0))


def test_a_provider_may_settle_in_cny_itself() -> None:
    scenario = OrderScenario().paid()
    line = settled_line("cap-1", "USD 69.44", "CNY 15.00", "CNY 480.00") | {"rate": None}
    scenario.submit("report_psp_settlement", **settles(line))
    assert (scenario.balance("1010"), scenario.balance("5130"), in_1110(scenario)) == (480_00, 15_00, (0, 0, 0))


def test_lines_of_one_deposit_go_to_one_account() -> None:
    scenario = OrderScenario().paid()
    fee = settled_line("fee-1", "HKD -5.00", "HKD 0.00", "HKD -5.00", kind="fee") | {"rate": HKD}
    scenario.submit("report_psp_settlement", **settles(CHARGE, fee, payout_currency="HKD"))
    assert (scenario.balance("1020", "HKD"), scenario.balance("1010")) == (518_00, 0)


def test_a_refund_is_taken_from_the_foreign_account() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
    scenario.submit("submit_refund", refund_id="R-1")
    reported: dict[str, Any] = {"psp": "stripe", "attempt_id": "R-1.1", "psp_refund_ref": "re-1", "amount": "USD 19.44"}
    scenario.submit("report_refund_outcome", outcome="succeeded", **reported)
    line = settled_line("re-1", "HKD -151.00", "HKD 0.00", "HKD -151.00", kind="refund") | {"rate": HKD}
    scenario.submit("report_psp_settlement", **settles(line, CHARGE))
    assert (in_1110(scenario), scenario.balance("1020", "HKD"), scenario.breaks()) == ((0, 0, 0), 523_00 - 151_00, [])


def test_a_dispute_and_its_fee_are_settled_in_another_currency_together() -> None:
    scenario = disputed(OrderScenario().paid())
    scenario.submit("report_dispute_fee", **OF_DISPUTE, amount="USD 15.00")
    line = settled_line("dp-1", "HKD -540.00", "HKD 117.00", "HKD -657.00", kind="dispute") | {"rate": HKD}
    scenario.submit("report_psp_settlement", **settles(line, CHARGE))
    assert (in_1110(scenario), scenario.breaks()) == ((0, 0, 0), [])
    assert (scenario.balance("1020", "HKD"), scenario.balance("5130", "HKD")) == (523_00 - 657_00, 15_00)


def test_the_same_line_again_changes_nothing() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(IN_HKD_ONLY))
    assert scenario.submit("report_psp_settlement", **settles(IN_HKD_ONLY)) == []


def test_a_line_worth_a_part_of_the_capture_clears_that_part_and_is_flagged() -> None:
    scenario = OrderScenario().paid()
    half = CHARGE | {"gross": "HKD 269.00", "net": "HKD 254.00"}
    scenario.submit("report_psp_settlement", **settles(half))
    assert scenario.breaks() == ["amount_mismatch"]
    assert 34_00 < scenario.balance("1110", "USD") < 36_00


def test_a_capture_in_a_currency_without_minor_units_is_cleared_too() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture(amount="HKD 500.00"))
    line = settled_line("cap-1", "HKD 500.00", "JPY 300", "JPY 9200") | {"rate": rate("0.0490", "JPY")}
    scenario.submit("report_psp_settlement", **settles(line))
    assert (in_1110(scenario), scenario.balance("1020", "JPY")) == ((0, 0, 0), 9200)
